"""What Postroom has said yes to survives: restart, kill -9, a full disk, a second server, a restored backup."""

import collections
import http.client
import os
import signal
import socket
import tempfile
import threading
import unittest

from harness import QUICK, PostroomTest
from submission_client import Submitter
from waiting import wait_for

KILLS = 20
SENDERS = 4
STOP_S = 30  # what a stop may take


class RestartTest(PostroomTest):
    def test_queued_mail_survives_a_restart(self):
        sent = [self.postroom.send(**{"from": "shop@example.com"})["emails"][0]["id"] for _ in range(20)]
        self.assertEqual(self.postroom.restart(), 0)
        self.postroom.connect_to(self.provider().port)
        for each in sent:
            self.postroom.wait_status(each, "accepted")

    def test_a_second_server_on_the_same_data_refuses_to_start(self):
        status, said = self.postroom.start_second()
        self.assertNotEqual(status, 0)
        self.assertTrue(said)
        self.assertEqual(self.postroom.api("GET", "/queue").status, 200)

    def test_sigterm_ends_with_zero(self):
        self.assertEqual(self.postroom.stop(), 0)
        self.postroom.start()

    def test_health_and_readiness_are_open(self):
        for path in ("/healthz", "/readyz"):
            with self.postroom.request("GET", path, key="") as response:
                self.assertEqual(response.status, 200)


