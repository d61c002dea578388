"""A provider that does everything wrong, once: what becomes of the mail, what the log says, and that the next one goes.

Each script is played to one pinned email over a connection of its own; all scripts of a table run at once.
"""

import base64
import dataclasses
import os
import unittest

from certificates import Authority
from harness import QUICK, PostroomTest
from provider import CLOSE, WAIT
from waiting import wait_for

USER, PASSWORD = "shop", "the secret of the shop"
PATIENT = QUICK.replace("10s", "60s")  # no reply to a dot is late on a busy machine
HTML = "<script>alert(1)</script>\x1b[31m\x07" * 100


@dataclasses.dataclass
class Script:
    """What the provider does, and what must come of it. `row` is (reason_class, reply_code) of the first attempt's row;
    None: the first attempt succeeds. An attempt that fails is followed by one that succeeds, unless `final` is failed.
    """
    name: str
    replies: list  # (verb, reply)
    row: tuple | None
    final: str = "accepted"
    attempts: int = 1  # that count: the email's own refusals, doubts, and the success
    arrived: int = 1   # messages whose dot the provider has seen
    settings: dict = dataclasses.field(default_factory=dict)    # of the provider
    connection: dict = dataclasses.field(default_factory=dict)  # of Postroom's connection

    @property
    def rows(self):
        return 1 if self.row is None or self.final == "failed" else 2


def fine(name, *replies, **more):
    return Script(name, list(replies), None, **more)


def faulty(name, reason_class, *replies, code=None, **more):
    """The connection's fault: it costs the email no attempt."""
    return Script(name, list(replies), (reason_class, code), **more)


def later(name, reason_class, code, *replies, arrived=1, **more):
    """A transient refusal of the email."""
    return Script(name, list(replies), (reason_class, code), attempts=2, arrived=arrived, **more)


def refused(name, reason_class, code, *replies, arrived=0, **more):
    return Script(name, list(replies), (reason_class, code), final="failed", arrived=arrived, **more)


def doubtful(name, *replies, code=None, **more):
    """The provider may have it: it goes the same way again."""
    return Script(name, list(replies), ("unknown", code), attempts=2, arrived=2, **more)


def lines(code, texts):
    """A reply of several lines, as bytes."""
    return "".join(f"{code}{'-' if at + 1 < len(texts) else ' '}{text}\r\n" for at, text in enumerate(texts)).encode()


