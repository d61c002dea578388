"""A Postfix of the test's own: the real peer. It lives in a temporary directory and listens on loopback only."""

import contextlib
import glob
import os
import pwd
import shutil
import socket
import subprocess
import tempfile

from certificates import Authority
from waiting import wait_for

MAIN_CF = """
compatibility_level = 3.6
queue_directory = {directory}/queue
data_directory = {directory}/data
maillog_file = {directory}/maillog
maillog_file_prefixes = {directory}
myhostname = postfix.test
mydestination =
inet_protocols = ipv4
inet_interfaces = 127.0.0.1
mynetworks =
alias_maps =
alias_database =
local_recipient_maps =
biff = no
virtual_mailbox_domains = example.org
virtual_mailbox_base = {directory}/mail
virtual_mailbox_maps = texthash:{directory}/mailboxes
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_tls_loglevel = 1
smtpd_sasl_auth_enable = yes
smtpd_sasl_path = smtpd
smtpd_sasl_local_domain = postfix.test
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
smtputf8_enable = yes
"""

MASTER_CF = """
127.0.0.1:{submission} inet n - n - - smtpd
127.0.0.1:{submissions} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
virtual unix - n n - - virtual
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

SASL_CONF = """
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: {directory}/sasl/sasldb2
mech_list: PLAIN LOGIN
"""

TRACE_FIELDS = (b"return-path:", b"x-original-to:", b"delivered-to:")


def unavailable():
    """Why Postfix cannot run here, or None."""
    if os.geteuid() != 0:
        return "Postfix's master needs root"
    missing = [tool for tool in ("postfix", "saslpasswd2") if shutil.which(tool, path="/usr/sbin:/usr/bin") is None]
    return f"not installed: {', '.join(missing)}" if missing else None


def free_ports(count):
    """Loopback ports that are free now; Postfix cannot choose its own."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


class Postfix:
    """STARTTLS on `submission`, TLS from the first byte on `submissions`, AUTH required, mail into Maildirs."""

    username = "shop@postfix.test"
    password = "correct horse battery"
    mailboxes = ("ann", "bo", "cy", "dora")

    def __init__(self, settings=None):
        """`settings` are main.cf parameters that differ from those above."""
        self.directory = tempfile.mkdtemp(prefix="postroom-postfix-")
        os.chmod(self.directory, 0o755)
        self.authority = Authority(os.path.join(self.directory, "certificates"))
        self.submission, self.submissions = free_ports(2)
        self._configure()
        if settings:
            subprocess.run(["/usr/sbin/postconf", "-c", self._path("config"), *(f"{name}={value}" for name, value in
                                                                                settings.items())], check=True)
        self._postfix("start")
        wait_for(lambda: self._answers(self.submission) and self._answers(self.submissions), "Postfix answers")

    def received(self, user):
        """The messages in the mailbox of `user`, as bytes with CRLF lines, without the fields Postfix put on top."""
        return [self._without_trace(raw) for raw in self.raw(user)]

    def raw(self, user):
        files = sorted(glob.glob(os.path.join(self.directory, "mail", user, "new", "*")))
        contents = []
        for name in files:
            with open(name, "rb") as file:
                contents.append(file.read())
        return contents

    def log(self):
        with contextlib.suppress(FileNotFoundError):
            with open(os.path.join(self.directory, "maillog"), encoding="utf-8", errors="replace") as file:
                return file.read()
        return ""

    def master_pid(self):
        with open(self._path("queue/pid/master.pid"), encoding="ascii") as file:
            return int(file.read())

    def stop(self):
        self._postfix("stop")
        shutil.rmtree(self.directory, ignore_errors=True)

    def _configure(self):
        certificate, key = self.authority.issue("postfix")
        owner = pwd.getpwnam("nobody")
        for folder in ("config", "queue", "data", "mail", "sasl"):
            os.mkdir(os.path.join(self.directory, folder), 0o755)
        os.chown(self._path("mail"), owner.pw_uid, owner.pw_gid)
        os.chown(self._path("data"), pwd.getpwnam("postfix").pw_uid, -1)
        values = {"directory": self.directory, "uid": owner.pw_uid, "gid": owner.pw_gid, "certificate": certificate,
                  "key": key, "submission": self.submission, "submissions": self.submissions}
        self._write("config/main.cf", MAIN_CF.format(**values))
        self._write("config/master.cf", MASTER_CF.format(**values))
        os.mkdir(self._path("config/sasl"))
        self._write("config/sasl/smtpd.conf", SASL_CONF.format(**values))  # Debian's Postfix looks here only
        self._write("mailboxes", "".join(f"{user}@example.org {user}/\n" for user in self.mailboxes))
        user, realm = self.username.split("@")
        subprocess.run(["/usr/sbin/saslpasswd2", "-f", self._path("sasl/sasldb2"), "-p", "-c", "-u", realm, user],
                       input=self.password, text=True, check=True)
        os.chown(self._path("sasl/sasldb2"), pwd.getpwnam("postfix").pw_uid, -1)

    def _postfix(self, command):
        done = subprocess.run(["/usr/sbin/postfix", "-c", self._path("config"), command], capture_output=True,
                              text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"postfix {command}: {done.stderr}{done.stdout}{self.log()}")

    def _path(self, name):
        return os.path.join(self.directory, name)

    def _write(self, name, text):
        with open(self._path(name), "w", encoding="ascii") as file:
            file.write(text)

    @staticmethod
    def _answers(port):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5):
                return True
        except OSError:
            return False

    @staticmethod
    def _without_trace(raw):
        lines, index = raw.split(b"\n"), 0
        while lines[index].lower().startswith(TRACE_FIELDS):
            index += 1
        if lines[index].startswith(b"Received: from") and b"postfix.test" in b"".join(lines[index:index + 4]):
            index += 1
            while lines[index].startswith((b" ", b"\t")):
                index += 1
        return b"\r\n".join(lines[index:])
