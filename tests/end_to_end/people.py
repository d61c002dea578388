"""A person at the Back Office, as a browser is one: keeps cookies, sends the CSRF token."""

import base64
import hashlib
import hmac
import http.client
import json
import struct
import time

PASSWORD = "correct horse battery"


def totp(secret, at=None):
    """The code of RFC 6238 for a base32 secret."""
    step = int((time.time() if at is None else at) // 30)
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    offset = digest[-1] & 0xF
    return f"{(struct.unpack('>I', digest[offset:offset + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


class Answer:
    def __init__(self, response, body):
        self.status, self.headers, self.body = response.status, response.headers, body
        self.json = json.loads(body) if "json" in (response.headers["Content-Type"] or "") else None

    @property
    def code(self):
        return (self.json or {}).get("code")


class Person:
    def __init__(self, postroom):
        self._postroom = postroom
        self.cookie = self.csrf = None

    def call(self, method, path, body=None, headers=None, prefix="/api/v1"):
        sent = dict(headers or {})
        if self.cookie:
            sent.setdefault("Cookie", f"postroom_session={self.cookie}")
        if self.csrf and method not in ("GET", "HEAD"):
            sent.setdefault("X-CSRF-Token", self.csrf)
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection(self._postroom.host, self._postroom.port, timeout=60)
        try:
            connection.request(method, prefix + path, None if body is None else json.dumps(body),
                               {name: value for name, value in sent.items() if value is not None})
            response = connection.getresponse()
            answer = Answer(response, response.read())
        finally:
            connection.close()
        cookie = answer.headers["Set-Cookie"]
        if cookie:
            self.cookie = cookie.split(";")[0].split("=", 1)[1] or None
        if answer.json and "csrf_token" in answer.json:
            self.csrf = answer.json["csrf_token"]
        return answer

    def sign_in(self, email, password=PASSWORD, **more):
        return self.call("POST", "/session", {"email": email, "password": password, **more})

    def use_link(self, token, password=PASSWORD, **more):
        return self.call("POST", "/session/invitation", {"token": token, "password": password, **more})


def first_link(postroom):
    """The token of the one-time link that a server without accounts prints."""
    said = postroom.child.log()
    return said.rsplit("/welcome#token=", 1)[1].split()[0]


def enroll_totp(person, password=PASSWORD):
    """(secret, recovery codes). The step before now: the next sign-in may use the present one."""
    secret = person.call("POST", "/profile/totp", {"password": password}).json["secret"]
    answer = person.call("POST", "/profile/totp/confirm", {"totp": totp(secret, time.time() - 30)})
    return secret, answer.json["recovery_codes"]
