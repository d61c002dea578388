"""A client of SMTP submission that does everything wrong, once: what it hears, and which of its mail is taken.

Each script of submission_cases.py is played at once, byte by byte, cut at odd places, and at once under TLS, on a
connection of its own, and always with the same outcome. No provider is connected: what was taken stands in the queue.
"""

import collections
import concurrent.futures
import re
import socket
import struct
import tempfile
import unittest

from certificates import Authority
from harness import PostroomTest
from naive import NaiveHop
from submission_cases import (EHLO, END, EVIL, HEADER, INNOCENT, LARGEST, MAIL, MESSAGE, NO_ENDS, OPEN, QUIT, RCPT,
                              RECIPIENTS, STRANGER, WITH_NUL, all_cases, b64, proxy, said)
from submission_client import (QUEUED, WAYS, Tls, codes, connect, read_all, read_reply, read_until, talk,
                               talk_under_tls, this_run)
from waiting import wait_for

AT_ONCE = 8
LISTENERS = """
[[listener]]
address = "127.0.0.1:0"
allow_unauthenticated = true
[[listener]]
address = "127.0.0.1:0"
allow_unauthenticated = true
bare_line_ends = "normalise"
[[listener]]
address = "127.0.0.1:0"
proxies = ["127.0.0.1"]
[[listener]]
address = "127.0.0.1:0"
allow_unauthenticated = true
encryption = "tls"
"""


class SubmissionTest(PostroomTest):
    """Listeners: `open` takes mail of everyone, `normalise` mends bare line ends, `proxied` believes the PROXY headers
    of loopback and wants a login, `smtps` speaks TLS from the first byte, `strict` is as it is when nothing is said."""

    def setUp(self):
        directory = self.enterContext(tempfile.TemporaryDirectory(prefix="postroom-certificates-"))
        certificate, key = Authority(directory).issue("postroom")
        self.config = (f'host_name = "post.example"\ntls_cert = "{certificate}"\ntls_key = "{key}"\n'
                       f"[limits]\nmessage_bytes = {LARGEST}\nreserve = 0\n" + LISTENERS)
        super().setUp()
        self.send_key = self.postroom.create_key("sender", "send")
        names = ("open", "normalise", "proxied", "strict")
        ports = [port for _, port in self.postroom.child.addresses("smtp", len(names))]
        self.ports = dict(zip(names, ports), smtps=self.postroom.child.address("smtps")[1])

    def queue(self):
        page = self.postroom.get("/queue", limit=500)
        items = page["items"]
        while page["next_cursor"]:
            page = self.postroom.get("/queue", limit=500, cursor=page["next_cursor"])
            items += page["items"]
        return items


class TortureTest(SubmissionTest):
    def test_every_script_has_its_outcome_however_it_is_cut(self):
        cases = all_cases(self.send_key)
        self.assertGreaterEqual(len(cases), 200)
        self.assertEqual(len({case.name for case in cases}), len(cases))
        plays = [(case, way) for case in cases for way in (*WAYS, "under TLS") if self.can_be_played(case, way)]
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            played = list(pool.map(self.play, plays, range(len(plays))))
        taken = collections.defaultdict(set)  # run -> message ids
        emails = collections.Counter()
        for email in self.queue():
            run = email["email"].partition("@")[0].rpartition(".")[2]
            taken[run].add(email["message_id"])
            emails[run] += 1
            self.assertNotIn("evil", email["email"])
        for (case, way), (run, heard) in zip(plays, played):
            with self.subTest(case=case.name, way=way):
                self.assertEqual(codes(heard), case.codes, heard[-1000:])
                promised = {message.decode() for message in QUEUED.findall(heard)}
                self.assertEqual((len(promised), len(taken[run])), (case.messages, case.messages), heard[-1000:])
                self.assertEqual(promised, taken[run])
                if "one recipient too many" in case.name:
                    self.assertEqual(emails[run], RECIPIENTS)
        self.assertNotIn(self.send_key, self.postroom.child.log())

    @staticmethod
    def can_be_played(case, way):
        return way != "under TLS" or (case.tls and case.listener in ("open", "smtps"))

    def play(self, what, number):
        (case, way), (sent, run) = what, this_run(what[0].sent, number)
        if way == "under TLS" or case.listener == "smtps":
            return run, talk_under_tls(self.ports["smtps"], sent)
        return run, talk(self.ports[case.listener], WAYS[way](sent))



