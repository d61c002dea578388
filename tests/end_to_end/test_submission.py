"""Who may submit mail over SMTP, and what: API keys, submission logins and their limits, listeners, sendmail."""

import os
import smtplib
import socket
import stat
import subprocess
import tempfile
import unittest

from harness import BINARY, QUICK, PostroomTest
from waiting import GUARD_S, wait_for

MAIL = b"From: shop@example.com\r\nTo: ann@example.org\r\nSubject: Your order\r\n\r\nThank you!\r\n"


class SubmissionTest(PostroomTest):
    def setUp(self):
        super().setUp()
        self.peer = self.provider()
        self.postroom.connect_to(self.peer.port)

    def client(self, user="any", password=None):
        client = smtplib.SMTP("127.0.0.1", self.postroom.smtp_port, timeout=GUARD_S)
        self.addCleanup(client.close)
        client.ehlo("client.example.org")
        if password is not None:
            client.login(user, password)
        return client

    def login(self, username="shop", **fields):
        answer = self.postroom.api("POST", "/submission-logins", {"username": username, **fields})
        self.assertEqual(answer.status, 201, answer)
        return answer.json

    def refused(self, code, words, call, *arguments):
        """Asserts the reply of a command, or of what smtplib raises for a transaction."""
        try:
            reply = call(*arguments)
        except smtplib.SMTPRecipientsRefused as error:
            reply, = error.recipients.values()
        except smtplib.SMTPSenderRefused as error:
            reply = (error.smtp_code, error.smtp_error)
        except smtplib.SMTPResponseException as error:
            reply = (error.smtp_code, error.smtp_error)
        self.assertEqual(reply[0], code, reply)
        self.assertIn(words, reply[1].decode())

    def accept(self, client, sender="shop@example.com", to=("ann@example.org",), mail=MAIL):
        """The id that the 250 gives."""
        client.mail(sender)
        for each in to:
            self.assertEqual(client.rcpt(each)[0], 250)
        code, said = client.data(mail)
        self.assertEqual(code, 250, said)
        self.assertTrue(said.startswith(b"2.6.0 Queued as "))
        return said.decode().rpartition(" ")[2]


class KeyTest(SubmissionTest):
    def test_a_key_that_may_send_opens_the_door_and_no_other_does(self):
        accepted = self.accept(self.client(password=self.postroom.create_key("shop", "send")))
        message = self.postroom.get("/messages/" + accepted)
        self.assertEqual(message["emails"][0]["email"], "ann@example.org")
        self.assertTrue(message["submitted_by"].startswith("key:"))
        reading = self.postroom.create_key("reader", "read")
        for password in (reading, "pr_" + "x" * 40, "", "x" * 2000):
            with self.assertRaises(smtplib.SMTPAuthenticationError):
                self.client(password=password)

    def test_a_revoked_key_is_dead_at_once(self):
        created = self.postroom.api("POST", "/api-keys", {"name": "shop", "scopes": ["send"]}).json
        self.client(password=created["key"])
        self.postroom.api("DELETE", f"/api-keys/{created['id']}")
        with self.assertRaises(smtplib.SMTPAuthenticationError):
            self.client(password=created["key"])

    def test_a_session_does_not_outlive_its_key(self):
        created = self.postroom.api("POST", "/api-keys", {"name": "shop", "scopes": ["send"]}).json
        client = self.client(password=created["key"])
        client.mail("shop@example.com")
        client.rcpt("ann@example.org")
        self.postroom.api("DELETE", f"/api-keys/{created['id']}")
        self.assertEqual(client.data(MAIL)[0], 451)
        self.refused(530, "taken away", client.mail, "shop@example.com")

    def test_without_authentication_nothing_is_taken(self):
        self.refused(530, "5.7.0", self.client().mail, "shop@example.com")

    def test_credentials_are_nowhere_in_the_log(self):
        key = self.postroom.create_key("shop", "send")
        self.accept(self.client(password=key))
        wait_for(self.peer.taken, "it arrives")
        self.postroom.stop()
        self.assertNotIn(key, self.postroom.child.log())


