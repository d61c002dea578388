"""The sending half of the HTTP API: what is accepted, what is refused, and that nothing refused is sent."""

import email
import email.policy
import json
import subprocess
import threading
import unittest

from aiosmtpd.controller import Controller

from harness import PostroomTest
from postfix import free_ports
from waiting import wait_for

GOOD = {"from": "shop@example.com", "to": ["ann@example.org"], "subject": "Hello", "text": "Good day.\n"}

REFUSED = [  # what is changed in GOOD, and the pointer that the problem names
    ({"to": []}, None), ({"to": None}, None), ({"subject": None}, None), ({"text": None}, None),
    ({"to": ["not an address"]}, "/to/0"), ({"to": ["a@"]}, "/to/0"), ({"unknown_field": 1}, "/unknown_field"),
    ({"subject": "a\r\nBcc: eve@example.org"}, "/subject"), ({"subject": "a\nb"}, "/subject"),
    ({"subject": "a\0b"}, "/subject"), ({"to": ["ann@example.org\r\nRCPT TO:<eve@example.org>"]}, "/to/0"),
    ({"to": [{"email": "ann@example.org", "name": "Ann\r\nX-Evil: 1"}]}, None),
    ({"from": "Shop\n <shop@example.com>"}, None),
    ({"reply_to": "a@example.org\r\nX-Evil: 1"}, None), ({"headers": {"X-Order": "1\r\nX-Evil: 1"}}, None),
    ({"headers": {"X-Evil\r\nBcc": "1"}}, None), ({"headers": {"X Evil": "1"}}, None),
    ({"headers": {"Bcc": "eve@example.org"}}, None), ({"headers": {"DKIM-Signature": "v=1"}}, None),
    ({"headers": {"Return-Path": "<eve@example.org>"}}, None), ({"headers": {"Content-Type": "text/evil"}}, None),
    ({"attachments": [{"filename": "a\r\nX-Evil: 1", "content": "YQ=="}]}, None),
    ({"attachments": [{"filename": "a", "content_type": "text/plain\r\nX-Evil: 1", "content": "YQ=="}]}, None),
    ({"attachments": [{"filename": "a", "content": "not base64!"}]}, None), ({"connection_id": 4711}, "/connection_id"),
    ({"send_at": "tomorrow"}, "/send_at"), ({"send_at": "2199-01-01T00:00:00Z"}, "/send_at"),
    ({"expires_in": 0}, "/expires_in"),
    ({"on_doubt": "pray"}, "/on_doubt"), ({"text": 17}, "/text"),
]