OPENING = [
    fine("banner of 128 lines", ("CONNECT", lines(220, ["line"] * 128))),
    fine("banner of 4 kB with HTML and escapes", ("CONNECT", "220 " + HTML[:3900])),
    fine("banner of bytes that are no text", ("CONNECT", b"220 \xff\xfe\x00\x80 ready\r\n")),
    fine("banner that is only a code", ("CONNECT", b"220\r\n")),
    fine("banner with bare LF", ("CONNECT", b"220-a\n220 b\n")),
    faulty("banner of 129 lines", "protocol", ("CONNECT", lines(220, ["line"] * 129))),
    faulty("banner of one endless line", "protocol", ("CONNECT", b"220 " + b"a" * 100000 + b"\r\n")),
    faulty("banner that never ends", "protocol", ("CONNECT", (b"220-on and on\r\n" * 20000, CLOSE))),
    faulty("banner of another protocol", "protocol", ("CONNECT", (b"SSH-2.0-OpenSSH_9.2\r\n", CLOSE))),
    faulty("banner of HTTP", "protocol", ("CONNECT", (b"HTTP/1.1 400 Bad Request\r\n\r\n", CLOSE))),
    faulty("banner that is empty", "protocol", ("CONNECT", b"\r\n")),
    faulty("banner of 250", "protocol", ("CONNECT", "250 hello"), code=250),
    faulty("banner of 354", "protocol", ("CONNECT", "354 go on"), code=354),
    faulty("banner of 554", "policy", ("CONNECT", ("554 5.7.1 no", CLOSE)), code=554),
    faulty("banner of 421", "outage", ("CONNECT", "421 4.3.2 not now"), code=421),
    faulty("closed before the banner", "outage", ("CONNECT", CLOSE)),
    faulty("closed within the banner", "outage", ("CONNECT", (b"220 provi", CLOSE))),
    faulty("two banners", "protocol", ("CONNECT", b"220 one\r\n220 two\r\n")),
    faulty("banner and the answer to EHLO unasked", "protocol", ("CONNECT", b"220 one\r\n250 two\r\n")),
    fine("EHLO unknown, HELO known", ("EHLO", "502 5.5.1 what?"), ("EHLO", "500 what?")),
    faulty("EHLO and HELO refused", "policy", ("EHLO", "550 5.7.1 no"), ("HELO", "550 5.7.1 no"), code=550),
    faulty("EHLO answered 421", "outage", ("EHLO", "421 4.3.2 later"), code=421),
    faulty("EHLO answered 451", "outage", ("EHLO", "451 4.3.2 later"), code=451),
    faulty("EHLO answered 354", "protocol", ("EHLO", "354 go on"), code=354),
    faulty("EHLO answered with two codes", "protocol", ("EHLO", b"250-a\r\n251 b\r\n")),
    faulty("EHLO answered with a line without code", "protocol", ("EHLO", b"250-a\r\nPIPELINING\r\n250 b\r\n")),
    faulty("EHLO answered without an end", "protocol", ("EHLO", (b"250-X\r\n" * 15000, CLOSE))),
    faulty("EHLO answered by a hang-up", "outage", ("EHLO", CLOSE)),
    fine("EHLO answered in lower case with odd spaces",
         ("EHLO", b"250-x\r\n250-pipelining \r\n250-size  \r\n250 8bitmime\r\n")),
    fine("SIZE that is no number", ("EHLO", "250-x\r\n250 SIZE lots")),
    fine("SIZE beyond 64 bits", ("EHLO", "250-x\r\n250 SIZE 99999999999999999999999999")),
    fine("SIZE 0, which means no limit", settings={"extensions": ("SIZE 0",)}),
    refused("SIZE smaller than the message", "message", None, ("EHLO", "250-x\r\n250 SIZE 10"),
            connection={"max_messages_per_session": 1}),
]

TRANSACTION = [
    faulty("MAIL answered 421", "outage", ("MAIL", "421 4.3.2 closing"), code=421),
    later("MAIL answered 451 for the content", "message", 451, ("MAIL", "451 4.6.0 content")),
    faulty("MAIL answered 451", "outage", ("MAIL", "451 4.3.0 try later"), code=451),
    faulty("MAIL answered 530", "credential", ("MAIL", "530 5.7.0 authenticate"), code=530),
    faulty("MAIL answered 354", "protocol", ("MAIL", "354 go on")),
    faulty("MAIL answered 199", "protocol", ("MAIL", ("199 what", CLOSE))),
    faulty("MAIL answered with garbage", "protocol", ("MAIL", b"\xff\xff\xff\xff\r\n")),
    faulty("MAIL answered by a hang-up", "outage", ("MAIL", CLOSE)),
    faulty("MAIL answered with half a line", "outage", ("MAIL", (b"250 2.1.0 o", CLOSE))),
    faulty("MAIL answered as a sender refused", "sender", ("MAIL", "550 5.1.8 bad sender"), code=550),
    fine("RCPT answered 251", ("RCPT", "251 will forward")),
    fine("RCPT answered 252", ("RCPT", "252 can't verify")),
    later("RCPT answered 450", "recipient", 450, ("RCPT", "450 4.2.0 mailbox busy")),
    later("RCPT answered 452", "recipient", 452, ("RCPT", "452 4.2.2 mailbox full")),
    refused("RCPT answered 550", "recipient", 550, ("RCPT", "550 5.1.1 unknown")),
    refused("RCPT answered 553", "recipient", 553, ("RCPT", "553 5.1.3 syntax")),
    refused("RCPT answered 550 without an enhanced code", "recipient", 550, ("RCPT", "550 unknown")),
    later("RCPT answered 450 with an enhanced code of another class", "recipient", 450, ("RCPT", "450 5.1.1 unknown")),
    faulty("RCPT answered 421", "outage", ("RCPT", ("421 4.3.2 closing", CLOSE)), code=421),
    faulty("RCPT answered by a hang-up", "outage", ("RCPT", CLOSE)),
    faulty("RCPT answered 354", "protocol", ("RCPT", "354 go on")),
    refused("RCPT refused, DATA answered 354 all the same", "recipient", 550, ("RCPT", "550 5.1.1 unknown"),
            ("DATA", "354 go on")),
    faulty("DATA answered 250", "protocol", ("DATA", "250 2.0.0 queued")),
    faulty("DATA answered 421", "outage", ("DATA", ("421 4.3.2 closing", CLOSE)), code=421),
    faulty("DATA answered 503", "protocol", ("DATA", "503 5.5.1 bad sequence"), code=503),
    later("DATA answered 451", "message", 451, ("DATA", "451 local error")),
    refused("DATA answered 554", "message", 554, ("DATA", "554 no")),
    faulty("DATA answered by a hang-up", "outage", ("DATA", CLOSE)),
    fine("DATA answered in two lines", ("DATA", b"354-well\r\n354 go on\r\n")),
    faulty("DATA answered twice", "protocol", ("DATA", b"354 go on\r\n250 2.0.0 queued\r\n")),
    faulty("DATA answered with 354 and QUIT's 221", "protocol", ("DATA", b"354 go on\r\n221 2.0.0 bye\r\n")),
    faulty("replies one too many from MAIL on", "protocol", ("MAIL", b"250 ok\r\n250 ok\r\n")),
    faulty("replies one too many from RCPT on", "protocol", ("RCPT", b"250 ok\r\n250 ok\r\n")),
]

