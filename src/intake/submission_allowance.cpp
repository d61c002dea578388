#include "intake/submission_allowance.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.h"

namespace postroom::intake {
namespace {

const std::string setting_prefix = "submission_used:";

template <class T>
T number(std::string_view text) {
  T value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

async::Task<Result<void>> SubmissionAllowance::load() {
  const auto settings = co_await store_.settings(setting_prefix);
  if (!settings) co_return std::unexpected(settings.error());
  for (const auto& [name, value] : *settings) {
    const std::size_t space = value.find(' ');
    if (space == std::string::npos) continue;
    const std::string_view text(value);
    remembered_[number<store::SubmissionLoginId>(std::string_view(name).substr(setting_prefix.size()))] = {
        Timestamp{number<std::int64_t>(text.substr(0, space))}, number<std::uint64_t>(text.substr(space + 1))};
  }
  co_return Result<void>{};
}

SubmissionAllowance::Used& SubmissionAllowance::used(const store::SubmissionLoginRecord& login) {
  store::SendingLimits limits;
  limits.per_minute = login.per_minute;
  limits.per_day = login.per_day;
  const auto known = used_.find(login.id);
  if (known != used_.end() && known->second.limits == limits) return known->second;
  // A login that is new here, or whose limits have changed: the day's count goes on.
  const Timestamp today = TimeZone().start_of_day(loop_.wall());
  Used used{limits, policy::Meter(limits, TimeZone()), today, 0};
  std::uint64_t count = 0;
  if (const auto before = remembered_.find(login.id); before != remembered_.end() && before->second.first == today)
    count = used.written = before->second.second;
  if (known != used_.end()) count = known->second.meter.used(loop_.now(), loop_.wall()).per_day;
  used.meter.restore({{}, {{today, count}}}, loop_.now(), loop_.wall());
  return used_.insert_or_assign(login.id, std::move(used)).first->second;
}

std::optional<std::string> SubmissionAllowance::refusal(const store::SubmissionLoginRecord& login, std::size_t emails) {
  if (login.per_minute == 0 && login.per_day == 0) return std::nullopt;
  Used& state = used(login);
  if (state.meter.room(loop_.now(), loop_.wall()) >= emails) return std::nullopt;
  const std::optional<policy::Meter::Wait> wait = state.meter.wait(loop_.now(), loop_.wall());
  if (!wait) return "This login may not send that many emails at once now; try again later with fewer recipients";
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait->until - loop_.now()).count();
  return "This login's limit of " + wait->limit + " is reached; try again in " + std::to_string(seconds) + " s";
}

async::Task<Result<SubmissionAllowance::Taken>> SubmissionAllowance::take(const store::SubmissionLoginRecord& login,
                                                                          std::size_t emails) {
  const Taken taken{login.id, emails, loop_.now(), loop_.wall()};
  if (login.per_minute == 0 && login.per_day == 0) co_return taken;
  const std::uint32_t per_day = login.per_day;  // the login may be another by the time it is written
  Used& state = used(login);
  state.meter.reserve(emails, taken.at);
  state.meter.begin(emails, taken.at, taken.at_wall);
  const std::uint64_t today = state.meter.used(taken.at, taken.at_wall).per_day;
  const Timestamp day = TimeZone().start_of_day(taken.at_wall);
  if (per_day == 0 || (state.day == day && today <= state.written)) co_return taken;
  const std::uint64_t ahead = today + std::max<std::uint64_t>(per_day / 100, 1) - 1;
  const Result<void> kept = co_await store_.set_setting(setting_prefix + std::to_string(taken.login),
                                                        std::to_string(day.ms) + " " + std::to_string(ahead));
  if (!kept) {
    give_back(taken);
    co_return std::unexpected(kept.error());
  }
  remembered_[taken.login] = {day, ahead};
  if (const auto still = used_.find(taken.login); still != used_.end()) {
    still->second.day = day;
    still->second.written = ahead;
  }
  co_return taken;
}

void SubmissionAllowance::give_back(const Taken& taken) {
  const auto found = used_.find(taken.login);
  if (found != used_.end()) found->second.meter.give_back(taken.emails, taken.at, taken.at_wall);
}

}  // namespace postroom::intake
