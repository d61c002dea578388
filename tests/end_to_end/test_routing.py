"""Which connection mail takes, and what an operator lets stand still."""

import json
import os
import sqlite3
import time
import unittest

from harness import PostroomTest
from postfix import free_ports
from waiting import wait_for


class RoutingRulesTest(PostroomTest):
    def setUp(self):
        super().setUp()
        self.first, self.second = self.provider(), self.provider()
        self.one = self.postroom.connect_to(self.first.port, caption="One", priority=1)["id"]
        self.two = self.postroom.connect_to(self.second.port, caption="Two", priority=2)["id"]

    def set_rules(self, *rules):
        answer = self.postroom.api("PUT", "/routing-rules", {"rules": list(rules)})
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    def test_the_first_rule_that_fits_names_the_connection(self):
        self.set_rules({"recipient_domain": "Example.NET", "connection_ids": [self.two]},
                       {"tag": "invoice", "connection_ids": [self.two]})
        sent = {self.postroom.send_one("ann@example.net"): self.two,
                self.postroom.send_one("ann@example.org", tags=["order", "invoice"]): self.two,
                self.postroom.send_one("ann@example.org"): self.one}
        for each, connection in sent.items():
            self.postroom.wait_status(each, "accepted")
            self.assertEqual([row["connection_id"] for row in self.postroom.log(active_queue_id=each)], [connection])

    def test_mail_without_a_sender_gets_that_of_the_connection_its_rule_names(self):
        for connection, sender in ((self.one, "one@example.com"), (self.two, "two@example.com")):
            self.assertEqual(self.postroom.api("PATCH", f"/connections/{connection}", {"send_from": sender}).status, 200)
        self.set_rules({"recipient_domain": "example.net", "connection_ids": [self.two]})
        for recipient, sender in (("ann@example.net", "two@example.com"), ("ann@example.org", "one@example.com")):
            sent = self.postroom.api("POST", "/messages", {"to": [recipient], "subject": "x", "text": "x"})
            self.assertEqual(sent.status, 202, sent)
            self.assertEqual(self.postroom.get(f"/messages/{sent.json['id']}")["from"], sender)

    def test_a_connection_that_a_rule_names_is_not_deleted(self):
        self.set_rules({"recipient_domain": "example.net", "connection_ids": [self.two]})
        refused = self.postroom.api("DELETE", f"/connections/{self.two}")
        self.problem(refused, 409, "connection_in_rules")
        self.assertEqual(refused.json["rule"], 1)
        self.set_rules()
        self.assertEqual(self.postroom.api("DELETE", f"/connections/{self.two}").status, 204)

    def test_mail_of_a_rule_waits_for_its_connections_or_takes_any_as_the_rule_says(self):
        gone, = free_ports(1)
        shut = self.postroom.connect_to(gone, caption="Shut", priority=3)["id"]
        self.set_rules({"lane": "bulk", "connection_ids": [shut]},
                       {"recipient_domain": "example.net", "connection_ids": [shut], "otherwise": "any"})
        waiting = self.postroom.send_one(lane="bulk")
        going = self.postroom.send_one("ann@example.net")
        self.postroom.wait_status(going, "accepted")
        reason = wait_for(lambda: self.postroom.email(waiting)["reason"], "it has a reason")
        self.assertIn("refused", reason)
        self.assertEqual(self.postroom.email(waiting)["attempts"], 0)
        self.assertEqual({row["connection_id"] for row in self.postroom.log(active_queue_id=waiting)}, {shut})
        self.set_rules()
        self.postroom.wait_status(waiting, "accepted")

    def test_what_is_read_can_be_written_back_unless_someone_was_quicker(self):
        rules = self.set_rules({"sender_domain": "example.com", "connection_ids": [self.one, self.two]})
        self.assertEqual(self.postroom.get("/routing-rules"), rules)
        again = self.postroom.api("PUT", "/routing-rules", rules)
        self.assertEqual((again.status, again.json["rules"]), (200, rules["rules"]))
        self.problem(self.postroom.api("PUT", "/routing-rules", rules), 409, "stale_version")
        self.assertEqual(self.postroom.get("/routing-rules")["version"], again.json["version"])

    def test_rules_that_cannot_hold_are_refused_with_their_place(self):
        good = {"connection_ids": [self.one]}
        for rule, pointer in ((dict(good, lane="nowhere"), "/rules/1/lane"),
                              (dict(good, sender_domain="a b"), "/rules/1/sender_domain"),
                              (dict(good, otherwise="perhaps"), "/rules/1/otherwise"),
                              (dict(good, tag=17), "/rules/1/tag"), ({"connection_ids": []}, "/rules/1/connection_ids"),
                              ({"connection_ids": [self.one, "2"]}, "/rules/1/connection_ids"),
                              ({"lane": "bulk"}, "/rules/1/connection_ids"), (dict(good, weight=1), "/rules/1/weight"),
                              ({"connection_ids": [999]}, "/rules"), (7, "/rules/1")):
            with self.subTest(rule=rule):
                self.problem(self.postroom.api("PUT", "/routing-rules", {"rules": [good, rule]}), 422, None, pointer)
        self.problem(self.postroom.api("PUT", "/routing-rules", {}), 422, None, "/rules")
        self.assertEqual(self.postroom.get("/routing-rules")["rules"], [])

    def test_explain_says_which_and_why_not_the_others(self):
        self.set_rules({"lane": "bulk", "connection_ids": [self.two]})
        plain = self.postroom.get("/delivery/explain", to="ann@example.org")
        self.assertEqual((plain["connection_id"], plain["rule"], plain["waits_for"]), (self.one, None, None))
        self.assertEqual([each["chosen"] for each in plain["connections"]], [True, False])
        bulk = self.postroom.get("/delivery/explain", to="ann@example.org", lane="bulk")
        self.assertEqual((bulk["connection_id"], bulk["rule"]), (self.two, 0))
        self.assertIn("rule", bulk["connections"][0]["why"])
        told = self.postroom.command("explain", "--to", "ann@example.org", "--lane", "bulk")
        self.assertIn(f"connection_id: {self.two}", told)
        self.assertIn("Two", told)
        self.postroom.stop()
        told = json.loads(self.postroom.command("explain", "--to", "ann@example.org", "--json"))
        self.assertEqual(told["connection_id"], self.one, "without a server, too")
        self.postroom.start()

    def test_a_question_that_makes_no_sense_is_refused(self):
        for query in ("", "?to=nobody", "?to=a@example.org&lane=no", "?to=a@example.org&tags=x",
                      "?to=a@example.org&connection_id=one"):
            self.problem(self.postroom.api("GET", "/delivery/explain" + query), 400)


