"""The peers of these tests, proved without Postroom: a fault that a peer does not play proves nothing."""

import smtplib
import ssl
import tempfile
import unittest

import postfix
from certificates import Authority
from provider import CLOSE, Provider
from waiting import wait_for

MAIL = b"Received: from elsewhere\r\nSubject: x\r\n\r\nhello\r\n.dot\r\n"
COMPLETE = b"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@example.com>\r\nFrom: shop@example.com\r\n"


class ProviderTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="postroom-peers-")
        cls.addClassCleanup(folder.cleanup)
        cls.authority = Authority(folder.name)
        cls.good = cls.authority.issue("provider")

    def provider(self, **settings):
        peer = Provider(**settings)
        self.addCleanup(peer.stop)
        return peer

    def client(self, peer):
        client = smtplib.SMTP("localhost", peer.port, timeout=60)
        self.addCleanup(client.close)
        return client

    def trust(self):
        return ssl.create_default_context(cafile=self.authority.ca_file)

    def test_a_scripted_reply_is_given_as_often_as_told(self):
        peer = self.provider()
        peer.answer("RCPT", "451 4.2.0 later", times=1)
        client = self.client(peer)
        with self.assertRaises(smtplib.SMTPRecipientsRefused):
            client.sendmail("a@example.com", ["b@example.org"], MAIL)
        client.sendmail("a@example.com", ["b@example.org"], MAIL)
        self.assertEqual([message.content for message in peer.taken()], [MAIL])

    def test_a_lost_reply_to_the_dot_leaves_the_message_with_the_provider(self):
        peer = self.provider()
        peer.answer("DOT", CLOSE)
        with self.assertRaises(smtplib.SMTPServerDisconnected):
            self.client(peer).sendmail("a@example.com", ["b@example.org"], MAIL)
        self.assertEqual(([message.content for message in peer.messages], peer.taken()), ([MAIL], []))

    def test_starttls_and_auth_are_asked_for_and_seen_apart(self):
        peer = self.provider(encryption="starttls", certificate=self.good, credentials=("shop", "secret"))
        client = self.client(peer)
        client.starttls(context=self.trust())
        with self.assertRaises(smtplib.SMTPAuthenticationError):
            client.login("shop", "wrong")
        client.login("shop", "secret")
        client.sendmail("a@example.com", ["b@example.org"], MAIL)
        self.assertEqual([(message.tls, message.user) for message in peer.taken()], [(True, "shop")])
        self.assertNotIn("AUTH", peer.clear_text())

    def test_bad_certificates_are_bad(self):
        stranger = tempfile.TemporaryDirectory(prefix="postroom-peers-")
        self.addCleanup(stranger.cleanup)
        bad = (self.authority.issue("else", hosts=("DNS:else.test",)),
               self.authority.issue("old", period=("20200101000000Z", "20200201000000Z")),
               Authority(stranger.name).issue("stranger"))
        for certificate in bad:
            peer = self.provider(encryption="starttls", certificate=certificate)
            with self.assertRaises(ssl.SSLCertVerificationError):
                self.client(peer).starttls(context=self.trust())


@unittest.skipIf(postfix.unavailable(), f"no Postfix here: {postfix.unavailable()}")
class PostfixTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.postfix = postfix.Postfix()
        cls.addClassCleanup(cls.postfix.stop)
        cls.trust = ssl.create_default_context(cafile=cls.postfix.authority.ca_file)

    def test_it_takes_mail_over_starttls_and_implicit_tls_and_keeps_each_byte(self):
        plain = smtplib.SMTP("localhost", self.postfix.submission, timeout=60)
        plain.starttls(context=self.trust)
        for user, client in (("ann", plain), ("bo", smtplib.SMTP_SSL("localhost", self.postfix.submissions, timeout=60,
                                                                     context=self.trust))):
            with client:
                client.login(self.postfix.username, self.postfix.password)
                client.sendmail("shop@example.com", [f"{user}@example.org"],
                                COMPLETE + MAIL)
            received = wait_for(lambda user=user: self.postfix.received(user), f"{user} has mail")
            self.assertTrue(received[0].startswith(b"Date: ") and received[0].endswith(MAIL), received)

    def test_it_refuses_a_wrong_password_and_mail_without_one(self):
        with smtplib.SMTP("localhost", self.postfix.submission, timeout=60) as client:
            client.starttls(context=self.trust)
            with self.assertRaises(smtplib.SMTPAuthenticationError):
                client.login(self.postfix.username, "wrong")
            with self.assertRaises(smtplib.SMTPRecipientsRefused):
                client.sendmail("shop@example.com", ["ann@example.org"], MAIL)


if __name__ == "__main__":
    unittest.main()