class LoginTest(SubmissionTest):
    def test_a_login_opens_with_every_mechanism_and_its_password_is_shown_once(self):
        made = self.login()
        for mechanism in ("auth_plain", "auth_login"):
            client = self.client()
            client.user, client.password = "shop", made["password"]
            self.assertEqual(client.auth(mechanism[5:], getattr(client, mechanism))[0], 235)
        self.assertIn("SCRAM-SHA-256", self.client().esmtp_features["auth"])
        shown, = self.postroom.get("/submission-logins")["items"]
        self.assertNotIn("password", shown)
        self.assertIsNotNone(shown["last_used_at"])
        message = self.accept(self.client("shop", made["password"]))
        self.assertEqual(self.postroom.get("/messages/" + message)["submitted_by"], "login:shop")

    def test_scram_is_only_offered_where_it_can_be_used(self):
        self.assertNotIn("SCRAM", self.client().esmtp_features["auth"])

    def test_a_wrong_name_and_a_wrong_password_are_told_alike(self):
        made = self.login()
        said = set()
        for user, password in (("shop", "wrong"), ("nobody", made["password"]), ("nobody", "wrong")):
            with self.assertRaises(smtplib.SMTPAuthenticationError) as refused:
                self.client(user, password)
            said.add((refused.exception.smtp_code, refused.exception.smtp_error))
        self.assertEqual(len(said), 1)

    def test_guessing_never_locks_the_owner_out(self):
        made = self.login()
        for _ in range(4):
            client = self.client()
            client.user, client.password = "shop", "wrong"
            with self.assertRaises((smtplib.SMTPAuthenticationError, smtplib.SMTPServerDisconnected)):
                client.login("shop", "wrong", initial_response_ok=False)
        self.accept(self.client("shop", made["password"]))

    def test_it_sends_only_as_its_senders(self):
        made = self.login(senders=["*@example.com", "ann@example.net"])
        client = self.client("shop", made["password"])
        self.accept(client, "any@example.com")
        self.accept(client, "ANN@example.net", mail=MAIL.replace(b"shop@example.com", b"Ann <ann@example.net>"))
        self.accept(client, "", mail=MAIL)
        self.refused(550, "5.7.1", client.mail, "bo@example.net")
        self.refused(550, "5.7.1", client.sendmail, "x@example.com", "ann@example.org",
                     MAIL.replace(b"shop@example.com", b"The Boss <boss@example.org>"))
        self.refused(550, "5.7.1", client.sendmail, "x@example.com", "ann@example.org",
                     b"From: x@example.com\r\nfrom: boss@example.org\r\nSubject: two\r\n\r\n.\r\n")

    def test_its_lane_is_that_of_all_its_mail(self):
        made = self.login(lane="bulk")
        client = self.client("shop", made["password"])
        accepted = self.accept(client)
        self.assertEqual(self.postroom.get("/messages/" + accepted)["lane"], "bulk")
        self.refused(550, "5.7.1", client.sendmail, "shop@example.com", "ann@example.org",
                     b"X-Postroom-Lane: transactional\r\n" + MAIL)

    def test_over_its_limit_mail_waits_with_the_client(self):
        made = self.login(per_minute=3)
        client = self.client("shop", made["password"])
        client.mail("shop@example.com")
        replies = [client.rcpt(f"r{number}@example.org") for number in range(5)]
        self.assertEqual([code for code, _ in replies], [250, 250, 250, 452, 452])
        self.assertIn(b"try again", replies[3][1])
        self.assertEqual(client.data(MAIL)[0], 250)
        self.refused(451, "try again in", client.mail, "shop@example.com")

    def test_a_days_quota_survives_kill_9(self):
        made = self.login(per_day=5)
        client = self.client("shop", made["password"])
        for _ in range(3):
            self.accept(client)
        self.postroom.kill()
        self.postroom.start()
        client = self.client("shop", made["password"])
        for _ in range(2):
            self.accept(client)
        self.refused(451, "4.7.1", client.mail, "shop@example.com")
        self.postroom.api("PATCH", f"/submission-logins/{made['id']}", {"per_day": 6})
        self.accept(client)
        self.refused(451, "4.7.1", client.mail, "shop@example.com")

    def test_what_is_taken_away_is_gone_for_open_sessions_too(self):
        made = self.login()
        client = self.client("shop", made["password"])
        path = f"/submission-logins/{made['id']}"
        self.assertEqual(self.postroom.api("PATCH", path, {"enabled": False}).json["enabled"], False)
        self.refused(530, "5.7.0", client.mail, "shop@example.com")
        self.assertEqual(self.postroom.api("PATCH", path, {"enabled": True}).status, 200)
        renewed = self.postroom.api("POST", path + "/password").json["password"]
        with self.assertRaises(smtplib.SMTPAuthenticationError):
            self.client("shop", made["password"])
        client = self.client("shop", renewed)
        client.mail("shop@example.com")
        client.rcpt("ann@example.org")
        self.assertEqual(self.postroom.api("DELETE", path).status, 204)
        self.refused(451, "4.7.0", client.data, MAIL)
        self.assertEqual(self.postroom.api("DELETE", path).status, 404)

    def test_what_a_login_can_not_be_is_said(self):
        self.login("taken")
        for fields, code, pointer in (({"username": "taken"}, "login_exists", None),
                                      ({"username": "a b"}, "invalid", "/username"), ({}, "invalid", "/username"),
                                      ({"username": "x", "senders": ["example.org"]}, "invalid", "/senders"),
                                      ({"username": "x", "lane": "fast"}, "lane_unknown", "/lane"),
                                      ({"username": "x", "per_day": -1}, None, "/per_day"),
                                      ({"username": "x", "password": "mine"}, None, "/password")):
            answer = self.postroom.api("POST", "/submission-logins", fields)
            self.problem(answer, 409 if code == "login_exists" else 422, code, pointer)

    def test_each_change_stands_in_the_audit_log(self):
        made = self.login()
        self.postroom.api("PATCH", f"/submission-logins/{made['id']}", {"per_day": 6})
        self.postroom.api("DELETE", f"/submission-logins/{made['id']}")
        said = [(entry["action"], entry["object"]) for entry in self.postroom.get("/audit")["items"]]
        for action in ("create", "update", "delete"):
            self.assertIn(("submission_login." + action, "submission_login:shop"), said)

    def test_the_command_line_makes_and_ends_logins(self):
        password = self.postroom.command("submission-login", "create", "--set", "username=shop", "--set",
                                         'senders=["*@example.com"]', "--set", "per_day=50").strip()
        self.accept(self.client("shop", password))
        self.assertIn("shop", self.postroom.command("submission-login", "list"))
        number = str(self.postroom.get("/submission-logins")["items"][0]["id"])
        renewed = self.postroom.command("submission-login", "password", number).strip()
        self.accept(self.client("shop", renewed))
        self.postroom.command("submission-login", "update", number, "--set", "enabled=false")
        with self.assertRaises(smtplib.SMTPAuthenticationError):
            self.client("shop", renewed)
        self.postroom.command("submission-login", "delete", number)
        self.assertEqual(self.postroom.get("/submission-logins")["items"], [])


