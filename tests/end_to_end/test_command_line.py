"""The command line: the same words as the API, with the server running or not."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from harness import BINARY, ROOT, Capture, PostroomTest
from postfix import free_ports
from waiting import wait_for


class CommandLineTest(PostroomTest):
    def setUp(self):
        super().setUp()
        self.capture = Capture(os.path.join(self.postroom.directory, "captured"))
        self.addCleanup(self.capture.kill)
        self.connection = self.postroom.connect_to(self.capture.port)
        self.sent = self.postroom.send(subject="By hand")
        self.email = self.sent["emails"][0]["id"]
        self.postroom.wait_status(self.email, "accepted")
        self.waiting = self.postroom.send_one(send_at="2027-06-01T00:00:00Z")

    def listed(self, *arguments):
        said = json.loads(self.postroom.command(*arguments, "--json"))
        return said["items"] if isinstance(said, dict) else said

    def check_lists(self):
        self.assertEqual([item["id"] for item in self.listed("queue", "list")], [self.waiting])
        self.assertEqual([row["active_queue_id"] for row in self.listed("log", "list")], [self.email])
        self.assertEqual([each["id"] for each in self.listed("connection", "list")], [self.connection["id"]])
        shown = json.loads(self.postroom.command("message", "show", self.sent["id"], "--json"))
        self.assertEqual(shown["id"], self.sent["id"])

    def test_lists_are_those_of_the_api_with_the_server_running(self):
        self.check_lists()

    def test_lists_are_those_of_the_api_with_the_server_stopped(self):
        self.postroom.stop()
        self.check_lists()

    def test_a_key_made_while_running_works_at_once(self):
        key = self.postroom.create_key("late", "read")
        self.assertEqual(self.postroom.api("GET", "/queue", key=key).status, 200)

    def test_check_finds_nothing_wrong(self):
        self.postroom.stop()
        self.postroom.command("check")

    def test_wrong_words_are_refused_on_stderr(self):
        for words, said in ((("queue", "dance"), 'no command "dance"'), (("dance",), 'no command "dance"'),
                            (("queue",), "which command?"), (("queue", "list", "--dance"), "--dance")):
            done = self.postroom.command(*words, check=False)
            self.assertEqual((done.returncode, done.stdout), (2, ""), words)
            self.assertIn(said, done.stderr)

    def test_a_list_goes_on_until_it_has_what_was_asked_for(self):
        """Also over pages that are short: a filter without an index may find nothing in the first."""
        for number in range(3):
            self.postroom.send_one(send_at="2027-06-01T00:00:00Z", subject=f"Later {number}")
        done = self.postroom.command("queue", "list", "--limit", "3", "--filter", "limit=2", check=False)
        self.assertEqual((done.returncode, len(done.stdout.splitlines())), (0, 1 + 3), done)
        self.assertIn("--limit", done.stderr)
        done = self.postroom.command("queue", "list", "--all", "--filter", "limit=1", check=False)
        self.assertEqual((len(done.stdout.splitlines()), done.stderr), (1 + 4, ""))

    def test_the_flag_goes_before_the_variable_and_the_variable_before_the_file(self):
        with tempfile.TemporaryDirectory() as folder:
            config = os.path.join(folder, "postroom.toml")
            with open(config, "w", encoding="utf-8") as file:
                file.write(f'data_dir = "{folder}/of-the-file"\n')

            def made(flags, **variables):
                done = subprocess.run([BINARY, "apikey", "create", "--name", "x", "--scope", "read", *flags],
                                      env=dict(os.environ, **variables), capture_output=True, check=True)
                self.assertTrue(done.stdout)
                names = {name for name in os.listdir(folder) if name.startswith("of-")}
                for name in names:
                    shutil.rmtree(os.path.join(folder, name))
                return names

            variable = {"POSTROOM_CONFIG": config, "POSTROOM_DATA_DIR": f"{folder}/of-the-variable"}
            self.assertEqual(made(["--config", config]), {"of-the-file"})
            self.assertEqual(made([], **variable), {"of-the-variable"})
            self.assertEqual(made(["--data-dir", f"{folder}/of-the-flag"], **variable), {"of-the-flag"})
            self.assertEqual(made(["--config", config], POSTROOM_CONFIG="/nowhere"), {"of-the-file"})

    def test_settings_are_changed_without_a_server(self):
        """Each of these brings the change into force before it answers; nothing of that may be left under way."""
        self.postroom.stop()
        number = str(self.connection["id"])
        self.postroom.command("connection", "update", number, "--set", "caption=Renamed", "--set", f"version={self.connection['version']}")
        self.postroom.command("delivery", "pause", "--lane", "bulk", "--reason", "complaints")
        self.postroom.command("delivery", "resume", "--lane", "bulk")
        self.assertEqual(self.listed("connection", "list")[0]["caption"], "Renamed")

    def test_who_only_looks_makes_no_data_directory(self):
        mistyped = self.postroom.data + ".typo"
        done = subprocess.run([BINARY, "queue", "list", "--data-dir", mistyped], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(mistyped, done.stderr)
        self.assertFalse(os.path.exists(mistyped))

    def test_what_cannot_be_written_is_a_failure(self):
        for words in (("apikey", "create", "--name", "lost", "--scope", "send"), ("queue", "list", "--json"), ("log", "export")):
            with self.subTest(words=words), open("/dev/full", "wb") as full:
                done = subprocess.run([BINARY, *words, "--data-dir", self.postroom.data], stdout=full,
                                      stderr=subprocess.PIPE, check=False)
                self.assertEqual(done.returncode, 1)

    def test_a_server_that_nobody_hears_serves(self):
        """Its link for the first account can't be said; a file it opens must not get stderr's number either."""
        for closed in ("2>&-", "2>/dev/full", "<&- 2>&-"):
            with self.subTest(closed=closed), tempfile.TemporaryDirectory() as data:
                server = subprocess.Popen(["sh", "-c", f'exec "$0" "$@" {closed}', BINARY, "serve", "--http", "127.0.0.1:0",
                                           "--smtp", "off", "--data-dir", data], stdout=subprocess.PIPE, text=True)
                self.assertRegex(server.stdout.readline(), "^listening http ")
                server.terminate()
                self.assertEqual(server.wait(), 0)
                server.stdout.close()

    def test_a_connection_test_that_fails_says_where_and_exits_with_1(self):
        nobody, = free_ports(1)
        connection = self.postroom.connect_to(nobody)["id"]
        done = self.postroom.command("connection", "test", str(connection), check=False)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"(?m)^connect +false ")

    def test_settings_that_make_no_sense_are_refused_by_name(self):
        for name, text in (("http", "http = 8080"), ("metrics.open", '[metrics]\nopen = "yes"'),
                           ("limits.reserve", '[limits]\nreserve = "1GB"'), ("limits.reserve", "[limits]\nreserve = -1"),
                           ("limits.message_bytes", "[limits]\nmessage_bytes = 0"),
                           ("limits.message_bytes", "[limits]\nmessage_bytes = 536870913"),
                           ("delivery.dot_timeout", "[delivery]\ndot_timeout = 30"),
                           ("delivery.dot_timeout", '[delivery]\ndot_timeout = "0s"'),
                           ("delivery.retry", "[delivery]\nretry = []"), ("delivery.retry", '[delivery]\nretry = ["0s"]'),
                           ("http_proxies", 'http_proxies = ["10.0.0.0/99"]'),
                           ("delivery.lanes", '[delivery]\nlanes = ["a", "a"]'),
                           ("submission.sessions", "[submission]\nsessions = -3"),
                           ("listener.allow_unauthenticated",
                            '[[listener]]\naddress = "127.0.0.1:0"\nallow_unauthenticated = "yes"'),
                           ("lane_on_doubt.slow", '[lane_on_doubt]\nslow = "hold"'),
                           ("host_name", 'host_name = "a\\r\\nX"')):
            with self.subTest(text=text):
                self.postroom.configure(text + "\n")
                status, said = self.postroom.start_second()
                self.assertNotEqual(status, 0)
                self.assertIn(name + ":", said)

    def test_capture_writes_each_message_and_its_envelope(self):
        def captured():
            return [name for name in os.listdir(self.capture.directory) if name.endswith(".json")]
        name = wait_for(captured, "the capture has it")[0]
        with open(os.path.join(self.capture.directory, name), encoding="utf-8") as file:
            envelope = json.load(file)
        self.assertEqual((envelope["from"], envelope["to"]), ("shop@example.com", ["ann@example.org"]))
        with open(os.path.join(self.capture.directory, name.replace(".json", ".eml")), "rb") as file:
            self.assertEqual(file.read(), self.postroom.api("GET", f"/messages/{self.sent['id']}/content").body)


class ReadmeTest(PostroomTest):
    def test_every_call_in_the_readme_is_answered_as_it_stands(self):
        with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
            readme = file.read()
        calls = re.findall(r"curl [^\n]*http://127\.0\.0\.1:8600/api/v1(/[a-z-]+)(?: -d '(\{.*?\})')?\n", readme, re.S)
        self.assertGreaterEqual(len(calls), 3)
        for path, body in calls:
            with self.subTest(path=path):
                answer = self.postroom.api("POST" if body else "GET", path, json.loads(body) if body else None)
                self.assertIn(answer.status, (201, 202) if body else (200,), answer)


if __name__ == "__main__":
    unittest.main()
