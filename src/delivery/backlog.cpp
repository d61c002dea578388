#include "delivery/backlog.h"

#include <algorithm>
#include <utility>

namespace postroom::delivery {
namespace {

using store::DueEmail;
using store::Position;

constexpr Duration ailing_patience = std::chrono::seconds(1);

// Just before an email in a lane's order.
Position before(const store::EmailRecord& email) {
  return {std::to_string(email.next_attempt_at->ms), true, email.id.value - 1};
}

bool is_before(const Position& a, const Position& b) {
  return std::pair(a.number(), a.id) < std::pair(b.number(), b.id);
}

}  // namespace

Backlog::Backlog(async::Loop& loop, store::DeliveryStore& store, std::vector<std::string> lanes, std::size_t window)
    : loop_(loop), store_(store), window_(window) {
  for (std::string& name : lanes) lanes_.emplace_back(std::move(name));
}

async::Task<Result<void>> Backlog::meet_lanes() {
  const Result<std::vector<std::string>> in_use = co_await store_.lanes_in_use();
  if (!in_use) co_return std::unexpected(in_use.error());
  for (const std::string& name : *in_use) lane_of(name);
  co_return Result<void>{};
}

std::size_t Backlog::lane_of(const std::string& name) {
  const auto found = std::ranges::find(lanes_, name, &Lane::name);
  if (found != lanes_.end()) return static_cast<std::size_t>(found - lanes_.begin());
  lanes_.emplace_back(name).paused = paused_.contains(name);
  return lanes_.size() - 1;
}

void Backlog::pause(const std::set<std::string>& names) {
  paused_ = names;
  for (Lane& lane : lanes_) {
    const bool resumed = lane.paused && !names.contains(lane.name);
    lane.paused = names.contains(lane.name);
    if (resumed) rewind(lane, Timestamp{0});
  }
}

// What became due may stand before the place the scan has reached, also before the one that a read under way will
// reach: the next read starts over from there.
void Backlog::rewind(Lane& lane, Timestamp to) {
  lane.more_due = true;
  if (!lane.rewind_to || to < *lane.rewind_to) lane.rewind_to = to;
}

void Backlog::look_again() {
  for (Lane& lane : lanes_) rewind(lane, Timestamp{0});
}

void Backlog::due_at(const std::string& name, Timestamp earliest) {
  Lane& lane = lanes_[lane_of(name)];
  if (earliest <= loop_.wall()) return rewind(lane, earliest);
  if (!lane.next_due_at || earliest < *lane.next_due_at) lane.next_due_at = earliest;
}

void Backlog::due_at(const store::EmailRecord& email) {
  if (email.next_attempt_at) due_at(email.lane, *email.next_attempt_at);
}

std::optional<Timestamp> Backlog::next_due_at() const {
  std::optional<Timestamp> next;
  for (const Lane& lane : lanes_)
    if (!lane.paused && lane.next_due_at && (!next || *lane.next_due_at < *next)) next = lane.next_due_at;
  return next;
}

bool Backlog::hold(const store::EmailRecord& email) {
  const std::size_t lane = lane_of(email.lane);
  if (!held_.try_emplace(email.id, Held{lane, false}).second) return false;
  ++lanes_[lane].waiting;
  return true;
}

bool Backlog::take(const store::EmailRecord& email) {
  const Lane& lane = lanes_[lane_of(email.lane)];
  const bool read_to_the_end = !lane.more_due && lane.bookmarks.empty() && !is_come(lane);
  if (!read_to_the_end || !has_window(lane) || *email.next_attempt_at > loop_.wall()) return false;
  return hold(email);
}

void Backlog::sets_out(const store::EmailRecord& email) {
  Held& held = held_.at(email.id);
  if (!std::exchange(held.under_way, true)) --lanes_[held.lane].waiting;
}

void Backlog::comes_back(const store::EmailRecord& email) {
  Held& held = held_.at(email.id);
  if (std::exchange(held.under_way, false)) ++lanes_[held.lane].waiting;
}

void Backlog::let_go(const store::EmailRecord& email) {
  const auto found = held_.find(email.id);
  if (found == held_.end()) return;
  if (!found->second.under_way) --lanes_[found->second.lane].waiting;
  held_.erase(found);
}

void Backlog::pass_by(const store::EmailRecord& email, Passer passer) {
  let_go(email);
  // As it was read; when the clock went back since, an operator may have made it due at an earlier place.
  if (!email.next_attempt_at || *email.next_attempt_at > loop_.wall()) return look_again(email);
  const Position here = before(email);
  const auto [mark, is_new] = lanes_[lane_of(email.lane)].bookmarks.try_emplace(passer, here);
  if (!is_new && is_before(here, mark->second)) mark->second = here;
}

// The moment that something was waited for may have come.
void Backlog::arrive(Lane& lane) {
  if (!is_come(lane)) return;
  rewind(lane, *lane.next_due_at);
  lane.next_due_at.reset();
}

std::optional<Backlog::Return> Backlog::bookmark_to_read(const Lane& lane, const RoomAt& room_at) {
  for (const auto& [passer, position] : lane.bookmarks)
    if (const std::size_t room = room_at(passer); room > 0) return Return{passer, room};
  return std::nullopt;
}

bool Backlog::wants_read(const RoomAt& room_at) const {
  return std::ranges::any_of(lanes_, [&](const Lane& lane) {
    return has_window(lane) && (lane.more_due || is_come(lane) || bookmark_to_read(lane, room_at));
  });
}

async::Task<Result<std::vector<DueEmail>>> Backlog::read(const RoomAt& room_at) {
  std::optional<Error> trouble;
  for (std::size_t index = 0; index < lanes_.size(); ++index) {
    arrive(lanes_[index]);
    if (!has_window(lanes_[index])) continue;
    const std::optional<Return> back = bookmark_to_read(lanes_[index], room_at);
    if (!back && !lanes_[index].more_due) continue;
    Result<std::vector<DueEmail>> page = co_await (back ? read_at_bookmark(index, *back) : read_on(index));
    if (!page) {  // a damaged row of one lane doesn't hold up the others
      lanes_[index].ails_until = loop_.now() + ailing_patience;
      trouble = page.error();
    } else if (back || !page->empty() || lanes_[index].more_due) {
      co_return page;
    }
  }
  if (trouble) co_return std::unexpected(*trouble);
  co_return std::vector<DueEmail>{};
}

async::Task<Result<std::vector<DueEmail>>> Backlog::read_on(std::size_t index) {
  store::DueQuery query;
  {
    Lane& lane = lanes_[index];  // not kept over the await: lanes may be added meanwhile
    lane.more_due = false;
    if (lane.rewind_to && lane.scanned_to && lane.scanned_to->number() >= lane.rewind_to->ms)
      lane.scanned_to = Position{std::to_string(lane.rewind_to->ms), true, 0};
    lane.rewind_to.reset();
    query = {lane.name, loop_.wall(), lane.scanned_to, window_ - lane.waiting};
  }
  Result<store::DuePage> page = co_await store_.due(std::move(query));
  Lane& lane = lanes_[index];
  if (!page) {
    lane.more_due = true;
    co_return std::unexpected(page.error());
  }
  if (page->last) {
    lane.scanned_to = page->last;
    lane.more_due = true;  // until a read finds nothing: expired rows count in no page
  }
  if (page->next_due_at && (!lane.next_due_at || *page->next_due_at < *lane.next_due_at))
    lane.next_due_at = page->next_due_at;
  co_return std::move(page->emails);
}

async::Task<Result<std::vector<DueEmail>>> Backlog::read_at_bookmark(std::size_t index, Return to) {
  const Position from = lanes_[index].bookmarks.at(to.passer);
  const std::size_t most = std::min(to.room, window_ - lanes_[index].waiting);
  Result<store::DuePage> page = co_await store_.due({lanes_[index].name, loop_.wall(), from, most});
  if (!page) co_return std::unexpected(page.error());
  const auto mark = lanes_[index].bookmarks.find(to.passer);
  const bool unmoved = mark != lanes_[index].bookmarks.end() && !is_before(mark->second, from);
  if (unmoved && page->last) mark->second = *page->last;
  if (unmoved && !page->last) lanes_[index].bookmarks.erase(mark);
  co_return std::move(page->emails);
}

}  // namespace postroom::delivery
