"""Requests that no honest client sends: each gets its own refusal, nothing is stored or sent, and the server goes on."""

import contextlib
import csv
import io
import json
import socket
import threading
import unittest
from urllib.parse import quote

from harness import PostroomTest
from waiting import GUARD_S, wait_for

GOOD = {"from": "shop@example.com", "to": ["ann@example.org"], "subject": "Hello", "text": "Good day.\n"}
BODY = json.dumps(GOOD).encode()
POST = b"POST /api/v1/messages HTTP/1.1\r\n"
HOST = b"Host: postroom.test\r\n"
JSON = b"Content-Type: application/json\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
BAD = (400, "malformed_request")


def chunk(data, size=None):
    return (b"%x" % len(data) if size is None else size) + b"\r\n" + data + b"\r\n"


# What stands in a POST of a good message: (name, framing headers, body). KEY and JSON stand before.
FRAMING = [
    ("length and chunks", LENGTH + CHUNKED, chunk(BODY) + b"0\r\n\r\n"),
    ("chunks and length", CHUNKED + LENGTH, chunk(BODY) + b"0\r\n\r\n"),
    ("length and chunks in odd case", LENGTH + b"tRANSFER-eNCODING: CHUNKED\r\n", chunk(BODY) + b"0\r\n\r\n"),
    ("two lengths that differ", LENGTH + b"Content-Length: 5\r\n", BODY),
    ("two lengths that agree", LENGTH + LENGTH, BODY),
    ("a list of lengths", b"Content-Length: %d, %d\r\n" % (len(BODY), len(BODY)), BODY),
    ("a length with a sign", b"Content-Length: +%d\r\n" % len(BODY), BODY),
    ("a negative length", b"Content-Length: -1\r\n", BODY),
    ("a length in hexadecimal", b"Content-Length: 0x10\r\n", BODY),
    ("a length with a gap", b"Content-Length: 1 0\r\n", BODY),
    ("an empty length", b"Content-Length: \r\n", BODY),
    ("an unknown coding", b"Transfer-Encoding: gzip\r\n", BODY),
    ("an unknown coding before chunks", b"Transfer-Encoding: gzip, chunked\r\n", chunk(BODY) + b"0\r\n\r\n"),
    ("chunks twice", b"Transfer-Encoding: chunked, chunked\r\n", chunk(BODY) + b"0\r\n\r\n"),
    ("two codings", CHUNKED + CHUNKED, chunk(BODY) + b"0\r\n\r\n"),
    ("identity", b"Transfer-Encoding: identity\r\n", BODY),
    ("a misspelt coding", b"Transfer-Encoding: xchunked\r\n", BODY),
    ("a space before the colon", b"Transfer-Encoding : chunked\r\n", chunk(BODY) + b"0\r\n\r\n"),
    ("a tab before the colon", b"Content-Length\t: 5\r\n", BODY),
    ("a folded coding", b"Transfer-Encoding:\r\n chunked\r\n", chunk(BODY) + b"0\r\n\r\n"),
    ("a folded header", LENGTH + b"X-Long: a\r\n b\r\n", BODY),
    ("a header folded with a tab", LENGTH + b"X-Long: a\r\n\tb\r\n", BODY),
    ("a header line with a bare LF", LENGTH + b"X-A: a\nX-B: b\r\n", BODY),
    ("a bare CR in a header", LENGTH + b"X-A: a\rX-B: b\r\n", BODY),
    ("a NUL in a header", LENGTH + b"X-A: a\0b\r\n", BODY),
    ("a NUL in a header's name", LENGTH + b"X-\0: a\r\n", BODY),
    ("a header without a colon", LENGTH + b"X-A\r\n", BODY),
    ("a header without a name", LENGTH + b": a\r\n", BODY),
    ("a chunk size that is no number", CHUNKED, chunk(BODY, b"zz") + b"0\r\n\r\n"),
    ("a chunk size with 0x", CHUNKED, chunk(BODY, b"0x%x" % len(BODY)) + b"0\r\n\r\n"),
    ("a chunk size with a sign", CHUNKED, chunk(BODY, b"+%x" % len(BODY)) + b"0\r\n\r\n"),
    ("a negative chunk size", CHUNKED, chunk(BODY, b"-1") + b"0\r\n\r\n"),
    ("a chunk size beyond 64 bits", CHUNKED, chunk(BODY, b"F" * 17) + b"0\r\n\r\n"),
    ("a chunk longer than it says", CHUNKED, chunk(BODY, b"5") + b"0\r\n\r\n"),
    ("a chunk without its line end", CHUNKED, b"%x\r\n" % len(BODY) + BODY + b"0\r\n\r\n"),
    ("a chunk's header with a bare LF", CHUNKED, b"%x\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n"),
    ("a chunk's header without end", CHUNKED, b"5;" + b"a" * 70000),
]

