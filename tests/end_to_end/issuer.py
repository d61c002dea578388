"""A small OpenID Connect issuer on loopback: it lets everybody in as whom the test says, and checks what it is asked."""

import base64
import hashlib
import http.server
import json
import secrets
import threading
import time
from urllib.parse import parse_qs, urlencode, urlsplit

CLIENT, SECRET = "postroom", "s3cret & more"


def encoded(part):
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


class Issuer:
    def __init__(self):
        self.house = ""  # where browsers come from
        self.email, self.claims, self.asked, self.refusals = "", {}, {}, []
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path.startswith("/authorize?"):  # a browser; the page itself has no words
                    back = urlsplit(issuer.authorize(self.path))
                    self.send_response(303)
                    self.send_header("Location", f"{issuer.house}{back.path}?{back.query}")
                    self.end_headers()
                    return
                if self.path == "/someone-else":
                    issuer.email = "stranger@example.com"
                self.say(issuer.discovery())

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                answer = issuer.token({name: values[0] for name, values in parse_qs(body).items()},
                                      self.headers["Authorization"])
                self.say(answer, 200 if answer else 400)

            def say(self, answer, status=200):
                content = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def discovery(self):
        return {"issuer": self.url, "authorization_endpoint": self.url + "/authorize",
                "token_endpoint": self.url + "/token"}

    def authorize(self, location):
        """What the issuer's page does once someone has signed in there: the URL that it sends the browser back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        code = secrets.token_hex(8)
        self.asked[code] = asked
        return asked["redirect_uri"] + "?" + urlencode({"code": code, "state": asked["state"]})

    def token(self, given, authorization):
        asked = self.asked.pop(given.get("code"), None)
        user, _, password = base64.b64decode((authorization or "").removeprefix("Basic ")).decode().partition(":")
        challenge = base64.urlsafe_b64encode(hashlib.sha256(given.get("code_verifier", "").encode()).digest())
        for wrong, so in {"code": asked is None, "client": user != CLIENT or password != "s3cret%20%26%20more",
                          "verifier": asked and challenge.rstrip(b"=").decode() != asked["code_challenge"],
                          "redirect": asked and given.get("redirect_uri") != asked["redirect_uri"]}.items():
            if so:
                self.refusals.append(wrong)
                return None
        claims = {"iss": self.url, "aud": CLIENT, "nonce": asked["nonce"], "exp": int(time.time()) + 300,
                  "email": self.email, "email_verified": True, **self.claims}
        return {"token_type": "Bearer", "id_token": f"{encoded({'alg': 'none'})}.{encoded(claims)}."}
