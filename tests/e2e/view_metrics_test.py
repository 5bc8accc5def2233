#!/usr/bin/env python3
"""What `bigfoot view` knows of the delay is on /metrics of robot and server, and what it only guesses is marked."""

import unittest

from lab import Lab, until
from view_test import Viewer

STAGES = ("network", "reassembly", "wait", "decode", "display")


class Reports(unittest.TestCase):
    def test_where_the_time_goes_is_on_both_pages(self):
        with Lab() as lab:
            lab.start_server()
            lab.start_robot("--size", "320x180", cameras=("front=test:", "rear=test:"))
            viewer = Viewer(lab, "rover-7/front", "--server", f"ws://127.0.0.1:{lab.port}", "--smooth", "100")
            viewer.pictures()
            for page, only in ((lab.admin_port, {"robot": "rover-7"}), (lab.metrics_port, {})):
                def stage(name, part, camera="front"):
                    return lab.metric(f"bigfoot_viewer_stage_seconds_{part}", port=page, camera=camera, stage=name, **only)

                def mean_ms(name):
                    return 1000 * stage(name, "sum") / stage(name, "count")

                until("two reports of every stage", lambda: all(stage(name, "count") >= 2 for name in STAGES))
                delays = lab.metric("bigfoot_glass_latency_seconds_count", port=page, camera="front", **only)
                self.assertLessEqual(stage("decode", "count"), delays + 1, "each with a delay; one may have come in between")
                self.assertGreater(mean_ms("decode"), 0)
                self.assertGreater(mean_ms("wait"), 20, "--smooth holds pictures back, and nothing else here takes as long")
                self.assertEqual(sum(stage(name, "count", "rear") for name in STAGES), 0, "nobody looks at it")
            told = viewer.until("the stages in a line", lambda now: {*STAGES} <= {*now["cameras"][0]["stages"]})
            self.assertGreater(told["cameras"][0]["stages"]["wait"]["p50_ms"], 20)
            viewer.quit()

    def test_a_robot_by_whep_tells_its_clock_and_hears_no_reports(self):
        with Lab() as lab:
            lab.start_server()
            lab.start_robot("--size", "320x180")
            viewer = Viewer(lab, "--whep", f"http://127.0.0.1:{lab.port}/whep/rover-7")
            line = viewer.until("the delay, and for longer than reports are apart", lambda now: now["cameras"] and now["cameras"][0]["delay"] and shown(now) > 120)
            self.assertFalse(line["cameras"][0]["delay"]["estimated"])
            for page in (lab.admin_port, lab.metrics_port):
                self.assertEqual(lab.metric("bigfoot_glass_latency_seconds_count", port=page), 0)
            viewer.quit()


def shown(line):
    return line["cameras"][0]["counts"]["shown"]


if __name__ == "__main__":
    unittest.main(verbosity=1)
