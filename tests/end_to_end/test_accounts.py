"""The people of the Back Office: sign-in, second factor, sessions, roles, and what defends them."""

import json
import threading
import time
import unittest

from harness import PostroomTest
from people import PASSWORD, Person, enroll_totp, first_link, totp

METHODS = ("get", "post", "put", "patch", "delete")
SAMPLES = {"id": "0000000000000", "page": "queue", "name": "mine"}  # of path parameters
NUMBERED = ("/connections/", "/api-keys/", "/users/", "/submission-logins/")
ALLOWED = {"open": {"nobody", "viewer", "operator", "admin"}, "session": {"viewer", "operator", "admin"},
           "read": {"viewer", "operator", "admin"}, "own": {"viewer", "operator", "admin"},
           "metrics": {"viewer", "operator", "admin"}, "manage": {"operator", "admin"}, "admin": {"admin"},
           "send": {"admin"}, "content": {"admin"}}


class AccountsTest(PostroomTest):
    def setUp(self):
        super().setUp()
        self.admin = Person(self.postroom)
        answer = self.admin.use_link(first_link(self.postroom), email="Admin@example.org")
        self.assertEqual(answer.status, 200, answer.body)

    def person(self, email, role="viewer", **more):
        """One who has used the link of an invitation."""
        made = self.admin.call("POST", "/users", {"email": email, "role": role, **more})
        self.assertEqual(made.status, 201, made.body)
        person = Person(self.postroom)
        self.assertEqual(person.use_link(made.json["invitation"]).status, 200)
        person.id = made.json["id"]
        return person

    def refused(self, answer, status, code):
        self.assertEqual((answer.status, answer.code), (status, code), answer.body)


class FirstRunTest(AccountsTest):
    def test_the_first_link_makes_the_admin_and_opens_once(self):
        me = self.admin.call("GET", "/session").json["user"]
        self.assertEqual((me["email"], me["role"]), ("admin@example.org", "admin"))
        self.assertFalse(self.admin.call("GET", "/session/methods").json["first_run"])
        stranger = Person(self.postroom)
        self.refused(stranger.use_link(first_link(self.postroom), email="b@example.org"), 401, "invitation_invalid")

    def test_no_link_is_printed_once_somebody_has_an_account(self):
        self.assertEqual(self.postroom.restart(), 0)
        self.assertEqual(self.postroom.child.log().count("/welcome#token="), 1)
        self.assertEqual(self.admin.call("GET", "/session").status, 200, "sessions outlive a restart")

    def test_the_command_line_makes_accounts_too(self):
        self.postroom.command("user", "create", "--email", "Cli@example.org", "--role", "operator", input=PASSWORD + "\n")
        person = Person(self.postroom)
        answer = person.sign_in("cli@example.org")
        self.assertEqual((answer.status, answer.json["user"]["role"]), (200, "operator"), answer.body)
        self.assertIn("cli@example.org", self.postroom.command("user", "list"))


