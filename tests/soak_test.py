#!/usr/bin/env python3
"""Nothing grows while a picture is shown: `./run bench soak`, three minutes of it."""

import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tests/e2e")]
import soak  # noqa: E402
from lab import Lab  # noqa: E402

SECONDS = 180


class Soak(unittest.TestCase):
    def test_three_minutes_leave_nothing_behind(self):
        with Lab() as lab:
            lab.start_server()
            lab.start_robot("--size", "640x360", "--bitrate", "1M", "--encoder", "x264enc")
            run = soak.Soak(lab)
            figures = soak.figures(run.run(SECONDS), run.samples, of=soak.quiet)
        print(figures)
        self.assertGreater(figures["pictures"], SECONDS * 20, "30 a second")
        for goal in soak.judge_short(figures):
            self.assertTrue(goal["pass"], goal)


if __name__ == "__main__":
    unittest.main(verbosity=2)