class PauseTest(PostroomTest):
    def setUp(self):
        super().setUp()
        self.peer = self.provider()
        self.connection = self.postroom.connect_to(self.peer.port)["id"]

    def change(self, act, **what):
        answer = self.postroom.api("POST", f"/delivery/{act}", what)
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    def test_a_lane_stands_still_while_the_other_goes_on(self):
        told = self.change("pause", lane="bulk", reason="too many complaints")
        self.assertEqual(told["pauses"], [{"all": False, "lane": "bulk", "connection_id": None,
                                           "reason": "too many complaints"}])
        waiting = self.postroom.send_one(lane="bulk")
        self.postroom.wait_status(self.postroom.send_one(), "accepted")
        self.assertEqual(self.postroom.email(waiting)["status"], "queued")
        self.assertIn("paused", self.postroom.get("/delivery/explain", to="a@example.org", lane="bulk")["waits_for"])
        self.postroom.restart()
        self.postroom.wait_status(self.postroom.send_one(), "accepted")
        self.assertEqual(self.postroom.email(waiting)["status"], "queued", "a restart does not start it")
        self.assertEqual(self.change("resume", lane="bulk")["pauses"], [])
        self.postroom.wait_status(waiting, "accepted")

    def test_everything_stands_still_and_goes_on(self):
        self.assertTrue(self.change("pause", all=True)["paused"])
        sent = [self.postroom.send_one() for _ in range(5)]
        self.assertEqual({self.postroom.email(each)["status"] for each in sent}, {"queued"})
        self.assertFalse(self.change("resume", all=True)["paused"])
        for each in sent:
            self.postroom.wait_status(each, "accepted")
        acts = [(row["action"], row["object"]) for row in self.postroom.get("/audit")["items"]]
        self.assertEqual(acts[:2], [("delivery.resume", "delivery"), ("delivery.pause", "delivery")])

    def test_mail_leaves_by_the_connection_that_is_not_paused(self):
        other = self.provider()
        second = self.postroom.connect_to(other.port, caption="Other", priority=900)["id"]
        self.change("pause", connection_id=self.connection)
        self.assertTrue(self.postroom.get(f"/connections/{self.connection}")["paused"])
        sent = self.postroom.send_one()
        self.postroom.wait_status(sent, "accepted")
        self.assertEqual([row["connection_id"] for row in self.postroom.log(active_queue_id=sent)], [second])
        self.change("pause", connection_id=second)
        waiting = self.postroom.send_one()
        reason = wait_for(lambda: self.postroom.email(waiting)["reason"], "it has a reason")
        self.assertIn("paused", reason)
        self.assertEqual(self.postroom.email(waiting)["reason_class"], "operator")
        self.change("resume", connection_id=self.connection)
        self.postroom.wait_status(waiting, "accepted")

    def test_a_pause_of_nothing_is_refused(self):
        for body, pointer in (({}, "/all"), ({"all": True, "lane": "bulk"}, "/all"), ({"lane": "no"}, "/lane"),
                              ({"connection_id": 99}, "/connection_id"), ({"all": True, "why": "x"}, "/why"),
                              ({"all": True, "reason": "x" * 501}, "/reason")):
            with self.subTest(body=body):
                self.problem(self.postroom.api("POST", "/delivery/pause", body), 422, None, pointer)
        reader = self.postroom.create_key("reader", "read")
        self.problem(self.postroom.api("POST", "/delivery/pause", {"all": True}, key=reader), 403)
        self.assertFalse(self.postroom.get("/delivery")["paused"])

    def test_the_command_line_pauses_and_resumes(self):
        told = self.postroom.command("delivery", "pause", "--lane", "bulk", "--reason", "why not")
        self.assertIn("why not", told)
        self.assertIn("bulk", self.postroom.command("delivery", "show"))
        self.assertEqual(json.loads(self.postroom.command("delivery", "resume", "--lane", "bulk", "--json"))["pauses"],
                         [])
        rules = json.dumps({"rules": [{"lane": "bulk", "connection_ids": [self.connection]}]})
        self.assertIn("bulk", self.postroom.command("routing", "set", input=rules))
        self.assertIn("bulk", self.postroom.command("routing", "show"))

    def test_events_tell_of_a_connection_that_went_down_and_came_back(self):
        self.peer.answer("CONNECT", "421 4.3.2 closing", times=5)
        sent = [self.postroom.send_one() for _ in range(6)]
        for each in sent:
            self.postroom.wait_status(each, "accepted")
        wait_for(lambda: len(self.postroom.get("/delivery/events")["items"]) >= 2, "both events are there")
        events = self.postroom.get("/delivery/events", limit=100)["items"]
        self.assertEqual([each["event"] for each in events], ["connection.restored", "connection.down"])
        self.assertIn("closing", events[-1]["detail"])
        self.assertEqual({each["connection_id"] for each in events}, {self.connection})
        self.assertIn("connection.down", self.postroom.command("delivery", "events"))