DOT = [
    fine("dot answered 250 alone", ("DOT", b"250\r\n")),
    fine("dot answered 251", ("DOT", "251 fine")),
    fine("dot answered 299", ("DOT", "299 whatever")),
    fine("dot answered 200", ("DOT", "200 fine")),
    fine("dot answered in many lines", ("DOT", lines(250, ["2.0.0 line"] * 100))),
    fine("dot answered with bare LF", ("DOT", b"250 ok\n")),
    fine("dot answered twice", ("DOT", b"250 2.0.0 one\r\n250 2.0.0 two\r\n")),
    fine("dot answered 250 and hung up", ("DOT", ("250 2.0.0 queued", CLOSE))),
    fine("dot answered 250, then 421", ("DOT", (b"250 2.0.0 queued\r\n421 4.3.2 bye\r\n", CLOSE))),
    doubtful("dot answered 221", ("DOT", "221 2.0.0 bye"), code=221),
    doubtful("dot answered 150", ("DOT", "150 working"), code=150),
    doubtful("dot answered 354", ("DOT", "354 go on"), code=354),
    doubtful("dot answered 600", ("DOT", "600 what")),
    doubtful("dot answered with garbage", ("DOT", b"\x00\x01\x02\r\n")),
    doubtful("dot answered with an empty line", ("DOT", b"\r\n")),
    doubtful("dot answered with two codes", ("DOT", b"250-queued\r\n550 not\r\n")),
    doubtful("dot answered with 250- and no more", ("DOT", (b"250-queued\r\n", CLOSE))),
    doubtful("dot answered without an end", ("DOT", (b"250-more\r\n" * 15000, CLOSE))),
    doubtful("dot answered with half a line", ("DOT", (b"250 2.0.0 que", CLOSE))),
    doubtful("dot answered by a hang-up", ("DOT", CLOSE)),
    faulty("dot answered 451 for the mail system", "outage", ("DOT", "451 4.3.0 error"), code=451, arrived=2),
    later("dot answered 451", "message", 451, ("DOT", "451 local error"), arrived=2),
    faulty("dot answered 421", "outage", ("DOT", "421 4.3.2 closing"), code=421, arrived=2),
    faulty("dot answered 452", "outage", ("DOT", "452 no space"), code=452, arrived=2),
    faulty("dot answered 535", "credential", ("DOT", "535 5.7.8 who?"), code=535, arrived=2),
    refused("dot answered 550", "message", 550, ("DOT", "550 no"), arrived=1),
    refused("dot answered 552", "message", 552, ("DOT", "552 5.3.4 too big"), arrived=1),
    refused("dot answered 554 as spam", "message", 554, ("DOT", "554 5.7.1 spam"), arrived=1),
    refused("dot answered 554 with HTML and escapes", "message", 554, ("DOT", "554 " + HTML[:3900]), arrived=1),
]