class SendingTest(PostroomTest):
    def setUp(self):
        super().setUp()
        self.peer = self.provider()
        self.connection = self.postroom.connect_to(self.peer.port)

    def post(self, body, **fields):
        return self.postroom.api("POST", "/messages", body, **fields)

    def stored(self):
        return self.postroom.get("/queue")["total"]["count"] + self.postroom.get("/log")["total"]["count"]

    def test_invalid_and_injecting_messages_are_refused_and_nothing_is_sent(self):
        for change, pointer in REFUSED:
            with self.subTest(change=change):
                body = {name: value for name, value in {**GOOD, **change}.items() if value is not None}
                self.problem(self.post(body), 422, pointer=pointer)
        self.assertEqual(self.stored(), 0)
        self.assertEqual(self.peer.lines, [])

    def test_malformed_json_is_400(self):
        deep = b'{"metadata":' * 100 + b"1" + b"}" * 100
        for body in (b"{", b"", b'{"to":["a@b.c"],"to":["d@e.f"]}', b'{"subject":"\xff"}', b"{}x", deep):
            with self.subTest(body=body[:40]):
                self.problem(self.post(body, headers={"Content-Type": "application/json"}), 400)

    def test_another_content_type_is_415(self):
        self.problem(self.post(json.dumps(GOOD).encode(), headers={"Content-Type": "text/plain"}), 415)

    def test_no_or_bad_credentials_are_401(self):
        for key in ("", "wrong"):
            self.problem(self.postroom.api("POST", "/messages", GOOD, key=key), 401)

    def test_dry_run_validates_and_stores_nothing(self):
        answer = self.post({**GOOD, "dry_run": True})
        self.assertEqual(answer.status, 200, answer)
        self.problem(self.post({**GOOD, "to": ["x"], "dry_run": True}), 422)
        self.assertEqual(self.stored(), 0)

    def test_a_dry_run_in_a_batch_stores_nothing_either(self):
        answer = self.postroom.api("POST", "/messages/batch", {"messages": [
            {**GOOD, "dry_run": True}, {**GOOD, "to": ["x"], "dry_run": True}, {**GOOD, "subject": "Sent"}]})
        self.assertEqual(answer.status, 202, answer)
        dry, wrong, sent = answer.json["results"]
        self.assertEqual((dry["status"], dry["dry_run"], dry["emails"]),
                         (200, True, [{"email": "ann@example.org", "status": "queued"}]))
        self.assertEqual((wrong["status"], sent["status"]), (422, 202))
        self.postroom.wait_status(sent["emails"][0]["id"], "accepted")  # it stands in the queue until then, and in the log
        self.assertEqual(self.stored(), 1)

    def test_what_stands_in_the_address_is_not_passed_over(self):
        self.problem(self.postroom.api("POST", "/messages?dry_run=true", GOOD), 400, "unknown_parameter")
        self.assertEqual(self.stored(), 0)

    def test_an_empty_key_in_a_batch_is_refused(self):
        answer = self.postroom.api("POST", "/messages/batch", {"messages": [{**GOOD, "idempotency_key": ""}]})
        self.assertEqual(answer.json["results"][0]["status"], 422, answer)

    def test_fifty_identical_posts_at_once_are_one_message(self):
        answers = []

        def post():
            answers.append(self.post(GOOD, headers={"Idempotency-Key": "order-17"}))

        threads = [threading.Thread(target=post) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual({answer.status for answer in answers} - {202, 409}, set())
        accepted = [answer for answer in answers if answer.status == 202]
        self.assertEqual(len({answer.json["id"] for answer in accepted}), 1)
        self.assertEqual(sum("Idempotent-Replayed" not in answer.headers for answer in accepted), 1)
        wait_for(self.peer.taken, "the message arrives")
        self.postroom.restart()
        again = self.post(GOOD, headers={"Idempotency-Key": "order-17"})
        self.assertEqual((again.status, again.headers["Idempotent-Replayed"]), (202, "true"))
        self.assertEqual(again.json["id"], accepted[0].json["id"])
        self.problem(self.post({**GOOD, "subject": "x"}, headers={"Idempotency-Key": "order-17"}), 409,
                     "idempotency_conflict")
        self.assertEqual(len(self.peer.messages), 1)

    def test_a_batch_takes_the_good_and_names_the_bad(self):
        answer = self.postroom.api("POST", "/messages/batch", {"messages": [GOOD, {**GOOD, "to": ["bad"]}, GOOD]})
        self.assertEqual(answer.status, 202, answer)
        results = answer.json["results"]
        self.assertEqual([(each["index"], each["status"]) for each in results], [(0, 202), (1, 422), (2, 202)])
        self.assertEqual(results[1]["errors"][0]["pointer"], "/to/0")
        wait_for(lambda: len(self.peer.taken()) == 2, "both good ones arrive")

    def test_a_raw_message_goes_as_given(self):
        raw = "From: shop@example.com\nTo: ann@example.org\nSubject: Grüße\n\n.dot\nlong: Ä\n".encode()
        answer = self.postroom.api("POST", "/messages/raw?from=bounce@example.com&to=ann@example.org&to=bo@example.org",
                                   raw, headers={"Content-Type": "message/rfc822"})
        self.assertEqual(answer.status, 202, answer)
        message = wait_for(self.peer.taken, "the message arrives")[0]
        self.assertEqual((message.sender, sorted(message.recipients)),
                         ("bounce@example.com", ["ann@example.org", "bo@example.org"]))
        frozen = self.postroom.api("GET", f"/messages/{answer.json['id']}/content").body
        self.assertEqual(message.content, frozen)
        self.assertTrue(frozen.endswith(raw.replace(b"\n", b"\r\n")), frozen)

    def test_a_raw_message_with_a_bare_cr_is_refused(self):
        answer = self.postroom.api("POST", "/messages/raw?from=a@example.com&to=b@example.org",
                                   b"Subject: x\r\n\r\na\rb\r\n", headers={"Content-Type": "message/rfc822"})
        self.problem(answer, 422)

    def test_curl_can_send(self):
        url = f"http://{self.postroom.host}:{self.postroom.port}/api/v1/messages"
        done = subprocess.run(["curl", "--silent", "--show-error", "--fail-with-body", "--header", "@-", "--header",
                               "Content-Type: application/json", "--data-binary", json.dumps(GOOD), url],
                              input=f"Authorization: Bearer {self.postroom.key}\n", text=True, capture_output=True,
                              timeout=60, check=True)
        self.postroom.wait_status(json.loads(done.stdout)["emails"][0]["id"], "accepted")


class _Mailbox:
    """aiosmtpd's handler: keeps what arrives."""

    def __init__(self):
        self.envelopes = []

    async def handle_DATA(self, server, session, envelope):  # aiosmtpd's name
        self.envelopes.append(envelope)
        return "250 2.0.0 kept"


class SecondProviderTest(PostroomTest):
    def test_aiosmtpd_gets_a_message_that_pythons_parser_finds_whole(self):
        mailbox = _Mailbox()
        port = free_ports(1)[0]  # aiosmtpd cannot choose one itself
        controller = Controller(mailbox, hostname="127.0.0.1", port=port, enable_SMTPUTF8=True)
        controller.start()
        self.addCleanup(controller.stop)
        self.postroom.connect_to(port)
        sent = self.postroom.send_one(subject="Grüße " * 40, html="<p>ü</p>", text="Straße\n" * 200, metadata={"order": "17"})
        self.postroom.wait_status(sent, "accepted")
        content = mailbox.envelopes[0].original_content
        parsed = email.message_from_bytes(content, policy=email.policy.default)
        self.assertEqual(parsed.defects, [])
        self.assertEqual(parsed["Subject"].strip(), ("Grüße " * 40).strip())
        self.assertEqual(parsed["From"].addresses[0].display_name, "Shop")
        self.assertIn("Straße", parsed.get_body(("plain",)).get_content())
        self.assertEqual([line for line in content.split(b"\r\n") if len(line) > 998 or b"\n" in line], [])


if __name__ == "__main__":
    unittest.main()
