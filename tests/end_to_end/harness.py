"""Postroom as its users meet it: a process, an HTTP address, a key."""

import contextlib
import http.client
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from urllib.parse import quote, urlencode

from provider import Provider
from waiting import GUARD_S, wait_for

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("POSTROOM_BINARY", os.path.join(ROOT, "build", "release", "postroom"))
QUICK = '[delivery]\nretry = ["1s", "1s", "2s"]\nprobe = "1s"\ndot_timeout = "10s"\n'


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.body[:600]!r}>"


class Child:
    """A process that says `listening WHAT ADDRESS` on stdout once it is ready. `before` runs in it first."""

    def __init__(self, arguments, log, before=None):
        self._log_name = log
        with open(log, "ab") as stderr:
            self.process = subprocess.Popen([BINARY, *arguments], stdout=subprocess.PIPE, stderr=stderr,
                                            preexec_fn=before)
        self._said = b""

    def address(self, what):
        """(host, port) of the first line `listening what …`."""
        return self.addresses(what, 1)[0]

    def addresses(self, what, count):
        """Those of the first `count` such lines: listeners of one kind speak in the order of the configuration."""
        deadline = time.monotonic() + GUARD_S
        prefix = f"listening {what} ".encode()
        while True:
            places = [line[len(prefix):].split()[0].decode().rpartition(":")
                      for line in self._said.split(b"\n")[:-1] if line.startswith(prefix)]
            if len(places) >= count:
                return [(host, int(port)) for host, _, port in places[:count]]
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
            chunk = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not chunk:
                self.kill()
                raise AssertionError(f"it does not say it listens on {what}: {self._said!r} {self.log()[-2000:]}")
            self._said += chunk

    def log(self):
        with open(self._log_name, encoding="utf-8", errors="replace") as file:
            return file.read()

    def stop(self):
        """SIGTERM; the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=GUARD_S)
        self.process.stdout.close()
        return status

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Postroom:
    """A server on a data directory of its own, with an admin key. `config` is the TOML file's text, `flags` more of its
    command line."""

    def __init__(self, config=QUICK, flags=()):
        self.flags = list(flags)
        self.directory = tempfile.mkdtemp(prefix="postroom-e2e-")
        self.data = os.path.join(self.directory, "data")
        self._config = os.path.join(self.directory, "postroom.toml")
        self.log_file = os.path.join(self.directory, "serve.log")
        self.configure(config)
        self.child = None
        self.host = self.port = self.key = None
        self.start()
        self.key = self.create_key("tests", "admin")

    def configure(self, text):
        with open(self._config, "w", encoding="utf-8") as file:
            file.write(text)

    def start(self, before=None):
        self.child = Child(self._serve(), self.log_file, before)
        self.host, self.port = self.child.address("http")

    def _serve(self):
        return ["serve", "--data-dir", self.data, "--http", "127.0.0.1:0", "--smtp", "127.0.0.1:0",
                "--config", self._config, *self.flags]

    @property
    def smtp_port(self):
        return self.child.address("smtp")[1]

    def start_second(self):
        """(exit status, stderr) of a second server on the same data, which must not stay."""
        done = subprocess.run([BINARY, *self._serve()], capture_output=True, text=True, timeout=GUARD_S, check=False)
        return done.returncode, done.stderr

    def stop(self):
        return self.child.stop()

    def kill(self):
        self.child.kill()

    def restart(self):
        status = self.stop()
        self.start()
        return status

    def close(self):
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def command(self, *arguments, input=None, check=True):
        """A subcommand on this data directory; its stdout."""
        done = subprocess.run([BINARY, *arguments, "--data-dir", self.data], input=input, capture_output=True,
                              text=True, timeout=GUARD_S, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"postroom {' '.join(arguments)}: {done.returncode}: {done.stderr} {done.stdout}")
        return done if not check else done.stdout

    def create_key(self, name, *scopes):
        arguments = ["apikey", "create", "--name", name]
        for scope in scopes:
            arguments += ["--scope", scope]
        return self.command(*arguments).strip()

    @contextlib.contextmanager
    def request(self, method, path, body=None, headers=None, key=None, timeout=GUARD_S):
        """The response while its connection is open."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        sent = {"Authorization": "Bearer " + (self.key if key is None else key)} if key != "" else {}
        sent.update(headers or {})
        try:
            connection.request(method, path, body=body, headers=sent)
            yield connection.getresponse()
        finally:
            connection.close()

    def api(self, method, path, body=None, headers=None, key=None):
        """One call of /api/v1; `body` becomes JSON unless it is bytes. `key=""` sends no credentials."""
        sent = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        with self.request(method, "/api/v1" + path, body, sent, key) as response:
            return Answer(response)

    def get(self, path, **query):
        """The JSON of a 200."""
        answer = self.api("GET", path + ("?" + urlencode(query, doseq=True) if query else ""))
        if answer.status != 200:
            raise AssertionError(f"GET {path} {query}: {answer}")
        return answer.json

    def connect_to(self, port, **fields):
        """Creates a connection to a loopback port; its JSON."""
        settings = {"caption": "Provider", "driver": "smtp", "host": "127.0.0.1", "port": port, "encryption": "none",
                    "enabled": True, "send_from": "shop@example.com", "send_from_name": "Shop"}
        settings.update(fields)
        answer = self.api("POST", "/connections", settings)
        if answer.status != 201:
            raise AssertionError(f"connection refused: {answer}")
        return answer.json

    def send(self, to="ann@example.org", subject="Hello", http_headers=None, key=None, **fields):
        """Posts a message that must be accepted; its JSON."""
        message = {"to": [to] if isinstance(to, str) else to, "subject": subject, "text": "Good day.\n", **fields}
        answer = self.api("POST", "/messages", message, headers=http_headers, key=key)
        if answer.status != 202:
            raise AssertionError(f"not accepted: {answer}")
        return answer.json

    def send_one(self, *arguments, **fields):
        """Posts a message to one recipient; the email's id."""
        return self.send(*arguments, **fields)["emails"][0]["id"]

    def email(self, email_id):
        return self.get("/emails/" + quote(email_id))

    def log(self, **query):
        """Every row that the filter selects: a page may be short, or empty, and have a next one."""
        page = self.get("/log", **query)
        rows = page["items"]
        while page["next_cursor"]:
            page = self.get("/log", **query, cursor=page["next_cursor"])
            rows += page["items"]
        return rows

    def wait_status(self, email_id, *statuses):
        """The email, once its status is one of `statuses`."""
        seen = {}

        def reached():
            seen.update(self.email(email_id))
            return seen["status"] in statuses

        try:
            wait_for(reached, f"email {email_id} is {' or '.join(statuses)}")
        except AssertionError as error:
            raise AssertionError(f"{error}; it is {seen}") from None
        return seen