HEADS = [  # whole requests
    ("no Host", b"GET /readyz HTTP/1.1\r\n\r\n", *BAD),
    ("two Hosts", b"GET /readyz HTTP/1.1\r\n" + HOST + HOST + b"\r\n", *BAD),
    ("two Hosts that differ", b"GET /readyz HTTP/1.1\r\n" + HOST + b"Host: evil.test\r\n\r\n", *BAD),
    ("a Host with a space", b"GET /readyz HTTP/1.1\r\nHost: a b\r\n\r\n", *BAD),
    ("a Host with a path", b"GET /readyz HTTP/1.1\r\nHost: a/../b\r\n\r\n", *BAD),
    ("a Host with a user", b"GET /readyz HTTP/1.1\r\nHost: a@b\r\n\r\n", *BAD),
    ("a Host with markup", b"GET /readyz HTTP/1.1\r\nHost: <script>\r\n\r\n", *BAD),
    ("a folded first header", b"GET /readyz HTTP/1.1\r\n Host: a\r\n\r\n", *BAD),
    ("two keys", b"GET /api/v1/queue HTTP/1.1\r\n" + HOST + b"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n",
     *BAD),
    ("no version", b"GET /readyz\r\n\r\n", *BAD),
    ("four words", b"GET /readyz HTTP/1.1 x\r\n" + HOST + b"\r\n", 505, "version_not_supported"),
    ("an empty target", b"GET  HTTP/1.1\r\n" + HOST + b"\r\n", *BAD),
    ("a fragment", b"GET /readyz#x HTTP/1.1\r\n" + HOST + b"\r\n", *BAD),
    ("bytes beyond ASCII", b"GET /\xff\xfe HTTP/1.1\r\n" + HOST + b"\r\n", 404, "not_found"),
    ("a NUL in the target", b"GET /a\0b HTTP/1.1\r\n" + HOST + b"\r\n", *BAD),
    ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 40 + b"\r\n\r\n", *BAD),
    ("SMTP", b"EHLO me.test\r\n\r\n", *BAD),
    ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\n", 505, "version_not_supported"),
    ("HTTP/9.9", b"GET /readyz HTTP/9.9\r\n" + HOST + b"\r\n", 505, "version_not_supported"),
    ("CONNECT", b"CONNECT evil.test:443 HTTP/1.1\r\n" + HOST + b"\r\n", *BAD),
    ("OPTIONS *", b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n", *BAD),
    ("an unknown method", b"BREW /readyz HTTP/1.1\r\n" + HOST + b"\r\n", 405, "method_not_allowed"),
    ("a method in lower case", b"get /readyz HTTP/1.1\r\n" + HOST + b"\r\n", 405, "method_not_allowed"),
    ("TRACE", b"TRACE /readyz HTTP/1.1\r\n" + HOST + b"\r\n", 405, "method_not_allowed"),
    ("an unknown expectation", POST + HOST + b"Expect: a-pony\r\n" + LENGTH + b"\r\n", 417, "expectation_failed"),
    ("a huge header", b"GET /readyz HTTP/1.1\r\n" + HOST + b"X-A: " + b"a" * 40000 + b"\r\n\r\n", 431, "header_too_large"),
    ("ten thousand headers", b"GET /readyz HTTP/1.1\r\n" + HOST + b"X-A: a\r\n" * 10000 + b"\r\n", 431,
     "header_too_large"),
    ("a huge target", b"GET /" + b"a" * 40000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 431, "header_too_large"),
    ("a header without end", b"GET /readyz HTTP/1.1\r\nX-A: " + b"a" * 40000, 431, "header_too_large"),
    ("a body of 50 MB", POST + HOST + b"Content-Length: 50000000\r\n\r\n", 413, "body_too_large"),
    ("a body beyond 64 bits", POST + HOST + b"Content-Length: 99999999999999999999\r\n\r\n", *BAD),
]

