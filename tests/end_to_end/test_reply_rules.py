"""What a reply means: by the operator's own rules first, and never against a yes or a doubt."""

import json
import unittest

from harness import PostroomTest
from provider import CLOSE
from waiting import wait_for

RULE = {"name": "monthly allowance", "code": 550, "text": "Allowance used up", "scope": "quota",
        "permanence": "transient", "wait": 3600}
SAID = "550 5.1.1 your allowance used up until further notice"


class ReplyRulesTest(PostroomTest):
    def setUp(self):
        super().setUp()
        self.peer = self.provider()

    def failures(self, email_id):
        return wait_for(lambda: self.postroom.log(active_queue_id=email_id, status="fail"), "the failure is logged")

    def test_a_rule_makes_a_quota_of_a_550_and_mail_waits(self):
        self.peer.answer("RCPT", SAID, times=None)
        connection = self.postroom.connect_to(self.peer.port, reply_rules=[RULE])
        sent = self.postroom.send_one()
        row = self.failures(sent)[0]
        self.assertEqual((row["reason_class"], row["decided_by"]), ("quota", "own rule 1: monthly allowance"))
        waiting = self.postroom.wait_status(sent, "queued")
        self.assertEqual((waiting["attempts"], waiting["reason_class"]), (0, "quota"))
        shown = self.postroom.get(f"/log/{row['id']}")
        self.assertEqual(shown["decided_by"], row["decided_by"])
        self.assertIn(SAID, shown["conversation"])
        self.assertIn("own rule 1: monthly", self.postroom.command("log", "list"))
        self.assertIn("decided_by: own rule 1: monthly allowance", self.postroom.command("log", "show", row["id"]))
        self.assertEqual(self.postroom.get(f"/connections/{connection['id']}")["health"]["state"], "degraded")

    def test_a_rule_makes_a_quota_of_a_550_and_mail_moves(self):
        self.peer.answer("RCPT", SAID, times=None)
        self.postroom.connect_to(self.peer.port, priority=1, reply_rules=[RULE])
        second = self.provider()
        self.postroom.connect_to(second.port, priority=2)
        sent = self.postroom.send_one()
        self.assertEqual(self.postroom.wait_status(sent, "accepted")["attempts"], 1)
        self.assertEqual(len(second.taken()), 1)

    def test_without_the_rule_the_same_550_ends_the_email(self):
        self.peer.answer("RCPT", SAID, times=None)
        self.postroom.connect_to(self.peer.port)
        sent = self.postroom.send_one()
        self.assertEqual(self.postroom.wait_status(sent, "failed")["reason_class"], "recipient")
        self.assertEqual(self.failures(sent)[0]["decided_by"], "bad destination mailbox")

    def test_no_rule_turns_a_yes_or_a_doubt_into_something_else(self):
        everything = {"text": "o", "scope": "recipient", "permanence": "permanent"}
        self.postroom.connect_to(self.peer.port, on_doubt="hold", reply_rules=[everything])
        yes = self.postroom.send_one()
        self.postroom.wait_status(yes, "accepted")
        self.peer.answer("DOT", CLOSE)
        doubt = self.postroom.send_one()
        self.postroom.wait_status(doubt, "unknown")
        self.assertEqual(self.failures(doubt)[0]["decided_by"], "no clear reply to the final dot")

    def test_a_wrong_rule_is_refused_at_its_place(self):
        good = {"code": "5xx", "scope": "quota", "permanence": "transient"}
        connection = self.postroom.connect_to(self.peer.port)
        path = f"/connections/{connection['id']}"
        for wrong, pointer in (({"code": "250"}, "code"), ({"code": 350}, "code"), ({"code": True}, "code"),
                               ({"enhanced": "5.7"}, "enhanced"), ({"scope": "unknown"}, "scope"),
                               ({"scope": ""}, "scope"), ({"permanence": "never"}, "permanence"),
                               ({"stage": "quit"}, "stage"), ({"wait": 0}, "wait"), ({"wait": 86401}, "wait"),
                               ({"text": "x" * 201}, "text"), ({"colour": "red"}, "colour")):
            with self.subTest(wrong=wrong):
                answer = self.postroom.api("PATCH", path, {"reply_rules": [good, {**good, **wrong}]})
                self.problem(answer, 422, pointer="/reply_rules/1/" + pointer)
        for missing, pointer in (("code", "text"), ("scope", "scope"), ("permanence", "permanence")):
            with self.subTest(missing=missing):
                rule = {name: value for name, value in good.items() if name != missing}
                answer = self.postroom.api("PATCH", path, {"reply_rules": [rule]})
                self.problem(answer, 422, pointer="/reply_rules/0/" + pointer)
        self.problem(self.postroom.api("PATCH", path, {"reply_rules": [good] * 51}), 422, pointer="/reply_rules")
        self.problem(self.postroom.api("PATCH", path, {"profile": "pigeon"}), 422, pointer="/profile")
        self.assertEqual(self.postroom.api("PATCH", path, {"reply_rules": [good] * 50}).status, 200)

    def test_rules_and_profile_are_shown_as_they_were_given_and_last(self):
        connection = self.postroom.connect_to(self.peer.port, profile="gmail", reply_rules=[RULE])
        expected = [{**RULE, "stage": "any", "code": "550"}]
        self.assertEqual((connection["profile"], connection["reply_rules"]), ("gmail", expected))
        self.postroom.restart()
        kept = self.postroom.get(f"/connections/{connection['id']}")
        self.assertEqual((kept["profile"], kept["reply_rules"]), ("gmail", expected))

    def test_the_command_line_sets_and_shows_them(self):
        connection = self.postroom.connect_to(self.peer.port)
        self.postroom.command("connection", "update", str(connection["id"]), "--set", "profile=amazon_ses", "--set",
                              "reply_rules=" + json.dumps([RULE]))
        shown = self.postroom.command("connection", "show", str(connection["id"]))
        self.assertIn("profile: amazon_ses", shown)
        self.assertIn("Allowance used up", shown)

    def test_recipients_beyond_a_full_transaction_go_at_once_in_the_next(self):
        # The third RCPT of the first transaction is one too many; nobody waits for a retry, and nobody's count rises.
        self.peer.answer("RCPT", "452 4.5.3 Error: too many recipients", when="cyd@")
        self.postroom.connect_to(self.peer.port)
        sent = self.postroom.send(to=["ann@example.org", "bob@example.org", "cyd@example.org"])
        for email in sent["emails"]:
            self.assertEqual(self.postroom.wait_status(email["id"], "accepted")["attempts"], 1)
        last = sent["emails"][2]["id"]
        self.assertEqual(self.failures(last)[0]["decided_by"], "too many recipients for one transaction")
        self.assertEqual([message.recipients for message in self.peer.taken()],
                         [["ann@example.org", "bob@example.org"], ["cyd@example.org"]])


if __name__ == "__main__":
    unittest.main()