class SignInTest(AccountsTest):
    def test_a_wrong_password_and_an_unknown_account_look_the_same(self):
        wrong = Person(self.postroom).sign_in("admin@example.org", "wrong horse battery")
        unknown = Person(self.postroom).sign_in("nobody@example.org", "wrong horse battery")
        self.refused(wrong, 401, "bad_credentials")
        self.refused(unknown, 401, "bad_credentials")
        self.assertEqual(wrong.json["detail"], unknown.json["detail"])

    def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(self):
        cookie = Person(self.postroom).sign_in("admin@example.org").headers["Set-Cookie"]
        for word in ("HttpOnly", "SameSite=Strict", "Path=/"):
            self.assertIn(word, cookie)

    def test_the_cookie_is_for_tls_only_where_the_url_says_so(self):
        self.postroom.stop()
        self.postroom.configure('url = "https://mail.example.org"\n')
        self.postroom.start()
        self.assertIn("; Secure", Person(self.postroom).sign_in("admin@example.org").headers["Set-Cookie"])

    def test_signing_in_again_ends_the_session_the_browser_had(self):
        earlier = self.admin.cookie
        self.assertEqual(self.admin.sign_in("admin@example.org").status, 200)
        self.assertNotEqual(self.admin.cookie, earlier)
        stale = Person(self.postroom)
        stale.cookie = earlier
        self.refused(stale.call("GET", "/session"), 401, "unauthorized")

    def test_signing_out_kills_the_session(self):
        cookie = self.admin.cookie
        self.assertEqual(self.admin.call("DELETE", "/session").status, 204)
        self.admin.cookie = cookie
        self.refused(self.admin.call("GET", "/session"), 401, "unauthorized")

    def test_guessing_is_slowed_down_and_says_for_how_long(self):
        guesser = Person(self.postroom)
        answers = [guesser.sign_in("admin@example.org", f"wrong horse {number}") for number in range(7)]
        slowed = [answer for answer in answers if answer.status == 429]
        self.assertTrue(slowed)
        self.assertGreaterEqual(int(slowed[0].headers["Retry-After"]), 1)
        self.assertEqual(self.admin.call("GET", "/session").status, 200, "nobody is locked out")

    def test_a_forged_cookie_opens_nothing(self):
        for cookie in ("", "x", "A" * 43, self.admin.cookie[:-1] + "!", self.admin.cookie + "A"):
            person = Person(self.postroom)
            person.cookie = cookie
            self.assertEqual(person.call("GET", "/users").status, 401, cookie)

    def test_sign_in_takes_nothing_but_json(self):
        """A form on another page could send the other types without asking."""
        for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data"):
            answer = Person(self.postroom).call("POST", "/session", {"email": "a", "password": "b"},
                                                {"Content-Type": kind})
            self.assertEqual(answer.status, 415)


