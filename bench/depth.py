"""Depth for the benchmarks: data directories seeded past the product (bench/seed.cpp), and starts that are timed."""

import os
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "end_to_end"))

from ends import ENDS  # noqa: E402: found by the line above
from harness import Postroom  # noqa: E402
from waiting import wait_for  # noqa: E402

SEED_GUARD_S = 3600
START_GUARD_S = 600


def seed(data, queued=0, shape="scheduled", log=0, pin=0):
    """Fills the data directory of a Postroom that is not running; how long it took."""
    begin = time.monotonic()
    subprocess.run([os.path.join(ENDS, "seed"), data, "--queued", str(queued), "--shape", shape, "--log", str(log),
                    "--pin", str(pin)], check=True, timeout=SEED_GUARD_S)
    return time.monotonic() - begin


def start(postroom):
    """Starts the server; the seconds from its process's begin until /readyz says 200."""
    begin = time.monotonic()
    postroom.start()

    def ready():
        with postroom.request("GET", "/readyz", key="") as response:
            return response.status == 200

    wait_for(ready, "the server is ready", guard_s=START_GUARD_S)
    return time.monotonic() - begin


def memory_mb(pid):
    """(resident, resident at most) of a process."""
    fields = {}
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        for line in file:
            name, _, value = line.partition(":")
            fields[name] = value
    return int(fields["VmRSS"].split()[0]) / 1024, int(fields["VmHWM"].split()[0]) / 1024


def open_seeded(arguments):
    """A server, started, on `arguments.dir`, which is seeded first when it is not yet."""
    postroom = Postroom("")
    postroom.stop()
    if arguments.dir:
        postroom.data = os.path.abspath(arguments.dir)
    if not os.path.exists(os.path.join(postroom.data, "seeded")):
        took = seed(postroom.data, arguments.queued, arguments.shape, arguments.log)
        with open(os.path.join(postroom.data, "seeded"), "w", encoding="ascii"):
            pass
        print(f"seeded {arguments.queued:,} queued ({arguments.shape}) and {arguments.log:,} log rows in {took:.0f} s",
              flush=True)
    print(f"start: {start(postroom):.2f} s", flush=True)
    postroom.key = postroom.create_key("lists", "admin")
    return postroom