def b64(text):
    return base64.b64encode(text.encode()).decode()


PLAIN_SECRET = b64(f"\0{USER}\0{PASSWORD}")
SPOKEN = (PASSWORD, PLAIN_SECRET, b64(PASSWORD))  # how a password could show itself

# Over STARTTLS and with AUTH. `certificate` in the settings is a name: see SecurityTest.
SECURITY = [
    fine("TLS and AUTH as they should be"),
    faulty("STARTTLS not offered", "tls", ("EHLO", "250-x\r\n250 AUTH PLAIN")),
    faulty("STARTTLS refused for now", "tls", ("STARTTLS", "454 4.7.0 not now"), code=454),
    faulty("STARTTLS refused for good", "tls", ("STARTTLS", "502 5.5.1 what?"), code=502),
    faulty("STARTTLS followed by replies in clear", "protocol", ("STARTTLS", b"220 go\r\n250 AUTH PLAIN\r\n")),
    faulty("STARTTLS answered 220 and hung up", "outage", ("STARTTLS", ("220 go", CLOSE))),
    faulty("certificate of another name", "tls", settings={"certificate": "else"}),
    faulty("certificate that has expired", "tls", settings={"certificate": "old"}),
    faulty("certificate of an unknown issuer", "tls", settings={"certificate": "stranger"}),
    faulty("AUTH gone after TLS", "credential", ("EHLO", "250-x\r\n250-AUTH PLAIN\r\n250 STARTTLS"),
           ("EHLO", "250-x\r\n250 PIPELINING")),
    faulty("AUTH answered 535", "credential", ("AUTH", "535 5.7.8 wrong"), code=535),
    faulty("AUTH answered 534", "credential", ("AUTH", "534 5.7.9 too weak"), code=534),
    faulty("AUTH answered 454", "outage", ("AUTH", "454 4.7.0 try later"), code=454),
    faulty("AUTH answered 421", "outage", ("AUTH", "421 4.7.0 closing"), code=421),
    faulty("AUTH answered by a hang-up", "outage", ("AUTH", CLOSE)),
    faulty("AUTH answered 535 with the password in it", "credential", ("AUTH", f"535 5.7.8 {PASSWORD} {PLAIN_SECRET}"),
           code=535),
    faulty("AUTH PLAIN answered by challenges without end", "protocol", ("AUTH", b"334 \r\n" * 50)),
    faulty("AUTH LOGIN answered by challenges without end", "protocol", ("AUTH", b"334 VXNlcm5hbWU6\r\n" * 50),
           settings={"mechanisms": "LOGIN"}),
    faulty("AUTH answered by a challenge that is no base64", "protocol", ("AUTH", b"334 !!!\r\n501 5.5.2 well\r\n")),
    faulty("AUTH SCRAM answered 235 without proof", "protocol", ("EHLO", "250-x\r\n250 STARTTLS"),
           ("EHLO", "250-x\r\n250 AUTH SCRAM-SHA-256"), ("AUTH", "235 2.7.0 welcome")),
    faulty("AUTH offered only weaker than asked for", "credential", settings={"mechanisms": "PLAIN LOGIN"},
           connection={"auth": "cram_md5"}),
    faulty("AUTH offered by an unknown mechanism only", "credential", settings={"mechanisms": "GSSAPI NTLM"}),
    fine("PIPELINING gone after TLS", ("EHLO", "250-x\r\n250-PIPELINING\r\n250 STARTTLS"),
         ("EHLO", "250-x\r\n250 AUTH PLAIN")),
]


