"""Crowds at the door of SMTP submission: sessions that idle, sessions that crawl, more than there is room for."""

import os
import resource
import threading
import unittest

from crowd import Crowd, allow_many_files, memory_mb
from harness import Capture, PostroomTest
from submission_cases import EHLO, proxy
from submission_client import Submitter, connect, read_all, read_reply
from waiting import wait_for

IDLE, SLOW = 2000, 300
MORE_MEMORY_MB = 64
OPEN = """
[submission]
{limits}
[[listener]]
address = "127.0.0.1:0"
allow_unauthenticated = true
[[listener]]
address = "127.0.0.1:0"
allow_unauthenticated = true
proxies = ["127.0.0.1"]
"""


class LoadTest(PostroomTest):
    config = OPEN.format(limits="")

    def setUp(self):
        super().setUp()
        self.port, self.proxied = (port for _, port in self.postroom.child.addresses("smtp", 2))

    @property
    def pid(self):
        return self.postroom.child.process.pid

    def submit(self, count):
        session = Submitter(lambda: self.port)
        self.addCleanup(session.close)
        accepted = [session.submit(f"number-{number}") for number in range(count)]
        session.close()
        self.assertNotIn(None, accepted)
        return accepted


class CrowdTest(LoadTest):
    def setUp(self):
        if allow_many_files() < IDLE + SLOW + 500:
            self.skipTest("this needs more open files than the system allows")
        super().setUp()

    def test_idle_and_slow_sessions_harm_nobody(self):
        self.submit(200)
        before = memory_mb(self.pid)
        crowd = Crowd(self.port, IDLE, SLOW)
        self.addCleanup(crowd.stop)
        crowd.wait_until_greeted()
        accepted = []
        clients = [threading.Thread(target=lambda: accepted.extend(self.submit(50))) for _ in range(4)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        self.assertEqual(len(set(accepted)), 200)
        self.assertEqual(crowd.lost(), 0, "a session was ended that had done nothing wrong")
        self.assertLess(memory_mb(self.pid) - before, MORE_MEMORY_MB)
        crowd.stop()
        self.submit(10)
        self.assertEqual(len(self.postroom.get("/queue", limit=500)["items"]), 410)


class LimitsTest(LoadTest):
    config = OPEN.format(limits="sessions = 40\nsessions_of_an_address = 10")

    def meet(self, port, begins=b""):
        peer = connect(port)
        self.addCleanup(peer.close)
        peer.sendall(begins)
        return peer, read_reply(peer)[:3]

    def served(self, port, begins=b""):
        """Whether a new peer is greeted; it leaves again."""
        with connect(port) as peer:
            peer.sendall(begins)
            return read_reply(peer).startswith(b"220")

    def test_over_the_limit_of_sessions_a_peer_hears_421(self):
        peers = [self.meet(self.port) for _ in range(40)]
        self.assertEqual({greeting for _, greeting in peers}, {b"220"})
        for port in (self.port, self.proxied):
            peer, greeting = self.meet(port)
            self.assertEqual((greeting, read_all(peer)), (b"421", b""))
        peers[0][0].sendall(EHLO)  # those that are in go on
        self.assertTrue(read_reply(peers[0][0]).startswith(b"250"))
        for peer, _ in peers[:5]:
            peer.close()
        wait_for(lambda: self.served(self.port), "a peer is served again")

    def test_over_the_limit_of_an_address_its_peers_hear_421(self):
        many, other = bytes((203, 0, 113, 7)), bytes((203, 0, 113, 8))
        peers = [self.meet(self.proxied, proxy(many)) for _ in range(10)]
        self.assertEqual({greeting for _, greeting in peers}, {b"220"})
        peer, greeting = self.meet(self.proxied, proxy(many))
        self.assertEqual((greeting, read_all(peer)), (b"421", b""))
        self.assertTrue(self.served(self.proxied, proxy(other)))
        self.assertTrue(self.served(self.port))  # this machine's own have no such limit
        for peer, _ in peers:
            peer.close()
        wait_for(lambda: self.served(self.proxied, proxy(many)), "the address is served again")

    def test_peers_that_do_not_begin_cost_no_place_for_long(self):
        """Who sends no PROXY header, or half of one, holds a place only until it leaves."""
        peers = [connect(self.proxied) for _ in range(40)]
        for number, peer in enumerate(peers):
            self.addCleanup(peer.close)
            peer.sendall(proxy()[:number % 20])
        wait_for(lambda: not self.served(self.port), "all places are taken")
        for peer in peers:
            peer.close()
        wait_for(lambda: self.served(self.port), "the places are free again")


class FilesTest(LoadTest):
    def test_a_server_without_files_left_goes_on_and_recovers(self):
        session = Submitter(lambda: self.port)
        self.addCleanup(session.close)
        self.assertTrue(session.submit("before"))
        most = self.open_files() + 20
        resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (most, most))
        peers = [connect(self.port) for _ in range(100)]
        for peer in peers:
            self.addCleanup(peer.close)
        wait_for(lambda: self.open_files() >= most, "the server has no file left")
        for number in range(10):
            self.assertTrue(session.submit(f"meanwhile {number}"))
        for peer in peers:
            peer.close()
        self.submit(10)
        self.assertEqual(len(self.postroom.get("/queue", limit=500)["items"]), 21)
        self.assertEqual(self.postroom.stop(), 0)

    def open_files(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))


FEW_FILES = 200  # half of them for sessions of SMTP


class FewFilesTest(LoadTest):
    config = OPEN.format(limits="")

    def setUp(self):
        super().setUp()
        self.postroom.stop()
        self.postroom.start(before=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (FEW_FILES, FEW_FILES)))
        self.port = self.postroom.child.addresses("smtp", 1)[0][1]

    def test_sessions_leave_files_for_sending_and_for_the_api(self):
        capture = Capture(os.path.join(self.postroom.directory, "caught"))
        self.addCleanup(capture.stop)
        self.postroom.connect_to(capture.port)
        peers = [connect(self.port) for _ in range(FEW_FILES)]
        for peer in peers:
            self.addCleanup(peer.close)
        greetings = [read_reply(peer)[:3] for peer in peers]
        self.assertEqual([greetings.count(b"220"), greetings.count(b"421")], [FEW_FILES // 2, FEW_FILES // 2])
        sent = self.postroom.send()
        self.postroom.wait_status(sent["emails"][0]["id"], "accepted")
        self.assertIn("fewer SMTP sessions than configured", self.postroom.child.log())


if __name__ == "__main__":
    unittest.main()
