"""What a sick connection does to mail: nothing. It leaves by the next one, and the log and the health say why."""

import os
import unittest

from certificates import Authority
from harness import QUICK, PostroomTest
from provider import CLOSE
from waiting import wait_for

USER, PASSWORD = "shop", "a secret of the shop"
# Mail that waited for its backoff instead of going elsewhere would miss every guard.
NO_BACKOFF = '[delivery]\nretry = ["1h"]\nprobe = "1s"\n'


class TwoProvidersTest(PostroomTest):
    """`first` is preferred and falls sick; `second` is well."""

    config = NO_BACKOFF

    def rows(self, email_id):
        return sorted(self.postroom.log(active_queue_id=email_id), key=lambda row: row["attempt"])

    def health(self, connection):
        return self.postroom.get(f"/connections/{connection['id']}")["health"]

    def act(self, action, **fields):
        answer = self.postroom.api("POST", "/queue/actions", {"action": action, **fields})
        self.assertEqual(answer.status, 200, answer)
        return answer.json


class FailoverTest(TwoProvidersTest):
    def setUp(self):
        super().setUp()
        authority = Authority(os.path.join(self.postroom.directory, "certificates"))
        self.good = authority.issue("provider")
        self.first = self.provider(encryption="starttls", certificate=self.good, credentials=(USER, PASSWORD),
                                   closed=self._testMethodName == "test_a_refused_port")
        self.second = self.provider()
        self.preferred = self.postroom.connect_to(self.first.port, host="localhost", encryption="tls", username=USER,
                                                  password=PASSWORD, ca_file=authority.ca_file, priority=1)
        self.other = self.postroom.connect_to(self.second.port, priority=2)

    def moves_on(self, reason_class, state, words):
        """One email meets the sick connection and leaves by the other, at once and at no cost to it."""
        sent = self.postroom.send_one()
        email = self.postroom.wait_status(sent, "accepted")
        self.assertEqual(email["attempts"], 1)  # the one that succeeded
        failed, succeeded = self.rows(sent)
        self.assertEqual((failed["connection_id"], failed["status"], failed["reason_class"], failed["attempt"]),
                         (self.preferred["id"], "fail", reason_class, 1))
        self.assertIn(words, failed["reason"])
        self.assertEqual((succeeded["connection_id"], succeeded["status"], succeeded["attempt"]),
                         (self.other["id"], "success", 2))
        self.assertEqual(len(self.second.taken()), 1)
        health = self.health(self.preferred)
        self.assertEqual(health["state"], state)
        self.assertIn(words, health["reason"])
        self.assertLessEqual(failed["attempted_at"], health["since"])
        self.assertLessEqual(health["since"], email["timeline"][-1]["at"])

    def comes_back(self):
        """Once it is well, mail goes by the preferred connection again."""
        before = len(self.first.taken())

        def used_again():
            self.postroom.wait_status(self.postroom.send_one(), "accepted")
            return len(self.first.taken()) > before

        wait_for(used_again, "the connection that is well again is used")
        health = self.health(self.preferred)
        self.assertEqual((health["state"], health["reason"]), ("up", None))

    def refuses(self, verb, reply, reason_class, words):
        """A refusal that lasts until the script is forgotten."""
        self.first.answer(verb, reply, times=None)
        self.moves_on(reason_class, "degraded", words)
        self.first.forget_script()
        self.comes_back()

    def test_a_refused_port(self):
        self.moves_on("outage", "degraded", "refused")
        self.first.open()
        self.comes_back()

    def test_a_refused_credential(self):
        self.first.credentials = (USER, "another")
        self.moves_on("credential", "down", "authentication failed")
        self.first.credentials = (USER, PASSWORD)
        self.comes_back()

    def test_a_421_at_the_greeting(self):
        self.refuses("CONNECT", "421 4.3.2 not taking mail now", "outage", "not taking mail now")

    def test_a_421_at_mail(self):
        self.refuses("MAIL", "421 4.3.2 shutting down", "outage", "shutting down")

    def test_a_connection_that_ends_before_the_dot(self):
        self.first.answer("DATA", CLOSE, times=None)
        self.moves_on("outage", "degraded", "the TLS connection was cut")
        self.first.forget_script()
        self.comes_back()

    def test_a_certificate_of_an_unknown_issuer(self):
        stranger = Authority(os.path.join(self.postroom.directory, "stranger"))
        self.first.present(stranger.issue("provider"))
        self.moves_on("tls", "down", "certificate")
        self.assertNotIn("AUTH", self.first.verbs())
        self.first.present(self.good)
        self.comes_back()

    def test_a_certificate_that_is_too_old(self):
        authority = Authority(os.path.join(self.postroom.directory, "old"))
        self.first.present(authority.issue("old", period=("20200101000000Z", "20200201000000Z")))
        self.moves_on("tls", "down", "certificate")

    def test_the_daily_limit_at_mail(self):
        self.refuses("MAIL", "550 5.4.5 Daily user sending limit exceeded, try again in 1 seconds", "quota",
                     "Daily user sending limit")

    def test_the_daily_limit_at_data(self):
        self.refuses("DATA", "550 5.4.5 Daily user sending limit exceeded, try again in 1 seconds", "quota",
                     "Daily user sending limit")

    def test_the_daily_limit_at_the_dot(self):
        self.refuses("DOT", "550 5.4.5 Daily user sending limit exceeded, try again in 1 seconds", "quota",
                     "Daily user sending limit")
        self.assertTrue(self.first.messages[0].refused)

    def test_throttling_at_mail(self):
        self.refuses("MAIL", "454 4.7.0 Throttling failure, try again in 1 seconds", "throttle", "Throttling")

    def test_throttling_at_rcpt(self):
        self.refuses("RCPT", "454 4.7.0 Throttling failure, try again in 1 seconds", "throttle", "Throttling")

    def test_throttling_at_the_dot(self):
        self.refuses("DOT", "454 4.7.0 Throttling failure, try again in 1 seconds", "throttle", "Throttling")

    def test_a_sender_that_is_not_welcome_here_may_be_elsewhere(self):
        self.first.answer("MAIL", "553 5.7.1 Sender address rejected: not owned by user", times=None)
        sent = self.postroom.send_one()
        self.postroom.wait_status(sent, "accepted")
        self.assertEqual([(row["connection_id"], row["reason_class"] or "") for row in self.rows(sent)],
                         [(self.preferred["id"], "sender"), (self.other["id"], "")])
        self.assertEqual(self.health(self.preferred)["state"], "up")

    def test_a_provider_that_names_no_time_is_left_alone(self):
        self.first.answer("MAIL", "550 5.4.5 Daily user sending limit exceeded", times=1)
        self.moves_on("quota", "degraded", "Daily user sending limit")
        after = self.postroom.send_one()
        self.postroom.wait_status(after, "accepted")
        self.assertEqual([row["connection_id"] for row in self.rows(after)], [self.other["id"]])

    def test_a_bad_recipient_fails_at_once_and_moves_nothing(self):
        self.first.answer("RCPT", "550 5.1.1 no such user", times=None)
        sent = self.postroom.send_one()
        email = self.postroom.wait_status(sent, "failed")
        self.assertEqual((email["attempts"], email["reason_class"]), (1, "recipient"))
        self.assertEqual([row["connection_id"] for row in self.rows(sent)], [self.preferred["id"]])
        self.assertEqual(self.second.lines, [])
        self.assertEqual(self.health(self.preferred)["state"], "up")

    def test_of_one_message_only_the_recipients_the_provider_refused_for_its_own_sake_move_on(self):
        self.first.answer("RCPT", "454 4.7.0 Throttling failure", times=None, when="bo@")
        self.first.answer("RCPT", "550 5.1.1 no such user", times=None, when="nobody@")
        emails = self.postroom.send(to=["ann@example.org", "bo@example.org", "nobody@example.org"])["emails"]
        ann, bo, nobody = (each["id"] for each in emails)
        for each in (ann, bo):
            self.postroom.wait_status(each, "accepted")
        self.postroom.wait_status(nobody, "failed")
        self.assertEqual([message.recipients for message in self.first.taken()], [["ann@example.org"]])
        self.assertEqual([message.recipients for message in self.second.taken()], [["bo@example.org"]])