JSON_BODIES = [  # 400 malformed_json
    b"", b" ", b"{", b"}", b"{]", b'{"to"', b'{"to":}', b'{"to":1,}', b"{'to':1}", b"{to:1}", b"nul", b"{}{}",
    BODY + b"x", BODY + b"\0", BODY + BODY, b"\xef\xbb\xbf" + BODY, b"// hello\n" + BODY, b"/* */" + BODY,
    b'{"to":["a@b.example"],"to":["c@d.example"]}', b'{"to":1,"\\u0074o":2}', b'{"metadata":{"a":"1","a":"2"}}',
    b'{"expires_in":1e400}', b'{"expires_in":-1e400}', b'{"expires_in":NaN}', b'{"expires_in":Infinity}',
    b'{"expires_in":01}', b'{"expires_in":+1}', b'{"expires_in":.5}', b'{"expires_in":0x10}',
    b'{"subject":"\\ud800"}', b'{"subject":"\\udc00\\ud800"}', b'{"subject":"\\ud800\\u0041"}', b'{"subject":"\\x41"}',
    b'{"subject":"\xff"}', b'{"subject":"\xc0\xaf"}', b'{"subject":"\xed\xa0\x80"}', b'{"subject":"\xf4\x90\x80\x80"}',
    b'{"subject":"a\nb"}', b'{"subject":"a\tb"}', b'{"subject":"a\0b"}', b'{"subject":"a',
    b"[" * 33 + b"]" * 33, b'{"metadata":' * 40 + b"1" + b"}" * 40, b"[" * 1000000, b'{"a":' * 300000,
]

SHAPES = [  # 422, and the pointer that the problem names
    (b"[]", ""), (b"null", ""), (b'"text"', ""), (b"17", ""), (b"{}", "/subject"),
    ({"unknown": 1}, "/unknown"), ({"To": []}, "/To"), ({"to ": []}, "/to "), ({"a/b~c": 1}, "/a~1b~0c"),
    ({"__proto__": {}}, "/__proto__"), ({"to": [{"email": "a@b.example", "x": 1}]}, "/to/0/x"), ({"to": [1]}, "/to/0"),
    ({"to": [[]]}, "/to/0"), ({"to": [{}]}, "/to/0/email"), ({"subject": None}, "/subject"), ({"subject": []}, "/subject"),
    ({"expires_in": 1.5}, "/expires_in"), ({"expires_in": 2**63}, "/expires_in"), ({"expires_in": -1}, "/expires_in"),
    ({"connection_id": 2**64}, "/connection_id"), ({"connection_id": 0}, "/connection_id"), ({"lane": "no"}, "/lane"),
    ({"dry_run": "yes"}, "/dry_run"), ({"tags": "a"}, "/tags"), ({"tags": ["a"] * 21}, "/tags"),
    ({"metadata": []}, "/metadata"), ({"metadata": {"a": 1}}, "/metadata"), ({"headers": []}, "/headers"),
    ({"attachments": {}}, "/attachments"), ({"attachments": [1]}, "/attachments/0"),
    ({"attachments": [{"filename": "a", "content": "YQ"}]}, "/attachments/0/content"),
    ({"send_at": "2026-02-30T00:00:00Z"}, "/send_at"), ({"send_at": 17}, "/send_at"),
    ({"to": ["a@example.org"] * 2000 + ["bad"]}, "/to/2000"),
]