class BurstTest(PostroomTest):
    def test_every_message_of_a_burst_leaves_without_a_nudge(self):
        """Commits and the engine's reads of what is due cross each other all the time here."""
        provider = self.provider()
        self.postroom.connect_to(provider.port, max_sessions=20)
        sent = collections.Counter()

        def send():
            for _ in range(300):
                sent[self.postroom.send_one()] += 1

        senders = [threading.Thread(target=send) for _ in range(8)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        self.assertEqual(len(sent), 2400)
        wait_for(lambda: self.postroom.get("/queue")["items"] == [], "the queue is empty")
        self.assertEqual(len(provider.taken()), 2400)


class FullDiskTest(PostroomTest):
    def test_below_the_reserve_mail_is_refused_while_the_queue_drains(self):
        waiting = self.postroom.send(**{"from": "shop@example.com"})["emails"][0]["id"]
        self.postroom.stop()
        self.postroom.configure(f"[limits]\nreserve = {1 << 60}\n")
        self.postroom.start()
        body = {"from": "shop@example.com", "to": ["ann@example.org"], "subject": "x", "text": "y"}
        answer = self.postroom.api("POST", "/messages", body)
        self.problem(answer, 503)
        self.assertTrue(answer.headers["Retry-After"])
        with self.postroom.request("GET", "/readyz", key="") as response:
            self.assertEqual(response.status, 503)
        with self.postroom.request("GET", "/healthz", key="") as response:
            self.assertEqual(response.status, 200)
        self.postroom.connect_to(self.provider().port)
        self.postroom.wait_status(waiting, "accepted")


class Ledger(PostroomTest):
    """Accepted on one side, arrived on the other: nothing is lost, and only a recorded doubt goes twice. How mail comes
    in is the subclasses' affair."""

    def setUp(self):
        super().setUp()
        self.peer = self.provider()
        self.postroom.connect_to(self.peer.port)
        self.accepted = {}  # marker -> id of the email or message
        self.lock = threading.Lock()
        self.over = threading.Event()

    def door(self):
        """What the senders need to know of the server that has just started."""

    def submitter(self):
        """A function that submits a message with a marker in its subject, for one sender: the id when it was accepted,
        None when it was refused. It raises when the answer did not come."""
        raise NotImplementedError

    def kill_9_under_load_loses_nothing(self):
        self.door()
        senders = [threading.Thread(target=self.keep_sending, args=(name,)) for name in range(SENDERS)]
        for sender in senders:
            sender.start()
        try:
            for _ in range(KILLS):
                with self.lock:
                    before = len(self.accepted)
                wait_for(lambda: len(self.accepted) >= before + 25, "more mail is accepted")
                self.postroom.kill()
                self.postroom.start()
                self.door()
        finally:
            self.over.set()
            for sender in senders:
                sender.join()
        wait_for(lambda: self.postroom.get("/queue")["total"]["count"] == 0, "the queue is empty", guard_s=120)
        arrived = collections.Counter(self.marker(message) for message in self.peer.messages)
        lost = [marker for marker in self.accepted if arrived[marker] == 0]
        self.assertEqual(lost, [], f"{len(lost)} of {len(self.accepted)} lost")
        for marker, count in arrived.items():
            if count > 1:
                doubts = self.postroom.log(subject=marker, reason_class="unknown")
                self.assertGreaterEqual(len(doubts), count - 1, f"{marker} arrived {count} times without a doubt")
        self.assertEqual(self.postroom.log(status="in_progress"), [])

    def keep_sending(self, name):
        number, submit = 0, self.submitter()
        while not self.over.is_set():
            number += 1
            marker = f"ledger-{name}-{number}."
            try:
                accepted = submit(marker)
            except (OSError, http.client.HTTPException):  # it was killed: this one is not acknowledged
                self.over.wait(0.01)
                continue
            if accepted:
                with self.lock:
                    self.accepted[marker] = accepted

    @staticmethod
    def marker(message):
        for line in message.content.split(b"\r\n"):
            if line.lower().startswith(b"subject: "):
                return line[9:].decode()
        return ""


class HttpLedgerTest(Ledger):
    def test_kill_9_under_load_loses_nothing(self):
        self.kill_9_under_load_loses_nothing()

    def submitter(self):
        def submit(marker):
            mail = {"to": ["ann@example.org"], "subject": marker, "text": marker}
            answer = self.postroom.api("POST", "/messages", mail)
            return answer.json["emails"][0]["id"] if answer.status == 202 else None
        return submit


class SmtpLedgerTest(Ledger):
    """Each sender keeps a session while it can."""

    def test_kill_9_under_load_loses_nothing_that_was_answered_250(self):
        self.login = self.postroom.create_key("sender", "send")
        self.kill_9_under_load_loses_nothing()
        stored = {email["message_id"] for email in self.postroom.log()}
        self.assertEqual(set(self.accepted.values()) - stored, set(), "an id was given that nobody knows")

    def door(self):
        self.smtp = self.postroom.smtp_port

    def submitter(self):
        session = Submitter(lambda: self.smtp, self.login)
        self.addCleanup(session.close)
        return session.submit


class SmtpStopTest(PostroomTest):
    """SIGTERM, as the clients of SMTP submission meet it."""

    def setUp(self):
        super().setUp()
        self.port, self.login = self.postroom.smtp_port, self.postroom.create_key("sender", "send")

    def session(self):
        session = Submitter(lambda: self.port, self.login)
        self.addCleanup(session.close)
        session.connect()
        return session

    def stop_soon(self, session):
        """SIGTERM; returns when the server is stopping, as a session hears that says something."""
        self.postroom.child.process.send_signal(signal.SIGTERM)
        wait_for(lambda: not session.ask("NOOP").startswith("250"), "the server is stopping")

    def ended_well(self):
        self.postroom.child.process.wait(timeout=STOP_S)
        self.assertEqual(self.postroom.stop(), 0)

    def test_idle_sessions_hear_421_and_a_message_under_way_is_taken(self):
        idle = [self.session() for _ in range(20)]
        busy, speaking = self.session(), self.session()
        busy.begin("under-way")
        busy.say("half of i")
        self.stop_soon(speaking)
        for port in (self.port, self.postroom.port):  # whoever comes now need not wait for the others
            with self.assertRaises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port)).close()
        busy.say("t\r\nand the rest\r\n.\r\n")
        self.assertRegex(busy.hear(), r"\A250 2\.6\.0 Queued as \w+\Z")
        self.assertTrue(busy.hear().startswith("421"))
        for session in idle:
            self.assertTrue(session.hear().startswith("421"))
            self.assertEqual(session.hear(), "")
        self.ended_well()
        self.postroom.start()
        self.assertEqual([email["subject"] for email in self.postroom.get("/queue")["items"]], ["under-way"])

    def test_whoever_finishes_nothing_does_not_keep_the_server(self):
        in_data, in_line, speaking = (self.session() for _ in range(3))
        in_data.begin("never-ended")
        in_data.say("half of it\r\n.")
        in_line.say("MAIL FROM:<a@exam")
        with socket.create_connection(("127.0.0.1", self.port)) as new:
            new.sendall(b"EHLO a\r\nAUTH LOGIN\r\n")
            self.stop_soon(speaking)
            self.ended_well()
        self.postroom.start()
        self.assertEqual(self.postroom.get("/queue")["items"], [])


class BackupTest(PostroomTest):
    def test_a_restored_backup_holds_its_mail_and_delivery(self):
        connection = self.postroom.connect_to(self.provider().port, username="shop", password="a secret of the shop")
        sent = self.postroom.send_one(send_at="2027-06-01T00:00:00Z")
        with tempfile.TemporaryDirectory(prefix="postroom-backup-") as folder:
            backup = os.path.join(folder, "backup")
            self.postroom.command("backup", backup)
            self.postroom.stop()
            os.rename(self.postroom.data, os.path.join(folder, "old"))
            self.postroom.command("restore", backup)
        self.postroom.start()
        self.assertIn(self.postroom.email(sent)["status"], ("scheduled", "held"))
        self.assertEqual(self.postroom.get(f"/connections/{connection['id']}")["caption"], "Provider")


