"""The Back Office in a browser: web/e2e against the real server and providers that keep to a script."""

import http.server
import json
import os
import subprocess
import threading
import time
import unittest

from harness import ROOT, Capture, PostroomTest
from issuer import CLIENT, SECRET, Issuer
from people import first_link
from provider import CLOSE, WAIT
from waiting import wait_for

BROWSER = os.environ.get("CHROMIUM", "/usr/bin/chromium")
MODULES = os.path.join(ROOT, "web", "node_modules")
SHOTS = os.path.join(ROOT, "build", "shots")  # kept to be looked at
BROWSER_GUARD_S = 1800


@unittest.skipUnless(os.path.exists(BROWSER) and os.path.isdir(MODULES), "no browser, or ./dev build has not been run")
class BrowserTest(PostroomTest):
    def capture(self):
        """HOST:PORT of a provider that takes everything."""
        capture = Capture(os.path.join(self.postroom.directory, "caught"))
        self.addCleanup(capture.stop)
        return f"127.0.0.1:{capture.port}"

    def browse(self, script, **world):
        """Runs web/e2e/SCRIPT.test.mjs, which reads of its surroundings in the environment."""
        os.makedirs(SHOTS, exist_ok=True)
        world = {name.upper(): value if isinstance(value, str) else json.dumps(value) for name, value in world.items()}
        done = subprocess.run(
            ["node", "--test", "--test-reporter=spec", f"e2e/{script}.test.mjs"], cwd=os.path.join(ROOT, "web"),
            env={**os.environ, "BASE_URL": f"http://{self.postroom.host}:{self.postroom.port}", "SHOTS": SHOTS,
                 "TOKEN": first_link(self.postroom), "CHROMIUM": BROWSER, **world},
            capture_output=True, text=True, timeout=BROWSER_GUARD_S, check=False)
        self.assertEqual(done.returncode, 0, done.stdout[-8000:] + done.stderr[-2000:])


class BackOfficeTest(BrowserTest):
    def test_the_whole_walk_of_a_first_administrator_and_every_page(self):
        self.browse("back_office", capture=self.capture())


class Levers:
    """What a browser's test can make the surroundings do: GET /NAME calls it."""

    def __init__(self, **levers):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                levers[self.path[1:]]()
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class JourneyTest(BrowserTest):
    config = '[delivery]\nretry = ["1h"]\n'

    def test_the_way_of_an_administrator_through_the_whole_house(self):
        good = self.provider()
        good.answer("DOT", WAIT, when="To slow@")
        good.answer("DOT", "554 5.7.1 the words of send", when="unwanted@")
        good.answer("DOT", CLOSE, when="To doubt@")
        good.answer("RCPT", "550 5.1.1 no such user", times=None, when="gone@")
        good.answer("RCPT", "451 4.2.0 not now", when="later@")
        failing = {"ehlo": ("CONNECT", 554), "auth": ("AUTH", 535), "mail": ("MAIL", 550)}
        ports = {"good": good.port, "second": self.provider().port, "connect": self.provider(closed=True).port}
        for step, (verb, code) in failing.items():
            peer = self.provider(credentials=("user", "password") if step == "auth" else None)
            peer.answer(verb, f"{code} 5.7.1 the words of {step}", times=None)
            ports[step] = peer.port
        levers = Levers(release=good.release)
        self.addCleanup(levers.close)
        self.browse("journey", ports=ports, levers=levers.url)