class Exchange:
    """One connection, raw."""

    def __init__(self, postroom):
        self._peer = socket.create_connection((postroom.host, postroom.port), timeout=GUARD_S)
        self._peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self):
        return self

    def __exit__(self, *trouble):
        self._peer.close()

    def send(self, data):
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # refused before all was sent
            self._peer.sendall(data)
        return self

    def finish(self):
        self._peer.shutdown(socket.SHUT_WR)
        return self

    def answer(self):
        """(status, headers, JSON) of the first answer, and what follows it."""
        got = b""
        while b"\r\n\r\n" not in got:
            chunk_ = self._peer.recv(65536)
            if not chunk_:
                raise AssertionError(f"no answer: {got!r}")
            got += chunk_
        head, _, rest = got.partition(b"\r\n\r\n")
        lines = head.decode("ascii").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
        length = int(headers["content-length"])
        while len(rest) < length:
            rest += self._peer.recv(65536)
        return int(lines[0].split()[1]), headers, json.loads(rest[:length]) if length else None, rest[length:]

    def rest(self):
        """Everything until the server closes."""
        got = b""
        with contextlib.suppress(ConnectionResetError):
            while chunk_ := self._peer.recv(65536):
                got += chunk_
        return got


class HttpAttack(PostroomTest):
    def setUp(self):
        super().setUp()
        self.peer = self.provider()
        self.connection = self.postroom.connect_to(self.peer.port)
        self.key = b"Authorization: Bearer " + self.postroom.key.encode() + b"\r\n"
        self.addCleanup(self.still_serves)

    def exchange(self):
        return Exchange(self.postroom)

    def still_serves(self):
        self.assertIsNone(self.postroom.child.process.poll(), self.postroom.child.log()[-2000:])
        self.assertEqual(self.postroom.api("GET", "/connections").status, 200)

    def nothing_came_of_it(self):
        lists = ("/queue", "/log")
        self.assertEqual([self.postroom.get(path)["total"]["count"] for path in lists], [0, 0])
        self.assertEqual(self.peer.lines, [])

    def is_problem(self, answer, status, code=None):
        """RFC 9457, with a sentence, and without internals."""
        got, headers, problem = answer[:3]
        self.assertEqual((got, problem.get("code")), (status, code or problem["code"]), problem)
        self.assertEqual(headers["content-type"], "application/problem+json")
        self.assertEqual(problem["status"], status)
        self.assertTrue(problem["request_id"])
        self.assertRegex(problem["detail"], r"\A[A-Z].{8,}\.\Z")
        for internal in ("boost", "sqlite", "exception", ".cpp", "errno", "/tmp"):
            self.assertNotIn(internal, json.dumps(problem).lower())

    def problem_of(self, answer, status, code=None):
        """The same of harness.Answer."""
        headers = {name.lower(): value for name, value in answer.headers.items()}
        self.is_problem((answer.status, headers, answer.json), status, code)
        return answer.json


