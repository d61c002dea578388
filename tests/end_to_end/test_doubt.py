"""After the dot without a clear reply: it may have been sent. Such mail has its own rules, and no second copy goes out
without a recorded doubt."""

import collections
import unittest

from harness import PostroomTest
from provider import CLOSE, WAIT
from waiting import wait_for

QUICK = '[delivery]\nretry = ["1s"]\nprobe = "1s"\ndot_timeout = "2s"\n'
NO_BACKOFF = '[delivery]\nretry = ["1h"]\nprobe = "1s"\ndot_timeout = "2s"\n'


def field(message, name):
    """A header field of a received message."""
    for line in message.content.split(b"\r\n\r\n", 1)[0].split(b"\r\n"):
        if line.lower().startswith(name.lower().encode() + b": "):
            return line.split(b": ", 1)[1].decode()
    raise AssertionError(f"no {name} in {message.content!r}")


class DoubtTest(PostroomTest):
    """`peer` is preferred; `other` would take anything at once."""

    config = QUICK

    def setUp(self):
        super().setUp()
        self.peer, self.other = self.provider(), self.provider()
        self.connection = self.postroom.connect_to(self.peer.port, priority=1)
        self.postroom.connect_to(self.other.port, priority=2)

    def rows(self, email_id):
        return sorted(self.postroom.log(active_queue_id=email_id), key=lambda row: row["attempt"])

    def act(self, action, email_id, **fields):
        answer = self.postroom.api("POST", "/queue/actions", {"action": action, "ids": [email_id], **fields})
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    def doubted(self, **fields):
        """An email whose first reply to the dot was lost, held for a person."""
        self.peer.answer("DOT", CLOSE)
        sent = self.postroom.send_one(on_doubt="hold", **fields)
        self.postroom.wait_status(sent, "unknown")
        return sent


