"""Mail handed in over SMTP, by Python's own client."""

import smtplib
import unittest

from harness import PostroomTest
from waiting import wait_for

MAIL = ("From: Shop <shop@example.com>\r\nTo: ann@example.org\r\nBcc: eve@example.org\r\nX-Postroom-Tag: order\r\n"
        "Subject: Over SMTP\r\n\r\n.dot\r\nGood day.\r\n")


class SubmissionTest(PostroomTest):
    def setUp(self):
        super().setUp()
        self.peer = self.provider()
        self.postroom.connect_to(self.peer.port)
        host, port = self.postroom.child.address("smtp")
        self.client = smtplib.SMTP(host, port, timeout=60)
        self.addCleanup(self.client.close)
        self.client.ehlo()

    def test_a_message_is_stored_named_and_delivered_without_its_option_headers(self):
        self.client.login("anything", self.postroom.create_key("smtp", "send"))
        self.client.mail("shop@example.com")
        self.client.rcpt("ann@example.org")
        code, said = self.client.data(MAIL)
        self.assertEqual(code, 250)
        self.assertRegex(said.decode(), r"^2\.6\.0 Queued as [0-9A-Za-z]{13}$")
        message = wait_for(self.peer.taken, "the message arrives")[0]
        self.assertEqual((message.sender, message.recipients), ("shop@example.com", ["ann@example.org"]))
        self.assertTrue(message.content.endswith(b"\r\n\r\n.dot\r\nGood day.\r\n"), message.content)
        self.assertTrue(message.content.startswith(b"Received: "))
        for gone in (b"Bcc:", b"X-Postroom-"):
            self.assertNotIn(gone, message.content)
        stored = self.postroom.get("/messages/" + said.decode().rsplit(" ", 1)[1])
        self.assertEqual(stored["tags"], ["order"])

    def test_mail_without_credentials_is_refused(self):
        code, said = self.client.mail("shop@example.com")
        self.assertEqual((code, said[:5]), (530, b"5.7.0"))

    def test_a_wrong_key_is_refused(self):
        with self.assertRaises(smtplib.SMTPAuthenticationError):
            self.client.login("anything", "wrong")

    def test_a_key_that_may_only_read_cannot_submit(self):
        with self.assertRaises(smtplib.SMTPAuthenticationError):
            self.client.login("anything", self.postroom.create_key("reader", "read"))


if __name__ == "__main__":
    unittest.main()