class GuessingTest(AccountsTest):
    """Who tries the door, and what they learn of it."""

    def work(self, *attempts):
        """Processor time that the server spends on sign-ins, in clock ticks: what a clock on the wall would tell."""
        def spent():
            with open(f"/proc/{self.postroom.child.process.pid}/stat", encoding="ascii") as file:
                return sum(int(field) for field in file.read().rsplit(")", 1)[1].split()[11:13])

        before = spent()
        for email, password in attempts:
            self.refused(Person(self.postroom).sign_in(email, password), 401, "bad_credentials")
        return spent() - before

    def test_an_unknown_a_disabled_and_a_known_account_cost_the_same_work(self):
        gone = self.person("gone@example.org")
        self.admin.call("PATCH", f"/users/{gone.id}", {"enabled": False})
        wrong = "wrong horse battery"
        known = self.work(*[("admin@example.org", wrong)] * 4)
        self.assertGreater(known, 4, "a password's check is no work at all")
        for email in ("nobody@example.org", "gone@example.org"):
            self.assertGreater(self.work(*[(email, wrong)] * 4), known / 3, email)

    def test_a_cookie_that_someone_else_chose_is_not_the_session_that_opens(self):
        victim = Person(self.postroom)
        victim.cookie = chosen = "A" * 43
        self.assertEqual(victim.sign_in("admin@example.org").status, 200)
        self.assertNotEqual(victim.cookie, chosen)
        attacker = Person(self.postroom)
        attacker.cookie = chosen
        self.refused(attacker.call("GET", "/session"), 401, "unauthorized")

    def test_a_session_that_someone_else_opened_is_not_taken_over_by_the_one_who_signs_in(self):
        """The attacker's own cookie, set in the victim's browser: after the victim has signed in it opens nothing."""
        attacker = self.person("attacker@example.org")
        planted = attacker.cookie
        victim = Person(self.postroom)
        victim.cookie = planted
        self.assertEqual(victim.sign_in("admin@example.org").status, 200)
        self.assertNotEqual(victim.cookie, planted)
        stale = Person(self.postroom)
        stale.cookie = planted
        self.assertNotEqual((stale.call("GET", "/session").json or {}).get("user", {}).get("role"), "admin")

    def test_codes_are_guessed_as_slowly_as_passwords(self):
        enroll_totp(self.admin)
        guesser = Person(self.postroom)
        answers = [guesser.sign_in("admin@example.org", totp=f"{number:06}") for number in range(7)]
        self.assertEqual({answer.code for answer in answers}, {"totp_wrong", "slow_down"})
        self.assertEqual(answers[-1].status, 429)
        recovery = [Person(self.postroom).sign_in("admin@example.org", totp=f"aaaa-bbbb-{number:04}") for number in range(2)]
        self.assertEqual({answer.status for answer in recovery}, {429}, "recovery codes are no way around")

    def test_a_signed_in_browser_cannot_guess_the_password_or_the_code_either(self):
        for path, body in (("/profile/password", {"current": "no", "password": "another long one"}),
                           ("/profile/totp", {"password": "no"})):
            person = self.person(f"{path[-4:]}@example.org")
            answers = [person.call("POST", path, body) for _ in range(7)]
            self.assertEqual(answers[-1].status, 429, path)
            self.assertEqual(person.call("GET", "/session").status, 200, "nobody is locked out")

    def test_a_password_of_a_megabyte_is_refused_and_holds_up_nobody(self):
        long = "x1" * 500_000
        self.refused(Person(self.postroom).sign_in("admin@example.org", long), 401, "unauthorized")  # it is not read
        self.refused(self.admin.call("POST", "/profile/password", {"current": PASSWORD, "password": long}), 422,
                     "weak_password")
        made = self.admin.call("POST", "/users", {"email": "b@example.org", "role": "viewer"})
        self.refused(Person(self.postroom).use_link(made.json["invitation"], long), 401, "unauthorized")
        self.refused(Person(self.postroom).use_link(made.json["invitation"], "x1" * 20_000), 422, "weak_password")
        self.assertEqual(Person(self.postroom).sign_in("admin@example.org").status, 200)

    def test_keys_that_differ_in_one_character_or_in_length_look_the_same(self):
        key = self.postroom.key
        refusals = set()
        for wrong in (key[:-1] + ("a" if key[-1] != "a" else "b"), key[:-1], key + "a", "x", key.swapcase()):
            answer = self.postroom.api("GET", "/queue", key=wrong)
            refusals.add((answer.status, answer.json["code"], answer.json["detail"]))
        self.assertEqual(len(refusals), 1, refusals)


class CsrfTest(AccountsTest):
    def test_a_write_with_the_cookie_needs_the_token(self):
        other = Person(self.postroom)
        other.sign_in("admin@example.org")
        for token in (None, "", "wrong", other.csrf):
            answer = self.admin.call("POST", "/users", {"email": "x@example.org", "role": "viewer"},
                                     {"X-CSRF-Token": token})
            self.refused(answer, 403, "csrf")
        self.assertEqual(len(self.admin.call("GET", "/users").json["items"]), 1)

    def test_a_key_needs_none_and_is_nobody_with_a_session(self):
        self.assertEqual(self.postroom.api("POST", "/users", {"email": "x@example.org", "role": "viewer"}).status, 201)
        self.assertEqual(self.postroom.api("GET", "/session").status, 403)


