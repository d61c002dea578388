"""What Postroom does with a provider's answers: retry, fail, fail over, doubt, wait."""

import datetime
import unittest

from harness import QUICK, PostroomTest
from postfix import free_ports
from provider import CLOSE, WAIT
from waiting import wait_for


def in_seconds(seconds):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class RepliesTest(PostroomTest):
    def setUp(self):
        super().setUp()
        self.peer = self.provider()
        self.connection = self.postroom.connect_to(self.peer.port)

    def test_a_451_is_retried_and_then_succeeds(self):
        self.peer.answer("RCPT", "451 4.2.0 greylisted, come back", times=1)
        sent = self.postroom.send_one()
        self.assertEqual(self.postroom.wait_status(sent, "accepted")["attempts"], 2)
        rows = sorted(self.postroom.log(active_queue_id=sent), key=lambda row: row["attempt"])
        self.assertEqual([row["status"] for row in rows], ["fail", "success"])
        self.assertEqual((rows[0]["reply_code"], rows[0]["enhanced_code"]), (451, "4.2.0"))
        self.assertIn("greylisted", rows[0]["reason"])

    def test_a_550_fails_this_recipient_only(self):
        self.peer.answer("RCPT", "550 5.1.1 no such user", times=None, when="nobody@")
        accepted = self.postroom.send(to=["ann@example.org", "nobody@example.org"])
        ann, nobody = (each["id"] for each in accepted["emails"])
        self.postroom.wait_status(ann, "accepted")
        self.assertEqual(self.postroom.wait_status(nobody, "failed")["reason_class"], "recipient")
        self.assertEqual([message.recipients for message in self.peer.taken()], [["ann@example.org"]])
        self.assertEqual(len(self.postroom.log(active_queue_id=nobody)), 1)

    def test_a_552_after_the_dot_fails_the_message(self):
        self.peer.answer("DOT", "554 5.6.0 looks like spam")
        sent = self.postroom.send_one()
        self.assertEqual(self.postroom.wait_status(sent, "failed")["reason_class"], "message")

    def test_mail_expires_rather_than_arrive_late(self):
        self.peer.answer("RCPT", "451 4.2.0 later", times=None)
        sent = self.postroom.send_one(expires_in=2)
        self.assertEqual(self.postroom.wait_status(sent, "expired")["status"], "expired")
        self.assertEqual(self.peer.messages, [])

    def test_scheduled_mail_is_never_early(self):
        due = in_seconds(3)
        sent = self.postroom.send_one(send_at=due)
        self.assertEqual(self.postroom.email(sent)["status"], "scheduled")
        self.postroom.wait_status(sent, "accepted")
        self.assertGreaterEqual(self.postroom.log(active_queue_id=sent)[0]["attempted_at"], due)

    def test_a_lost_reply_to_the_dot_is_a_doubt_and_goes_the_same_way_again(self):
        other = self.provider()
        self.postroom.connect_to(other.port, priority=900)
        self.peer.answer("DOT", CLOSE)
        sent = self.postroom.send_one()
        self.postroom.wait_status(sent, "accepted")
        rows = sorted(self.postroom.log(active_queue_id=sent), key=lambda row: row["attempt"])
        self.assertEqual([(row["status"], row["reason_class"]) for row in rows][0], ("fail", "unknown"))
        self.assertEqual({row["connection_id"] for row in rows}, {self.connection["id"]})
        self.assertEqual(len(self.peer.messages), 2)
        self.assertEqual(self.peer.messages[0].content, self.peer.messages[1].content)
        self.assertEqual(other.messages, [])

    def test_a_doubt_that_is_held_waits_for_a_person(self):
        self.peer.answer("DOT", CLOSE, times=2)
        sent = self.postroom.send(to=["ann@example.org"], on_doubt="hold")["emails"][0]["id"]
        again = self.postroom.send(to=["bo@example.org"], on_doubt="hold")["emails"][0]["id"]
        for each in (sent, again):
            self.postroom.wait_status(each, "unknown")
        settle = {"action": "settle", "ids": [sent], "sent": True, "reason": "the provider's log shows it"}
        self.assertEqual(self.postroom.api("POST", "/queue/actions", settle).json["changed"], 1)
        self.assertEqual(self.postroom.email(sent)["status"], "accepted")
        settle.update(ids=[again], sent=False)
        self.assertEqual(self.postroom.api("POST", "/queue/actions", settle).json["changed"], 1)
        self.postroom.wait_status(again, "accepted")
        self.assertEqual(len(self.peer.messages), 3)

    def test_mail_being_sent_is_not_cut_off(self):
        self.peer.answer("DOT", WAIT)
        sent = self.postroom.send_one()
        wait_for(lambda: self.peer.messages, "the provider has the message")
        self.assertEqual(self.postroom.email(sent)["status"], "sending")
        self.problem(self.postroom.api("DELETE", f"/queue/{sent}"), 409, "being_sent")
        counts = self.postroom.api("POST", "/queue/actions", {"action": "hold", "ids": [sent]}).json
        self.assertEqual((counts["changed"], counts["skipped"]), (0, 1))
        self.peer.release()
        self.postroom.wait_status(sent, "accepted")

    def test_what_is_past_the_dot_is_finished_and_recorded_before_exit(self):
        self.peer.answer("DOT", WAIT)
        sent = self.postroom.send_one()
        wait_for(lambda: self.peer.messages, "the provider has the message")
        self.postroom.child.process.terminate()
        self.peer.release()
        self.assertEqual(self.postroom.stop(), 0)
        self.postroom.start()
        self.assertEqual(self.postroom.email(sent)["status"], "accepted")
        self.assertEqual(len(self.peer.messages), 1)