class FramingTest(HttpAttack):
    def test_a_body_framed_in_two_ways_is_refused_and_the_connection_ends(self):
        stowaway = POST + HOST + self.key + JSON + LENGTH + b"\r\n" + BODY
        for name, headers, body in FRAMING:
            with self.subTest(name), self.exchange() as exchange:
                exchange.send(POST + HOST + self.key + JSON + headers + b"\r\n" + body + stowaway)
                answer = exchange.answer()
                self.is_problem(answer, *BAD)
                self.assertEqual(answer[1].get("connection"), "close")
                exchange.finish()
                self.assertEqual(answer[3] + exchange.rest(), b"", "a second answer")
        self.nothing_came_of_it()

    def test_odd_heads_are_refused(self):
        for name, request, status, code in HEADS:
            with self.subTest(name), self.exchange() as exchange:
                self.is_problem(exchange.send(request).answer(), status, code)
        self.nothing_came_of_it()

    def test_a_body_that_ends_early_is_no_message(self):
        for framing, body in ((LENGTH, BODY[:-1]), (CHUNKED, chunk(BODY)), (CHUNKED, chunk(BODY) + b"0\r\n")):
            with self.subTest(framing=framing, body=body[-5:]), self.exchange() as exchange:
                exchange.send(POST + HOST + self.key + JSON + framing + b"\r\n" + body).finish()
                self.assertNotIn(b" 202 ", exchange.rest())
        self.nothing_came_of_it()

    def test_a_request_that_comes_byte_by_byte_is_read_as_one(self):
        body = json.dumps({**GOOD, "dry_run": True}).encode()
        length = b"Content-Length: %d\r\n" % len(body)
        for framing, sent in ((length, body), (CHUNKED, chunk(body[:40]) + chunk(body[40:]) + b"0\r\n\r\n")):
            with self.subTest(framing=framing), self.exchange() as exchange:
                for byte in POST + HOST + self.key + JSON + framing + b"\r\n" + sent:
                    exchange.send(bytes([byte]))
                self.assertEqual(exchange.answer()[0], 200)
        self.nothing_came_of_it()

    def test_pipelined_requests_are_answered_in_their_order(self):
        one = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
        other = b"GET /api/v1/nowhere HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
        with self.exchange() as exchange:
            exchange.send(one * 100 + other)
            said = exchange.rest()
        self.assertEqual((said.count(b"HTTP/1.1 200 "), said.count(b"HTTP/1.1 404 ")), (100, 1))
        self.assertLess(said.rindex(b"HTTP/1.1 200 "), said.index(b"HTTP/1.1 404 "))

    def test_clients_that_say_half_a_word_or_never_read_hold_up_nobody(self):
        large = self.postroom.send(text="a line of a large message\n" * 150000, send_at="2027-06-01T00:00:00Z")
        ask = f"GET /api/v1/messages/{large['id']}/content HTTP/1.1\r\n".encode() + HOST + self.key + b"\r\n"
        with contextlib.ExitStack() as stack:
            for number in range(200):
                half = stack.enter_context(self.exchange())
                half.send((POST + HOST + self.key + JSON + LENGTH + b"\r\n" + BODY)[:30 + number])
            for _ in range(20):
                stack.enter_context(self.exchange()).send(ask * 5)
            self.postroom.wait_status(self.postroom.send_one(), "accepted")
        self.assertEqual(len(self.peer.messages), 1)


class JsonTest(HttpAttack):
    def test_what_is_no_json_is_refused(self):
        for body in JSON_BODIES:
            with self.subTest(body=body[:50]):
                answer = self.postroom.api("POST", "/messages", body, headers={"Content-Type": "application/json"})
                self.problem_of(answer, 400, "malformed_json")
        self.nothing_came_of_it()

    def test_what_has_another_shape_is_refused_by_name(self):
        for change, pointer in SHAPES:
            body = change if isinstance(change, bytes) else {**GOOD, **change}
            with self.subTest(change=str(change)[:80]):
                answer = self.postroom.api("POST", "/messages", body, headers={"Content-Type": "application/json"})
                problem = self.problem_of(answer, 422)
                self.assertIn(pointer, [error["pointer"] for error in problem["errors"]], problem)
        self.nothing_came_of_it()

    def test_other_types_of_body_are_refused(self):
        for kind in ("", "text/plain", "application/jsonx", "application/x-www-form-urlencoded", "multipart/form-data",
                     "message/rfc822", "text/json"):
            with self.subTest(type=kind):
                answer = self.postroom.api("POST", "/messages", BODY, headers={"Content-Type": kind})
                self.problem_of(answer, 415, "unsupported_media_type")
        self.nothing_came_of_it()

    def test_a_large_body_of_a_stranger_is_not_read(self):
        for framing in (b"Content-Length: 30000000\r\n", CHUNKED):
            for credentials in (b"", b"Authorization: Bearer nonsense\r\n"):
                with self.subTest(framing=framing, credentials=credentials), self.exchange() as exchange:
                    sent = exchange.send(POST + HOST + credentials + JSON + framing + b"Expect: 100-continue\r\n\r\n")
                    answer = sent.answer()
                    self.is_problem(answer, 401, "unauthorized")
                    self.assertEqual(answer[1]["www-authenticate"], "Bearer")  # RFC 9110 §15.5.2
        with self.exchange() as exchange:
            exchange.send(POST + HOST + self.key + JSON + b"Content-Length: 30000000\r\nExpect: 100-continue\r\n\r\n")
            self.assertEqual(exchange.finish().rest(), b"HTTP/1.1 100 Continue\r\n\r\n")
        self.nothing_came_of_it()

    def test_batches_of_no_or_too_many_messages_are_refused(self):
        for messages in ([], [GOOD] * 1001, {}, None, "x"):
            answer = self.postroom.api("POST", "/messages/batch", {"messages": messages})
            self.problem_of(answer, 422)
        answer = self.postroom.api("POST", "/messages/batch", {"messages": [1, None, [], {"to": "x"}]})
        self.assertEqual([each["status"] for each in answer.json["results"]], [422] * 4)
        self.nothing_came_of_it()