class SecondFactorTest(AccountsTest):
    def test_the_code_is_asked_for_and_opens_once(self):
        secret, _ = enroll_totp(self.admin)
        person = Person(self.postroom)
        self.refused(person.sign_in("admin@example.org"), 401, "totp_required")
        self.refused(person.sign_in("admin@example.org", totp="000000"), 401, "totp_wrong")
        code = totp(secret, time.time())
        self.assertEqual(person.sign_in("admin@example.org", totp=code).status, 200)
        self.refused(Person(self.postroom).sign_in("admin@example.org", totp=code), 401, "totp_wrong")

    def test_a_recovery_code_opens_once(self):
        _, codes = enroll_totp(self.admin)
        self.assertEqual(len(set(codes)), 10)
        self.assertEqual(Person(self.postroom).sign_in("admin@example.org", totp=codes[3].upper()).status, 200)
        self.refused(Person(self.postroom).sign_in("admin@example.org", totp=codes[3]), 401, "totp_wrong")

    def test_two_who_come_at_once_with_one_code_are_not_both_let_in(self):
        _, codes = enroll_totp(self.admin)
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(
            Person(self.postroom).sign_in("admin@example.org", totp=codes[0]).status)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(answers), [200, 401, 401, 401])

    def test_who_is_deleted_while_giving_it_up_takes_nobody_along(self):
        for number in range(4):
            viewer = self.person(f"viewer{number}@example.org")
            enroll_totp(viewer)
            giving_up = threading.Thread(target=viewer.call, args=("DELETE", "/profile/totp", {"password": PASSWORD}))
            giving_up.start()
            self.assertEqual(self.admin.call("DELETE", f"/users/{viewer.id}").status, 204)
            giving_up.join()
        self.assertEqual(self.admin.call("GET", "/session").status, 200)

    def test_setting_it_up_ends_the_other_sessions_and_needs_the_password(self):
        elsewhere = Person(self.postroom)
        elsewhere.sign_in("admin@example.org")
        self.refused(self.admin.call("POST", "/profile/totp", {"password": "wrong horse battery"}), 401,
                     "bad_credentials")
        enroll_totp(self.admin)
        self.refused(elsewhere.call("GET", "/session"), 401, "unauthorized")
        self.assertEqual(self.admin.call("GET", "/session").status, 200)

    def test_a_wrong_first_code_sets_nothing_up(self):
        self.admin.call("POST", "/profile/totp", {"password": PASSWORD})
        self.refused(self.admin.call("POST", "/profile/totp/confirm", {"totp": "000000"}), 422, "totp_wrong")
        self.assertFalse(self.admin.call("GET", "/session").json["user"]["totp"])

    def test_required_of_all_it_comes_before_everything_else(self):
        viewer = self.person("viewer@example.org")
        self.assertEqual(self.admin.call("PATCH", "/settings", {"totp_required": True}).status, 200)
        self.assertTrue(viewer.call("GET", "/session").json["must_enroll_totp"])
        self.refused(viewer.call("GET", "/queue"), 403, "totp_mandatory")
        enroll_totp(viewer)
        self.assertEqual(viewer.call("GET", "/queue").status, 200)
        self.refused(viewer.call("DELETE", "/profile/totp", {"password": PASSWORD}), 409, "totp_mandatory")
        self.admin.call("PATCH", "/settings", {"totp_required": False})

    def test_given_up_only_the_password_is_asked_for(self):
        enroll_totp(self.admin)
        self.assertEqual(self.admin.call("DELETE", "/profile/totp", {"password": PASSWORD}).status, 204)
        self.assertEqual(Person(self.postroom).sign_in("admin@example.org").status, 200)


