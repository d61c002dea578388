"""Connections: the rules that protect them, and the test that shows the step that fails."""

import os
import unittest

from certificates import Authority
from harness import PostroomTest
from postfix import free_ports
from waiting import wait_for

USER, PASSWORD = "shop", "a secret of the shop"


class ConnectionRulesTest(PostroomTest):
    def setUp(self):
        super().setUp()
        self.peer = self.provider()

    def test_the_only_connection_cannot_be_disabled_or_deleted(self):
        only = self.postroom.connect_to(self.peer.port)
        path = f"/connections/{only['id']}"
        disabled = self.postroom.api("PATCH", path, {"enabled": False, "version": only["version"]})
        self.problem(disabled, 409, "last_connection")
        self.problem(self.postroom.api("DELETE", path), 409, "last_connection")
        self.assertTrue(self.postroom.get(path)["enabled"])

    def test_the_last_enabled_connection_cannot_be_disabled_or_deleted(self):
        first = self.postroom.connect_to(self.peer.port)
        second = self.postroom.connect_to(self.peer.port, enabled=False)
        path = f"/connections/{first['id']}"
        disabled = self.postroom.api("PATCH", path, {"enabled": False, "version": first["version"]})
        self.problem(disabled, 409, "last_connection")
        self.problem(self.postroom.api("DELETE", path), 409, "last_connection")
        self.assertEqual(self.postroom.api("DELETE", f"/connections/{second['id']}").status, 204)

    def test_the_first_connection_cannot_be_created_disabled(self):
        answer = self.postroom.api("POST", "/connections", {"caption": "x", "host": "127.0.0.1", "port": 25,
                                                            "encryption": "none", "enabled": False})
        self.problem(answer, 409, "last_connection")

    def test_a_host_is_a_name_or_an_address(self):
        good = {"caption": "x", "port": 25, "encryption": "none"}
        for host in ("a b", "http://x.example", "x.example:25", "[::1]", "x.example\r\nRCPT"):
            answer = self.postroom.api("POST", "/connections", {**good, "host": host})
            self.problem(answer, 422, pointer="/host")
        for host in ("::1", "127.0.0.1", "mx_1.example-host.example"):
            self.assertEqual(self.postroom.api("POST", "/connections", {**good, "host": host}).status, 201, host)

    def test_a_stale_version_is_refused(self):
        made = self.postroom.connect_to(self.peer.port)
        path = f"/connections/{made['id']}"
        changed = self.postroom.api("PATCH", path, {"caption": "New", "version": made["version"]})
        told = [entry for entry in self.postroom.get("/audit")["items"] if entry["action"] == "connection.update"]
        self.assertEqual([entry["detail"] for entry in told], ["caption"])
        self.assertEqual(changed.status, 200, changed)
        self.assertGreater(changed.json["version"], made["version"])
        self.problem(self.postroom.api("PATCH", path, {"caption": "Old", "version": made["version"]}), 409)
        self.assertEqual(self.postroom.get(path)["caption"], "New")

    def test_a_new_place_asks_for_the_password_again(self):
        made = self.postroom.connect_to(self.peer.port, username=USER, password=PASSWORD)
        path = f"/connections/{made['id']}"
        for change in ({"host": "localhost"}, {"port": 2}, {"encryption": "tls"}, {"username": "other"},
                       {"verify_certificate": False}):
            with self.subTest(change=change):
                answer = self.postroom.api("PATCH", path, {**change, "version": made["version"]})
                self.problem(answer, 422, "password_required")
        change = {"host": "localhost", "password": PASSWORD, "version": made["version"]}
        answer = self.postroom.api("PATCH", path, change)
        self.assertEqual(answer.status, 200, answer)

    def test_the_password_never_comes_back(self):
        made = self.postroom.connect_to(self.peer.port, username=USER, password=PASSWORD)
        self.assertTrue(made["has_password"])
        for path in ("/connections", f"/connections/{made['id']}"):
            self.assertNotIn(PASSWORD, self.postroom.api("GET", path).body.decode())
        for folder, _, names in os.walk(self.postroom.data):
            for name in names:
                if os.path.isfile(os.path.join(folder, name)):
                    with open(os.path.join(folder, name), "rb") as file:
                        self.assertNotIn(PASSWORD.encode(), file.read(), name)

    def test_link_local_places_are_refused(self):
        report = self.postroom.api("POST", "/connections/test", {"caption": "x", "host": "169.254.169.254", "port": 80,
                                                                 "encryption": "none"})
        self.assertTrue(report.status == 422 or not report.json["ok"], report)

    def test_deleting_one_with_pinned_mail_is_refused(self):
        self.postroom.connect_to(self.peer.port)
        second = self.postroom.connect_to(self.peer.port)
        self.postroom.send(connection_id=second["id"], send_at="2027-06-01T00:00:00Z")
        refused = self.postroom.api("DELETE", f"/connections/{second['id']}")
        self.problem(refused, 409, "connection_in_use")
        self.assertEqual(refused.json["count"], 1)


