"""A connection's own limits: mail is paced, waits for the next window or day, and a restart forgets nothing."""

import datetime
import unittest
import zoneinfo

from harness import QUICK, PostroomTest
from provider import WAIT, Silent
from waiting import wait_for

ZONES = ("Pacific/Auckland", "Asia/Tokyo", "Asia/Kolkata", "Europe/Berlin", "America/New_York", "America/Los_Angeles",
         "Pacific/Honolulu")
CLOCKS_S = 0.005  # the limits count by the monotonic clock, the log is dated by the wall clock


def zone_at_noon():
    """The zone that is farthest from midnight: no day ends while a test runs."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return min(ZONES, key=lambda name: abs(now.astimezone(zoneinfo.ZoneInfo(name)).hour - 12))


def next_midnight(zone):
    here = datetime.datetime.now(zoneinfo.ZoneInfo(zone))
    tomorrow = here.date() + datetime.timedelta(days=1)
    return datetime.datetime.combine(tomorrow, datetime.time(), zoneinfo.ZoneInfo(zone))


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


class LimitsTest(PostroomTest):
    config = QUICK

    def begins(self):
        """When each attempt began, in order."""
        return sorted(moment(row["attempted_at"]) for row in self.postroom.log(limit=500))

    def send_many(self, count):
        """As many one-recipient messages in one call; their emails' ids."""
        messages = [{"to": ["ann@example.org"], "subject": f"number {number}", "text": "x"} for number in range(count)]
        answer = self.postroom.api("POST", "/messages/batch", {"messages": messages})
        self.assertEqual(answer.status, 202, answer)
        return [result["emails"][0]["id"] for result in answer.json["results"]]

    def counts(self, emails):
        """(accepted, those that wait)"""
        now = [self.postroom.email(each) for each in emails]
        return [each for each in now if each["status"] == "accepted"], [each for each in now
                                                                        if each["status"] != "accepted"]


class PerSecondTest(LimitsTest):
    def test_no_sliding_second_has_more_than_the_limit(self):
        peer = self.provider()
        self.postroom.connect_to(peer.port, limits={"per_second": 20}, max_sessions=10)
        emails = self.send_many(80)
        for each in emails:
            self.postroom.wait_status(each, "accepted")
        begins = self.begins()
        self.assertEqual((len(begins), len(peer.taken())), (80, 80))
        for early, late in zip(begins, begins[20:]):
            self.assertGreaterEqual((late - early).total_seconds(), 1 - CLOCKS_S)

    def test_recipients_of_one_message_count_each(self):
        peer = self.provider()
        self.postroom.connect_to(peer.port, limits={"per_second": 20})
        sent = self.postroom.send(to=[f"u{number}@example.org" for number in range(50)])
        for each in sent["emails"]:
            self.postroom.wait_status(each["id"], "accepted")
        begins = self.begins()
        self.assertEqual(len(begins), 50)
        for early, late in zip(begins, begins[20:]):
            self.assertGreaterEqual((late - early).total_seconds(), 1 - CLOCKS_S)
        self.assertEqual(sorted(sum((message.recipients for message in peer.taken()), [])),
                         sorted(each["email"] for each in sent["emails"]))


class PerMinuteTest(LimitsTest):
    def test_mail_over_the_limit_waits_for_the_window_to_move_on(self):
        peer = self.provider()
        self.postroom.connect_to(peer.port, limits={"per_minute": 5})
        emails = self.send_many(8)
        wait_for(lambda: [each["reason_class"] for each in self.counts(emails)[1]] == ["quota"] * 3, "three wait")
        accepted, waiting = self.counts(emails)
        self.assertEqual((len(accepted), peer.verbs().count("MAIL")), (5, 5))
        for each in waiting:
            self.assertEqual((each["status"], each["attempts"]), ("queued", 0))
            # Not from the first attempt: it may have been reserved and not begun when this was put off.
            wait_s = (moment(each["next_attempt_at"]) - moment(each["created_at"])).total_seconds()
            self.assertGreaterEqual(wait_s, 60 - CLOCKS_S)