class LostReplyTest(DoubtTest):
    def goes_the_same_way_again(self):
        """The first try ends in doubt, the second is the same mail over the same connection."""
        sent = self.postroom.send_one()
        self.postroom.wait_status(sent, "accepted")
        first, second = self.rows(sent)
        self.assertEqual((first["status"], first["reason_class"]), ("fail", "unknown"))
        self.assertEqual(second["status"], "success")
        self.assertEqual({first["connection_id"], second["connection_id"]}, {self.connection["id"]})
        self.assertEqual(self.postroom.email(sent)["attempts"], 2)
        copies = self.peer.messages
        self.assertEqual(len(copies), 2)
        self.assertEqual(copies[0].content, copies[1].content)
        self.assertEqual(field(copies[0], "Message-ID"), field(copies[1], "Message-ID"))
        self.assertEqual((copies[0].sender, copies[0].recipients), (copies[1].sender, copies[1].recipients))
        self.assertEqual(self.other.messages, [])
        self.assertEqual(self.postroom.get(f"/connections/{self.connection['id']}")["health"]["state"], "up")

    def test_a_connection_that_ends_instead_of_the_reply_is_a_doubt(self):
        self.peer.answer("DOT", CLOSE)
        self.goes_the_same_way_again()

    def test_a_221_is_a_goodbye_and_no_yes(self):
        self.peer.answer("DOT", "221 2.0.0 bye")
        self.goes_the_same_way_again()

    def test_a_1yz_or_3yz_is_a_doubt(self):
        for reply in ("150 one moment", "354 go on"):
            with self.subTest(reply=reply):
                self.peer.messages.clear()
                self.peer.answer("DOT", reply)
                self.goes_the_same_way_again()

    def test_a_malformed_reply_is_a_doubt(self):
        self.peer.answer("DOT", "Ok, got it")
        self.goes_the_same_way_again()

    def test_a_reply_that_comes_too_late_is_a_doubt(self):
        self.peer.answer("DOT", WAIT)
        sent = self.postroom.send_one(on_doubt="hold")
        self.postroom.wait_status(sent, "unknown")
        self.peer.release()
        wait_for(lambda: self.peer.messages[0].answered, "the provider has said its late yes")
        self.assertEqual(self.postroom.email(sent)["status"], "unknown")
        self.assertEqual([row["reason_class"] for row in self.rows(sent)], ["unknown"])

    def test_every_other_2yz_is_a_yes(self):
        for reply in ("200 yes", "251 2.1.5 will forward", "252 2.1.5 will try", "299 whatever"):
            with self.subTest(reply=reply):
                self.peer.answer("DOT", reply)
                sent = self.postroom.send_one()
                self.postroom.wait_status(sent, "accepted")
                self.assertEqual([row["status"] for row in self.rows(sent)], ["success"])

    def test_a_421_and_a_451_to_the_dot_are_definite(self):
        for reply, reason_class in (("421 4.3.2 shutting down", "outage"), ("451 4.3.0 local error", "outage"),
                                    ("451 local error", "message")):
            with self.subTest(reply=reply):
                self.peer.messages.clear()
                self.peer.answer("DOT", reply)
                sent = self.postroom.send_one()
                self.postroom.wait_status(sent, "accepted")
                self.assertEqual(self.rows(sent)[0]["reason_class"], reason_class)
                self.assertTrue(self.peer.messages[0].refused)

    def test_only_the_recipients_that_were_accepted_are_in_doubt(self):
        self.peer.answer("RCPT", "550 5.1.1 no such user", times=None, when="nobody@")
        self.peer.answer("DOT", CLOSE)
        emails = self.postroom.send(to=["ann@example.org", "nobody@example.org"], on_doubt="hold")["emails"]
        ann, nobody = (each["id"] for each in emails)
        self.postroom.wait_status(ann, "unknown")
        self.postroom.wait_status(nobody, "failed")
        self.assertEqual(self.rows(nobody)[0]["reason_class"], "recipient")

    def test_kill_9_at_the_dot_is_a_doubt_after_the_restart(self):
        self.peer.answer("DOT", WAIT)
        sent = self.postroom.send_one()
        wait_for(lambda: self.peer.messages, "the provider has the message")
        self.postroom.kill()
        self.peer.release()
        self.postroom.start()
        self.postroom.wait_status(sent, "accepted")
        self.assertEqual([(row["status"], row["reason_class"] or "") for row in self.rows(sent)],
                         [("fail", "unknown"), ("success", "")])
        self.assertEqual(self.peer.messages[0].content, self.peer.messages[1].content)
        self.assertEqual(self.other.messages, [])


class TiedTest(DoubtTest):
    def test_mail_in_doubt_waits_for_its_sick_connection_while_other_mail_moves_on(self):
        self.peer.answer("DOT", CLOSE)
        sent = self.postroom.send_one()
        wait_for(lambda: self.rows(sent)[:1] and self.rows(sent)[0]["status"] == "fail", "the doubt is recorded")
        self.peer.answer("CONNECT", "421 4.3.2 not now", times=None)
        wait_for(lambda: len(self.rows(sent)) > 1, "it was tried again over its own connection")
        free = self.postroom.send_one()
        self.postroom.wait_status(free, "accepted")
        self.assertEqual(len(self.other.taken()), 1)
        waiting = self.postroom.wait_status(sent, "queued", "deferred")
        self.assertTrue(waiting["reason"])
        self.peer.forget_script()
        self.postroom.wait_status(sent, "accepted")
        self.assertEqual({row["connection_id"] for row in self.rows(sent)}, {self.connection["id"]})
        self.assertEqual([message.recipients for message in self.other.taken()], [["ann@example.org"]])
        self.assertEqual(len(self.peer.messages), 2)


