"""What an application asks for is what the recipient's program reads, whatever stands in the fields.

Python's email parser is the judge, on the frozen content and on what the provider got.
"""

import base64
import email
import email.policy
import email.utils
import json
import re
import unittest
from email.header import decode_header, make_header
from urllib.parse import urlencode

from harness import PostroomTest
from waiting import wait_for

GOOD = {"from": "shop@example.com", "to": ["ann@example.org"], "subject": "Hello", "text": "Good day.\n"}

WORDS = [  # each is a subject, a name, a file name
    "plain", "two words", " leading and trailing ", "many     spaces", "Grüße aus Köln", "😀🎉👩‍👩‍👧‍👦", "שלום עולם", "مرحبا بالعالم",
    "\u202eright to left\u202c", "日本語の件名" * 12, 'quote " and \\ backslash', '"quoted"', "comma, semi; colon: <angle> (paren)",
    "=?UTF-8?B?SGk=?=", "=?utf-8?q?no?= =?utf-8?q?t?=", "a" * 300, "ü" * 300, "word " * 60, "x" * 77 + " " + "y" * 77,
    "50% off & more = ?_!", "a@b.example", "it's", "--", "e\u0301 combining", "\u00a0non-breaking\u00a0", "tilde ~ {brace} |",
    "naïve café " * 20, "z" * 990, "\U0001f4a3" * 70, ".", "emoji 😀 then plain ascii text that goes on and on and on and on and on",
]

BREAKS = ["a\r\nX-Evil: 1", "a\nX-Evil: 1", "a\rX-Evil: 1", "a\0b", "a\r\n\r\nbody", "a\x0bb", "a\x1b[31m", "a\x7f",
          "\n", "a\r\n b"]

FIELDS = {  # where a break is put, and the pointer that names it
    "subject": (lambda text: {"subject": text}, "/subject"),
    "from": (lambda text: {"from": f"{text} <shop@example.com>"}, "/from"),
    "from's name": (lambda text: {"from": {"email": "shop@example.com", "name": text}}, "/from/name"),
    "from's address": (lambda text: {"from": f"{text}@example.com"}, "/from"),
    "a recipient": (lambda text: {"to": [f"{text}@example.org"]}, "/to/0"),
    "a recipient's domain": (lambda text: {"to": [f"a@{text}.example.org"]}, "/to/0"),
    "a recipient's name": (lambda text: {"to": [{"email": "a@example.org", "name": text}]}, "/to/0/name"),
    "cc": (lambda text: {"cc": [f"{text} <a@example.org>"]}, "/cc/0"),
    "bcc": (lambda text: {"bcc": [f"{text} <a@example.org>"]}, "/bcc/0"),
    "reply_to": (lambda text: {"reply_to": [f"{text} <a@example.org>"]}, "/reply_to/0"),
    "a header's value": (lambda text: {"headers": {"X-Order": text}}, "/headers/X-Order"),
    "a header's name": (lambda text: {"headers": {"X-" + text: "1"}}, None),
    "a file's name": (lambda text: {"attachments": [{"filename": text, "content": "YQ=="}]}, "/attachments/0/filename"),
    "a file's type": (lambda text: {"attachments": [{"filename": "a", "content": "YQ==", "content_type": "text/" + text}]},
                      "/attachments/0/content_type"),
    "a file's id": (lambda text: {"attachments": [{"filename": "a", "content": "YQ==", "content_id": text}]},
                    "/attachments/0/content_id"),
    "a tag": (lambda text: {"tags": [text]}, "/tags/0"),
}

FORBIDDEN = ["From", "To", "Cc", "Bcc", "bcc", "BCC", "Subject", "Date", "Message-ID", "Sender", "Reply-To", "MIME-Version",
             "Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "Received", "Return-Path", "Delivered-To",
             "DKIM-Signature", "ARC-Seal", "ARC-Message-Signature", "ARC-Authentication-Results", "Authentication-Results",
             "Resent-From", "Resent-To", "Resent-Cc", "Resent-Bcc", "Resent-Sender", "Resent-Date", "Resent-Message-ID",
             "Received-SPF", "DomainKey-Signature", "X-Postroom-Lane", "x-postroom-anything",
             "", " ", "X Y", "X:", "X:Y", "Ünicode", "X\tY", "a" * 200]