class SmugglingTest(SubmissionTest):
    """The whole way, to a next hop that takes for the end of a message whatever it can."""

    def setUp(self):
        super().setUp()
        self.hop = NaiveHop()
        self.addCleanup(self.hop.stop)

    def scripts(self, ways):
        """(script, run) of every ending there is, cut in each way."""
        endings = {**NO_ENDS, **WITH_NUL}
        for number, (ending, way) in enumerate((ending, way) for ending in endings.values() for way in ways):
            sent, run = this_run(EHLO + OPEN + INNOCENT + ending + EVIL + QUIT, number)
            yield WAYS[way](sent), run, b"\0" in ending

    def test_the_next_hop_is_naive(self):
        for label in ("LF.LF", "LF.CRLF", "CRLF.LF", "CR.CR", "CR.CRLF", "CRLF.CR", "NUL LF.LF", "CRLF NUL.CRLF"):
            with self.subTest(ending=label):
                self.hop.messages.clear()
                sent, run = this_run(EHLO + OPEN + INNOCENT + {**NO_ENDS, **WITH_NUL}[label] + EVIL + QUIT, 1)
                talk(self.hop.port, [sent])
                self.assertEqual([recipients for recipients, _ in self.hop.messages],
                                 [[f"ann.{run}@example.org"], [f"evil.{run}@example.org"]])

    def test_one_message_never_becomes_two(self):
        self.postroom.connect_to(self.hop.port)
        for pieces, _, _ in self.scripts(WAYS):
            self.assertEqual(codes(talk(self.ports["open"], pieces)), "220 250 250 250 354 554 221")
        normalised = list(self.scripts(WAYS))
        for pieces, _, nul in normalised:
            self.assertEqual(codes(talk(self.ports["normalise"], pieces)),
                             f"220 250 250 250 354 {554 if nul else 250} 221")
        wait_for(lambda: self.postroom.get("/queue")["items"] == [], "all has been sent")
        self.assertEqual(sorted(recipients for recipients, _ in self.hop.messages),
                         sorted([f"ann.{run}@example.org"] for _, run, nul in normalised if not nul))
        for _, content in self.hop.messages:
            self.assertIn(b"MAIL FROM:<evil@example.org>", content)  # what was smuggled is text

    def test_a_message_of_http_is_no_two_either(self):
        """LF lines are taken there, as a file has them; what looks like an end in it arrives as text."""
        self.postroom.connect_to(self.hop.port)
        for number, ending in enumerate(NO_ENDS.values()):
            if b"\r" in ending.replace(b"\r\n", b""):
                continue
            body, run = this_run(INNOCENT + ending + EVIL, number)
            answer = self.postroom.api("POST", f"/messages/raw?from=shop@example.org&to=ann.{run}@example.org", body,
                                       headers={"Content-Type": "message/rfc822"})
            self.assertEqual(answer.status, 202, answer)
        wait_for(lambda: self.postroom.get("/queue")["items"] == [], "all has been sent")
        self.assertTrue(self.hop.messages)
        self.assertEqual([to for recipients, _ in self.hop.messages for to in recipients if "evil" in to], [])


MOMENT = rb"\w{3}, \d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d \+0000\r\n"
RECEIVED = re.compile(rb"\AReceived: from client\.example \(\[127\.0\.0\.1\]\)\r\n\tby post\.example \(Postroom\) "
                      rb"with ESMTP id (\w+);\r\n\t" + MOMENT)
