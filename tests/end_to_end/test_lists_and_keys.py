"""Lists, export, keys and the description of the API."""

import csv
import io
import json
import unittest

from harness import QUICK, PostroomTest
from waiting import wait_for


class ListsTest(PostroomTest):
    def setUp(self):
        super().setUp()
        self.peer = self.provider()
        self.peer.answer("RCPT", "550 5.1.1 =unknown", times=None, when="gone@")
        self.postroom.connect_to(self.peer.port)
        for number in range(5):
            self.postroom.send(to=f"ann{number}@one.example", subject=f"Order {number}")
        self.postroom.send(to="gone@two.example", subject='=HYPERLINK("http://evil.example")')
        wait_for(lambda: len(self.finished()) == 6, "all are finished")

    def finished(self):
        return [row for row in self.postroom.log() if row["status"] != "in_progress"]

    def test_filters_select(self):
        for query, count in (({"status": "success"}, 5), ({"status": "fail"}, 1), ({"status": ["success", "fail"]}, 6),
                             ({"email": "ann3@one.example"}, 1), ({"email": "ann*"}, 5),
                             ({"email": "*@two.example"}, 1), ({"subject": "order"}, 5), ({"reply_code": 550}, 1),
                             ({"attempted_at_from": "2199-01-01T00:00:00Z"}, 0)):
            with self.subTest(query=query):
                self.assertEqual(len(self.postroom.log(**query)), count)

    def test_rows_are_found_by_their_own_id_and_the_providers(self):
        row = self.finished()[0]
        self.assertEqual([each["id"] for each in self.postroom.log(id=row["id"])], [row["id"]])
        taken = next(each for each in self.finished() if each["provider_id"])
        self.assertIn(taken["id"], [each["id"] for each in self.postroom.log(provider_id=taken["provider_id"])])
        self.assertEqual(self.postroom.log(provider_id="nobody's"), [])
        waiting = [self.postroom.send_one(send_at="2027-06-01T00:00:00Z") for _ in range(2)]
        self.assertEqual([each["id"] for each in self.postroom.get("/queue", id=waiting[0])["items"]], [waiting[0]])
        act = {"action": "hold", "filter": {"id": waiting[1]}}
        self.assertEqual(self.postroom.api("POST", "/queue/actions", act).json["changed"], 1)

    def test_a_filter_that_asks_nothing_means_every_email_and_must_say_so(self):
        self.postroom.send_one(send_at="2027-06-01T00:00:00Z")
        for nothing in ({}, {"subject": ""}, {"email": "*"}, {"lane": "", "tag": ""}):
            act = {"action": "hold", "filter": nothing}
            self.problem(self.postroom.api("POST", "/queue/actions", act), 422, "filter_empty")
        self.assertEqual(self.postroom.api("POST", "/queue/actions", {**act, "all": True}).json["changed"], 1)

    def test_an_email_named_twice_counts_once(self):
        waiting = self.postroom.send_one(send_at="2027-06-01T00:00:00Z")
        done = self.postroom.api("POST", "/queue/actions", {"action": "hold", "ids": [waiting, waiting]}).json
        self.assertEqual(done, {"matched": 1, "changed": 1, "skipped": 0})

    def test_pages_follow_each_other_without_gap_or_repetition(self):
        seen, cursor = [], {}
        while True:
            page = self.postroom.get("/log", limit=2, sort="-attempted_at", **cursor)
            seen += [row["id"] for row in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
        self.assertEqual(len(seen), 6)
        self.assertEqual(sorted(set(seen), reverse=True), seen)

    def test_wrong_questions_are_400(self):
        cursor = self.postroom.get("/log", limit=2)["next_cursor"]
        for query, code in ((f"cursor={cursor}&status=fail&limit=2", "cursor_mismatch"),
                            ("sort=subject", "sort_not_offered"), ("cursor=nonsense", None), ("colour=red", None),
                            ("limit=0", None), ("limit=501", None),
                            ("status=delivered", None), ("attempted_at_from=yesterday", None)):
            with self.subTest(query=query):
                self.problem(self.postroom.api("GET", "/log?" + query), 400, code)

    def test_a_cursor_is_of_one_list_and_nothing_else(self):
        cursor = self.postroom.get("/log", limit=2)["next_cursor"]
        other = cursor[:-3] + ("A" if cursor[-3] != "A" else "B") + cursor[-2:]
        for path, wrong in (("/queue", cursor), ("/audit", cursor), ("/delivery/events", cursor), ("/log", other)):
            with self.subTest(path=path):
                self.problem(self.postroom.api("GET", f"{path}?limit=2&cursor={wrong}"), 400, "cursor_mismatch")

    def test_what_has_come_since_a_preview_can_be_kept_out(self):
        first = self.postroom.send_one(send_at="2027-06-01T00:00:00Z")
        act = {"action": "hold", "filter": {"status": "scheduled"}, "reason": "looked at"}
        preview = self.postroom.api("POST", "/queue/actions", {**act, "dry_run": True}).json
        wait_for(lambda: self.postroom.api("POST", "/queue/actions", {**act, "dry_run": True}).json["as_of"] > preview["as_of"],
                 "the clock goes on")
        self.postroom.send_one(send_at="2027-06-01T00:00:00Z")
        act["filter"]["created_at_to"] = preview["as_of"]
        done = self.postroom.api("POST", "/queue/actions", act).json
        self.assertEqual((preview["matched"], done), (1, {"matched": 1, "changed": 1, "skipped": 0}))
        self.assertEqual(self.postroom.email(first)["status"], "held")
        audit = [entry for entry in self.postroom.get("/audit")["items"] if entry["reason"] == "looked at"]
        self.assertEqual([(entry["object"], "created_at_to" in entry["detail"]) for entry in audit], [("queue:1 emails", True)])

    def test_csv_export_disarms_formulas(self):
        answer = self.postroom.api("GET", "/log/export?format=csv")
        self.assertEqual(answer.headers.get_content_type(), "text/csv")
        rows = list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"))))
        self.assertEqual(len(rows), 6)
        for row in rows:
            self.assertFalse([cell for cell in row.values() if cell[:1] in ("=", "+", "-", "@")], row)

    def test_jsonl_export_is_what_the_filter_selects(self):
        answer = self.postroom.api("GET", "/log/export?format=jsonl&status=fail")
        rows = [json.loads(line) for line in answer.body.splitlines()]
        self.assertEqual([row["email"] for row in rows], ["gone@two.example"])


class KeysTest(PostroomTest):
    def setUp(self):
        super().setUp()
        self.postroom.connect_to(self.provider().port)
        self.sender = self.postroom.create_key("sender", "send")
        self.reader = self.postroom.create_key("reader", "read")
        self.keeper = self.postroom.create_key("keeper", "manage")

    def status(self, key, method, path, body=None):
        return self.postroom.api(method, path, body, key=key).status

    def test_scopes_bound_what_a_key_may_do(self):
        mail = {"to": ["ann@example.org"], "subject": "x", "text": "y"}
        hold = {"action": "hold", "all": True, "filter": {}, "dry_run": True}
        for key, expected in ((self.sender, (202, 403, 403, 403)), (self.reader, (403, 200, 403, 403)),
                              (self.keeper, (403, 200, 200, 403)), (self.postroom.key, (202, 200, 200, 200))):
            seen = (self.status(key, "POST", "/messages", mail), self.status(key, "GET", "/queue"),
                    self.status(key, "POST", "/queue/actions", hold),
                    self.status(key, "GET", "/api-keys"))
            self.assertEqual(seen, expected)

    def test_a_sender_reads_only_its_own_mail(self):
        mine = self.postroom.send(key=self.sender)
        other = self.postroom.send()
        self.assertEqual(self.status(self.sender, "GET", f"/messages/{mine['id']}"), 200)
        for path in (f"/messages/{other['id']}", f"/emails/{other['emails'][0]['id']}"):
            self.assertEqual(self.status(self.sender, "GET", path), 404)

    def test_content_is_a_right_of_its_own(self):
        path = f"/messages/{self.postroom.send()['id']}/content"
        self.assertEqual(self.status(self.keeper, "GET", path), 403)
        self.assertEqual(self.status(self.postroom.create_key("c", "read", "content"), "GET", path), 200)

    def test_a_revoked_key_is_refused_at_once(self):
        keys = self.postroom.get("/api-keys")["items"]
        reader = next(key for key in keys if key["name"] == "reader")
        self.assertNotIn(self.reader, json.dumps(keys))
        self.assertEqual(self.status(self.reader, "GET", "/queue"), 200)
        self.assertEqual(self.postroom.api("DELETE", f"/api-keys/{reader['id']}").status, 204)
        self.assertEqual(self.status(self.reader, "GET", "/queue"), 401)


class DescriptionTest(PostroomTest):
    def test_every_described_path_answers(self):
        answer = self.postroom.api("GET", "/openapi.json", key="")
        self.assertEqual(answer.status, 200)
        self.assertTrue(answer.json["openapi"].startswith("3.1"))
        operations = [(path, method) for path, item in answer.json["paths"].items() for method in item
                      if method in ("get", "post", "patch", "delete", "put")]
        self.assertGreater(len(operations), 20)
        order = {"get": 0, "post": 1, "put": 1, "patch": 1, "delete": 2}
        for path, method in sorted(operations, key=lambda each: (order[each[1]], each[0])):
            with self.subTest(operation=f"{method.upper()} {path}"):
                self.assertNotIn(self.call(path, method), (404, 405, 500, 501))

    def setUp(self):
        super().setUp()
        self.postroom.stop()  # sign-in by an issuer has paths of its own
        self.postroom.configure(f'url = "http://127.0.0.1:1"\n[oidc]\nissuer = "http://127.0.0.1:1"\nclient_id = "x"\n{QUICK}')
        self.postroom.start()
        self.connection = self.postroom.connect_to(self.provider().port)
        user = self.postroom.api("POST", "/users", {"email": "ann@example.org", "role": "viewer"}).json
        done = self.postroom.send()
        self.postroom.wait_status(done["emails"][0]["id"], "accepted")
        waiting = self.postroom.send(send_at="2027-06-01T00:00:00Z")
        key = next(key for key in self.postroom.get("/api-keys")["items"])
        self.postroom.create_key("spare", "read")
        spare = next(each for each in self.postroom.get("/api-keys")["items"] if each["name"] == "spare")
        self.assertNotEqual(spare["id"], key["id"])
        login = self.postroom.api("POST", "/submission-logins", {"username": "shop"}).json
        self.ids = {"/users": user["id"], "/submission-logins": login["id"], "/profile": "queue", "/api-keys": spare["id"], "/connections": self.connection["id"], "/messages": waiting["id"],
                    "/queue": waiting["emails"][0]["id"], "/emails": waiting["emails"][0]["id"],
                    "/log": self.postroom.log()[0]["id"]}

    def call(self, path, method):
        at = path.removeprefix("/api/v1")
        folder = "/" + at.split("/")[1]
        at = at.replace("{name}", "mine")
        if "{" in at:
            at = at[:at.index("{")] + str(self.ids[folder]) + at[at.index("}") + 1:]
        served = at if folder in ("/healthz", "/readyz", "/metrics") else "/api/v1" + at
        body = None if method in ("get", "delete") else b"{}"
        headers = {} if body is None else {"Content-Type": "application/json"}
        with self.postroom.request(method.upper(), served, body, headers) as response:
            return response.status


if __name__ == "__main__":
    unittest.main()