class OptionTest(SubmissionTest):
    def test_options_are_honoured_over_smtp_and_raw_alike(self):
        client = self.client(password=self.postroom.key)
        options = (b"X-Postroom-Lane: bulk\r\nx-postroom-tag: order, vip\r\nX-Postroom-Tag: paid\r\n"
                   b'X-Postroom-Metadata: {"order": "17"}\r\nX-Postroom-Metadata: shop = 3\r\n'
                   b"X-Postroom-Send-At: 2027-06-01T00:00:00Z\r\nX-Postroom-Expires-In: 600\r\n"
                   b"X-Postroom-Connection:\r\n 1\r\nX-Postroom-On-Doubt: hold\r\n")
        raw = self.postroom.api("POST", "/messages/raw?from=shop@example.com&to=ann@example.org", options + MAIL,
                                headers={"Content-Type": "message/rfc822"})
        self.assertEqual(raw.status, 202, raw)
        for number in (self.accept(client, mail=options + MAIL), raw.json["id"]):
            message = self.postroom.get("/messages/" + number)
            self.assertEqual((message["lane"], message["tags"], message["metadata"], message["on_doubt"]),
                             ("bulk", ["order", "vip", "paid"], {"order": "17", "shop": "3"}, "hold"))
            self.assertEqual((message["send_at"], message["expires_at"], message["connection_id"]),
                             ("2027-06-01T00:00:00.000Z", "2027-06-01T00:10:00.000Z", 1))
        wrong = self.postroom.api("POST", "/messages/raw?from=shop@example.com&to=ann@example.org",
                                  b"X-Postroom-On-Doubt: perhaps\r\n" + MAIL,
                                  headers={"Content-Type": "message/rfc822"})
        self.problem(wrong, 422, pointer="/X-Postroom-On-Doubt")
        for option, name in ((b"X-Postroom-On-Doubt: perhaps", "X-Postroom-On-Doubt"),
                             (b"X-Postroom-Tag: " + b"t" * 65, "X-Postroom-Tag"),
                             (b"X-Postroom-Lane: none", "X-Postroom-Lane"),
                             (b"X-Postroom-Connection: 99", "X-Postroom-Connection"),
                             (b"X-Postroom-Send-At: 2099-01-01T00:00:00Z", "X-Postroom-Send-At")):
            self.refused(550, name, client.sendmail, "shop@example.com", "ann@example.org", option + b"\r\n" + MAIL)