DATE = rb"Date: " + MOMENT
MESSAGE_ID = rb"Message-ID: <\w+@post\.example>\r\n"
DATED = b"Date: Fri, 27 Nov 2026 08:00:00 +0000\r\nMessage-ID: <a@example.org>\r\n"
# What is kept of a message: (as sent, without the end; as kept, behind Received, without what was added).
KEPT = {
    "as it came": (DATED + HEADER + b"hello\r\n", None),
    "lines of dots": (DATED + HEADER + b"..\r\n...\r\n.. \r\n..x\r\nx.\r\n",
                      DATED + HEADER + b".\r\n..\r\n. \r\n.x\r\nx.\r\n"),
    "white space as it came": (DATED + b"Subject:  a  \r\n \t b\r\n\r\n  x \t\r\n\r\n\r\n", None),
    "odd bytes as they came": (DATED + HEADER + bytes(range(1, 10)) + b"\x0b\x0c\x1a\x7f\x80\xff\r\n", None),
    "no empty line": (DATED + b"Subject: x\r\n", None),
    "no header": (b"\r\nhello\r\n", None),
    "Date in lower case": (b"date: whenever\r\nMESSAGE-id: <x>\r\n\r\nx\r\n", None),
    "a date only": (b"Date: whenever\r\n\r\nx\r\n", None),
    "an id only": (b"Message-ID: <x>\r\n\r\nx\r\n", None),
    "fields of Received and others twice": (b"Received: by a\r\nReceived: by b\r\n" + DATED +
                                            b"X: 1\r\nX: 1\r\n\r\nx\r\n", None),
    "Bcc": (b"Bcc: evil@example.org\r\n" + DATED + HEADER, DATED + HEADER),
    "Bcc folded, twice, in odd case": (b"bCC:\r\n evil@example.org,\r\n\tworse@example.org\r\n" + DATED +
                                       b"BCC : x\r\n" + HEADER, DATED + HEADER),
    "Bcc last, without an empty line": (DATED + b"Bcc: evil@example.org\r\n", DATED),
    "Bcc in the body": (DATED + HEADER + b"Bcc: all\r\n", None),
    "fields that only begin so": (DATED + b"Bcc-Not: a\r\nX-Postroomy: b\r\n" + HEADER, None),
    "X-Postroom fields": (b"X-Postroom-Tag: a,\r\n b\r\n" + DATED + b"x-postroom-WHATEVER: c\r\nX-Postroom-: d\r\n" +
                          HEADER, DATED + HEADER),
    "X-Postroom fields in the body": (DATED + HEADER + b"X-Postroom-Tag: a\r\n", None),
}


