"""Thousands of SMTP clients in one process that want nothing, or want it slowly."""

import contextlib
import resource
import select
import socket
import threading

from waiting import wait_for

TICK_S = 0.05  # between two bytes of a slow one
HELLO = b"EHLO crowd.example\r\n"
CRAWL = {"command": b"NOOP " * 800,  # a line that does not end
         "message": (HELLO + b"MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\nSubject: slow\r\n\r\n" +
                     b"x" * 70 + b"\r\n")}


def allow_many_files():
    """As many as the system lets this process have open; how many that is."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


def memory_mb(pid):
    """What a process has for itself."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith(("Private_", "SwapPss"))) / 1024


class Crowd:
    """`idle` sessions that have said EHLO and nothing since, and `slow` ones that say a byte a tick: half of them in a
    command, half in a message. One thread plays all."""

    def __init__(self, port, idle, slow):
        self._poll = select.epoll()
        self._peers = {}  # descriptor -> socket
        self._over = threading.Event()
        self._greeted = self._lost = 0
        self._slow = []
        for number in range(idle + slow):
            peer = socket.create_connection(("127.0.0.1", port))
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer.setblocking(False)
            self._peers[peer.fileno()] = peer
            self._poll.register(peer.fileno(), select.EPOLLIN)
            if number < idle:
                peer.sendall(HELLO)
            else:
                self._slow.append((peer, CRAWL["command" if number % 2 else "message"]))
        self._thread = threading.Thread(target=self._play, daemon=True)
        self._thread.start()

    def wait_until_greeted(self):
        """All are in, and the slow ones have begun to crawl."""
        wait_for(lambda: self._greeted >= len(self._peers), "all are greeted")

    def lost(self):
        """How many the server has ended."""
        return self._lost

    def stop(self):
        self._over.set()
        self._thread.join()
        for peer in self._peers.values():
            peer.close()

    def _play(self):
        heard, said = set(), 0
        while not self._over.is_set():
            for descriptor, _ in self._poll.poll(TICK_S):
                with contextlib.suppress(BlockingIOError):
                    if not self._recv(descriptor):
                        self._poll.unregister(descriptor)
                        self._lost += 1
                heard.add(descriptor)
            self._greeted = len(heard)
            for peer, words in self._slow:
                # A message goes on for ever, a command for as long as a line may be.
                at = said if said < len(words) else len(words) - 72 + (said - len(words)) % 72
                if words is CRAWL["message"] or said < len(words):
                    with contextlib.suppress(OSError):
                        peer.send(words[at:at + 1])
            said += 1
            self._over.wait(TICK_S)

    def _recv(self, descriptor):
        try:
            return self._peers[descriptor].recv(4096)
        except ConnectionError:
            return b""
