// Server-sent events (the WHATWG HTML standard's text/event-stream): pages learn that something has changed, and look
// again. What has changed stands in the lists, which each reader may see or not; here are only counters.
#include <fmt/format.h>

#include <memory>

#include "api/accounts.h"
#include "api/problem.h"
#include "api/resources.h"
#include "async/signal.h"
#include "base/json_writer.h"

namespace postroom::api {
namespace {

constexpr Duration between_looks = std::chrono::milliseconds(500);
constexpr Duration between_signs_of_life = std::chrono::seconds(15);
constexpr Duration at_most =
    std::chrono::minutes(10);  // then the browser comes again, and its rights are looked at anew

std::string changed_event(const store::ChangeCounts& counts) {
  JsonWriter json;
  json.begin_object().number("queue", static_cast<std::int64_t>(counts.queue));
  json.number("log", static_cast<std::int64_t>(counts.log));
  json.number("connections", static_cast<std::int64_t>(counts.connections));
  json.number("delivery", static_cast<std::int64_t>(counts.delivery)).end_object();
  return fmt::format("event: changed\ndata: {}\n\n", json.take());
}

class LiveEvents final : public http::BodySource {
 public:
  LiveEvents(async::Loop& loop, store::ListStore& store, std::function<bool()> is_over)
      : loop_(loop), store_(store), is_over_(std::move(is_over)), until_(loop.now() + at_most) {}

  async::Task<Result<std::string>> next() override {
    if (!told_) co_return tell(store_.changes());
    const Monotonic sign_of_life = loop_.now() + between_signs_of_life;
    while (!is_over_() && loop_.now() < until_) {
      co_await async::sleep_until(loop_, loop_.now() + between_looks);
      const store::ChangeCounts counts = store_.changes();
      if (counts != *told_) co_return tell(counts);
      if (loop_.now() >= sign_of_life) co_return std::string(": still here\n\n");
    }
    co_return std::string();
  }

 private:
  std::string tell(const store::ChangeCounts& counts) {
    told_ = counts;
    return changed_event(counts);
  }

  async::Loop& loop_;
  store::ListStore& store_;
  std::function<bool()> is_over_;
  Monotonic until_;
  std::optional<store::ChangeCounts> told_;
};

// Ends with the session or the key that it was opened with: a page that is signed out elsewhere learns it so.
std::function<bool()> end_of(const Services& services, const Call& call) {
  const std::string token = call.visitor ? cookie_of(call.request, session_cookie) : "";
  return [&services, token, name = call.principal.name] {
    const bool lost = token.empty() ? name.starts_with("key:") && !services.keys.holds(name)
                                    : !services.accounts.find(token).has_value();
    return lost || services.config.is_stopping();
  };
}

}  // namespace

Answering stream_events(Services& services, Call& call) {
  http::Response response;
  response.with("Content-Type", "text/event-stream").with("Cache-Control", "no-store");
  response.stream = std::make_unique<LiveEvents>(services.loop, services.store, end_of(services, call));
  co_return response;
}

}  // namespace postroom::api
