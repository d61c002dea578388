"""A next hop as smugglers wish for: to it, any dot between two things that look like line ends ends a message."""

import contextlib
import re
import socket
import threading

END = re.compile(rb"(?:\r\n|\r|\n)\.(?:\r\n|\r|\n)")
LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)")


class NaiveHop:
    """Takes every command of SMTP and every message; `messages` are (recipients, content). NULs are nothing to it."""

    def __init__(self):
        self.messages = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._serve, args=(self._listener.accept()[0],), daemon=True).start()

    def _serve(self, peer):
        with peer, contextlib.suppress(OSError):
            peer.sendall(b"220 naive\r\n")
            got, recipients = b"", []
            while True:
                while not (line := LINE.match(got)):
                    got += self._more(peer)
                command, got = line.group().strip(), got[line.end():].removeprefix(b"\n")
                verb = command[:4].upper()
                if verb == b"RCPT":
                    recipients.append(command[command.index(b"<") + 1:command.rindex(b">")].decode())
                if verb == b"DATA":
                    peer.sendall(b"354 go on\r\n")
                    content, got = self._content(peer, b"\n" + got)
                    self.messages.append((recipients, content))
                    recipients = []
                if command:
                    peer.sendall(b"221 bye\r\n" if verb == b"QUIT" else b"250 fine\r\n")
                if verb == b"QUIT":
                    return

    def _content(self, peer, got):
        while not (end := END.search(got)):
            got += self._more(peer)
        return got[1:end.start()], got[end.end():].removeprefix(b"\n")

    @staticmethod
    def _more(peer):
        chunk = peer.recv(65536)
        if not chunk:
            raise ConnectionError
        return chunk.replace(b"\0", b"")
