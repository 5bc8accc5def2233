#!/usr/bin/env python3
"""The delay that `bigfoot view` reports of a picture against the one that its stamp tells, on one machine: they share no clock reading."""

import unittest

from lab import Lab
from view_test import Viewer

PICTURES = 150
APART_MAX_MS = 3.0


class Delay(unittest.TestCase):
    def judged(self, viewer):
        """The rows of the next pictures that have both, once the robot's clock is known. How late they are does not matter: what is
        judged are two readings of the same picture's age. A machine under load asks for the clock longer, until a ping was quick."""
        known = viewer.until("the robot's clock is known", lambda now: now["clock"] and now["clock"]["error_ms"] < APART_MAX_MS)
        after = len(viewer.seconds())
        self.assertFalse(known["clock"]["estimated"])

        def rows():
            return [row for line in viewer.seconds()[after:] for row in line["cameras"][0]["measured"]["pictures"] if "stamped_ms" in row]

        viewer.until("pictures", lambda _: len(rows()) >= PICTURES)
        return rows()

    def agrees(self, lab, *words):
        viewer = Viewer(lab, *words, "--measure")
        pictures = self.judged(viewer)
        self.assertTrue(all("delay_ms" in row for row in pictures), "each has a delay")
        self.assertTrue(all(row["stamped_ms"] > 0 for row in pictures), "the stamp tells an age")
        apart = sorted(abs(row["delay_ms"] - row["stamped_ms"]) for row in pictures)
        print(f"apart: {apart[len(apart) // 2]:.3f} ms p50, {apart[len(apart) * 95 // 100]:.3f} ms p95 of {len(apart)}")
        self.assertLessEqual(apart[len(apart) * 95 // 100], APART_MAX_MS)
        beyond = sorted(abs(row["delay_ms"] - row["stamped_ms"]) - row["error_ms"] for row in pictures)
        print(f"beyond what is stated: {beyond[len(beyond) // 2]:.3f} ms p50, {beyond[len(beyond) * 95 // 100]:.3f} ms p95")
        self.assertLessEqual(beyond[len(beyond) * 95 // 100], 0, "it is no more wrong than it says")
        viewer.quit()

    def test_it_is_what_the_stamp_tells(self):
        with Lab() as lab:
            lab.start_server()
            lab.start_robot("--size", "640x360")
            self.agrees(lab, "rover-7", "--server", f"ws://127.0.0.1:{lab.port}")


if __name__ == "__main__":
    unittest.main()