class Capture(Child):
    """`postroom capture`: a provider that writes what it gets into a directory."""

    def __init__(self, directory):
        os.makedirs(directory, exist_ok=True)
        self.directory = directory
        super().__init__(["capture", "--smtp", "127.0.0.1:0", "--dir", directory], directory + ".log")
        self.port = self.address("smtp")[1]


class PostroomTest(unittest.TestCase):
    """A test with a fresh Postroom and providers that end with it."""

    config = QUICK
    flags = ()

    @classmethod
    def setUpClass(cls):
        if not os.access(BINARY, os.X_OK):
            raise AssertionError(f"{BINARY} is not there: ./dev build makes it")

    def setUp(self):
        self.postroom = Postroom(self.config, self.flags)
        self.addCleanup(self.postroom.close)

    def provider(self, **settings):
        peer = Provider(**settings)
        self.addCleanup(peer.stop)
        return peer

    def problem(self, answer, status, code=None, pointer=None):
        """Asserts an RFC 9457 answer."""
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.headers.get_content_type(), "application/problem+json", answer)
        problem = answer.json
        self.assertEqual(problem["status"], status)
        if code is not None:
            self.assertEqual(problem["code"], code, problem)
        if pointer is not None:
            self.assertIn(pointer, [error["pointer"] for error in problem.get("errors", [])], problem)
        return problem