BODIES = [  # texts that a dot, a line end or an encoding could spoil
    ".", "..", ".\n", "a\n.\nb\n", "a\n..\nb\n.c\n", "\n.\n\n", "a\r\n.\r\nb", "a\r.\rb", "a\rb\nc\r\nd", "From here\nFrom there\n",
    "no end of line", "\n\n\n", "x" * 5000, "ü" * 3000, "tab\tand trailing space \nand tab\t\n", "=3D = =\n", "😀" * 500,
    "--=_boundary\n--=_boundary--\n", "\ufeffbyte order mark", "a\u2028b\u0085c", "mixed\x0cform feed\x1bescape", "-- \nsignature",
    ("x" * 998 + "\n") * 3, ("y" * 999 + "\n") * 3,
]


class CompositionTest(PostroomTest):
    def setUp(self):
        super().setUp()
        self.peer = self.provider()
        self.postroom.connect_to(self.peer.port, send_from_name="")

    def post(self, **change):
        return self.postroom.api("POST", "/messages", {**GOOD, **change})

    def compose(self, **change):
        """The frozen content and its parse; judged for its form."""
        answer = self.post(**change)
        self.assertEqual(answer.status, 202, answer)
        content = self.postroom.api("GET", f"/messages/{answer.json['id']}/content").body
        return content, self.judge(content)

    def judge(self, content):
        parsed = email.message_from_bytes(content, policy=email.policy.default)
        for part in parsed.walk():
            self.assertEqual(part.defects, [])
            self.assertEqual([value.defects for value in part.values() if value.defects], [])
        lines = content.split(b"\r\n")
        self.assertEqual([line for line in lines if b"\r" in line or b"\n" in line or b"\0" in line], [])
        self.assertLessEqual(max(map(len, lines)), 998)
        return parsed

    def all_arrive(self):
        """Every message gets to the provider as it is frozen."""
        wait_for(lambda: self.postroom.get("/queue")["total"]["count"] == 0, "the queue is empty")
        frozen = {self.postroom.api("GET", f"/messages/{row['message_id']}/content").body
                  for row in self.postroom.log(limit=500)}
        self.assertEqual({message.content for message in self.peer.taken()}, frozen)
        self.assertEqual(len(self.peer.messages), len(frozen))

    def first_mailbox(self, content, field):
        """The newer parser puts a space between the encoded-words of a name (RFC 2047 §6.2 does not); the older is right."""
        header = email.message_from_bytes(content, policy=email.policy.compat32)[field]
        name, address = email.utils.getaddresses([header])[0]
        return str(make_header(decode_header(name))).strip(), address

    def header_lines(self, content):
        return content.partition(b"\r\n\r\n")[0].split(b"\r\n")