class OwnAccountTest(AccountsTest):
    def test_a_new_password_ends_the_other_sessions(self):
        elsewhere = Person(self.postroom)
        elsewhere.sign_in("admin@example.org")
        self.refused(self.admin.call("POST", "/profile/password", {"current": "no", "password": "another long one"}),
                     401, "bad_credentials")
        answer = self.admin.call("POST", "/profile/password", {"current": PASSWORD, "password": "another long one"})
        self.assertEqual(answer.status, 204)
        self.refused(elsewhere.call("GET", "/session"), 401, "unauthorized")
        self.assertEqual(self.admin.call("GET", "/session").status, 200)
        self.refused(Person(self.postroom).sign_in("admin@example.org"), 401, "bad_credentials")
        self.assertEqual(Person(self.postroom).sign_in("admin@example.org", "another long one").status, 200)

    def test_weak_passwords_are_refused(self):
        for password in ("short", "a" * 20, "admin@example.org", "x" * 300):
            answer = self.admin.call("POST", "/profile/password", {"current": PASSWORD, "password": password})
            self.refused(answer, 422, "weak_password")

    def test_preferences_and_views_are_kept_on_the_server(self):
        self.admin.call("PATCH", "/profile", {"name": "Ann", "preferences": {"theme": "dark"}})
        session = self.admin.call("GET", "/session").json
        self.assertEqual((session["user"]["name"], session["preferences"]), ("Ann", {"theme": "dark"}))
        self.admin.call("PATCH", "/profile", {"preferences": {"page": 100, "columns": ["id"]}})
        merged = self.admin.call("PATCH", "/profile", {"preferences": {"columns": None, "theme": "light"}})
        self.assertEqual(merged.json["preferences"], {"theme": "light", "page": 100})
        self.refused(self.admin.call("PATCH", "/profile", {"preferences": {"large": "x" * 8192}}), 422, "too_long")
        self.refused(self.admin.call("PATCH", "/profile", {"preferences": []}), 422, "invalid")
        view = {"query": "status=deferred", "columns": ["email", "reason"]}
        self.assertEqual(self.admin.call("PUT", "/profile/views/queue/Late%20mail", view).status, 200)
        self.assertEqual(self.admin.call("GET", "/profile/views").json["items"],
                         [{"page": "queue", "name": "Late mail", **view}])
        self.assertEqual(self.person("b@example.org").call("GET", "/profile/views").json["items"], [])
        self.assertEqual(self.admin.call("DELETE", "/profile/views/queue/Late%20mail").status, 204)
        self.assertEqual(self.admin.call("PUT", "/profile/views/nowhere/x", view).status, 404)


class UsersTest(AccountsTest):
    def test_the_last_admin_stays(self):
        me = self.admin.call("GET", "/session").json["user"]["id"]
        for change in ({"role": "viewer"}, {"enabled": False}):
            self.refused(self.admin.call("PATCH", f"/users/{me}", change), 409, "last_admin")
        self.refused(self.admin.call("DELETE", f"/users/{me}"), 409, "last_admin")
        self.admin.call("POST", "/users", {"email": "b@example.org", "role": "admin"})
        self.refused(self.admin.call("DELETE", f"/users/{me}"), 409, "last_admin")  # the other can't sign in yet

    def test_other_rights_end_the_sessions_at_once(self):
        for change in ({"role": "operator"}, {"content": True}, {"enabled": False}):
            person = self.person(f"{next(iter(change))}@example.org")
            self.assertEqual(person.call("GET", "/queue").status, 200)
            self.assertEqual(self.admin.call("PATCH", f"/users/{person.id}", change).status, 200)
            self.refused(person.call("GET", "/queue"), 401, "unauthorized")

    def test_who_is_disabled_or_deleted_gets_in_no_more(self):
        person = self.person("b@example.org")
        self.admin.call("PATCH", f"/users/{person.id}", {"enabled": False})
        self.refused(Person(self.postroom).sign_in("b@example.org"), 401, "bad_credentials")
        other = self.person("c@example.org")
        self.assertEqual(self.admin.call("DELETE", f"/users/{other.id}").status, 204)
        self.refused(other.call("GET", "/session"), 401, "unauthorized")

    def test_a_new_link_sets_password_and_second_factor_anew(self):
        person = self.person("b@example.org")
        enroll_totp(person)
        link = self.admin.call("POST", f"/users/{person.id}/invitation").json["invitation"]
        self.refused(person.call("GET", "/session"), 401, "unauthorized")
        self.refused(Person(self.postroom).use_link(link, "short"), 422, "weak_password")
        self.assertEqual(Person(self.postroom).use_link(link, "a wholly new password").status, 200)
        self.refused(Person(self.postroom).use_link(link, "a wholly new password"), 401, "invitation_invalid")
        self.assertEqual(Person(self.postroom).sign_in("b@example.org", "a wholly new password").status, 200)

    def test_an_address_has_one_account_whatever_its_case(self):
        self.person("b@example.org")
        self.refused(self.admin.call("POST", "/users", {"email": "B@Example.ORG", "role": "viewer"}), 409, "user_exists")

    def test_bad_fields_are_named(self):
        answer = self.admin.call("POST", "/users", {"email": "nothing", "role": "king", "shoe_size": 44})
        self.assertEqual({error["pointer"] for error in answer.json["errors"]}, {"/email", "/role", "/shoe_size"})