class TortureTest(PostroomTest):
    config = PATIENT

    def play(self, scripts):
        """Starts all, waits for the first rows, mends what is broken for good, and compares."""
        begun = [(script, *self.begin(script)) for script in scripts]
        # Only now: mail that has not begun when another connection is made chooses anew, over a session of its own.
        played = [(script, peer, connection, self.postroom.send_one(subject=script.name, connection_id=connection["id"]))
                  for script, peer, connection in begun]
        for script, peer, connection, email in played:
            with self.subTest(script=script.name):
                self.first_row(script, email)
                self.mend(peer, connection)
        for script, peer, connection, email in played:
            with self.subTest(script=script.name):
                self.ends_as_told(script, peer, email)
                self.the_next_goes(peer, connection)
        return {script.name: peer for script, peer, _, _ in played}

    def mend(self, peer, connection):
        peer.forget_script()

    def begin(self, script, **connection):
        peer = self.provider(**script.settings)
        for verb, reply in script.replies:
            peer.answer(verb, reply)
        return peer, self.postroom.connect_to(peer.port, caption=script.name, **connection, **script.connection)

    def rows(self, email):
        finished = [row for row in self.postroom.log(active_queue_id=email) if row["status"] != "in_progress"]
        return sorted(finished, key=lambda row: row["attempt"])

    def first_row(self, script, email):
        row = wait_for(lambda: self.rows(email), f"{script.name}: the first attempt stands in the log")[0]
        if script.row is None:
            self.assertEqual((row["status"], row["reason_class"], row["reason"]), ("success", None, None), row)
        else:
            self.assertEqual((row["status"], row["reason_class"], row["reply_code"]), ("fail", *script.row), row)
            self.assertTrue(row["reason"], row)
        detail = self.postroom.get(f"/log/{row['id']}")
        for text in (detail["conversation"], detail["reason"] or ""):
            self.assertEqual([c for c in text if c != "\n" and not c.isprintable()], [])
            for secret in SPOKEN:
                self.assertNotIn(secret, text)

    def ends_as_told(self, script, peer, email):
        ended = self.postroom.wait_status(email, "accepted", "failed")
        rows = self.rows(email)
        doubts = [row for row in rows if row["reason_class"] == "unknown"]
        arrived = [message for message in peer.messages if f"Subject: {script.name}".encode() in message.content]
        seen = (ended["status"], ended["attempts"], len(rows), len(arrived), bool(doubts))
        doubt = script.row is not None and script.row[0] == "unknown"
        self.assertEqual(seen, (script.final, script.attempts, script.rows, script.arrived, doubt), rows)
        self.assertLessEqual(len({message.content for message in arrived}), 1, "a second copy differs")

    def the_next_goes(self, peer, connection):
        email = self.postroom.send_one(subject="The next one", connection_id=connection["id"])
        self.postroom.wait_status(email, "accepted")
        self.assertEqual([row["status"] for row in self.rows(email)], ["success"])
        self.assertEqual(sum(b"Subject: The next one" in message.content for message in peer.taken()), 1)


class OpenTortureTest(TortureTest):
    def test_the_opening(self):
        self.play(OPENING)

    def test_the_transaction(self):
        self.play(TRANSACTION)

    def test_the_reply_to_the_dot(self):
        self.play(DOT)