class RoundTripTest(CompositionTest):
    def test_subjects_come_back_as_given_on_short_lines(self):
        for text in WORDS:
            with self.subTest(subject=text[:40]):
                content, parsed = self.compose(subject=text)
                self.assertEqual(parsed["Subject"].strip(), text.strip())
                plain_word = max(len(word) for word in text.encode().split(b" ")) > 60 and text.isascii()
                if not plain_word:
                    self.assertLessEqual(max(map(len, self.header_lines(content))), 78)
                self.assertTrue(content.isascii())
        self.all_arrive()

    def test_names_come_back_as_given(self):
        for text in WORDS:
            name = text[:200] if text.isascii() else text[:100]
            with self.subTest(name=name[:40]):
                content, parsed = self.compose(**{
                    "from": {"email": "shop@example.com", "name": name}, "cc": [{"email": "bo@example.org", "name": name}],
                    "to": [{"email": "ann@example.org", "name": name}, "eve@example.org"],
                    "reply_to": {"email": "re@example.com", "name": name}})
                for field, address in (("From", "shop@example.com"), ("To", "ann@example.org"), ("Cc", "bo@example.org"),
                                       ("Reply-To", "re@example.com")):
                    self.assertEqual(self.first_mailbox(content, field), (name.strip(), address), field)
                self.assertEqual([a.addr_spec for a in parsed["To"].addresses], ["ann@example.org", "eve@example.org"])
                self.assertTrue(content.isascii())
        self.all_arrive()

    def test_files_come_back_with_their_names_types_and_bytes(self):
        blob = bytes(range(256)) * 5
        for text in WORDS:
            name = text.encode()[:250].decode(errors="ignore")
            with self.subTest(name=name[:40]):
                content, parsed = self.compose(html="<p>ü</p>", attachments=[
                    {"filename": name, "content": base64.b64encode(blob).decode(), "content_type": "application/pdf"},
                    {"filename": "empty", "content": ""}])
                files = list(parsed.iter_attachments())
                read = email.utils.unquote(name.strip())  # the parser takes off spaces and quotes that are part of a name
                self.assertEqual([file.get_filename() for file in files], [read, "empty"])
                self.assertEqual([file.get_content_type() for file in files], ["application/pdf", "application/octet-stream"])
                self.assertEqual([file.get_payload(decode=True) for file in files], [blob, b""])
                self.assertTrue(content.isascii())
        self.all_arrive()

    def test_custom_headers_come_back_as_given(self):
        for text in WORDS:
            with self.subTest(value=text[:40]):
                _, parsed = self.compose(headers={"X-Order": text, "List-Unsubscribe": "<https://example.com/u?a=b>"})
                if not text.startswith("=?"):  # in ASCII it is the caller's own syntax
                    self.assertEqual(parsed["X-Order"].strip(), text.strip())
                self.assertEqual(parsed["List-Unsubscribe"], "<https://example.com/u?a=b>")
        self.all_arrive()

    def test_bodies_come_back_line_by_line_and_byte_by_byte_on_the_wire(self):
        for text in BODIES:
            with self.subTest(text=text[:40]):
                _, parsed = self.compose(text=text, html=f"<pre>{text}</pre>")
                for kind, expected in (("plain", text), ("html", f"<pre>{text}</pre>")):
                    got = parsed.get_body((kind,)).get_payload(decode=True).decode()
                    self.assertEqual(re.split("\r\n|\r|\n", got.rstrip("\r\n")),
                                     re.split("\r\n|\r|\n", expected.rstrip("\r\n")), kind)
        self.all_arrive()

    def test_inline_images_stand_beside_the_html_that_shows_them(self):
        image = {"filename": "logo.png", "content_type": "image/png", "content": base64.b64encode(b"\x89PNG\r\n").decode(),
                 "content_id": "logo@example.com"}
        paper = {"filename": "a.pdf", "content_type": "application/pdf", "content": "YQ=="}
        _, parsed = self.compose(html='<img src="cid:logo@example.com">', attachments=[image, paper])
        self.assertEqual(self.shape(parsed), ["multipart/mixed", ["multipart/alternative", "text/plain", [
            "multipart/related", "text/html", "image/png"]], "application/pdf"])
        related = next(part for part in parsed.walk() if part.get_content_type() == "multipart/related")
        inside = related.get_payload()[1]
        self.assertEqual((inside["Content-ID"], inside.get_content_disposition(), inside.get_filename()),
                         ("<logo@example.com>", "inline", "logo.png"))
        self.assertEqual(inside.get_payload(decode=True), b"\x89PNG\r\n")
        _, parsed = self.compose(attachments=[image])  # nothing shows it: it is a file like others
        self.assertEqual(self.shape(parsed), ["multipart/mixed", "text/plain", "image/png"])

    def shape(self, part):
        if not part.is_multipart():
            return part.get_content_type()
        return [part.get_content_type(), *map(self.shape, part.get_payload())]

    def test_a_message_within_a_message_is_a_file(self):
        inner = b"Subject: inner\r\n\r\nbody\r\n"
        for kind in ("message/rfc822", "multipart/mixed", "multipart/mixed; boundary=x", "MESSAGE/RFC822"):
            with self.subTest(type=kind):
                _, parsed = self.compose(attachments=[{"filename": "a.eml", "content_type": kind,
                                                       "content": base64.b64encode(inner).decode()}])
                self.assertEqual([file.get_payload(decode=True) for file in parsed.iter_attachments()], [inner])