class ContentTest(SubmissionTest):
    def test_a_message_is_kept_as_it_came_but_for_what_was_promised(self):
        for way in WAYS:
            for name, (sent, expected) in KEPT.items():
                with self.subTest(message=name, way=way):
                    heard = talk(self.ports["open"], WAYS[way](this_run(EHLO + OPEN, 1)[0] + sent + END))
                    self.assertEqual(codes(heard), "220 250 250 250 354 250")
                    self.kept_as(QUEUED.search(heard).group(1).decode(), sent if expected is None else expected)

    def kept_as(self, message, expected):
        content = self.content(message)
        received = RECEIVED.match(content)
        self.assertTrue(received, content)
        self.assertEqual(received.group(1).decode(), message)
        rest = content[received.end():]
        names = [line.split(b":")[0].lower() for line in expected.partition(b"\r\n\r\n")[0].split(b"\r\n")]
        for name, pattern in ((b"date", DATE), (b"message-id", MESSAGE_ID)):
            if name not in names:
                added = re.match(pattern, rest)
                self.assertTrue(added, rest)
                rest = rest[added.end():]
        self.assertEqual(rest, expected)

    def content(self, message):
        answer = self.postroom.api("GET", f"/messages/{message}/content")
        self.assertEqual(answer.status, 200, answer)
        return answer.body

    def test_received_tells_how_it_came(self):
        sent = this_run(EHLO + MESSAGE, 1)[0]
        for heard, protocol in ((talk(self.ports["open"], [sent]), b"ESMTP"),
                                (talk_under_tls(self.ports["smtps"], sent), b"ESMTPS")):
            content = self.content(QUEUED.search(heard).group(1).decode())
            self.assertIn(b"with " + protocol + b" id", content)
        header = said("HELO a") + said("EHLO") + MESSAGE  # the EHLO that was refused changes nothing
        content = self.content(QUEUED.search(talk(self.ports["open"], [header])).group(1).decode())
        self.assertIn(b"with SMTP id", content)
        logged_in = EHLO + said("AUTH PLAIN " + b64("", "any", self.send_key)) + MESSAGE
        content = self.content(QUEUED.search(talk(self.ports["strict"], [logged_in])).group(1).decode())
        self.assertIn(b"with ESMTPA id", content)
        self.assertNotIn(self.send_key.encode(), content)
        odd = said("EHLO <x>(comment;\"") + MESSAGE
        content = self.content(QUEUED.search(talk(self.ports["open"], [odd])).group(1).decode())
        self.assertIn(b"from ?x??comment?? ([127.0.0.1])", content)

    def test_options_reach_the_message(self):
        fields = said("x-postroom-LANE:", " bulk", "X-Postroom-Tag: a, b", "X-Postroom-Tag: c",
                      "X-Postroom-Metadata: k=v", 'X-Postroom-Metadata: {"order": "17"}',
                      "X-Postroom-Send-At: 2027-06-01T00:00:00Z", "X-Postroom-On-Doubt: hold")
        heard = talk(self.ports["open"], [this_run(EHLO + OPEN + fields + HEADER + END, 1)[0]])
        message = self.postroom.get("/messages/" + QUEUED.search(heard).group(1).decode())
        self.assertEqual((message["lane"], message["tags"], message["metadata"]),
                         ("bulk", ["a", "b", "c"], {"k": "v", "order": "17"}))
        self.assertEqual(message["emails"][0]["status"], "scheduled")

    def test_a_replay_has_the_id_of_the_first_and_survives_a_restart(self):
        sent, _ = this_run(EHLO + MAIL + RCPT + b"DATA\r\nX-Postroom-Idempotency-Key: one\r\n" + HEADER + END, 1)
        ids = [QUEUED.search(talk(self.ports["open"], [sent])).group(1) for _ in range(2)]
        self.assertEqual(self.postroom.restart(), 0)
        ids.append(QUEUED.search(talk(self.postroom.smtp_port, [sent])).group(1))
        self.assertEqual(len(set(ids)), 1)
        self.assertEqual(len(self.queue()), 1)


