"""Places that users name: hosts and files of a connection. What must not be reached is not, whatever name leads there."""

import os
import unittest

from certificates import Authority
from harness import QUICK, PostroomTest
from waiting import wait_for

LITERALS = ("169.254.169.254", "169.254.0.1", "::ffff:169.254.169.254", "fe80::1", "fd00:ec2::254", "0.0.0.0", "::",
            "::ffff:0.0.0.0", "64:ff9b::a9fe:a9fe")
SPELLINGS = ("2852039166", "0xa9fea9fe", "0xa9.0xfe.0xa9.0xfe", "169.254.43518", "0251.0376.0251.0376", "0", "0x0",
             "169.254.169.254.", "fe80::1%lo", "[169.254.169.254]", "http://169.254.169.254/", "169.254.169.254:80",
             "169.254.169.254#", "a@169.254.169.254", " 169.254.169.254", "-h")


class LinkLocalTest(PostroomTest):
    def test_addresses_that_no_provider_has_are_refused_when_they_are_named(self):
        self.postroom.connect_to(self.provider().port)
        for host in LITERALS:
            settings = {"caption": "x", "host": host, "port": 80, "encryption": "none"}
            with self.subTest(host=host):
                for path in ("/connections", "/connections/test"):
                    self.problem(self.postroom.api("POST", path, settings), 422, "host_not_allowed", "/host")
        self.assertEqual(len(self.postroom.get("/connections")["items"]), 1)

    def test_other_spellings_of_them_lead_nowhere(self):
        for host in SPELLINGS:
            settings = {"caption": "x", "host": host, "port": 80, "encryption": "none"}
            with self.subTest(host=host):
                answer = self.postroom.api("POST", "/connections/test", settings)
                if answer.status == 422:
                    continue
                self.assertEqual((answer.status, answer.json["ok"]), (200, False), answer)
                last = answer.json["steps"][-1]
                self.assertIn(last["step"], ("resolve", "connect"))
                if last["step"] == "connect":
                    self.assertIn("not allowed", last["detail"])


class DeniedTest(PostroomTest):
    config = '[network]\ndeny = ["127.0.0.0/8", "::1"]\n' + QUICK

    def test_a_name_is_judged_by_the_address_that_is_connected_to(self):
        peer = self.provider()
        connection = self.postroom.connect_to(peer.port, host="2130706433")  # 127.0.0.1, to a resolver
        report = self.postroom.api("POST", f"/connections/{connection['id']}/test", {}).json
        self.assertEqual((report["ok"], report["steps"][-1]["step"]), (False, "connect"), report)
        sent = self.postroom.send_one()
        row = wait_for(lambda: self.postroom.log(active_queue_id=sent, status="fail"), "the attempt is recorded")[0]
        self.assertIn("not allowed", row["reason"])
        self.assertEqual(self.postroom.wait_status(sent, "queued")["attempts"], 0)
        self.assertEqual(peer.sessions, 0)

    def test_an_address_is_refused_when_it_is_named(self):
        for host in ("127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"):
            settings = {"caption": "x", "host": host, "port": 25, "encryption": "none"}
            with self.subTest(host=host):
                self.problem(self.postroom.api("POST", "/connections", settings), 422, "host_not_allowed", "/host")


class CertificateFileTest(PostroomTest):
    """`ca_file` names a file of the server's machine."""

    def test_a_file_that_is_none_or_never_ends_stops_nobody_and_shows_nothing(self):
        authority = Authority(os.path.join(self.postroom.directory, "certificates"))
        peer = self.provider(encryption="starttls", certificate=authority.issue("provider"))
        self.postroom.connect_to(peer.port, host="localhost", encryption="tls", ca_file=authority.ca_file)
        pipe = os.path.join(self.postroom.directory, "pipe")
        os.mkfifo(pipe)
        secret = os.path.join(self.postroom.directory, "secret.txt")
        with open(secret, "w", encoding="ascii") as file:
            file.write("a secret of another program\n")
        for name in (pipe, "/dev/zero", "/dev/stdin", "/nowhere", "/", secret, "../../../etc/passwd"):
            settings = {"caption": "x", "host": "localhost", "port": peer.port, "encryption": "tls", "ca_file": name}
            with self.subTest(ca_file=name):
                report = self.postroom.api("POST", "/connections/test", settings)
                self.assertEqual((report.status, report.json["ok"]), (200, False), report)
                self.assertEqual(report.json["steps"][-1]["step"], "tls")
                self.assertNotIn(b"another program", report.body)
        self.postroom.wait_status(self.postroom.send_one(), "accepted")


if __name__ == "__main__":
    unittest.main()