class DiskTest(SubmissionTest):
    def test_below_the_reserve_the_client_is_told_to_wait(self):
        self.postroom.stop()
        self.postroom.configure(f"[limits]\nreserve = {1 << 60}\n")
        self.postroom.start()
        self.refused(452, "4.3.1", self.client(password=self.postroom.key).mail, "shop@example.com")


class ListenerTest(SubmissionTest):
    config = QUICK + """
[[listener]]
address = "127.0.0.1:0"
allow_unauthenticated = true
"""

    def test_a_listener_may_take_mail_without_authentication(self):
        ports = [port for _, port in self.postroom.child.addresses("smtp", 2)]
        client = smtplib.SMTP("127.0.0.1", ports[0], timeout=GUARD_S)
        self.addCleanup(client.close)
        client.ehlo()
        accepted = self.accept(client)
        self.assertEqual(self.postroom.get("/messages/" + accepted)["submitted_by"], "smtp:127.0.0.1")
        strict = smtplib.SMTP("127.0.0.1", ports[1], timeout=GUARD_S)
        self.addCleanup(strict.close)
        strict.ehlo()
        self.refused(530, "5.7.0", strict.mail, "shop@example.com")


class SettingsTest(unittest.TestCase):
    def serve(self, directory, *flags, config=""):
        file = os.path.join(directory, "postroom.toml")
        with open(file, "w", encoding="utf-8") as written:
            written.write(config)
        return subprocess.run([BINARY, "serve", "--data-dir", os.path.join(directory, "data"), "--http", "127.0.0.1:0",
                               "--config", file, *flags], capture_output=True, text=True, timeout=GUARD_S, check=False)

    def test_what_can_not_be_served_is_said_at_the_start(self):
        with tempfile.TemporaryDirectory(prefix="postroom-settings-") as directory, socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            busy = f"127.0.0.1:{taken.getsockname()[1]}"
            listener = '[[listener]]\naddress = "127.0.0.1:0"\n'
            for flags, config, words in ((["--smtp", busy], "", "can't listen on " + busy),
                                         (["--smtp", "here"], "", "smtp: "),
                                         (["--smtp", "off", "--smtps", "127.0.0.1:0"], "", "--tls-cert"),
                                         (["--smtp", "off", "--https", "127.0.0.1:0"], "", "--tls-cert"),
                                         (["--smtp", "off", "--tls-cert", "/nowhere"], "", "/nowhere"),
                                         ([], listener + "encyption = 1\n", "listener.encyption"),
                                         ([], listener + 'encryption = "none"\n', "starttls or tls"),
                                         ([], listener + 'encryption = "starttls"\n', "--tls-cert"),
                                         ([], listener + 'bare_line_ends = "accept"\n', "refuse or normalise"),
                                         ([], listener + 'proxies = ["here"]\n', "listener.proxies"),
                                         ([], "[[listener]]\n", "listener.address")):
                done = self.serve(directory, *flags, config=config)
                self.assertNotEqual(done.returncode, 0, words)
                self.assertIn(words, done.stderr)