class SecurityTest(TortureTest):
    def setUp(self):
        super().setUp()
        authority = Authority(os.path.join(self.postroom.directory, "certificates"))
        stranger = Authority(os.path.join(self.postroom.directory, "stranger"))
        self.certificates = {"good": authority.issue("provider"),
                             "else": authority.issue("else", hosts=("DNS:else.test",)),
                             "old": authority.issue("old", period=("20200101000000Z", "20200201000000Z")),
                             "stranger": stranger.issue("provider")}
        self.ca_file = authority.ca_file

    def begin(self, script, **connection):
        settings = {"encryption": "starttls", "credentials": (USER, PASSWORD), "certificate": "good", **script.settings}
        settings["certificate"] = self.certificates[settings["certificate"]]
        return super().begin(dataclasses.replace(script, settings=settings), host="localhost", encryption="tls",
                             username=USER, password=PASSWORD, ca_file=self.ca_file, **connection)

    def mend(self, peer, connection):
        super().mend(peer, connection)
        peer.mechanisms = "PLAIN LOGIN"
        peer.present(self.certificates["good"])
        if connection["auth"] != "auto":
            fresh = self.postroom.get(f"/connections/{connection['id']}")
            change = {"auth": "auto", "version": fresh["version"]}
            answer = self.postroom.api("PATCH", f"/connections/{connection['id']}", change)
            self.assertEqual(answer.status, 200, answer)

    def test_tls_and_auth(self):
        peers = self.play(SECURITY)
        for name, peer in peers.items():
            with self.subTest(script=name):
                self.assertNotIn("AUTH", peer.clear_text())
                for secret in SPOKEN:
                    self.assertNotIn(secret, peer.clear_text())
                self.assertTrue(all(message.tls and message.user == USER for message in peer.messages))
        self.assertFalse(peers["PIPELINING gone after TLS"].pipelined[0])
        self.assertTrue(peers["TLS and AUTH as they should be"].pipelined[0])
        self.assertNotIn(PASSWORD, self.postroom.child.log())

    def test_a_port_that_speaks_no_tls_gets_no_mail_in_clear(self):
        peer = self.provider()
        connection = self.postroom.connect_to(peer.port, encryption="ssl", username=USER, password=PASSWORD)
        email = self.postroom.send_one(connection_id=connection["id"])
        row = wait_for(lambda: self.rows(email), "the fault stands in the log")[0]
        self.assertEqual((row["status"], row["reason_class"]), ("fail", "tls"))
        self.assertEqual(set(peer.verbs()) & {"EHLO", "AUTH", "MAIL"}, set())

    def test_a_kept_session_is_not_used_with_new_credentials(self):
        peer = self.provider(encryption="starttls", credentials=(USER, PASSWORD), certificate=self.certificates["good"])
        connection = self.postroom.connect_to(peer.port, host="localhost", encryption="tls", username=USER,
                                              password=PASSWORD, ca_file=self.ca_file)
        self.postroom.wait_status(self.postroom.send_one(), "accepted")
        self.postroom.wait_status(self.postroom.send_one(), "accepted")
        self.assertEqual(peer.sessions, 1)
        peer.credentials = ("other", "another secret")
        change = {"username": "other", "password": "another secret",
                  "version": self.postroom.get(f"/connections/{connection['id']}")["version"]}
        answer = self.postroom.api("PATCH", f"/connections/{connection['id']}", change)
        self.assertEqual(answer.status, 200, answer)
        self.postroom.wait_status(self.postroom.send_one(), "accepted")
        self.assertEqual([message.user for message in peer.taken()], [USER, USER, "other"])


class RecipientsTest(TortureTest):
    """One message to several: each answer counts for its own recipient, whatever becomes of the rest."""

    # What else the provider does; then, of the recipient that got 250: final status, first row's reason_class, attempts.
    ENDINGS = [
        ("as usual", [], ("accepted", None, 1)),
        ("the reply to the dot is lost", [("DOT", CLOSE)], ("unknown", "unknown", 1)),
        ("the dot is answered 221", [("DOT", "221 bye")], ("unknown", "unknown", 1)),
        ("the dot is answered 554", [("DOT", "554 5.6.0 no")], ("failed", "message", 1)),
        ("the dot is answered 421", [("DOT", "421 4.3.2 closing")], ("accepted", "outage", 1)),
        ("DATA is answered 451", [("DATA", "451 error")], ("accepted", "message", 2)),
        ("DATA is answered by a hang-up", [("DATA", CLOSE)], ("accepted", "outage", 1)),
    ]

    def test_each_recipient_has_its_own_end(self):
        sent = []
        for name, replies, good in self.ENDINGS:
            peer = self.provider()
            peer.answer("RCPT", "550 5.1.1 unknown", times=None, when="gone@")
            peer.answer("RCPT", "450 4.2.0 busy", when="busy@")
            for verb, reply in replies:
                peer.answer(verb, reply)
            connection = self.postroom.connect_to(peer.port, caption=name)
            message = self.postroom.send(to=["good@example.org", "gone@example.org", "busy@example.org"],
                                         connection_id=connection["id"], on_doubt="hold")
            sent.append((name, peer, message, {"good": good, "gone": ("failed", "recipient", 1),
                                               "busy": ("accepted", "recipient", 2)}))
        for name, peer, message, expected in sent:
            for email in message["emails"]:
                who = email["email"].partition("@")[0]
                with self.subTest(provider=name, recipient=who):
                    self.ends_so(email, *expected[who])

    def ends_so(self, email, status, reason_class, attempts):
        ended = self.postroom.wait_status(email["id"], "accepted", "failed", "unknown")
        rows = self.rows(email["id"])
        self.assertEqual((ended["status"], rows[0]["reason_class"], ended["attempts"]),
                         (status, reason_class, attempts), rows)
        said = self.postroom.get(f"/log/{rows[0]['id']}")["conversation"]
        self.assertIn(f"<{email['email']}>", said)
        for other in {"good@example.org", "gone@example.org", "busy@example.org"} - {email["email"]}:
            self.assertNotIn(other, said)

    def test_a_provider_that_asks_for_data_for_nobody_gets_none(self):
        peer = self.provider()
        peer.answer("RCPT", "550 5.1.1 unknown", times=2)
        peer.answer("DATA", "354 go on")
        self.postroom.connect_to(peer.port)
        for email in self.postroom.send(to=["a@example.org", "b@example.org"])["emails"]:
            self.assertEqual(self.postroom.wait_status(email["id"], "failed")["reason_class"], "recipient")
        self.assertEqual(peer.messages, [])