class ClockTest(PostroomTest):
    def test_after_a_leap_of_the_clock_nothing_expires_until_someone_confirms_it(self):
        self.problem(self.postroom.api("POST", "/delivery/confirm-clock", b""), 409, "no_clock_jump")
        self.postroom.stop()
        long_ago = int((time.time() - 8 * 86400) * 1000)
        with sqlite3.connect(os.path.join(self.postroom.data, "postroom.db")) as database:
            database.execute("INSERT OR REPLACE INTO setting VALUES('last_seen', ?)", (str(long_ago),))
        database.close()
        self.postroom.start()
        self.assertIn("confirms", self.postroom.get("/delivery")["clock_jump"])
        self.assertEqual([each["event"] for each in self.postroom.get("/delivery/events")["items"]], ["clock_jump"])
        peer = self.provider()
        peer.answer("RCPT", "451 4.2.0 greylisted", times=None)
        self.postroom.connect_to(peer.port)
        late = self.postroom.send_one(expires_in=1)
        on_time = self.postroom.send_one(expires_in=3600)
        wait_for(lambda: self.postroom.email(on_time)["attempts"] >= 3, "two seconds and more have gone by")
        self.assertEqual(self.postroom.email(late)["status"], "deferred")
        self.postroom.restart()
        self.assertEqual(self.postroom.email(late)["status"], "deferred", "a restart does not confirm it")
        answer = self.postroom.api("POST", "/delivery/confirm-clock", b"")
        self.assertEqual((answer.status, answer.json["clock_jump"]), (200, None))
        self.postroom.wait_status(late, "expired")
        self.assertEqual(self.postroom.email(on_time)["status"], "deferred")


if __name__ == "__main__":
    unittest.main()
