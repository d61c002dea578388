"""The main walk, through a real Postfix with STARTTLS and AUTH."""

import base64
import email
import email.policy
import unittest

import postfix
from harness import PostroomTest
from waiting import wait_for

PDF = bytes(range(256)) * 20


@unittest.skipIf(postfix.unavailable(), f"no Postfix here: {postfix.unavailable()}")
class PostfixWalkTest(PostroomTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.postfix = postfix.Postfix()
        cls.addClassCleanup(cls.postfix.stop)

    def connect(self, encryption, **fields):
        port = self.postfix.submissions if encryption == "ssl" else self.postfix.submission
        return self.postroom.connect_to(port, host="localhost", encryption=encryption, username=self.postfix.username,
                                        password=self.postfix.password, ca_file=self.postfix.authority.ca_file,
                                        **fields)

    def arrived(self, user, marker):
        """The one message in the mailbox of `user` that carries `marker`, once it is there."""
        def found():
            return [raw for raw in self.postfix.received(user) if marker in raw]
        try:
            messages = wait_for(found, f"{user} has the message")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.postfix.log()[-3000:]}") from None
        self.assertEqual(len(messages), 1)
        return messages[0]

    def test_message_with_everything_arrives_byte_for_byte_as_frozen(self):
        self.connect("tls")
        accepted = self.postroom.send(
            to=[{"email": "ann@example.org", "name": "Änne Ólafsdóttir"}, "Bo <bo@example.org>"],
            bcc=["cy@example.org"], subject="Ihre Bestellung № 17 ist unterwegs — 注文", headers={"X-Order": "walk-17"},
            text="Guten Tag, Änne!\n.ein Punkt am Anfang\n", html="<p>Guten Tag, <b>Änne</b>!</p>",
            attachments=[{"filename": "Rechnung März.pdf", "content_type": "application/pdf",
                          "content": base64.b64encode(PDF).decode()}])
        self.assertEqual([each["email"] for each in accepted["emails"]],
                         ["ann@example.org", "bo@example.org", "cy@example.org"])
        for each in accepted["emails"]:
            self.postroom.wait_status(each["id"], "accepted")
        frozen = self.postroom.api("GET", f"/messages/{accepted['id']}/content")
        self.assertEqual(frozen.status, 200)
        for user in ("ann", "bo", "cy"):
            self.assertEqual(self.arrived(user, b"walk-17"), frozen.body)

        parsed = email.message_from_bytes(frozen.body, policy=email.policy.default)
        self.assertNotIn(b"cy@example.org", frozen.body)
        self.assertEqual(parsed["Subject"], "Ihre Bestellung № 17 ist unterwegs — 注文")
        self.assertEqual(parsed["To"].addresses[0].display_name, "Änne Ólafsdóttir")
        self.assertIn("Änne", parsed.get_body(("html",)).get_content())
        self.assertIn("\n.ein Punkt", parsed.get_body(("plain",)).get_content().replace("\r\n", "\n"))
        attachment = next(parsed.iter_attachments())
        self.assertEqual((attachment.get_filename(), attachment.get_content()), ("Rechnung März.pdf", PDF))

        rows = self.postroom.log(message_id=accepted["id"])
        self.assertEqual({row["active_queue_id"] for row in rows}, {each["id"] for each in accepted["emails"]})
        self.assertEqual(len(rows), 3)
        for row in rows:
            self.assertEqual((row["status"], row["attempt"], row["reply_code"]), ("success", 1, 250))
            self.assertRegex(row["tls"], r"^TLSv1\.[23]")
        self.assertEqual(self.postroom.get("/queue")["items"], [])

    def test_conversation_is_kept_without_secrets_and_without_other_recipients(self):
        self.connect("tls")
        accepted = self.postroom.send(to=["ann@example.org", "bo@example.org"], subject="talk")
        for each in accepted["emails"]:
            self.postroom.wait_status(each["id"], "accepted")
        row = self.postroom.log(active_queue_id=accepted["emails"][0]["id"])[0]
        conversation = str(self.postroom.get(f"/log/{row['id']}")["conversation"])
        self.assertIn("ann@example.org", conversation)
        self.assertNotIn("bo@example.org", conversation)
        plain = f"\0{self.postfix.username}\0{self.postfix.password}".encode()
        for secret in (self.postfix.password, base64.b64encode(plain).decode()):
            self.assertNotIn(secret, conversation)
            self.assertNotIn(secret, self.postroom.child.log())

    def test_implicit_tls_delivers(self):
        self.connect("ssl")
        accepted = self.postroom.send(to="dora@example.org", headers={"X-Order": "implicit"})
        self.postroom.wait_status(accepted["emails"][0]["id"], "accepted")
        frozen = self.postroom.api("GET", f"/messages/{accepted['id']}/content").body
        self.assertEqual(self.arrived("dora", b"X-Order: implicit"), frozen)

    def test_wrong_password_is_told_in_the_servers_words(self):
        connection = self.connect("tls")
        report = self.postroom.api("POST", f"/connections/{connection['id']}/test", {}).json
        self.assertTrue(report["ok"], report)
        self.assertEqual([step["step"] for step in report["steps"]],
                         ["resolve", "connect", "tls", "ehlo", "auth", "mail"])
        wrong = {"caption": "x", "host": "localhost", "port": self.postfix.submission, "encryption": "tls",
                 "username": self.postfix.username, "password": "wrong", "ca_file": self.postfix.authority.ca_file,
                 "send_from": "shop@example.com"}
        report = self.postroom.api("POST", "/connections/test", wrong).json
        self.assertFalse(report["ok"])
        self.assertEqual(report["steps"][-1]["step"], "auth")
        self.assertIn("5.7.8", report["steps"][-1]["detail"])


if __name__ == "__main__":
    unittest.main()