class SessionsTest(TortureTest):
    def test_a_provider_that_closes_after_each_message_gets_all_of_them_once(self):
        peer = self.provider()
        peer.answer("DOT", ("250 2.0.0 queued", CLOSE), times=None)
        self.postroom.connect_to(peer.port, max_sessions=1)
        emails = [self.postroom.send_one(subject=f"Number {number}") for number in range(10)]
        for email in emails:
            self.assertEqual(self.postroom.wait_status(email, "accepted")["attempts"], 1)
        self.assertEqual(self.postroom.log(reason_class="unknown"), [])
        self.assertEqual(len(peer.messages), 10)

    def test_a_kept_session_that_says_goodbye_costs_no_attempt(self):
        peer = self.provider()
        self.postroom.connect_to(peer.port, max_sessions=1)
        self.postroom.wait_status(self.postroom.send_one(), "accepted")
        peer.answer("MAIL", "421 4.4.2 idle for too long")
        email = self.postroom.send_one()
        self.postroom.wait_status(email, "accepted")
        self.assertEqual(([row["status"] for row in self.rows(email)], peer.sessions), (["success"], 2))

    def test_a_reply_that_nobody_asked_for_is_not_taken_for_the_next_messages_answer(self):
        peer = self.provider()
        peer.answer("DOT", b"250 2.0.0 queued\r\n250 2.0.0 and this\r\n", times=1)
        self.postroom.connect_to(peer.port, max_sessions=1)
        self.postroom.wait_status(self.postroom.send_one(), "accepted")
        peer.answer("RCPT", "550 5.1.1 unknown", times=1)
        self.postroom.wait_status(self.postroom.send_one(), "failed")
        self.assertEqual(len(peer.messages), 1)

    def test_a_provider_that_stops_reading_holds_up_nobody_else(self):
        wedged, well = self.provider(), self.provider()
        wedged.answer("CONTENT", WAIT)
        connection = self.postroom.connect_to(wedged.port, priority=2)
        self.postroom.connect_to(well.port, priority=1)
        large = self.postroom.send_one(text="a line of a large message\n" * 700000, connection_id=connection["id"])
        wait_for(lambda: "DATA" in wedged.verbs(), "the provider has stopped reading")
        for _ in range(5):
            self.postroom.wait_status(self.postroom.send_one(), "accepted")
        self.assertEqual(self.postroom.email(large)["status"], "sending")
        self.assertEqual((len(well.messages), len(wedged.messages)), (5, 0))
        wedged.release()
        self.postroom.wait_status(large, "accepted")
        self.assertEqual([row["status"] for row in self.rows(large)], ["success"])


class LateReplyTest(TortureTest):
    config = QUICK.replace("10s", "2s")

    def test_a_reply_to_the_dot_that_comes_too_late_changes_nothing(self):
        peer = self.provider()
        peer.answer("DOT", WAIT)
        self.postroom.connect_to(peer.port)
        email = self.postroom.send_one()
        self.postroom.wait_status(email, "accepted")
        rows = self.rows(email)
        seen = [(row["status"], row["reason_class"]) for row in rows]
        self.assertEqual(seen, [("fail", "unknown"), ("success", None)])
        peer.release()
        wait_for(lambda: len(peer.taken()) == 2, "the late reply is given")
        self.assertEqual(self.rows(email), rows)
        self.postroom.wait_status(self.postroom.send_one(subject="Later"), "accepted")


if __name__ == "__main__":
    unittest.main()