class ConnectionTestTest(PostroomTest):
    def setUp(self):
        super().setUp()
        self.authority = Authority(os.path.join(self.postroom.directory, "certificates"))
        self.good = self.authority.issue("provider")

    def report(self, port, **fields):
        settings = {"caption": "Tried", "host": "localhost", "port": port, "encryption": "tls", "username": USER,
                    "password": PASSWORD, "ca_file": self.authority.ca_file, "send_from": "shop@example.com", **fields}
        answer = self.postroom.api("POST", "/connections/test", settings)
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    def fails_at(self, report, step):
        self.assertFalse(report["ok"], report)
        self.assertEqual(report["steps"][-1]["step"], step, report)
        self.assertFalse(report["steps"][-1]["ok"])
        self.assertTrue(all(each["ok"] for each in report["steps"][:-1]), report)
        self.assertTrue(report["steps"][-1]["detail"])

    def no_credential_seen(self, peer):
        self.assertNotIn("AUTH", peer.verbs())
        self.assertNotIn(PASSWORD, "\n".join(peer.lines))

    def test_all_steps_pass_and_nothing_is_sent(self):
        peer = self.provider(encryption="starttls", certificate=self.good, credentials=(USER, PASSWORD))
        self.assertTrue(self.report(peer.port)["ok"])
        self.assertEqual(peer.messages, [])
        self.assertNotIn("AUTH", peer.clear_text())

    def test_a_real_mail_is_sent_when_asked(self):
        peer = self.provider(encryption="starttls", certificate=self.good, credentials=(USER, PASSWORD))
        report = self.report(peer.port, to="me@example.org")
        self.assertTrue(report["ok"], report)
        self.assertEqual(report["steps"][-1]["step"], "send")
        self.assertEqual([message.recipients for message in peer.taken()], [["me@example.org"]])

    def test_a_wrong_password_fails_at_auth(self):
        peer = self.provider(encryption="starttls", certificate=self.good, credentials=(USER, "another"))
        report = self.report(peer.port)
        self.fails_at(report, "auth")
        self.assertIn("authentication failed", report["steps"][-1]["detail"])

    def test_a_closed_port_fails_at_connect(self):
        self.fails_at(self.report(free_ports(1)[0]), "connect")

    def test_a_certificate_for_another_name_fails_at_tls(self):
        peer = self.provider(encryption="starttls", certificate=self.authority.issue("else", hosts=("DNS:else.test",)),
                             credentials=(USER, PASSWORD))
        self.fails_at(self.report(peer.port), "tls")
        self.no_credential_seen(peer)

    def test_an_expired_certificate_fails_at_tls(self):
        expired = self.authority.issue("old", period=("20200101000000Z", "20200201000000Z"))
        peer = self.provider(encryption="implicit", certificate=expired, credentials=(USER, PASSWORD))
        self.fails_at(self.report(peer.port, encryption="ssl"), "tls")
        self.no_credential_seen(peer)

    def test_an_unknown_issuer_fails_at_tls(self):
        stranger = Authority(os.path.join(self.postroom.directory, "stranger"))
        peer = self.provider(encryption="starttls", certificate=stranger.issue("provider"),
                             credentials=(USER, PASSWORD))
        self.fails_at(self.report(peer.port), "tls")
        self.no_credential_seen(peer)

    def test_missing_starttls_fails_and_no_credential_goes_in_clear(self):
        peer = self.provider(credentials=(USER, PASSWORD))
        self.fails_at(self.report(peer.port), "tls")
        self.no_credential_seen(peer)

    def test_mail_does_not_go_where_starttls_is_missing(self):
        peer = self.provider(credentials=(USER, PASSWORD))
        self.postroom.connect_to(peer.port, encryption="tls", username=USER, password=PASSWORD)
        sent = self.postroom.send_one()
        self.assertEqual(self.wait_fault(sent)["reason_class"], "tls")
        self.no_credential_seen(peer)
        self.assertEqual(peer.messages, [])

    def wait_fault(self, email_id):
        return wait_for(lambda: [row for row in self.postroom.log(active_queue_id=email_id, status="fail")],
                        "the fault stands in the log")[0]

    def test_a_refused_credential_never_fails_the_mail(self):
        peer = self.provider(encryption="starttls", certificate=self.good, credentials=(USER, "another"))
        connection = self.postroom.connect_to(peer.port, host="localhost", encryption="tls", username=USER,
                                              password=PASSWORD, ca_file=self.authority.ca_file)
        sent = self.postroom.send_one()
        self.assertEqual(self.wait_fault(sent)["reason_class"], "credential")
        self.assertEqual(self.postroom.wait_status(sent, "queued")["attempts"], 0)
        self.assertEqual(self.postroom.get(f"/connections/{connection['id']}")["health"]["state"], "down")


if __name__ == "__main__":
    unittest.main()