class PeopleTest(BrowserTest):
    """Roles, the door of an identity provider, keyboard and phone."""

    def setUp(self):
        super().setUp()
        self.issuer = Issuer()
        self.addCleanup(self.issuer.close)
        secret = os.path.join(self.postroom.directory, "oidc-secret")
        with open(secret, "w", encoding="utf-8") as file:
            file.write(SECRET + "\n")
        self.postroom.stop()
        self.postroom.configure(f'url = "http://127.0.0.1:1"\n[delivery]\nretry = ["1h"]\n[oidc]\n'
                                f'issuer = "{self.issuer.url}"\nclient_id = "{CLIENT}"\n'
                                f'client_secret_file = "{secret}"\nname = "The house"\n')
        self.postroom.start()

    def test_roles_an_identity_provider_the_keyboard_and_the_phone(self):
        provider = self.provider()
        provider.answer("DOT", CLOSE, when="letter to doubt")
        provider.answer("RCPT", "550 5.1.1 no such user", times=None, when="gone@")
        provider.answer("RCPT", "451 4.2.0 not now", times=None, when="later@")
        self.issuer.email = "operator@example.com"
        # The configured URL has the port of no run: the issuer sends the browser to where it came from.
        self.issuer.house = f"http://{self.postroom.host}:{self.postroom.port}"
        self.browse("people", port=str(provider.port), issuer=self.issuer.url)


class Elsewhere:
    """A web server that no page of ours has a reason to ask; `asked` are the paths it was asked for."""

    def __init__(self):
        self.asked = asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                self.send_response(204)
                self.end_headers()

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


def hostile(field):
    """What runs, and says that it came from `field`, if any page takes it for more than text."""
    return (f"<img src=x onerror=ran('{field}')>\"'><script>ran('{field}')</script><svg/onload=ran('{field}')>"
            f"{{{{ran('{field}')}}}}${{ran('{field}')}} javascript:ran('{field}')")


def backwards(field):
    """The same, and everything after it reads backwards where it is let loose (U+202E)."""
    return hostile(field) + " \u202e" + field


def body(elsewhere):
    """An HTML mail that tries all there is to call home, and to get out of its frame."""
    return (f'<html><head><base href="{elsewhere}/"><meta http-equiv="refresh" content="0;url={elsewhere}/refresh">'
            f'<link rel="stylesheet" href="{elsewhere}/style"><link rel="prefetch" href="{elsewhere}/prefetch">'
            f'<style>@import "{elsewhere}/import"; body {{ background: url({elsewhere}/background) }}</style>'
            f"<script>ran('script')</script><script src=\"{elsewhere}/script\"></script></head>"
            f"<body onload=\"ran('load')\"><p>The visible words.</p>"
            f"<img src=\"{elsewhere}/image\" onerror=\"ran('image')\"><img srcset=\"{elsewhere}/srcset 1x\">"
            f'<video src="{elsewhere}/video" autoplay></video><iframe src="{elsewhere}/frame"></iframe>'
            f"<iframe srcdoc=\"<script>parent.ran('srcdoc')</script>\"></iframe>"
            f'<object data="{elsewhere}/object"></object><embed src="{elsewhere}/embed">'
            f"<svg onload=\"ran('svg')\"><image href=\"{elsewhere}/svg\"/></svg>"
            f'<form action="{elsewhere}/form" method="post"><button>Send</button></form>'
            f'<p><a href="{elsewhere}/link">here</a> <a target="_blank" href="{elsewhere}/blank">new</a> '
            f'<a target="_top" href="{elsewhere}/top">top</a> <a target="_top" href="javascript:ran(\'top\')">script</a>'
            f"</p></body></html>")


