"""A provider that keeps to a script: it plays the faults that real providers show once a year."""

import base64
import contextlib
import dataclasses
import socket
import ssl
import threading
import time

CLOSE = object()  # instead of a reply: the connection ends
WAIT = object()   # instead of a reply: nothing is said until release()
EXTENSIONS = ("PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "SIZE 30000000")


@dataclasses.dataclass
class Received:
    """A message whose final dot arrived; `answered` says whether the provider took it on."""
    sender: str
    recipients: list
    content: bytes
    tls: bool
    user: str
    answered: bool = False
    refused: bool = False  # with 4yz or 5yz; neither of the two: the client can't know


class Provider:
    """Listens on loopback. `answer("RCPT", "451 4.2.0 later", times=1)` scripts the next reply to a verb; CONNECT, DOT,
    CONTENT (before the message is read, after 354) and every SMTP verb are verbs. A reply is text, which gets its CRLF,
    or bytes, which go as they are, or CLOSE, or WAIT, or a tuple of these. `encryption` is none, starttls or implicit;
    `certificate` is (file, key file); `mechanisms` are offered when there are `credentials`. A `closed` one refuses
    connections until open(): its port is taken, so that nobody else can get it."""

    def __init__(self, encryption="none", certificate=None, credentials=None, port=0, closed=False,
                 extensions=EXTENSIONS, mechanisms="PLAIN LOGIN"):
        self.messages = []
        self.replies = []  # (the wall clock's seconds, reply or "closed")
        self.lines = []  # every command line, with ("tls" or "clear") before it
        self.pipelined = []  # of each MAIL: whether more came with it, unasked
        self.sessions = 0
        self.encryption = encryption
        self.credentials = credentials
        self.extensions = list(extensions)
        self.mechanisms = mechanisms
        self.context = None  # of the certificate; another may take its place
        self._script = []
        self._lock = threading.Lock()
        self._released = threading.Event()
        self._open = set()
        if certificate is not None:
            self.present(certificate)
        self._listener = self._bound(port)
        self.port = self._listener.getsockname()[1]
        if not closed:
            self.open()

    def open(self):
        """Takes connections, again after shut()."""
        self._listener.listen(200)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    @staticmethod
    def _bound(port):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        return listener

    def shut(self):
        """Refuses connections until open(), and ends those there are."""
        self._end_listening()
        self._listener = self._bound(self.port)

    def _end_listening(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # ends the accept() of the other thread too
        self._listener.close()
        with self._lock:
            opened = list(self._open)
        for session in opened:
            session.interrupt()

    def present(self, certificate):
        """From now on this (file, key file)."""
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*certificate)

    def answer(self, verb, reply, times=1, when=""):
        """The next `times` (None: all) commands of this verb that contain `when` get `reply`."""
        with self._lock:
            self._script.append([verb, reply, times, when])

    def forget_script(self):
        with self._lock:
            self._script.clear()

    def release(self):
        self._released.set()

    def taken(self):
        """The messages the provider answered for."""
        with self._lock:
            return [message for message in self.messages if message.answered]

    def verbs(self):
        with self._lock:
            return [line.split(" ", 2)[1].upper() for line in self.lines]

    def clear_text(self):
        with self._lock:
            return "\n".join(line for line in self.lines if line.startswith("clear"))

    def stop(self):
        self._released.set()
        self._end_listening()

    def _accept(self, listener):
        while True:
            try:
                peer, _ = listener.accept()
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # each reply is a write of its own
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer):
        session = _Session(self, peer)
        with self._lock:
            self._open.add(session)
            self.sessions += 1
        try:
            session.run()
        except (OSError, EOFError, ValueError):
            pass  # the client has gone, as clients do
        finally:
            with self._lock:
                self._open.discard(session)
            session.close()

    def scripted(self, verb, text):
        with self._lock:
            for rule in self._script:
                if rule[0] == verb and rule[3] in text and rule[2] != 0:
                    if rule[2] is not None:
                        rule[2] -= 1
                    if rule[1] is CLOSE:
                        self.replies.append((time.time(), "closed"))
                    return rule[1]
        return None

    def wait_for_release(self):
        self._released.wait()

    def note(self, line):
        with self._lock:
            self.lines.append(line)

    def said(self, reply):
        with self._lock:
            self.replies.append((time.time(), reply))

    def note_pipelining(self, more):
        with self._lock:
            self.pipelined.append(more)

    def keep(self, message):
        """Adds a message whose dot has arrived; how many there are now."""
        with self._lock:
            self.messages.append(message)
            return len(self.messages)


class _Lines:
    """Lines of a socket, as its makefile() would read them; and whether more has come than was asked for."""

    def __init__(self, peer):
        self._peer = peer
        self._got = b""
        self._at = 0

    def more(self):
        return self._at < len(self._got)

    def readline(self):
        """A line with its end; what there is when the connection ends first."""
        while (end := self._got.find(b"\n", self._at)) < 0:
            chunk = self._peer.recv(65536)
            self._got = self._got[self._at:] + chunk
            self._at = 0
            if not chunk:
                end = len(self._got) - 1
                break
        line = self._got[self._at:end + 1]
        self._at = end + 1
        return line