class RolesTest(AccountsTest):
    def test_every_route_lets_in_whom_the_description_names_and_nobody_else(self):
        people = {"viewer": self.person("viewer@example.org"), "operator": self.person("operator@example.org", "operator"),
                  "admin": self.admin, "nobody": Person(self.postroom)}
        description = self.postroom.get("/openapi.json")
        seen = 0
        for pattern, operations in description["paths"].items():
            for method in METHODS:
                if method not in operations or (method, pattern) == ("delete", "/api/v1/session"):
                    continue  # signing out would end the test
                if pattern == "/api/v1/events":
                    continue  # does not end; test_live_events has it
                path = pattern
                for name, sample in SAMPLES.items():
                    number = name == "id" and any(part in pattern for part in NUMBERED)
                    path = path.replace("{" + name + "}", "999" if number else sample)
                scope = operations[method]["x-scope"]
                for role, person in people.items():
                    answer = person.call(method.upper(), path, {} if method != "get" else None, prefix="")
                    seen += 1
                    where = f"{role}: {method} {path} ({scope}): {answer.status} {answer.code}"
                    if role in ALLOWED[scope]:
                        self.assertNotIn(answer.code, ("forbidden", "unauthorized", "csrf"), where)
                    else:
                        self.assertEqual(answer.status, 401 if role == "nobody" else 403, where)
        self.assertGreater(seen, 200)

    def test_content_is_a_right_of_its_own(self):
        self.postroom.connect_to(self.provider().port)
        message = self.postroom.send()
        path = f"/messages/{message['id']}/content"
        operator = self.person("operator@example.org", "operator")
        reader = self.person("reader@example.org", "viewer", content=True)
        self.refused(operator.call("GET", path), 403, "forbidden")
        self.assertEqual(reader.call("GET", path).status, 200)
        self.assertEqual(self.admin.call("GET", path).status, 200)

    def test_what_people_do_stands_in_the_audit_log(self):
        person = self.person("b@example.org", "operator")
        Person(self.postroom).sign_in("b@example.org", "wrong horse battery")
        person.call("POST", "/delivery/pause", {"lane": "bulk", "reason": "too much"})
        person.call("POST", "/delivery/resume", {"lane": "bulk"})
        person.call("DELETE", "/session")
        audit = self.admin.call("GET", "/audit").json["items"]
        done = {(entry["by"], entry["action"]) for entry in audit}
        for who, action in (("user:admin@example.org", "user.create"), ("user:b@example.org", "session.create"),
                            ("user:b@example.org", "session.refused"), ("user:b@example.org", "session.end")):
            self.assertIn((who, action), done)
        paused = [entry for entry in audit if entry["reason"] == "too much"]
        self.assertEqual([(entry["by"], entry["from"]) for entry in paused], [("user:b@example.org", "127.0.0.1")])