class HostileTextTest(BrowserTest):
    """What strangers and colleagues have a say in, through every field that reaches a page."""

    config = '[delivery]\nretry = ["1h"]\nprobe = "1h"\n'

    def setUp(self):
        super().setUp()
        self.elsewhere = Elsewhere()
        self.addCleanup(self.elsewhere.close)
        secret = os.path.join(self.postroom.directory, "oidc-secret")
        with open(secret, "w", encoding="utf-8") as file:
            file.write("secret\n")
        self.postroom.stop()
        self.postroom.configure(f'url = "http://127.0.0.1:1"\n{self.config}[oidc]\nissuer = "{self.elsewhere.url}"\n'
                                f'client_id = "x"\nclient_secret_file = "{secret}"\n'
                                f'name = {json.dumps(backwards("oidc"))}\n')
        self.postroom.start()

    def test_text_stays_text_and_nothing_leaves_the_house(self):
        replies = self.provider()
        for verb, reply, when in (("CONNECT", "220 ", ""), ("RCPT", "550 5.1.1 ", "refused@"),
                                  ("RCPT", "451 4.2.0 ", "later@"), ("DOT", "250 2.0.0 ", "")):
            replies.answer(verb, reply + hostile("reply"), times=None, when=when)
        failing = {step: self.provider(credentials=("user", "password")) for step in ("ehlo", "auth", "mail", "send")}
        for step, verb, code in (("ehlo", "CONNECT", 554), ("auth", "AUTH", 535), ("mail", "MAIL", 550),
                                 ("send", "DOT", 554)):
            failing[step].answer(verb, f"{code} 5.7.1 {hostile(step)}", times=None)
        down = self.provider(credentials=("user", "password"))
        down.answer("AUTH", "535 5.7.8 " + hostile("down"), times=None)
        self.store_hostile_mail(replies, down)
        self.browse("hostile", elsewhere=self.elsewhere.url, body=body(self.elsewhere.url + "/control"),
                    hostile={"text": hostile("FIELD"), "backwards": backwards("FIELD")},
                    ports={step: peer.port for step, peer in failing.items()})
        wandered = [path for path in self.elsewhere.asked if not path.startswith("/control/")]
        self.assertEqual(wandered, [])
        self.assertTrue(self.elsewhere.asked, "the trap was never sprung, not even by the unprotected page")

    def store_hostile_mail(self, replies, down):
        def done(answer):
            self.assertIn(answer.status, (200, 201, 202, 204), answer)
            return answer.json

        api = self.postroom.api
        main = self.postroom.connect_to(
            replies.port, caption=backwards("caption"), send_from_name=backwards("send_from_name"),
            reply_rules=[{"name": hostile("rule"), "code": "599", "text": hostile("rule-text"), "scope": "policy",
                          "permanence": "transient"}])["id"]
        fallen = self.postroom.connect_to(down.port, caption=backwards("fallen"), username="user",
                                          password="password")["id"]
        self.postroom.connect_to(1, caption=backwards("other"), username=backwards("username"), enabled=False,
                                 ca_file="/" + hostile("ca_file")[:200])
        done(api("PUT", "/routing-rules", {"rules": [{"tag": hostile("rule-tag")[:60], "connection_ids": [main]}]}))
        attachment = {"filename": backwards("file"), "content_type": "application/octet-stream", "content": "eA=="}
        mail = {"subject": backwards("subject"), "text": backwards("text"), "html": body(self.elsewhere.url),
                "tags": [hostile("tag")[:60]], "metadata": {"key": hostile("metadata")}, "attachments": [attachment],
                "headers": {"X-Header": backwards("header")}, "connection_id": main}
        to = [{"email": f"\"<img/src='x'onerror='ran(1)'>\"@example.org", "name": backwards("name")}]
        sent = self.postroom.send_one(to=to, **mail)
        refused = self.postroom.send_one(to="refused@example.org", **mail)
        later = self.postroom.send_one(to="later@example.org", **mail)
        self.postroom.wait_status(sent, "accepted")
        self.postroom.wait_status(refused, "failed")
        self.postroom.wait_status(later, "deferred")
        tomorrow = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86_400))
        held = self.postroom.send_one(to="held@example.org", **{**mail, "send_at": "2027-06-01T00:00:00Z"})
        done(api("POST", "/queue/actions", {"action": "hold", "ids": [held], "reason": backwards("act-reason")}))
        self.postroom.send_one(to="fallen@example.org", **{**mail, "connection_id": fallen})
        wait_for(lambda: self.postroom.get("/delivery/events")["items"], "the refused credential is news")
        done(api("POST", "/delivery/pause", {"connection_id": main, "reason": backwards("pause")}))
        done(api("POST", "/delivery/pause", {"all": True, "reason": backwards("pause-all")}))
        done(api("POST", "/api-keys", {"name": backwards("key"), "scopes": ["send"]}))


if __name__ == "__main__":
    unittest.main()