class SecretKeyFileTest(PostroomTest):
    """The key stands outside the data directory, as an operator who keeps it apart has it."""

    def setUp(self):
        super().setUp()
        self.peer = self.provider(credentials=("shop", "a secret of the shop"))
        self.postroom.connect_to(self.peer.port, username="shop", password="a secret of the shop")
        self.postroom.stop()
        self.key_file = os.path.join(self.postroom.directory, "the.key")
        os.rename(os.path.join(self.postroom.data, "secret.key"), self.key_file)
        self.postroom.configure(f'secret_key_file = "{self.key_file}"\n{QUICK}')
        self.postroom.start()
        self.backup = os.path.join(self.postroom.directory, "backup")

    def lose_the_data(self):
        self.postroom.stop()
        os.rename(self.postroom.data, self.postroom.data + ".lost")

    def sends_with_its_password(self):
        self.postroom.wait_status(self.postroom.send_one(), "accepted")
        return self.peer.taken()[-1].user == "shop"

    def another_key(self):
        name = os.path.join(self.postroom.directory, "another.key")
        with open(name, "xb") as file:
            os.chmod(name, 0o600)
            file.write(bytes(32))
        return name

    def test_a_backup_with_the_key_takes_it_from_where_it_stands(self):
        self.postroom.command("backup", self.backup, "--with-key", "--secret-key-file", self.key_file)
        copy = os.path.join(self.backup, "secret.key")
        with open(copy, "rb") as copied, open(self.key_file, "rb") as key:
            self.assertEqual(copied.read(), key.read())
        self.assertEqual(os.stat(copy).st_mode & 0o777, 0o600)
        self.lose_the_data()
        os.rename(self.key_file, self.key_file + ".lost")
        self.postroom.command("restore", self.backup, "--secret-key-file", self.key_file)
        self.postroom.start()
        self.assertTrue(self.sends_with_its_password())

    def test_a_backup_with_a_key_that_does_not_fit_is_refused(self):
        for arguments in ((), ("--secret-key-file", self.another_key())):
            done = self.postroom.command("backup", self.backup, "--with-key", *arguments, check=False)
            self.assertEqual((done.returncode != 0, os.path.exists(self.backup)), (True, False), done.stderr)

    def test_a_backup_without_the_key_opens_its_passwords_with_the_key_that_is_named(self):
        self.postroom.command("backup", self.backup, "--secret-key-file", self.key_file)
        self.assertFalse(os.path.exists(os.path.join(self.backup, "secret.key")))
        self.lose_the_data()
        self.postroom.command("restore", self.backup, "--secret-key-file", self.key_file)
        self.postroom.start()
        self.assertTrue(self.sends_with_its_password())

    def test_a_backup_restored_without_its_key_asks_for_the_passwords_again(self):
        self.postroom.command("backup", self.backup)
        self.lose_the_data()
        os.rename(self.key_file, self.key_file + ".lost")
        done = self.postroom.command("restore", self.backup, "--secret-key-file", self.key_file, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("recovery code", done.stderr)
        self.postroom.start()
        self.assertFalse(self.postroom.get("/connections")["items"][0]["has_password"])

    def test_a_backup_is_not_restored_with_another_key(self):
        self.postroom.command("backup", self.backup)
        self.lose_the_data()
        done = self.postroom.command("restore", self.backup, "--secret-key-file", self.another_key(), check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertFalse(os.path.exists(os.path.join(self.postroom.data, "postroom.db")))

    def test_check_says_whether_the_key_fits(self):
        self.postroom.stop()
        self.postroom.command("check", "--secret-key-file", self.key_file)
        for arguments in ((), ("--secret-key-file", self.another_key())):
            done = self.postroom.command("check", *arguments, check=False)
            self.assertEqual((done.returncode != 0, "key" in done.stderr), (True, True), done.stderr)

    def test_a_missing_key_is_not_replaced_by_a_new_one(self):
        self.postroom.stop()
        os.rename(self.key_file, self.key_file + ".lost")
        status, said = self.postroom.start_second()
        self.assertEqual((status != 0, "secret" in said), (True, True), said)
        self.assertFalse(os.path.exists(self.key_file))
        os.rename(self.key_file + ".lost", self.key_file)
        self.postroom.start()
        self.assertTrue(self.sends_with_its_password())


class DataDirectoryTest(PostroomTest):
    def test_secrets_are_readable_by_the_owner_only(self):
        for name in ("secret.key", "postroom.sock"):
            mode = os.stat(os.path.join(self.postroom.data, name)).st_mode & 0o777
            self.assertEqual(mode, 0o600, name)


if __name__ == "__main__":
    unittest.main()