class SendmailTest(PostroomTest):
    config = QUICK + '[sendmail]\ndomain = "example.com"\nlocal_recipient = "ops@example.com"\n'

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="postroom-sendmail-")
        self.addCleanup(self.folder.cleanup)
        os.chmod(self.folder.name, 0o755)
        self.socket = os.path.join(self.folder.name, "submit.sock")
        self.config = f'submit_socket = "{self.socket}"\n' + self.config
        super().setUp()
        self.peer = self.provider()
        self.postroom.connect_to(self.peer.port)

    def sendmail(self, *arguments, mail="Subject: x\n\nhello\n", name=None, prefix=(), environment=None):
        settings = dict(POSTROOM_CONFIG=os.path.join(self.postroom.directory, "postroom.toml"),
                        POSTROOM_DATA_DIR=self.postroom.data)
        return subprocess.run([*prefix, *([name] if name else [BINARY, "sendmail"]), *arguments], input=mail,
                              capture_output=True, text=True, timeout=GUARD_S, check=False,
                              env=dict(os.environ, **(settings if environment is None else environment)))

    def arrived(self, count=1):
        wait_for(lambda: len(self.peer.taken()) >= count, "the mail arrives")
        return self.peer.taken()[-1]

    def test_it_takes_what_programs_give_sendmail(self):
        link = os.path.join(self.folder.name, "sendmail")
        os.symlink(BINARY, link)
        mail = ('To: Ann (the first, of (many)) <ann@example.org>,\n bo@example.org (Bo, too)\n'
                'Bcc: "Cy (y" <cy@example.org>\nSubject: x\n\nline\n.\nnot sent\n')
        done = self.sendmail("-oem", "-f", "shop@example.com", "-F", "The Shop", "-t", mail=mail, name=link)
        self.assertEqual((done.returncode, done.stderr, done.stdout), (0, "", ""))
        wait_for(lambda: sum(len(each.recipients) for each in self.peer.taken()) == 3, "all three have it")
        message = self.peer.taken()[0]
        self.assertEqual(message.sender, "shop@example.com")
        self.assertIn(b"\r\nFrom: The Shop <shop@example.com>\r\n", b"\r\n" + message.content)
        self.assertNotIn(b"cy@example.org", message.content)
        self.assertTrue(message.content.endswith(b"\r\n\r\nline\r\n"), message.content)

    def test_it_leaves_dots_alone_when_told(self):
        self.assertEqual(self.sendmail("-i", "ann@example.org", mail="Subject: x\n\na\n.\nb\n").returncode, 0)
        self.assertTrue(self.arrived().content.endswith(b"\r\n\r\na\r\n.\r\nb\r\n"))

    def test_text_without_a_header_is_a_body(self):
        for mail in ("hi\n", "From shop Fri Nov 27 19:00:00 2026\nSubject: x\n\nhi\n", "\nhi\n"):
            done = self.sendmail("ann@example.org", mail=mail)
            self.assertEqual(done.returncode, 0, done.stderr)
        wait_for(lambda: len(self.peer.taken()) == 3, "all three arrive")
        for message in self.peer.taken():
            self.assertTrue(message.content.endswith(b"\r\n\r\nhi\r\n"), message.content)

    def test_a_data_directory_that_is_not_there_is_no_place_for_mail(self):
        elsewhere = os.path.join(self.folder.name, "mistyped")
        done = self.sendmail("ann@example.org", environment={"POSTROOM_DATA_DIR": elsewhere})
        self.assertEqual(done.returncode, 78, done)
        self.assertIn(elsewhere, done.stderr)
        self.assertFalse(os.path.exists(elsewhere))

    def test_local_names_become_addresses(self):
        mail = "From: root (Cron Daemon)\nTo: root\nSubject: Cron\n\noutput\n"
        self.assertEqual(self.sendmail("-FCronDaemon", "-i", "-odi", "-oem", "-oi", "-f", "root", "--", "root",
                                       mail=mail).returncode, 0)
        message = self.arrived()
        self.assertEqual((message.sender, message.recipients), ("root@example.com", ["ops@example.com"]))
        self.assertIn(b"From: root@example.com (Cron Daemon)\r\nTo: ops@example.com\r\n", message.content)

    def test_the_author_is_the_sender_unless_another_is_named(self):
        mail = "To: ann@example.org\nFrom: The Shop (of ours) <shop@example.com>\nSubject: x\n\nx\n"
        for number, (arguments, sender) in enumerate(((["-t"], "shop@example.com"), (["-t", "-f", "bounces"], "bounces@example.com"),
                                                      (["-t", "-f", "<>"], ""))):
            self.assertEqual(self.sendmail(*arguments, mail=mail).returncode, 0)
            self.assertEqual(self.arrived(number + 1).sender, sender)

    def test_who_may_not_use_the_data_directory_is_told_what_to_ask_for(self):
        if os.geteuid() != 0:
            self.skipTest("another user can only be played by root")
        done = self.sendmail("ann@example.org", environment={"POSTROOM_DATA_DIR": "/root", "POSTROOM_CONFIG": ""},
                             prefix=["setpriv", "--reuid", "65534", "--clear-groups", "--regid", "65534"])
        self.assertEqual(done.returncode, 77, done)
        self.assertIn("submit_socket", done.stderr)

    def test_every_user_of_the_machine_may_submit_where_the_operator_says_so_and_do_nothing_else(self):
        self.assertEqual(stat.S_IMODE(os.stat(self.socket).st_mode), 0o666)
        if os.geteuid() != 0:
            self.skipTest("another user can only be played by root")
        done = self.sendmail("--socket", self.socket, "ann@example.org", environment={"POSTROOM_CONFIG": ""},
                             prefix=["setpriv", "--reuid", "65534", "--clear-groups", "--regid", "65534"])
        self.assertEqual(done.returncode, 0, done.stderr)
        number = self.postroom.get("/log")["items"] or wait_for(lambda: self.postroom.get("/log")["items"], "sent")
        self.arrived()
        message = self.postroom.get("/messages/" + self.postroom.log()[0]["message_id"])
        self.assertEqual(message["submitted_by"], "local:65534", number)
        call = ["setpriv", "--reuid", "65534", "--clear-groups", "--regid", "65534", "curl", "--silent",
                "--unix-socket", self.socket, "--output", "/dev/null", "--write-out", "%{http_code}"]
        for path, code in (("/api/v1/connections", "403"), ("/api/v1/queue", "403"), ("/api/v1/api-keys", "403")):
            said = subprocess.run([*call, "http://localhost" + path], capture_output=True, text=True, check=True)
            self.assertEqual(said.stdout, code, path)

    def test_its_exit_codes_are_those_of_sysexits(self):
        for arguments, code in ((["-bs"], 64), (["-bd"], 64), (["--nonsense"], 64), ([], 64), (["-t"], 64),
                                (["not an address@"], 65), (["-X"], 64), (["--config", "/nowhere", "a@example.org"], 78)):
            self.assertEqual(self.sendmail(*arguments).returncode, code, arguments)
        self.assertEqual(self.sendmail("ann@example.org", mail="X-Postroom-Lane: fast\n\nx\n").returncode, 65)
        self.assertEqual(self.sendmail("ann@example.org", mail="a\rb\n").returncode, 65)
        self.postroom.stop()
        self.assertEqual(self.sendmail("ann@example.org").returncode, 75)

    def test_without_a_server_the_message_goes_into_the_store_and_leaves_with_the_next_start(self):
        self.postroom.stop()
        done = self.sendmail("ann@example.org", environment={"POSTROOM_DATA_DIR": self.postroom.data,
                                                             "POSTROOM_CONFIG": ""})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.postroom.start()
        self.arrived()


if __name__ == "__main__":
    unittest.main()