class IdempotencyTest(HttpAttack):
    def test_fifty_clients_that_hang_up_at_once_leave_one_message(self):
        """Disconnected before, within and after the commit."""
        request = POST + HOST + self.key + JSON + LENGTH + b"Idempotency-Key: order-17\r\n\r\n" + BODY

        def hang_up():
            with self.exchange() as exchange:
                exchange.send(request)

        threads = [threading.Thread(target=hang_up) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        answer = wait_for(self.posted_again, "the key is no longer in flight")
        self.postroom.wait_status(answer.json["emails"][0]["id"], "accepted")
        self.assertEqual(self.postroom.get("/log")["total"]["count"], 1)
        self.assertEqual(len(self.peer.messages), 1)

    def posted_again(self):
        answer = self.postroom.api("POST", "/messages", BODY, headers={"Content-Type": "application/json",
                                                                       "Idempotency-Key": "order-17"})
        self.assertIn(answer.status, (202, 409), answer)
        return answer if answer.status == 202 else None

    def test_keys_that_are_no_keys_are_refused(self):
        for key in ("", " ", "a" * 257):
            with self.subTest(key=key[:10]):
                answer = self.postroom.api("POST", "/messages", GOOD, headers={"Idempotency-Key": key})
                self.problem_of(answer, 422, "idempotency_key_invalid")
        request = POST + HOST + self.key + JSON + LENGTH + b"Idempotency-Key: a\r\nIdempotency-Key: b\r\n\r\n" + BODY
        with self.exchange() as exchange:
            self.is_problem(exchange.send(request).answer(), *BAD)
        self.nothing_came_of_it()

    def raw(self, query, content, key="order-17"):
        return self.postroom.api("POST", "/messages/raw?" + query, content,
                                 headers={"Content-Type": "message/rfc822", "Idempotency-Key": key})

    def test_the_same_bytes_to_somebody_else_are_another_message(self):
        """The envelope of a raw message stands in the address, not in the body."""
        content = b"From: shop@example.com\r\nSubject: Hello\r\n\r\nGood day.\r\n"
        first = self.raw("from=shop@example.com&to=ann@example.org", content)
        again = self.raw("from=shop@example.com&to=ann@example.org", content)
        self.assertEqual((again.status, again.json["id"]), (202, first.json["id"]))
        self.problem_of(self.raw("from=shop@example.com&to=bob@example.org", content), 409, "idempotency_conflict")

    def test_the_same_bytes_are_not_the_same_call_elsewhere(self):
        body = b"\n" + json.dumps({"messages": [GOOD]}).encode()
        batch = self.postroom.api("POST", "/messages/batch", body, headers={"Content-Type": "application/json",
                                                                            "Idempotency-Key": "order-17"})
        self.assertEqual(batch.status, 202, batch)
        self.problem_of(self.raw("from=shop@example.com&to=ann@example.org", body), 409, "idempotency_conflict")
        self.assertEqual(self.postroom.api("GET", "/queue").status, 200, "the server goes on")

    def test_the_same_key_of_another_client_is_another_key(self):
        other = self.postroom.create_key("other", "send")
        ids = {self.postroom.send(http_headers={"Idempotency-Key": "order-17"}, key=key)["id"]
               for key in (self.postroom.key, other)}
        self.assertEqual(len(ids), 2)


class AccessTest(HttpAttack):
    def test_what_is_not_yours_and_what_is_not_there_look_the_same(self):
        sender = self.postroom.create_key("sender", "send")
        mine = self.postroom.send(key=sender, send_at="2027-06-01T00:00:00Z")
        other = self.postroom.send(send_at="2027-06-01T00:00:00Z")
        unknown = other["id"][:-1] + ("0" if other["id"][-1] != "0" else "1")
        self.assertEqual(self.postroom.api("GET", f"/messages/{mine['id']}", key=sender).status, 200)
        said = set()
        for path in (f"/messages/{other['id']}", f"/emails/{other['emails'][0]['id']}", f"/messages/{unknown}",
                     f"/emails/{unknown}", f"/messages/{other['emails'][0]['id']}", "/messages/x"):
            answer = self.postroom.api("GET", path, key=sender)
            said.add(self.problem_of(answer, 404, "not_found")["detail"])
        self.assertEqual(len(said), 1)

    def test_ids_that_are_no_ids_are_unknown(self):
        ids = ["0", "-1", "x" * 5000, "0" * 13, "Z" * 13, "8ZZZZZZZZZZZZ", "..", "%2e%2e", "..%2f..%2fetc", "%F0%9F%92%A3",
               "'", quote("' OR 1=1 --"), "%25", "1;1", "NaN", "9223372036854775808", "18446744073709551616", "0x1"]
        for path in ("/messages/{}", "/messages/{}/content", "/emails/{}", "/queue/{}", "/log/{}", "/connections/{}"):
            for each in ids:
                with self.subTest(path=path, id=each[:30]):
                    self.problem_of(self.postroom.api("GET", path.format(each)), 404)
        for path in ("/queue/{}", "/connections/{}", "/api-keys/{}"):
            for each in ids:
                with self.subTest(delete=path, id=each[:30]):
                    self.problem_of(self.postroom.api("DELETE", path.format(each)), 404)
        for each in ("%00", "%ff", "%c0%af", "%zz", "%"):
            self.problem_of(self.postroom.api("GET", "/messages/" + each), 400, "malformed_request")

    def test_no_path_has_a_second_spelling(self):
        for path in ("/api/v1/../../etc/passwd", "/../../../../etc/passwd", "//api/v1/queue", "/api//v1/queue",
                     "/api/v1/queue/", "/api/v1/./queue", "/./api/v1/queue", "/api/v1/x/../queue", "/API/V1/QUEUE",
                     "/api/v1/%71ueue", "/api%2fv1%2fqueue", "/api/v1/queue%00", "/api/v1/queue;a=b", "/api/v1/queue%20",
                     "/api/v1\\queue", "/api/v1/queue.json", "/..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd"):
            with self.subTest(path=path), self.exchange() as exchange:
                exchange.send(f"GET {path} HTTP/1.1\r\n".encode() + HOST + self.key + b"\r\n")
                answer = exchange.answer()
                self.assertIn(answer[0], (400, 404), answer)
                self.is_problem(answer, answer[0])

    def test_the_host_that_a_client_names_is_never_said_again(self):
        for target, host in (("/api/v1/queue", "evil.test"), ("/api/v1/queue", "evil.test:65535"),
                             ("http://evil.test/api/v1/queue", "postroom.test"), ("/nowhere", "evil.test"),
                             ("/api/v1/queue", "[::1]:80")):
            with self.subTest(target=target, host=host), self.exchange() as exchange:
                head = f"GET {target} HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-Host: evil.test\r\nConnection: close\r\n"
                said = exchange.send(head.encode() + self.key + b"\r\n").rest()
                self.assertTrue(said.startswith(b"HTTP/1.1 "), said)
                self.assertNotIn(b"evil", said)
                self.assertIn(said.split()[1], (b"200", b"404"))

    def test_odd_credentials_are_no_credentials(self):
        key = self.postroom.key
        for given in ("Bearer", "Bearer ", "Bearer x", f"Basic {key}", key, f"Bearer {key}x", f"Bearer {key[:-1]}",
                      f"Bearer {key} {key}", f"Bearer {key.swapcase()}", "Bearer " + "a" * 20000, "Bearer '--"):
            with self.subTest(given=given[:20]):
                answer = self.postroom.api("GET", "/queue", headers={"Authorization": given}, key="")
                self.problem_of(answer, 401, "unauthorized")
        answer = self.postroom.api("GET", "/queue?key=" + key, key="")
        self.problem_of(answer, 401, "unauthorized")


class ListAttackTest(HttpAttack):
    def test_questions_that_are_no_questions_are_refused(self):
        for query in ("limit=1e3", "limit=-1", "limit=99999999999999999999", "limit=", "limit=1&limit=2", "email=a*&email=b*", "%zz=1",
                      "status=%ff", "status=%00", "cursor=AAAA", "cursor=" + "A" * 5000, "sort=id;drop+table+email",
                      "sort=-", "status='", "reply_code=x", "attempted_at_from=0", "connection_id=0x1"):
            with self.subTest(query=query[:40]):
                self.problem_of(self.postroom.api("GET", "/log?" + query), 400)

    def test_a_cursor_that_was_tampered_with_breaks_nothing(self):
        for _ in range(3):
            self.postroom.send(send_at="2027-06-01T00:00:00Z")
        for sort in ("created_at", "next_attempt_at", "-email", "attempts"):
            cursor = self.postroom.get("/queue", limit=1, sort=sort)["next_cursor"]
            for forged in (cursor[:-4], cursor + "AAAA", cursor[:-1] + "_", cursor[:20] + "____" + cursor[24:], cursor[:24]):
                with self.subTest(sort=sort, cursor=forged):
                    answer = self.postroom.api("GET", f"/queue?limit=1&sort={sort}&cursor={forged}")
                    self.assertIn(answer.status, (200, 400), answer)

    def test_text_filters_take_their_text_as_it_is(self):
        for subject in ("100 % sure", "under_score", "it's", 'quote"d', "back\\slash", "plain", "star*"):
            self.postroom.wait_status(self.postroom.send_one(subject=subject), "accepted")
        for asked, found in (("%", 1), ("_", 1), ("'", 1), ('"', 1), ("\\", 1), ("*", 1), ("' OR 1=1 --", 0), ("%%", 0)):
            with self.subTest(asked=asked):
                self.assertEqual(len(self.postroom.log(subject=asked)), found)
        for asked in ("%", "_nn@example.org", "' OR ''='", "ann@example.org' --"):
            with self.subTest(address=asked):
                self.assertEqual(self.postroom.log(email=asked), [])

    def test_no_cell_of_an_export_starts_a_formula(self):
        starts = ("=", "+", "-", "@", "\t=", "=\"a\",b")
        sent = []
        for number, start in enumerate(starts):
            peer = self.provider()
            peer.answer("RCPT", f"550 5.1.1 {start}cmd|' /C calc'!A0", times=None, when="gone@")
            printable = start.replace("\t", "")
            connection = self.postroom.connect_to(peer.port, caption=f"{printable}cmd{number}")
            for to in ("gone@example.org", "=1+1@example.org", "+a@example.org", "-a@example.org"):
                sent.append(self.postroom.send_one(to=to, subject=f"{printable}HYPERLINK(\"http://evil.test\"),{number}",
                                                   connection_id=connection["id"]))
        for email in sent:
            self.postroom.wait_status(email, "accepted", "failed")
        answer = self.postroom.api("GET", "/log/export?format=csv")
        rows = list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig"))))
        self.assertEqual(len(rows), len(sent) + 1)
        self.assertEqual({len(row) for row in rows}, {len(rows[0])})
        bad = [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
        self.assertEqual(bad, [])

    def test_answers_are_data_and_never_a_page(self):
        evil = "<script>alert(1)</script>"
        sent = self.postroom.send(subject=evil, to=[{"email": "ann@example.org", "name": evil}])
        self.postroom.wait_status(sent["emails"][0]["id"], "accepted")
        for path in ("/queue", "/log", f"/messages/{sent['id']}", f"/messages/{sent['id']}/content", "/connections",
                     "/log/export?format=csv", f"/nowhere/{evil}", f"/log?{evil}=1"):
            with self.subTest(path=path):
                answer = self.postroom.api("GET", quote(path, safe="/?=&"))
                self.assertNotIn("html", answer.headers.get_content_type())
                self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")


if __name__ == "__main__":
    unittest.main()