class BehindAProxyTest(AccountsTest):
    config = 'http_proxies = ["127.0.0.1"]\n'

    def test_who_stands_behind_it_is_who_the_proxy_says(self):
        person = Person(self.postroom)
        person.call("POST", "/session", {"email": "admin@example.org", "password": PASSWORD},
                    {"X-Forwarded-For": "192.0.2.1, 203.0.113.9"})
        audit = self.admin.call("GET", "/audit").json["items"]
        self.assertEqual([entry["from"] for entry in audit if entry["action"] == "session.create"][0], "203.0.113.9")

    def test_guesses_of_one_behind_it_leave_the_others_alone(self):
        guesser, owner = {"X-Forwarded-For": "203.0.113.9"}, {"X-Forwarded-For": "203.0.113.10"}

        def tries(headers, password):
            return Person(self.postroom).call("POST", "/session", {"email": "admin@example.org", "password": password},
                                              headers).status

        self.assertIn(429, [tries(guesser, f"wrong horse {number}") for number in range(7)])
        self.assertEqual(tries(owner, PASSWORD), 200)


class SendAgainTest(AccountsTest):
    def test_the_same_bytes_go_to_the_same_recipient_as_a_new_message(self):
        provider = self.provider()
        self.postroom.connect_to(provider.port)
        sent = self.postroom.send(to=["ann@example.org", "bob@example.org"], tags=["order"])
        for email in sent["emails"]:
            self.postroom.wait_status(email["id"], "accepted")
        operator = self.person("operator@example.org", "operator")
        answer = operator.call("POST", f"/emails/{sent['emails'][1]['id']}/send-again", {"reason": "it got lost"})
        self.assertEqual(answer.status, 202, answer.body)
        self.assertNotEqual(answer.json["id"], sent["id"])
        self.assertEqual([email["email"] for email in answer.json["emails"]], ["bob@example.org"])
        self.postroom.wait_status(answer.json["emails"][0]["id"], "accepted")
        again = self.postroom.get(f"/messages/{answer.json['id']}")
        self.assertEqual((again["tags"], again["submitted_by"]), (["order"], "user:operator@example.org"))
        contents = {message.content for message in provider.taken()}
        self.assertEqual(len(contents), 1, "the same bytes")
        audit = self.admin.call("GET", "/audit").json["items"]
        self.assertIn("it got lost", [entry["reason"] for entry in audit if entry["action"] == "email.send_again"])
        waiting = self.postroom.send_one(send_at="2027-06-01T00:00:00Z")
        self.refused(operator.call("POST", f"/emails/{waiting}/send-again", {}), 409, "not_finished")
        missing = operator.call("POST", "/emails/0000000000000/send-again", {})
        self.assertEqual(missing.status, 404)


class LiveEventsTest(AccountsTest):
    def test_pages_learn_that_something_has_changed(self):
        with self.postroom.request("GET", "/api/v1/events") as stream:
            self.assertEqual(stream.headers["Content-Type"], "text/event-stream")
            first = self.next_event(stream)
            self.postroom.send(**{"from": "shop@example.com"})
            then = self.next_event(stream)
            while then["queue"] == first["queue"]:
                then = self.next_event(stream)
            self.assertGreater(then["queue"], first["queue"])
            self.assertEqual(then["log"], first["log"])

    def test_a_stream_does_not_keep_the_server_from_stopping(self):
        with self.postroom.request("GET", "/api/v1/events") as stream:
            self.next_event(stream)
            self.assertEqual(self.postroom.stop(), 0)
        self.postroom.start()

    def test_a_stream_ends_with_the_key_it_was_opened_with(self):
        created = self.postroom.api("POST", "/api-keys", {"name": "wall", "scopes": ["read"]}).json
        with self.postroom.request("GET", "/api/v1/events", key=created["key"]) as stream:
            self.next_event(stream)
            self.postroom.api("DELETE", f"/api-keys/{created['id']}")
            stream.read()  # to its end, which comes

    def test_nobody_is_told_without_credentials(self):
        self.assertEqual(Person(self.postroom).call("GET", "/events").status, 401)

    @staticmethod
    def next_event(stream):
        name = None
        for line in stream:
            text = line.decode().rstrip("\n")
            if text.startswith("event: "):
                name = text[7:]
            if text.startswith("data: ") and name == "changed":
                return json.loads(text[6:])
        raise AssertionError("the stream has ended")


if __name__ == "__main__":
    unittest.main()
