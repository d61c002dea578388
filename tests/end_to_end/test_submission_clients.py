"""Programs that people have submit mail: those of docs/clients.md, run as they stand there."""

import os
import re
import shutil
import smtplib
import ssl
import subprocess
import tempfile
import unittest

from certificates import Authority
from harness import BINARY, ROOT, PostroomTest
from waiting import GUARD_S, wait_for

WEB = os.path.join(ROOT, "web")


def example(language):
    """The fenced block of that language in the document."""
    with open(os.path.join(ROOT, "docs", "clients.md"), encoding="utf-8") as file:
        return re.search(rf"^```{language}\n(.*?)^```$", file.read(), re.M | re.S).group(1)


class ClientTest(PostroomTest):
    """A server that serves STARTTLS and TLS with a certificate of the tests' authority, and a provider behind it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = tempfile.mkdtemp(prefix="postroom-clients-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.authority = Authority(os.path.join(cls.folder, "ca"))
        cls.certificate = cls.authority.issue("postroom", hosts=("DNS:localhost", "IP:127.0.0.1"))

    def setUp(self):
        self.flags = ["--smtps", "127.0.0.1:0", "--https", "127.0.0.1:0",
                      "--tls-cert", self.certificate[0], "--tls-key", self.certificate[1]]
        super().setUp()
        self.peer = self.provider()
        self.postroom.connect_to(self.peer.port)
        self.password = self.postroom.create_key("shop", "send")

    @property
    def smtps_port(self):
        return self.postroom.child.address("smtps")[1]

    def trust(self):
        return ssl.create_default_context(cafile=self.authority.ca_file)

    def here(self, text):
        """An example with this server's host and ports."""
        return (text.replace("postroom.example.org", "localhost").replace("587", str(self.postroom.smtp_port))
                .replace("465", str(self.smtps_port)).replace("/etc/ssl/certs/ca-certificates.crt",
                                                              self.authority.ca_file))

    def run_example(self, command, **more):
        environment = dict(os.environ, POSTROOM_PASSWORD=self.password, SSL_CERT_FILE=self.authority.ca_file,
                           NODE_EXTRA_CA_CERTS=self.authority.ca_file, CURL_CA_BUNDLE=self.authority.ca_file,
                           POSTROOM_DATA_DIR=self.postroom.data)
        done = subprocess.run(command, capture_output=True, text=True, timeout=GUARD_S, check=False, env=environment,
                              **more)
        self.assertEqual(done.returncode, 0, f"{command}: {done.stdout} {done.stderr}")

    def script(self, name, text):
        path = os.path.join(self.postroom.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o600)
        return path

    def arrived(self):
        """The one message that the provider has."""
        wait_for(self.peer.taken, "the message arrives")
        message, = self.peer.taken()
        self.assertEqual((message.sender, message.recipients), ("shop@example.com", ["ann@example.org"]))
        header, _, body = message.content.partition(b"\r\n\r\n")
        self.assertEqual(body.rstrip(b"\r\n"), b"Thank you!")
        self.assertIn(b"subject: your order", header.lower())
        self.assertNotIn(b"x-postroom", header.lower())
        email, = self.postroom.get("/log")["items"]
        self.assertEqual(self.postroom.get("/messages/" + email["message_id"])["tags"], ["order"])
        return header

    def test_smtplib(self):
        self.run_example(["/usr/bin/python3", "-c", self.here(example("python"))])
        self.assertRegex(self.arrived(), rb"Received: from \S+ \(\[127\.0\.0\.1\]\)\r\n\tby \S+ \(Postroom\) "
                                         rb"with ESMTPSA id [0-9A-Z]{13};\r\n\t")

    def test_nodemailer(self):
        if not os.path.isdir(os.path.join(WEB, "node_modules", "nodemailer")):
            self.fail("web/node_modules has no nodemailer: npm ci in web/ brings it")
        self.run_example(["node", "--input-type=module", "--eval", self.here(example("js"))], cwd=WEB)
        self.arrived()

    def test_php_mail(self):
        script = self.script("mail.php", example("php"))
        self.run_example(["php", "-d", f"sendmail_path={BINARY} sendmail -t -i -f shop@example.com", script])
        self.arrived()

    def test_net_smtp(self):
        self.run_example(["perl", "-e", self.here(example("perl"))])
        self.arrived()

    def test_curl(self):
        self.run_example(["bash", "-c", self.here(example("curl"))])
        self.arrived()

    def test_swaks(self):
        self.run_example(["bash", "-c", self.here(example("swaks"))])
        self.arrived()

    def test_msmtp_with_a_submission_login(self):
        created = self.postroom.api("POST", "/submission-logins", {"username": "shop"})
        self.assertEqual(created.status, 201, created)
        self.password = created.json["password"]
        configuration = self.script("msmtprc", self.here(example("msmtp")))
        message = "From: shop@example.com\nTo: ann@example.org\nSubject: Your order\nX-Postroom-Tag: order\n\nThank you!\n"
        self.run_example(["msmtp", "--file", configuration, "--", "ann@example.org"], input=message)
        self.arrived()

    def test_a_renewed_certificate_is_used_without_a_restart(self):
        def serial():
            with smtplib.SMTP_SSL("localhost", self.smtps_port, context=self.trust(), timeout=GUARD_S) as client:
                return client.sock.getpeercert()["serialNumber"]

        before = serial()
        renewed = self.authority.issue("renewed")
        shutil.copyfile(renewed[1], self.certificate[1])  # the two do not fit each other for a moment
        self.assertEqual(serial(), before)
        shutil.copyfile(renewed[0], self.certificate[0])
        self.assertNotEqual(serial(), before)

    def test_https_serves_the_api_and_marks_its_cookies_secure(self):
        host, port = self.postroom.child.address("https")
        command = ["curl", "--silent", "--show-error", "--cacert", self.authority.ca_file, "--include",
                   f"https://localhost:{port}"]
        self.assertEqual(host, "127.0.0.1")
        done = subprocess.run([*command[:-1], command[-1] + "/healthz"], capture_output=True, text=True, check=True)
        self.assertIn("200 OK", done.stdout)
        self.postroom.command("user", "create", "--email", "ann@example.org", "--role", "admin",
                              input="a long enough password\n")
        body = '{"email": "ann@example.org", "password": "a long enough password"}'
        sign_in = ["--header", "Content-Type: application/json", "--data", body]
        done = subprocess.run([*command[:-1], *sign_in, command[-1] + "/api/v1/session"], capture_output=True,
                              text=True, check=True)
        self.assertRegex(done.stdout, r"Set-Cookie: postroom_session=[^\r\n]*; Secure")
        clear = self.postroom.api("POST", "/session", {"email": "ann@example.org",
                                                       "password": "a long enough password"}, key="")
        self.assertNotIn("Secure", clear.headers["Set-Cookie"])


if __name__ == "__main__":
    unittest.main()
