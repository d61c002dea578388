"""Waiting for something to become true, never for a time to pass."""

import time

GUARD_S = 60


def wait_for(predicate, what, guard_s=GUARD_S):
    """The first true value of `predicate`; AssertionError naming `what` when the guard passes first."""
    deadline = time.monotonic() + guard_s
    pause_s = 0.005
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"after {guard_s} s still not so: {what} (last seen: {value!r})")
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, 0.1)