class HeldTest(DoubtTest):
    config = NO_BACKOFF

    def test_settled_as_sent_it_is_accepted_without_a_second_copy(self):
        sent = self.doubted()
        self.assertEqual(self.act("settle", sent, sent=True)["changed"], 1)
        self.assertEqual(self.postroom.email(sent)["status"], "accepted")
        self.assertEqual([row["reason_class"] for row in self.rows(sent)], ["unknown"])  # the row is not rewritten
        self.assertEqual((len(self.peer.messages), self.other.messages), (1, []))

    def test_settled_as_not_sent_it_is_free_to_go_by_any_connection(self):
        sent = self.doubted()
        self.peer.answer("CONNECT", "421 4.3.2 not now", times=None)
        self.assertEqual(self.act("settle", sent, sent=False)["changed"], 1)
        self.postroom.wait_status(sent, "accepted")
        self.assertEqual(len(self.other.taken()), 1)
        self.assertEqual(self.other.taken()[0].content, self.peer.messages[0].content)

    def test_retried_it_goes_by_its_own_connection(self):
        sent = self.doubted()
        self.peer.answer("CONNECT", "421 4.3.2 not now", times=1)
        self.assertEqual(self.act("retry", sent)["changed"], 1)
        self.postroom.wait_status(sent, "accepted")
        self.assertEqual({row["connection_id"] for row in self.rows(sent)}, {self.connection["id"]})
        self.assertEqual(self.other.messages, [])

    def test_moving_passes_over_mail_in_doubt(self):
        sent = self.doubted()
        counts = self.act("move", sent, connection_id=self.connection["id"] + 1)
        self.assertEqual((counts["changed"], counts["skipped"]), (0, 1))

    def test_deleted_it_ends_as_canceled(self):
        sent = self.doubted()
        self.assertEqual(self.postroom.api("DELETE", f"/queue/{sent}").status, 204)
        self.assertEqual(self.postroom.email(sent)["status"], "canceled")

    def test_its_connection_cannot_be_deleted(self):
        self.doubted()
        self.problem(self.postroom.api("DELETE", f"/connections/{self.connection['id']}"), 409, "connection_in_use")

    def test_the_connection_says_what_a_doubt_does_unless_the_message_does(self):
        path = f"/connections/{self.connection['id']}"
        changed = self.postroom.api("PATCH", path, {"on_doubt": "hold", "version": self.connection["version"]})
        self.assertEqual(changed.status, 200, changed)
        self.peer.answer("DOT", CLOSE, times=2)
        self.postroom.wait_status(self.postroom.send_one(), "unknown")
        sent = self.postroom.send_one(on_doubt="retry")
        self.assertEqual(self.postroom.wait_status(sent, "deferred")["reason_class"], "unknown")

    def test_expired_in_doubt_it_says_that_it_may_have_been_sent(self):
        self.peer.answer("DOT", CLOSE)
        sent = self.postroom.send_one(on_doubt="retry", expires_in=5)
        self.assertIn("may have been sent", self.postroom.wait_status(sent, "expired")["reason"])


class LedgerTest(DoubtTest):
    """Each fault at each step once, with a connection that would take everything: who got how many copies?"""

    STEPS = ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "DOT")
    FAULTS = (CLOSE, "421 4.3.2 going away", "451 4.3.0 try later", "450 try later", "221 2.0.0 bye", "what?")

    def test_no_second_copy_without_a_recorded_doubt(self):
        sent = {}
        for step in self.STEPS:
            for number, fault in enumerate(self.FAULTS):
                marker = f"{step}-{number}"
                self.peer.shut()  # a kept session would not meet what happens while one opens
                self.peer.open()
                self.peer.answer(step, fault, times=1)
                sent[marker] = self.postroom.send_one(subject=marker)
                self.postroom.wait_status(sent[marker], "accepted")
                self.assertEqual(self.rows(sent[marker])[0]["connection_id"], self.connection["id"])
                self.use_again()
        copies = collections.Counter(field(message, "Subject") for peer in (self.peer, self.other)
                                     for message in peer.messages if not message.refused)
        for marker, email in sent.items():
            doubts = [row for row in self.rows(email) if row["reason_class"] == "unknown"]
            self.assertEqual(copies[marker], 1 + len(doubts), f"{marker}: {self.rows(email)}")
            self.assertEqual(len(doubts) > 0, marker in ("DOT-0", "DOT-4", "DOT-5"), marker)

    def use_again(self):
        """Faults in a row would take the connection down, and it would meet no more of them."""
        before = len(self.peer.taken())

        def used():
            self.postroom.wait_status(self.postroom.send_one(subject="between"), "accepted")
            return len(self.peer.taken()) > before

        wait_for(used, "the connection is used again")


if __name__ == "__main__":
    unittest.main()
