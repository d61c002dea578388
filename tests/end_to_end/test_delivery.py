"""What Postroom does with a provider's answers and an operator's wishes. Failover and doubt have their own files."""

import datetime
import unittest

from harness import QUICK, PostroomTest
from provider import WAIT
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