class FailoverTest(PostroomTest):
    def test_a_closed_port_moves_mail_to_the_next_connection_at_once(self):
        peer = self.provider()
        broken = self.postroom.connect_to(free_ports(1)[0], priority=1)
        working = self.postroom.connect_to(peer.port, priority=2)
        sent = self.postroom.send_one()
        self.assertEqual(self.postroom.wait_status(sent, "accepted")["attempts"], 1)
        rows = sorted(self.postroom.log(active_queue_id=sent), key=lambda row: row["attempt"])
        self.assertEqual([row["connection_id"] for row in rows], [broken["id"], working["id"]])
        self.assertEqual(rows[0]["reason_class"], "outage")
        self.assertIn(self.postroom.get(f"/connections/{broken['id']}")["health"]["state"], ("degraded", "down"))

    def test_a_bad_recipient_moves_nothing(self):
        first, second = self.provider(), self.provider()
        first.answer("RCPT", "550 5.1.1 unknown", times=None)
        connection = self.postroom.connect_to(first.port, priority=1)
        self.postroom.connect_to(second.port, priority=2)
        self.postroom.wait_status(self.postroom.send_one(), "failed")
        self.assertEqual(second.lines, [])
        self.assertEqual(self.postroom.get(f"/connections/{connection['id']}")["health"]["state"], "up")

    def test_a_pinned_message_waits_for_its_connection(self):
        peer, (port,) = self.provider(), free_ports(1)
        pinned = self.postroom.connect_to(port, priority=1)
        self.postroom.connect_to(peer.port, priority=2)
        sent = self.postroom.send_one(connection_id=pinned["id"])
        wait_for(lambda: self.postroom.log(active_queue_id=sent, status="fail"), "the pinned connection was tried")
        self.provider(port=port)
        self.postroom.wait_status(sent, "accepted")
        self.assertEqual(peer.messages, [])

    def test_mail_waits_while_no_connection_exists_and_then_goes(self):
        sent = self.postroom.send(**{"from": "shop@example.com"})["emails"][0]["id"]
        self.assertIn(self.postroom.email(sent)["status"], ("queued", "deferred"))
        self.postroom.connect_to(self.provider().port)
        self.postroom.wait_status(sent, "accepted")


class QueueActionsTest(PostroomTest):
    def setUp(self):
        super().setUp()
        self.peer = self.provider()
        self.connection = self.postroom.connect_to(self.peer.port)

    def act(self, action, **fields):
        answer = self.postroom.api("POST", "/queue/actions", {"action": action, **fields})
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    def scheduled(self, **fields):
        return self.postroom.send_one(send_at=in_seconds(3600), **fields)

    def test_held_mail_waits_until_released(self):
        sent = self.scheduled()
        self.assertEqual(self.act("hold", ids=[sent], reason="let me look")["changed"], 1)
        self.assertEqual(self.postroom.email(sent)["status"], "held")
        self.act("release", ids=[sent])
        self.assertEqual(self.postroom.email(sent)["status"], "scheduled")

    def test_retry_makes_deferred_mail_due_now(self):
        self.postroom.configure(QUICK.replace('"1s", "1s", "2s"', '"1h"'))
        self.postroom.restart()
        self.peer.answer("RCPT", "451 4.2.0 later", times=1)
        sent = self.postroom.send_one()
        self.postroom.wait_status(sent, "deferred")
        self.act("retry", ids=[sent])
        self.postroom.wait_status(sent, "accepted")

    def test_deleted_mail_ends_as_canceled(self):
        sent = self.scheduled()
        self.assertEqual(self.postroom.api("DELETE", f"/queue/{sent}?reason=wrong+address").status, 204)
        self.assertEqual(self.postroom.email(sent)["status"], "canceled")
        self.problem(self.postroom.api("GET", f"/queue/{sent}"), 404)

    def test_moved_mail_goes_over_the_other_connection(self):
        other = self.provider()
        target = self.postroom.connect_to(other.port, priority=900)
        sent = self.postroom.send_one(send_at=in_seconds(2))
        self.assertEqual(self.act("move", ids=[sent], connection_id=target["id"])["changed"], 1)
        self.postroom.wait_status(sent, "accepted")
        self.assertEqual((len(other.messages), len(self.peer.messages)), (1, 0))

    def test_expire_ends_mail_now(self):
        sent = self.scheduled()
        self.act("expire", ids=[sent])
        self.assertEqual(self.postroom.email(sent)["status"], "expired")

    def test_a_filter_selects_and_a_dry_run_only_counts(self):
        for number in range(3):
            self.scheduled(to=f"u{number}@{'one' if number else 'two'}.example")
        counts = self.act("delete", filter={"email": "*@one.example"}, dry_run=True)
        self.assertEqual((counts["matched"], counts["changed"]), (2, 0))
        self.assertEqual(self.act("delete", filter={"email": "*@one.example", "status": "scheduled"})["changed"], 2)
        self.assertEqual(self.postroom.get("/queue")["total"]["count"], 1)

    def test_everything_needs_to_be_said(self):
        self.scheduled()
        self.problem(self.postroom.api("POST", "/queue/actions", {"action": "delete", "filter": {}}), 422)
        self.problem(self.postroom.api("POST", "/queue/actions", {"action": "delete"}), 422)
        self.assertEqual(self.act("delete", filter={}, all=True)["changed"], 1)


if __name__ == "__main__":
    unittest.main()