class _Session:
    def __init__(self, provider, peer):
        self._provider = provider
        self._peer = peer
        self._tls = False
        self._user = ""
        self._sender = ""
        self._recipients = []
        self._lines = _Lines(peer)

    def interrupt(self):
        """Called by another thread: ends the wait for the client."""
        with contextlib.suppress(OSError):
            self._peer.shutdown(socket.SHUT_RDWR)

    def close(self):
        self._peer.close()

    def run(self):
        if self._provider.encryption == "implicit":
            self._start_tls()
        if not self._say("CONNECT", "", "220 provider.test ESMTP"):
            return
        while True:
            line = self._lines.readline()
            if not line:
                return
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            self._note(text)
            verb = text.split(" ", 1)[0].upper()
            handler = getattr(self, "_on_" + verb.lower(), None)
            if not (handler(text) if handler else self._say(verb, text, "502 5.5.1 what?")):
                return

    def _on_ehlo(self, text):
        lines = ["provider.test", *self._provider.extensions]
        if self._provider.encryption == "starttls" and not self._tls:
            lines.append("STARTTLS")
        if self._provider.credentials:
            lines.append("AUTH " + self._provider.mechanisms)
        reply = "\r\n".join("250" + ("-" if index + 1 < len(lines) else " ") + line for index, line in enumerate(lines))
        return self._say("EHLO", text, reply)

    def _on_helo(self, text):
        return self._say("HELO", text, "250 provider.test")

    def _on_starttls(self, text):
        reply = self._provider.scripted("STARTTLS", text) or "220 2.0.0 go on"
        if not self._give(reply):
            return False
        if _begins(reply, "220"):
            self._start_tls()
        return True

    def _on_auth(self, text):
        scripted = self._provider.scripted("AUTH", text)
        if scripted:
            return self._give(scripted)
        mechanism, _, initial = text[5:].partition(" ")
        if mechanism.upper() == "LOGIN":
            user = self._decode(initial) if initial else self._ask("VXNlcm5hbWU6")
            given = (user, self._ask("UGFzc3dvcmQ6"))
        else:
            given = tuple((self._decode(initial) if initial else self._ask("")).split("\0")[1:3])
        right = given == self._provider.credentials
        self._user = given[0] if right else ""
        return self._give("235 2.7.0 welcome" if right else "535 5.7.8 Error: authentication failed")

    def _on_mail(self, text):
        self._provider.note_pipelining(self._lines.more())
        self._sender, self._recipients = self._path(text), []
        if self._provider.credentials and not self._user:
            return self._say("MAIL", text, "530 5.7.0 authenticate first")
        return self._say("MAIL", text, "250 2.1.0 ok")

    def _on_rcpt(self, text):
        reply = self._provider.scripted("RCPT", text) or "250 2.1.5 ok"
        if _begins(reply, "2"):
            self._recipients.append(self._path(text))
        return self._give(reply)

    def _on_data(self, text):
        usual = "354 go on" if self._recipients else "503 5.5.1 no valid recipients"
        reply = self._provider.scripted("DATA", text) or usual
        if not self._give(reply):
            return False
        return self._take_content() if _begins(reply, "354") else True

    def _take_content(self):
        before = self._provider.scripted("CONTENT", "")
        if before is not None and not self._give(before):
            return False
        lines = []
        while True:
            line = self._lines.readline()
            if not line:
                return False
            if line == b".\r\n":
                break
            lines.append(line[1:] if line.startswith(b".") else line)
        received = Received(self._sender, list(self._recipients), b"".join(lines), self._tls, self._user)
        number = self._provider.keep(received)
        reply = self._provider.scripted("DOT", received.content.decode("utf-8", "replace"))
        if reply is WAIT:
            self._provider.wait_for_release()
            reply = None
        reply = reply or f"250 2.0.0 queued as P{number}"
        received.answered = _begins(reply, "2") and not _begins(reply, "221")
        received.refused = _begins(reply, "4") or _begins(reply, "5")
        return self._give(reply)

    def _on_rset(self, text):
        self._recipients = []
        return self._say("RSET", text, "250 2.0.0 ok")

    def _on_noop(self, text):
        return self._say("NOOP", text, "250 2.0.0 ok")

    def _on_quit(self, text):
        self._say("QUIT", text, "221 2.0.0 bye")
        return False

    def _say(self, verb, text, usual):
        reply = self._provider.scripted(verb, text) or usual
        return self._give(reply) and not _begins(reply, "421")

    def _ask(self, challenge):
        self._give("334 " + challenge)
        answer = self._lines.readline().decode("ascii", "replace").strip()
        self._note(answer)
        return self._decode(answer)

    def _start_tls(self):
        self._peer = self._provider.context.wrap_socket(self._peer, server_side=True)
        self._lines = _Lines(self._peer)
        self._tls = True

    def _note(self, text):
        self._provider.note(("tls " if self._tls else "clear ") + text)

    def _give(self, reply):
        """Whether the session goes on."""
        for part in reply if isinstance(reply, tuple) else (reply,):
            if part is CLOSE:
                return False
            if part is WAIT:
                self._provider.wait_for_release()
                continue
            self._provider.said(part)
            self._peer.sendall(part if isinstance(part, bytes) else part.encode() + b"\r\n")
        return True

    @staticmethod
    def _path(text):
        return text[text.index("<") + 1:text.rindex(">")]

    @staticmethod
    def _decode(text):
        return base64.b64decode(text).decode("utf-8", "replace")


def _begins(reply, code):
    """Whether a reply's first part, if it has words, begins with `code`."""
    first = reply[0] if isinstance(reply, tuple) else reply
    if isinstance(first, bytes):
        first = first.decode("latin-1")
    return isinstance(first, str) and first.startswith(code)


class Silent:
    """A provider that takes connections and never says a word: nobody accepts them, so the system alone does."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.port = self._listener.getsockname()[1]

    def stop(self):
        self._listener.close()
