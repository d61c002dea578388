// The dashboard's figures: what came in and went out by time, and how long the queue is now.

#include "api/list_query.h"
#include "api/problem.h"
#include "api/render.h"
#include "api/resources.h"
#include "base/json_writer.h"
#include "base/text.h"

namespace postroom::api {
namespace {

constexpr std::int64_t minute_ms = 60'000;  // what the store counts by
constexpr std::int64_t buckets_at_most = 2000;
constexpr Milliseconds range_default = std::chrono::hours(24);
constexpr std::int64_t step_default_s = 3600;

struct StatsQuery {
  Timestamp from, to;
  std::int64_t step_s = step_default_s;
};

std::unexpected<intake::Refusal> refused(std::string code, std::string detail) {
  return std::unexpected(intake::Refusal{400, std::move(code), std::move(detail), {}});
}

OrRefusal<StatsQuery> read_stats_query(const Parameters& parameters, Timestamp now) {
  std::optional<Timestamp> from, to;
  StatsQuery query;
  for (const auto& [name, value] : parameters) {
    if (name == "from" || name == "to") {
      const auto at = parse_rfc3339(value);
      if (!at) return refused("parameter_invalid", "from and to are RFC 3339 times.");
      (name == "from" ? from : to) = *at;
    } else if (name == "step") {
      const std::optional<std::int64_t> step_s = to_number<std::int64_t>(value);
      constexpr std::int64_t year_s = 366L * 24 * 3600;
      if (!step_s || *step_s < 60 || *step_s > year_s || *step_s % 60 != 0)
        return refused("parameter_invalid", "step is a number of seconds, whole minutes.");
      query.step_s = *step_s;
    } else {
      return refused("unknown_parameter", "The parameters are from, to and step.");
    }
  }
  query.to = to.value_or(now);
  query.from = from.value_or(query.to - range_default);
  query.from.ms -= ((query.from.ms % minute_ms) + minute_ms) % minute_ms;
  if (query.from >= query.to) return refused("parameter_invalid", "from must lie before to.");
  if ((query.to - query.from).count() / (query.step_s * 1000) >= buckets_at_most)
    return refused("parameter_invalid", "That is more than 2000 steps: choose longer ones.");
  return query;
}

void render_depth(JsonWriter& json, const store::QueueDepth& depth) {
  json.key("queue").begin_object();
  for (const auto& [status, emails] : by_status(depth)) json.number(to_word(status), static_cast<std::int64_t>(emails));
  json.time("oldest_created_at", depth.oldest_created_at).end_object();
}

void render_bucket(JsonWriter& json, const store::StatsBucket& bucket) {
  json.begin_object().time("at", bucket.at);
  json.number("submitted", static_cast<std::int64_t>(bucket.submitted));
  json.number("succeeded", static_cast<std::int64_t>(bucket.succeeded));
  json.number("failed", static_cast<std::int64_t>(bucket.failed));
  json.number("finished", static_cast<std::int64_t>(bucket.finished)).end_object();
}

void render_latencies(JsonWriter& json, const store::Latencies& latencies) {
  const auto count = static_cast<std::int64_t>(latencies.count());
  json.number("count", count);
  for (const auto& [name, percent] : {std::pair("p50_ms", 50U), {"p95_ms", 95U}, {"p99_ms", 99U}})
    json.number_or_null(name, count == 0 ? std::nullopt : std::optional(latencies.percentile(percent).count()));
}

void render_figures(JsonWriter& json, const store::SendingFigures& figures) {
  store::Latencies all;
  for (const auto& [id, counts] : figures.connections) all.add(counts.latencies);
  json.key("latency").begin_object();
  render_latencies(json, all);
  json.key("buckets").begin_array();
  for (const store::LatencyBucket& bucket : figures.buckets) {
    json.begin_object().time("at", bucket.at);
    render_latencies(json, bucket.latencies);
    json.end_object();
  }
  json.end_array().end_object().key("connections").begin_array();
  for (const auto& [id, counts] : figures.connections) {
    json.begin_object().number("connection_id", id);
    json.number("succeeded", static_cast<std::int64_t>(counts.succeeded));
    json.number("failed", static_cast<std::int64_t>(counts.failed));
    json.number("deferred", static_cast<std::int64_t>(counts.deferred)).key("latency").begin_object();
    render_latencies(json, counts.latencies);
    json.end_object().end_object();
  }
  json.end_array();
}

// Latencies are kept by the quarter of an hour.
Milliseconds latency_step(std::int64_t step_s) {
  constexpr std::int64_t quarter_s =
      std::chrono::duration_cast<std::chrono::seconds>(store::quarter_of_an_hour).count();
  return std::chrono::seconds((step_s + quarter_s - 1) / quarter_s * quarter_s);
}

}  // namespace

Answering get_stats(Services& services, Call& call) {
  const auto parameters = http::parse_query(call.request.query);
  if (!parameters) co_return refuse(call, 400, "malformed_request", "The query is not properly encoded.");
  const auto query = read_stats_query(*parameters, services.loop.wall());
  if (!query) co_return refuse(call, query.error());
  const auto buckets =
      co_await services.store.stats(query->from, query->to, Milliseconds(std::chrono::seconds(query->step_s)));
  if (!buckets) co_return store_error(call, buckets.error());
  const auto figures = co_await services.store.sending_figures(query->from, query->to, latency_step(query->step_s));
  if (!figures) co_return store_error(call, figures.error());
  const auto depth = co_await services.store.queue_depth();
  if (!depth) co_return store_error(call, depth.error());
  JsonWriter json;
  json.begin_object().time("from", query->from).time("to", query->to).number("step", query->step_s);
  json.key("buckets").begin_array();
  for (const auto& bucket : *buckets) render_bucket(json, bucket);
  json.end_array();
  render_figures(json, *figures);
  render_depth(json, *depth);
  json.end_object();
  co_return json_answer(200, json.take());
}

}  // namespace postroom::api
