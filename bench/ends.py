"""The ends of the benchmarks: programs of our own, so that the measured system is the only large one."""

import os
import subprocess
import sys

BUILD = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "build", "release")
ENDS = os.environ.get("POSTROOM_BENCH_ENDS", os.path.join(BUILD, "bench"))


def build_ends():
    """Builds them, unless the environment says where they are."""
    if "POSTROOM_BENCH_ENDS" not in os.environ:
        subprocess.run(["ninja", "-C", BUILD, "bench_ends"], check=True, stdout=sys.stderr)


class Sink:
    """The last hop; counts what it takes."""

    def __init__(self):
        self._process = subprocess.Popen([os.path.join(ENDS, "smtp_sink")], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True)
        self.port = int(self._process.stdout.readline().rsplit(":", 1)[1])

    def taken(self):
        return int(self._ask("?")[0])

    def forget_latencies(self):
        self._ask("new")

    def latencies(self):
        """p50 and p99 in milliseconds of paced messages, from the moment they were to be sent."""
        return [float(each) for each in self._ask("?")[1:]]

    def _ask(self, question):
        self._process.stdin.write(question + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().split()

    def stop(self):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
