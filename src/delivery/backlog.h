// Backlog is what is due and not yet under way, read from the store lane by lane, each in the order of its time. It
// keeps the name of every email in memory, so that none is claimed twice, and bounds how many wait there: however deep
// the queue is, a lane has its window.
//
// Mail that can't get in line now (its connection has enough before it, or none is usable) is passed by without a
// write; a bookmark remembers where, and reading goes on from there once there is room again.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "async/loop.h"
#include "async/task.h"
#include "base/result.h"
#include "store/delivery_store.h"

namespace postroom::delivery {

class Backlog {
 public:
  // Who has passed mail by: a connection, or nobody (no connection was usable).
  using Passer = store::ConnectionId;
  static constexpr Passer nobody = 0;

  // `lanes` in the order of their priority.
  Backlog(async::Loop& loop, store::DeliveryStore& store, std::vector<std::string> lanes, std::size_t window);

  // Adds lanes that queued mail bears and the configuration no longer names; they come last.
  async::Task<Result<void>> meet_lanes();
  std::size_t lanes() const { return lanes_.size(); }
  std::size_t lane_of(const std::string& name);  // an unknown one is added
  void pause(const std::set<std::string>& names);

  // The next page that some lane wants, in the lanes' order; empty when none does. `room_at` says how many emails may
  // be read on from a passer's bookmark now: more would be passed by again.
  using RoomAt = std::function<std::size_t(Passer)>;
  async::Task<Result<std::vector<store::DueEmail>>> read(const RoomAt& room_at);
  bool wants_read(const RoomAt& room_at) const;

  bool hold(const store::EmailRecord& email);  // false: it is in memory already
  // Holds mail that has just come in and need not be read: when its lane has been read to the end and has room. False:
  // it is read in its turn, after what is due before it.
  bool take(const store::EmailRecord& email);
  // Under way it no longer takes a place of its lane's window: sessions that hang don't keep the lane from being read.
  void sets_out(const store::EmailRecord& email);
  void comes_back(const store::EmailRecord& email);
  void let_go(const store::EmailRecord& email);
  void pass_by(const store::EmailRecord& email, Passer passer);  // let go, and read again later
  std::size_t held() const { return held_.size(); }

  void due_at(const std::string& lane, Timestamp earliest);
  void due_at(const store::EmailRecord& email);  // by its next_attempt_at, if it has one
  // A row may be due that the scan has passed by: the lane is read from the start.
  void look_again(const store::EmailRecord& email) { rewind(lanes_[lane_of(email.lane)], Timestamp{0}); }
  void look_again();
  std::optional<Timestamp> next_due_at() const;  // of what the store holds beyond the scan

 private:
  struct Lane {
    explicit Lane(std::string lane_name) : name(std::move(lane_name)) {}
    std::string name;
    bool paused = false;
    std::size_t waiting = 0;  // in memory and not under way
    std::optional<store::Position> scanned_to;
    std::optional<Timestamp> rewind_to;    // where the next read starts over, when before scanned_to
    std::optional<Timestamp> next_due_at;  // of what the store holds beyond the scan
    bool more_due = true;                  // the store may hold due mail not yet read
    Monotonic ails_until{};                // it could not be read
    std::map<Passer, store::Position> bookmarks;
  };

  static void rewind(Lane& lane, Timestamp to);
  void arrive(Lane& lane);
  bool is_come(const Lane& lane) const { return lane.next_due_at && *lane.next_due_at <= loop_.wall(); }
  bool has_window(const Lane& lane) const {
    return !lane.paused && lane.waiting <= window_ / 2 && loop_.now() >= lane.ails_until;
  }
  struct Return {
    Passer passer;
    std::size_t room;
  };
  static std::optional<Return> bookmark_to_read(const Lane& lane, const RoomAt& room_at);
  async::Task<Result<std::vector<store::DueEmail>>> read_on(std::size_t index);
  async::Task<Result<std::vector<store::DueEmail>>> read_at_bookmark(std::size_t index, Return to);

  async::Loop& loop_;
  store::DeliveryStore& store_;
  std::size_t window_;
  std::vector<Lane> lanes_;
  struct Held {
    std::size_t lane = 0;
    bool under_way = false;
  };
  std::set<std::string> paused_;  // also of lanes not met yet
  std::unordered_map<EmailId, Held> held_;
};

}  // namespace postroom::delivery