class AddressTest(CompositionTest):
    def test_a_domain_goes_as_idna_and_a_local_part_as_smtputf8(self):
        for given, sent, utf8 in (("ann@bücher.example", "ann@xn--bcher-kva.example", False),
                                  ("ann@BÜCHER.example", "ann@xn--bcher-kva.example", False),
                                  ("käthe@example.org", "käthe@example.org", True),
                                  ("käthe@bücher.example", "käthe@bücher.example", True),
                                  ("用户@例子.example", "用户@例子.example", True),
                                  ('"a b"@example.org', '"a b"@example.org', False),
                                  ('"a\\"@\\\\b"@example.org', '"a\\"@\\\\b"@example.org', False),
                                  ("a+tag@example.org", "a+tag@example.org", False),
                                  ("a@[192.0.2.1]", "a@[192.0.2.1]", False)):
            with self.subTest(address=given):
                before = len(self.peer.lines)
                sent_email = self.postroom.send_one(to=given)
                self.postroom.wait_status(sent_email, "accepted")
                said = [line.partition(" ")[2] for line in self.peer.lines[before:]]
                self.assertIn(f"RCPT TO:<{sent}>", said)
                mail = next(line for line in said if line.startswith("MAIL FROM:"))
                self.assertEqual("SMTPUTF8" in mail, utf8, mail)
                self.assertEqual(self.peer.messages[-1].content.isascii(), not utf8)

    def test_an_address_that_needs_smtputf8_fails_where_nobody_offers_it(self):
        self.peer.extensions = ["PIPELINING", "8BITMIME"]
        ended = self.postroom.wait_status(self.postroom.send_one(to="käthe@example.org"), "failed")
        self.assertIn("5.6.7", ended["reason"])
        self.assertEqual(self.peer.messages, [])

    def test_a_thousand_recipients_get_it_once_each_and_one_more_is_refused(self):
        people = [f"user{number}@example.org" for number in range(1001)]
        answer = self.post(to=people)
        self.problem(answer, 422, "too_many_recipients", "/to")
        sent = self.postroom.send(to=people[:500], cc=people[500:900], bcc=people[900:1000])
        self.assertEqual([each["email"] for each in sent["emails"]], people[:1000])
        wait_for(lambda: self.postroom.get("/queue")["total"]["count"] == 0, "the queue is empty")
        reached = [to for message in self.peer.taken() for to in message.recipients]
        self.assertEqual(sorted(reached), sorted(people[:1000]))
        self.assertTrue(all(len(message.recipients) <= 100 for message in self.peer.messages))
        parsed = self.judge(self.peer.messages[0].content)
        self.assertEqual(len(parsed["To"].addresses) + len(parsed["Cc"].addresses), 900)
        self.assertIsNone(parsed["Bcc"])
        self.assertNotIn(b"user950@", self.peer.messages[0].content)
        self.assertLessEqual(max(map(len, self.header_lines(self.peer.messages[0].content))), 78)

    def test_one_who_is_named_twice_gets_it_once(self):
        sent = self.postroom.send(to=["ann@example.org", "Ann <ann@EXAMPLE.org>"], cc=["ann@example.org"])
        self.assertEqual(len(sent["emails"]), 1)

    def test_what_is_no_address_is_refused(self):
        for address in ("", "a", "@", "a@", "@b", "a@@b", "a b@example.org", "a@b c", "a@-b.example", "a@b-.example",
                        "a@b..example", ".a@b.example", "a.@b.example", "a..b@c.example", "a@b.example.", "a@[1.2.3]",
                        "a@[IPv6:zz]", "<a@b.example", "a@b.example>", "x" * 65 + "@b.example", "a@" + "b." * 130 + "example",
                        "a@b.example, c@d.example", "a@b.example;c@d.example", "group: a@b.example;",
                        "a@" + "x" * 64 + ".example", '"a@b.example', 'a"b@c.example', "a(comment)@b.example", "a@b.example (x)"):
            with self.subTest(address=address):
                self.problem(self.post(to=[address]), 422, pointer="/to/0")
        self.assertEqual(self.peer.lines, [])


class RefusalTest(CompositionTest):
    def nothing_came_of_it(self):
        self.assertEqual([self.postroom.get(path)["total"]["count"] for path in ("/queue", "/log")], [0, 0])
        self.assertEqual(self.peer.lines, [])

    def test_a_control_character_in_any_field_is_refused_by_name(self):
        for field, (change, pointer) in FIELDS.items():
            for text in BREAKS:
                with self.subTest(field=field, text=text):
                    problem = self.problem(self.post(**change(text)), 422, pointer=pointer)
                    self.assertTrue(problem["errors"])
                    self.assertNotIn("Evil: 1\r", json.dumps(problem))
        self.nothing_came_of_it()

    def test_headers_that_are_not_the_applications_to_write_are_refused(self):
        for name in FORBIDDEN:
            with self.subTest(header=name):
                self.problem(self.post(headers={name: "eve@example.org"}), 422)
        self.nothing_came_of_it()

    def test_what_is_too_much_is_refused(self):
        for change, pointer in (({"subject": "a" * 2001}, "/subject"), ({"headers": {"X-A": "a" * 8001}}, "/headers/X-A"),
                                ({"headers": {f"X-{n}": "a" for n in range(101)}}, "/headers"),
                                ({"attachments": [{"filename": "a", "content": ""}] * 101}, "/attachments"),
                                ({"attachments": [{"filename": "a" * 256, "content": ""}]}, "/attachments/0/filename"),
                                ({"metadata": {"a": "b" * 9000}}, "/metadata")):
            with self.subTest(change=str(change)[:40]):
                self.problem(self.post(**change), 422, pointer=pointer)
        answer = self.post(text="a line of a message that is too large\n" * 700000)
        self.assertIn(answer.status, (413, 422), answer)
        self.nothing_came_of_it()

    def test_a_nul_in_a_body_is_refused(self):
        for field in ("text", "html"):
            self.problem(self.post(**{field: "a\0b"}), 422, pointer="/" + field)
        self.nothing_came_of_it()


