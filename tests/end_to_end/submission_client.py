"""Clients of SMTP submission: one that keeps to a script and to no rule (it sends bytes, cut wherever that could
matter, and hears what comes back), and one that behaves."""

import base64
import contextlib
import dataclasses
import re
import socket
import ssl

from waiting import GUARD_S

RUN = b"run0000"                   # in a script: stands for one run of it, the same number of bytes
ADDRESS = b"\x7f\xfe\xfd\xfc"      # in a script: a loopback address of this run's own, as a PROXY header has it
BUFFERS = (1024, 16 * 1024)        # what the server reads at once: a line, a block of a message
BYTEWISE = 40_000                  # of a longer script, more than this goes in larger pieces
QUEUED = re.compile(rb"250 2\.6\.0 Queued as (\w+)\r\n")


@dataclasses.dataclass
class Case:
    """What a client sends after the greeting, then half a good-bye; the codes it hears, each reply's last line; and how
    many messages are accepted. `codes` begins with the greeting's unless there is none."""
    name: str
    sent: bytes
    codes: str
    messages: int = 0
    listener: str = "open"
    tls: bool = True  # it is the same under TLS


def whole(sent):
    return [sent]


def byte_by_byte(sent):
    return [sent[at:at + 1] for at in range(min(len(sent), BYTEWISE))] + at_odd_places(sent[BYTEWISE:])


def at_odd_places(sent):
    """Cut before, within and after every line end, and around each border of the server's buffers."""
    cuts = set()
    for match in re.finditer(rb"\r\n|\r|\n", sent):
        cuts |= set(range(match.start(), match.end() + 1))
    for size in BUFFERS:
        for border in range(size, len(sent), size):
            cuts |= {border - 1, border, border + 1}
    ends = sorted(cut for cut in cuts if 0 < cut < len(sent))
    return [sent[begin:end] for begin, end in zip([0, *ends], [*ends, len(sent)]) if begin < end]


WAYS = {"at once": whole, "byte by byte": byte_by_byte, "split at odd places": at_odd_places}


def codes(heard):
    """The code of each reply's last line."""
    return " ".join(line[:3].decode("ascii", "replace") for line in heard.split(b"\r\n")
                    if len(line) >= 3 and line[3:4] in (b" ", b""))


def this_run(sent, number):
    """The script with its placeholders filled."""
    token = b"run%04d" % number
    return sent.replace(RUN, token).replace(ADDRESS, bytes((127, 1, number >> 8, number & 255))), token.decode()


@contextlib.contextmanager
def hang_up_expected():
    """The peer may end the connection here; silence is still an error."""
    try:
        yield
    except TimeoutError:
        raise
    except OSError:
        pass


def connect(port):
    peer = socket.create_connection(("127.0.0.1", port), timeout=GUARD_S)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # each piece is a segment of its own
    return peer


def read_all(peer):
    """Until the peer's end; a reset is one, and what came before it counts."""
    heard = b""
    with hang_up_expected():
        while chunk := peer.recv(65536):
            heard += chunk
    return heard


def read_reply(peer, heard=b""):
    """One reply; AssertionError when the connection ends first."""
    return read_until(peer, rb"(?m)^\d{3}(?: [^\n]*)?\n\Z", heard)


def read_until(peer, pattern, heard=b""):
    """What is heard up to the first match, and what came with it."""
    while not re.search(pattern, heard):
        chunk = peer.recv(65536)
        if not chunk:
            raise AssertionError(f"the connection ended before {pattern!r}: {heard!r}")
        heard += chunk
    return heard


def talk(port, pieces):
    """Sends the pieces without waiting for anything, and half a good-bye; all that was heard. The server may hang up
    meanwhile."""
    with connect(port) as peer:
        with hang_up_expected():
            for piece in pieces:
                peer.sendall(piece)
            peer.shutdown(socket.SHUT_WR)
        return read_all(peer)


class Tls:
    """TLS over a connected socket, whose good-bye may be half a one, as TCP's: `close_notify`, then hearing on."""

    def __init__(self, peer):
        self._peer = peer
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self._tls = context.wrap_bio(self._in, self._out)
        self._do(self._tls.do_handshake)

    def _flush(self):
        while pending := self._out.read():
            self._peer.sendall(pending)

    def _do(self, step):
        while True:
            try:
                done = step()
                self._flush()
                return done
            except ssl.SSLWantReadError:
                self._flush()
                chunk = self._peer.recv(65536)
                if not chunk:
                    raise ConnectionError("the connection ended under TLS") from None
                self._in.write(chunk)

    def send(self, sent):
        if sent:
            self._do(lambda: self._tls.write(sent))

    def recv(self, size):
        """b"" at close_notify."""
        try:
            return self._do(lambda: self._tls.read(size))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    def say_goodbye(self):
        with contextlib.suppress(ssl.SSLWantReadError):
            self._tls.unwrap()
        self._flush()


def talk_under_tls(port, sent):
    """As talk(), on a listener that speaks TLS from the first byte; the message's bytes in records of odd sizes."""
    with connect(port) as peer:
        tls = Tls(peer)
        with hang_up_expected():
            for piece in [sent[at:at + 777] for at in range(0, len(sent), 777)]:
                tls.send(piece)
            tls.say_goodbye()
        return read_all(tls)


class Submitter:
    """A client that behaves: one session, opened when it is needed, message after message. `port` gives where."""

    def __init__(self, port, key=None):
        self._port = port
        self._key = key
        self._peer = None
        self._lines = None

    def connect(self):
        self._peer = connect(self._port())
        self._lines = self._peer.makefile("rb")
        self.hear()
        self.ask("EHLO client.example")
        if self._key is not None:
            login = base64.b64encode(b"\0any\0" + self._key.encode()).decode()
            self._expect(self.ask("AUTH PLAIN " + login), "235")

    def close(self):
        if self._peer is not None:
            self._lines.close()
            self._peer.close()
            self._peer = None

    def submit(self, marker):
        """The id of an accepted message, None when it was refused; ConnectionError when the answer does not come."""
        try:
            if self._peer is None:
                self.connect()
            self.begin(marker)
            self.say(marker + "\r\n.\r\n")
            reply = self.hear()
            if not reply:
                raise ConnectionError("no answer to the dot")
            return reply.rpartition(" ")[2] if reply.startswith("250") else None
        except OSError:
            self.close()
            raise

    def begin(self, marker, to="ann@example.org"):
        """Everything up to the body."""
        self._expect(self.ask("MAIL FROM:<shop@example.com>"), "250")
        self._expect(self.ask(f"RCPT TO:<{to}>"), "250")
        self._expect(self.ask("DATA"), "354")
        self.say(f"Subject: {marker}\r\n\r\n")

    def say(self, text):
        self._peer.sendall(text.encode())

    def ask(self, line):
        self.say(line + "\r\n")
        return self.hear()

    def hear(self):
        """The last line of the next reply; "" when the connection ends first."""
        while line := self._lines.readline():
            if line[3:4] != b"-":
                return line.decode().rstrip("\r\n")
        return ""

    @staticmethod
    def _expect(reply, code):
        if not reply.startswith(code):
            raise ConnectionError(f"{code} was expected: {reply!r}")
