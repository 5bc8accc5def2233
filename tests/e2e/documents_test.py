#!/usr/bin/env python3
"""What the documents promise, the programs do."""

import re
import subprocess
import unittest
import urllib.request

from lab import BIN, ROOT, SLOW, Lab


class Documents(unittest.TestCase):
    def test_every_metric_is_documented_and_no_other(self):
        with Lab() as lab:
            lab.start_server()
            lab.start_robot()
            lab.receivers("--count", "1", "--seconds", "1.5")
            exposed = set()
            for port in (lab.metrics_port, lab.admin_port):
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5 * SLOW) as reply:
                    exposed |= set(re.findall(r"^# HELP (\S+)", reply.read().decode(), re.M))
        documented = set(re.findall(r"`((?:bigfoot|process)_\w+)", (ROOT / "docs/metrics.md").read_text()))
        self.assertEqual(exposed - documented, set(), "exposed and not in docs/metrics.md")
        # A family without a child yet (nothing was refused) is not exposed.
        self.assertEqual(documented - exposed - {"bigfoot_signaling_errors_total"}, set(), "in docs/metrics.md and not exposed")

    def test_flags_of_the_readme_exist(self):
        readme = (ROOT / "README.md").read_text()
        for program, verb in (("bigfoot", "robot"), ("bigfoot-server", "serve")):
            shown = subprocess.run([BIN / program, verb, "--help"], capture_output=True, text=True, check=True).stdout
            for line in readme.splitlines():
                if re.search(rf"bin/{program} {verb}", line):
                    for flag in re.findall(r"--[\w-]+", line):
                        self.assertIn(flag, shown)

    def test_help_and_version(self):
        for program in ("bigfoot", "bigfoot-server"):
            version = subprocess.run([BIN / program, "--version"], capture_output=True, text=True, check=True).stdout
            self.assertRegex(version, rf"^{program} \d+\.\d+\.\d+\n$")
            self.assertEqual(subprocess.run([BIN / program], capture_output=True).returncode, 2)


if __name__ == "__main__":
    unittest.main(verbosity=1)