class RawTest(CompositionTest):
    """What comes raw leaves as it came, but for its line ends; nothing in it ends it early."""

    def raw(self, content, **envelope):
        query = urlencode({"from": "shop@example.com", "to": "ann@example.org", **envelope}, doseq=True)
        return self.postroom.api("POST", "/messages/raw?" + query, content, headers={"Content-Type": "message/rfc822"})

    def test_dots_and_line_ends_arrive_as_they_must(self):
        head = b"From: shop@example.com\nSubject: x\n\n"
        for body in (b".", b".\n", b"..\n", b"a\n.\nb\n", b".\r\n.\r\n", b"a\r\n.\nb\r\n", b"\n.\n\n.\n", b"no end", b"",
                     b"Gr\xc3\xbc\xc3\x9fe\n", b"\xff\xfe\n", b"x" * 998 + b"\n", b".\n" * 5000, b"." * 998,
                     b"MAIL FROM:<eve@example.org>\nRCPT TO:<eve@example.org>\nDATA\n"):
            for given in (head + body, (head + body).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")):
                with self.subTest(body=given[-20:]):
                    answer = self.raw(given)
                    self.assertEqual(answer.status, 202, answer)
                    self.postroom.wait_status(answer.json["emails"][0]["id"], "accepted")
                    content = self.peer.messages[-1].content
                    self.assertEqual(content, self.postroom.api("GET", f"/messages/{answer.json['id']}/content").body)
                    self.assertNotIn(b"\n", content.replace(b"\r\n", b""))
                    lines = given.replace(b"\r\n", b"\n")
                    lines = lines if lines.endswith(b"\n") else lines + b"\n"
                    self.assertTrue(content.endswith(lines.replace(b"\n", b"\r\n")), content[-60:])
        self.assertEqual({tuple(message.recipients) for message in self.peer.messages}, {("ann@example.org",)})

    def test_bare_cr_nul_and_long_lines_are_refused(self):
        head = b"Subject: x\r\n\r\n"
        for content in (head + b"a\rb\r\n", head + b"a\r", head + b"\r.\r\n", head + b"a\r\r\n", head + b"a\0b\r\n",
                        b"Subject: a\rb\r\n\r\n", b"Sub\0ject: a\r\n\r\n", head + b"x" * 999 + b"\r\n",
                        b"Subject: " + b"x" * 1000 + b"\r\n\r\n", b"", b"no header field\r\n", b" folded: first\r\n\r\n",
                        b"Sub ject: x\r\n\r\n", b": x\r\n\r\n", "Sübject: x\r\n\r\n".encode()):
            with self.subTest(content=content[:40]):
                self.problem(self.raw(content), 422)
        self.assertEqual(self.peer.lines, [])

    def test_an_envelope_that_would_be_another_command_is_refused(self):
        content = b"Subject: x\r\n\r\nbody\r\n"
        for envelope in ({"to": "a@b.example>\r\nRCPT TO:<eve@example.org"}, {"to": "a@b.example> NOTIFY=NEVER"},
                         {"from": "a@b.example> SIZE=1"}, {"from": "a@b.example\r\nDATA"}, {"to": ["ann@example.org", "x"]}, {"to": []}):
            with self.subTest(envelope=envelope):
                self.problem(self.raw(content, **envelope), 422)
        self.assertEqual(self.peer.lines, [])

    def test_bcc_and_option_headers_stay_in_the_house(self):
        content = (b"From: a@example.com\r\nBcc: eve@example.org,\r\n adam@example.org\r\nX-Postroom-Tag: t\r\nbcc : x@y.example\r\n"
                   b"Resent-Bcc: eve@example.org\r\n"
                   b"Subject: x\r\n\r\nBcc: this is text\r\n")
        answer = self.raw(content)
        self.postroom.wait_status(answer.json["emails"][0]["id"], "accepted")
        got = self.peer.messages[-1].content
        self.assertEqual((got.lower().count(b"bcc"), got.lower().count(b"x-postroom"), b"eve" in got, b"adam" in got),
                         (1, 0, False, False), got)

    def test_a_message_that_goes_in_a_circle_is_refused(self):
        hop = b"Received: from a.example by b.example; Fri, 27 Nov 2026 09:00:00 +0000\r\n"
        self.assertEqual(self.raw(hop * 100 + b"Subject: x\r\n\r\ny\r\n").status, 202)
        self.problem(self.raw(hop * 101 + b"Subject: x\r\n\r\ny\r\n"), 422, "message_invalid")


if __name__ == "__main__":
    unittest.main()
