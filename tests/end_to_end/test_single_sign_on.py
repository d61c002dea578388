"""Sign-in by an OpenID Connect issuer, which the test runs itself."""

import os
import unittest
from urllib.parse import urlsplit

from harness import PostroomTest
from issuer import CLIENT, SECRET, Issuer
from people import Person, first_link


class SingleSignOnTest(PostroomTest):
    def setUp(self):
        super().setUp()
        self.issuer = Issuer()
        self.addCleanup(self.issuer.close)
        self.admin = Person(self.postroom)
        self.admin.use_link(first_link(self.postroom), email="ann@example.org")
        secret = os.path.join(self.postroom.directory, "oidc-secret")
        with open(secret, "w", encoding="utf-8") as file:
            file.write(SECRET + "\n")
        self.postroom.stop()
        self.postroom.configure(f'url = "http://127.0.0.1:1"\n[oidc]\nissuer = "{self.issuer.url}"\n'
                                f'client_id = "{CLIENT}"\nclient_secret_file = "{secret}"\nname = "The house"\n')
        self.postroom.start()
        self.issuer.email = "Ann@example.org"

    def start(self, browser):
        """(where the browser is sent, the cookie it keeps)"""
        answer = browser.call("GET", "/session/oidc")
        self.assertEqual(answer.status, 303, answer.body)
        browser.cookie = None  # the state's is another one
        return answer.headers["Location"], answer.headers["Set-Cookie"].split(";")[0]

    def come_back(self, browser, location, cookie):
        back = urlsplit(self.issuer.authorize(location))
        return browser.call("GET", f"{back.path}?{back.query}", headers={"Cookie": cookie}, prefix="")

    def walk(self, browser):
        return self.come_back(browser, *self.start(browser))

    def failed(self, answer, code):
        self.assertEqual((answer.status, answer.headers["Location"]), (303, f"/sign-in?error={code}"))
        self.assertNotIn("postroom_session=", str(answer.headers))

    def test_who_has_an_account_is_let_in(self):
        browser = Person(self.postroom)
        self.assertEqual(browser.call("GET", "/session/methods").json["oidc"], {"name": "The house"})
        answer = self.walk(browser)
        self.assertEqual((answer.status, answer.headers["Location"]), (303, "/"), self.issuer.refusals)
        cookies = answer.headers.get_all("Set-Cookie")
        browser.cookie = next(each for each in cookies if each.startswith("postroom_session=")).split(";")[0][17:]
        self.assertEqual(browser.call("GET", "/session").json["user"]["email"], "ann@example.org")

    def test_who_comes_by_the_issuer_is_not_asked_for_a_second_factor_of_ours(self):
        self.assertEqual(self.admin.call("PATCH", "/settings", {"totp_required": True}).status, 200)
        browser = Person(self.postroom)
        cookies = self.walk(browser).headers.get_all("Set-Cookie")
        browser.cookie = next(each for each in cookies if each.startswith("postroom_session=")).split(";")[0][17:]
        self.assertFalse(browser.call("GET", "/session").json["must_enroll_totp"])
        self.assertEqual(browser.call("GET", "/queue").status, 200)

    def test_who_has_none_is_told_so(self):
        self.issuer.email = "stranger@example.org"
        self.failed(self.walk(Person(self.postroom)), "oidc_no_account")

    def test_an_address_that_the_issuer_has_not_verified_is_not_enough(self):
        for claims in ({"email_verified": False}, {"email_verified": "true"}, {"email": ""}):
            self.issuer.claims = claims
            self.failed(self.walk(Person(self.postroom)), "oidc_no_email")

    def test_a_token_that_is_not_for_us_or_not_of_now_opens_nothing(self):
        for claims in ({"aud": "another"}, {"iss": "https://elsewhere.example"}, {"nonce": "x"}, {"exp": 1}):
            self.issuer.claims = claims
            self.failed(self.walk(Person(self.postroom)), "oidc_invalid")

    def test_an_answer_counts_once_and_in_the_browser_that_asked(self):
        victim, attacker = Person(self.postroom), Person(self.postroom)
        location, cookie = self.start(attacker)
        self.failed(self.come_back(victim, location, "postroom_oidc=another"), "oidc_invalid")
        self.assertEqual(self.come_back(attacker, location, cookie).headers["Location"], "/")
        self.failed(self.come_back(attacker, location, cookie), "oidc_invalid")

    def test_an_issuer_that_is_away_is_told_of(self):
        self.issuer.discovery = lambda: {"issuer": "https://elsewhere.example"}
        self.failed(Person(self.postroom).call("GET", "/session/oidc"), "oidc_unreachable")

    def test_an_issuer_in_clear_text_is_refused_at_the_start(self):
        self.postroom.stop()
        self.postroom.configure('url = "http://x"\n[oidc]\nissuer = "http://issuer.example"\nclient_id = "x"\n')
        status, said = self.postroom.start_second()
        self.assertNotEqual(status, 0)
        self.assertIn("https", said)
        self.postroom.configure("")
        self.postroom.start()


if __name__ == "__main__":
    unittest.main()