class PartOfARecipientListTest(PostroomTest):
    config = QUICK

    def test_a_452_after_some_recipients_sends_the_accepted_ones_and_retries_the_rest(self):
        peer = self.provider()
        self.postroom.connect_to(peer.port)
        for late in ("cy@", "di@"):
            peer.answer("RCPT", "452 4.2.2 not these now", times=1, when=late)
        addresses = [f"{name}@example.org" for name in ("ann", "bo", "cy", "di")]
        emails = self.postroom.send(to=addresses)["emails"]
        for each in emails:
            self.postroom.wait_status(each["id"], "accepted")
        first, *later = (message.recipients for message in peer.taken())
        self.assertEqual(first, addresses[:2])
        self.assertEqual(sorted(sum(later, [])), addresses[2:])
        for each in emails[2:]:
            self.assertEqual(self.postroom.email(each["id"])["attempts"], 2)


class NowhereToGoTest(TwoProvidersTest):
    config = QUICK

    def setUp(self):
        super().setUp()
        self.first, self.second = self.provider(closed=True), self.provider(closed=True)
        self.preferred = self.postroom.connect_to(self.first.port, priority=1)
        self.other = self.postroom.connect_to(self.second.port, priority=2)

    def test_mail_waits_with_the_reason_while_all_are_down_and_goes_when_one_is_back(self):
        sent = self.postroom.send_one()
        wait_for(lambda: len(self.rows(sent)) >= 2, "both connections were tried")
        email = self.postroom.wait_status(sent, "queued")
        self.assertEqual((email["attempts"], email["reason_class"]), (0, "outage"))
        self.assertTrue(email["reason"])
        self.assertTrue(email["next_attempt_at"])
        self.second.open()
        self.postroom.wait_status(sent, "accepted")
        self.assertEqual(len(self.second.taken()), 1)
        self.assertEqual(self.rows(sent)[-1]["connection_id"], self.other["id"])

    def test_five_faults_in_a_row_take_a_connection_down_and_a_probe_brings_it_back(self):
        self.second.open()
        for state in ("degraded",) * 4 + ("down",):
            self.postroom.wait_status(self.postroom.send_one(), "accepted")
            self.assertEqual(self.health(self.preferred)["state"], state)
        spared = self.postroom.send_one()
        self.postroom.wait_status(spared, "accepted")
        self.assertEqual([row["connection_id"] for row in self.rows(spared)], [self.other["id"]])
        self.first.open()
        wait_for(lambda: self.health(self.preferred)["state"] == "up", "a probe finds the connection well")
        self.postroom.wait_status(self.postroom.send_one(), "accepted")
        self.assertEqual(len(self.first.taken()), 1)

    def test_a_pin_waits_with_the_reason_connection_and_goes_nowhere_else(self):
        self.second.open()
        sent = self.postroom.send_one(connection_id=self.preferred["id"])
        wait_for(lambda: self.postroom.email(sent)["reason_class"] == "connection", "the pin waits for its connection")
        email = self.postroom.email(sent)
        self.assertEqual((email["status"], email["attempts"]), ("queued", 0))
        self.assertTrue(email["next_attempt_at"])
        self.first.open()
        self.postroom.wait_status(sent, "accepted")
        self.assertEqual((len(self.first.taken()), self.second.lines), (1, []))

    def test_a_pin_to_a_disabled_connection_waits_until_it_is_enabled(self):
        self.first.open()
        self.second.open()
        path = f"/connections/{self.preferred['id']}"
        disabled = self.postroom.api("PATCH", path, {"enabled": False, "version": self.preferred["version"]}).json
        sent = self.postroom.send_one(connection_id=self.preferred["id"])
        wait_for(lambda: self.postroom.email(sent)["reason_class"] == "connection", "the pin waits for its connection")
        self.postroom.api("PATCH", path, {"enabled": True, "version": disabled["version"]})
        self.act("retry", ids=[sent])
        self.postroom.wait_status(sent, "accepted")
        self.assertEqual((len(self.first.taken()), self.second.lines), (1, []))


class ColdStartTest(PostroomTest):
    def test_mail_waits_while_no_connection_exists_and_then_goes(self):
        sent = self.postroom.send(**{"from": "shop@example.com"})["emails"][0]["id"]
        self.assertIn(self.postroom.email(sent)["status"], ("queued", "deferred"))
        self.postroom.connect_to(self.provider().port)
        self.postroom.wait_status(sent, "accepted")


if __name__ == "__main__":
    unittest.main()
