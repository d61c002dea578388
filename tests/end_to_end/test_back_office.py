"""The Back Office in a browser: web/e2e against the real server and a provider that keeps what it gets."""

import os
import subprocess
import unittest

from harness import ROOT, Child, PostroomTest
from people import first_link

BROWSER = os.environ.get("CHROMIUM", "/usr/bin/chromium")
MODULES = os.path.join(ROOT, "web", "node_modules")
SHOTS = os.path.join(ROOT, "build", "shots")  # kept to be looked at
BROWSER_GUARD_S = 900


@unittest.skipUnless(os.path.exists(BROWSER) and os.path.isdir(MODULES), "no browser, or ./dev build has not been run")
class BackOfficeTest(PostroomTest):
    def test_the_whole_walk_of_a_first_administrator_and_every_page(self):
        capture = Child(["capture", "--smtp", "127.0.0.1:0", "--dir", os.path.join(self.postroom.directory, "caught")],
                        os.path.join(self.postroom.directory, "capture.log"))
        self.addCleanup(capture.stop)
        host, port = capture.address("smtp")
        os.makedirs(SHOTS, exist_ok=True)
        done = subprocess.run(
            ["node", "--test", "--test-reporter=spec", "e2e/back_office.test.mjs"], cwd=os.path.join(ROOT, "web"),
            env={**os.environ, "BASE_URL": f"http://{self.postroom.host}:{self.postroom.port}",
                 "TOKEN": first_link(self.postroom), "CAPTURE": f"{host}:{port}", "SHOTS": SHOTS, "CHROMIUM": BROWSER},
            capture_output=True, text=True, timeout=BROWSER_GUARD_S, check=False)
        self.assertEqual(done.returncode, 0, done.stdout[-8000:] + done.stderr[-2000:])


if __name__ == "__main__":
    unittest.main()