class TlsTest(SubmissionTest):
    def starttls(self, behind=b"", before=EHLO):
        """A socket on the strict listener where TLS begins next; `behind` has been sent in clear with STARTTLS."""
        peer = connect(self.ports["strict"])
        self.addCleanup(peer.close)
        read_reply(peer)
        if before:
            peer.sendall(before)
            read_reply(peer)
        peer.sendall(said("STARTTLS") + behind)
        self.assertEqual(peer.recv(65536)[:3], b"220")
        return peer

    def say(self, tls, sent):
        tls.send(sent)
        return codes(read_reply(tls))

    @property
    def login(self):
        return said("AUTH PLAIN " + b64("", "any", self.send_key))

    def test_what_was_pipelined_in_clear_is_dropped(self):
        for behind in (said("EHLO evil"), said("EHLO evil") + self.login, said("EHLO evil", "NOOP") + EVIL, b"NOO",
                       b"\r\n"):
            with self.subTest(behind=behind[:20]):
                tls = Tls(self.starttls(behind))
                # Had any of it been heard, there were a reply before this one, or an EHLO to go by.
                self.assertEqual(self.say(tls, MAIL), "503")
                self.assertEqual(self.say(tls, self.login), "503")
                self.assertEqual(self.say(tls, said("NOOP")), "250")
        self.assertEqual(self.queue(), [])

    def test_what_comes_in_clear_instead_of_tls_is_no_command(self):
        """The rest of a pipeline comes when the handshake has begun: it fails."""
        for pieces in (WAYS["byte by byte"](said("EHLO evil") + self.login + EVIL), [EVIL * 100]):
            peer = self.starttls()
            for piece in pieces[:200]:
                try:
                    peer.sendall(piece)
                except ConnectionError:
                    break
            heard = read_all(peer)
            self.assertNotRegex(heard, rb"(?m)^[2345]\d\d ")
        self.assertEqual(self.queue(), [])

    def test_what_was_learned_in_clear_is_forgotten(self):
        peer = connect(self.ports["strict"])
        self.addCleanup(peer.close)
        read_reply(peer)
        for sent in (EHLO, self.login, said("STARTTLS")):
            peer.sendall(sent)
            heard = read_reply(peer)
        tls = Tls(peer)
        self.assertEqual(self.say(tls, MAIL), "503")
        tls.send(EHLO)
        self.assertNotIn(b"STARTTLS", read_reply(tls))
        self.assertEqual(self.say(tls, MAIL), "530")
        self.assertEqual(self.say(tls, self.login), "235")
        self.assertEqual(self.say(tls, MAIL), "250")
        self.assertTrue(heard.startswith(b"220"))

    def test_a_transaction_begun_in_clear_is_over(self):
        peer = self.starttls(before=EHLO + self.login + MAIL + RCPT)
        tls = Tls(peer)
        self.assertEqual(self.say(tls, EHLO), "250")
        self.assertEqual(self.say(tls, said("DATA")), "503")

    def test_the_end_of_the_stream_within_data_is_no_end_of_the_message(self):
        for cut in (HEADER + b"half of i", HEADER + b"all of it\r\n", HEADER + b"x\r\n.", HEADER + b"x\r\n.\r"):
            with self.subTest(cut=cut):
                sent, _ = this_run(EHLO + OPEN + cut, 1)
                heard = talk_under_tls(self.ports["smtps"], sent)  # ends with close_notify
                self.assertEqual(codes(heard), "220 250 250 250 354")
                with connect(self.ports["smtps"]) as peer:
                    Tls(peer).send(sent)  # and the connection is cut
        heard = talk_under_tls(self.ports["smtps"], this_run(EHLO + MESSAGE, 2)[0])
        self.assertEqual(codes(heard), "220 250 250 250 354 250")
        self.assertEqual(len(self.queue()), 1)

    def test_behind_a_proxy_a_stranger_logs_in_under_tls_only(self):
        peer = connect(self.ports["proxied"])
        self.addCleanup(peer.close)
        peer.sendall(proxy(STRANGER) + EHLO)
        heard = read_until(peer, rb"\n250 ")
        self.assertIn(b"STARTTLS", heard)
        self.assertNotIn(b"AUTH", heard)
        peer.sendall(said("STARTTLS"))
        self.assertEqual(read_reply(peer)[:3], b"220")
        tls = Tls(peer)
        tls.send(EHLO)
        self.assertIn(b"AUTH PLAIN", read_reply(tls))
        self.assertEqual(self.say(tls, self.login), "235")
        tls.send(this_run(MESSAGE + QUIT, 1)[0])
        message = QUEUED.search(read_all(tls)).group(1).decode()
        content = self.postroom.api("GET", f"/messages/{message}/content").body
        self.assertIn(b"([203.0.113.7])", content)
        self.assertIn(b"with ESMTPSA id", content)


class AcknowledgementTest(SubmissionTest):
    def test_a_message_counts_once_whether_or_not_its_client_waits_for_the_answer(self):
        """It hangs up right behind the final dot, and never hears the 250."""
        for number in range(30):
            peer = connect(self.ports["open"])
            peer.sendall(this_run(EHLO + OPEN, number)[0])
            read_until(peer, rb"\n354 ")
            if number % 2:  # a reset, not a good-bye
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.sendall(HEADER + b"hello\r\n" + END)
            peer.close()
        heard = talk(self.ports["open"], [this_run(EHLO + MESSAGE, 99)[0]])
        self.assertEqual(codes(heard), "220 250 250 250 354 250")
        emails = wait_for(lambda: len(items := self.queue()) == 31 and items, "all are kept")
        self.assertEqual(len({email["message_id"] for email in emails}), 31)


if __name__ == "__main__":
    unittest.main()