class PerDayTest(LimitsTest):
    def setUp(self):
        super().setUp()
        self.zone = zone_at_noon()
        self.peer, self.other = self.provider(), self.provider()
        self.limited = {"limits": {"per_day": 10}, "timezone": self.zone}

    def wait_for_the_turn_of_the_day(self, emails, waiting):
        """Ten have gone; the rest waits until midnight where the connection is."""
        midnight = next_midnight(self.zone)

        def wait_for_midnight():
            left = self.counts(emails)[1]
            return len(left) == waiting and all(
                each["reason_class"] == "quota" and self.seconds_after(midnight, each) >= -CLOCKS_S for each in left)

        wait_for(wait_for_midnight, f"{waiting} wait for the next day")
        for each in self.counts(emails)[1]:
            self.assertEqual((each["status"], each["attempts"]), ("queued", 0))
            self.assertLess(self.seconds_after(midnight, each), 60)
            self.assertIn("a day", each["reason"])
        self.assertEqual(self.peer.verbs().count("MAIL"), 10)

    @staticmethod
    def seconds_after(midnight, email):
        return (moment(email["next_attempt_at"]) - midnight).total_seconds()

    def retry(self, emails):
        answer = self.postroom.api("POST", "/queue/actions", {"action": "retry", "ids": emails})
        self.assertEqual(answer.status, 200, answer)
        return answer.json["changed"]

    def test_ten_of_fifteen_go_today_and_a_restart_makes_no_eleventh(self):
        self.postroom.connect_to(self.peer.port, **self.limited)
        emails = self.send_many(15)
        self.wait_for_the_turn_of_the_day(emails, 5)
        self.postroom.kill()
        self.postroom.start()
        left = [each["id"] for each in self.counts(emails)[1]]
        self.assertEqual(self.retry(left), 5)  # due now, and yet not free to go
        self.wait_for_the_turn_of_the_day(emails, 5)

    def test_what_was_at_the_dot_when_it_was_killed_has_used_its_place(self):
        self.postroom.connect_to(self.peer.port, max_sessions=3, **self.limited)
        self.peer.answer("DOT", WAIT, times=3)
        emails = self.send_many(15)
        wait_for(lambda: len(self.peer.messages) == 3, "three wait for the reply to their dot")
        self.postroom.kill()
        self.peer.release()
        self.postroom.start()
        self.wait_for_the_rest(emails)
        self.assertEqual(self.peer.verbs().count("MAIL"), 10)

    def wait_for_the_rest(self, emails):
        """Three of the ten places went to copies whose reply was lost."""
        wait_for(lambda: [each["reason_class"] for each in self.counts(emails)[1]].count("quota") == 8,
                 "eight wait for the next day")
        accepted, waiting = self.counts(emails)
        self.assertEqual((len(accepted), len(waiting)), (7, 8))

    def test_mail_at_its_connections_limit_does_not_move_to_a_lesser_one(self):
        self.postroom.connect_to(self.peer.port, priority=1, **self.limited)
        self.postroom.connect_to(self.other.port, priority=2)
        emails = self.send_many(15)
        self.wait_for_the_turn_of_the_day(emails, 5)
        self.assertEqual(self.other.messages, [])

    def test_mail_over_a_limit_that_spills_takes_the_lesser_one_and_a_pin_does_not(self):
        spills = self.postroom.connect_to(self.peer.port, priority=1, over_limit="spill", **self.limited)
        lesser = self.postroom.connect_to(self.other.port, priority=2)
        emails = self.send_many(15)
        for each in emails:
            self.postroom.wait_status(each, "accepted")
        self.assertEqual((len(self.peer.taken()), len(self.other.taken())), (10, 5))
        self.assertEqual((self.peer.verbs().count("MAIL"), self.other.verbs().count("MAIL")), (10, 5))
        went_over = [row["connection_id"] for row in self.postroom.log(limit=500)]
        self.assertEqual((went_over.count(spills["id"]), went_over.count(lesser["id"])), (10, 5))  # each was tried once
        pinned = self.postroom.send_one(connection_id=spills["id"])
        self.wait_for_the_turn_of_the_day([pinned], 1)
        self.postroom.kill()
        self.postroom.start()
        self.postroom.wait_status(self.send_many(1)[0], "accepted")
        self.assertEqual((len(self.peer.taken()), len(self.other.taken())), (10, 6))

    def test_mail_waits_once_the_connection_it_spills_to_is_at_its_limit_too(self):
        self.postroom.connect_to(self.peer.port, priority=1, over_limit="spill", **self.limited)
        self.postroom.connect_to(self.other.port, priority=2, limits={"per_day": 2}, timezone=self.zone)
        emails = self.send_many(15)
        self.wait_for_the_turn_of_the_day(emails, 3)
        self.assertEqual((len(self.peer.taken()), len(self.other.taken())), (10, 2))

    def test_a_refused_session_uses_no_place(self):
        self.peer.answer("CONNECT", "421 4.3.2 not now", times=2)
        self.postroom.connect_to(self.peer.port, max_sessions=1, **self.limited)
        emails = self.send_many(15)
        self.wait_for_the_turn_of_the_day(emails, 5)

    def test_a_raised_limit_lets_the_waiting_mail_go(self):
        made = self.postroom.connect_to(self.peer.port, **self.limited)
        emails = self.send_many(15)
        self.wait_for_the_turn_of_the_day(emails, 5)
        changed = self.postroom.api("PATCH", f"/connections/{made['id']}",
                                    {"limits": {"per_day": 15}, "version": made["version"]})
        self.assertEqual(changed.status, 200, changed)
        for each in emails:
            self.postroom.wait_status(each, "accepted")
        self.assertEqual(self.peer.verbs().count("MAIL"), 15)


class WedgedTest(LimitsTest):
    """One provider takes connections and never says a word; its deadlines are minutes away."""

    def test_a_wedged_provider_holds_up_no_more_than_its_own_sessions(self):
        silent, peer = Silent(), self.provider()
        self.addCleanup(silent.stop)
        wedged = self.postroom.connect_to(silent.port, priority=1, max_sessions=2)
        well = self.postroom.connect_to(peer.port, priority=1)
        meant = [self.postroom.send_one(connection_id=well["id"]) for _ in range(20)]
        stuck = [self.postroom.send_one(connection_id=wedged["id"]) for _ in range(20)]
        meant += [self.postroom.send_one(connection_id=well["id"]) for _ in range(20)]
        for each in meant:
            self.postroom.wait_status(each, "accepted")
        self.assertEqual(len(peer.taken()), 40)
        self.assertNotIn("accepted", [self.postroom.email(each)["status"] for each in stuck])

    def test_mail_that_either_may_send_does_not_wait_for_the_wedged_one(self):
        silent, peer = Silent(), self.provider()
        self.addCleanup(silent.stop)
        for port in (silent.port, peer.port):
            self.postroom.connect_to(port, priority=1, max_sessions=2)
        self.send_many(200)
        # Two under way, and at most eight in line: twice what a line of two sessions holds.
        wait_for(lambda: len(peer.taken()) >= 190, "all but the wedged one's own few have gone by the healthy one")


if __name__ == "__main__":
    unittest.main()
