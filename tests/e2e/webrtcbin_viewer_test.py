#!/usr/bin/env python3
"""A viewer that shares no code with us, by WHEP: GStreamer's webrtcbin receives, repairs and decodes; judged by what stands in its pictures."""

import base64
import json
import sys
import unittest

from lab import ROOT, SLOW, Lab, until  # which makes tests/ importable

from stamp import Stamp, camera_hash, read_stamp

PICTURES = 60
GOLDEN = ROOT / "tests/conformance/stamp"


class Stamps(unittest.TestCase):
    def test_the_judge_reads_what_the_robot_draws(self):
        for path in GOLDEN.glob("*.json"):
            golden = json.loads(path.read_text())
            luma = b"".join(base64.b64decode(band["luma"]) * band["rows"] for band in golden["bands"])
            width, height = golden["width"], golden["height"]
            self.assertEqual(read_stamp(luma, width, height, width), Stamp(**golden["stamp"]), path.name)
            self.assertIsNone(read_stamp(bytes(len(luma)), width, height, width))
            self.assertIsNone(read_stamp(bytes(255 - value for value in luma), width, height, width))


class WebrtcbinViewer(unittest.TestCase):
    def watch(self, lab, camera):
        """Its lines, once it has seen its pictures and left."""
        viewer = lab.run(sys.executable, ROOT / "tests/interop/webrtcbin_viewer.py", f"http://127.0.0.1:{lab.port}/whep/rover-7/{camera}", PICTURES, "--stamps")
        code = viewer.process.wait(90 * SLOW)
        self.assertEqual(code, 0, viewer.output())
        return viewer.lines()

    def test_its_pictures_are_those_of_the_camera_and_it_leaves_nothing_behind(self):
        with Lab() as lab:
            lab.start_server()
            lab.start_robot("--size", "640x360", cameras=("front=test:", "rear=test:?size=640x480"))
            for number, (camera, size) in enumerate((("rear", "640x480"), ("front", "640x360")), start=1):
                lines = self.watch(lab, camera)
                self.assertIn(f"decoded {PICTURES} pictures of {size}", lines)
                stamps = [(int(line.split()[1]), float(line.split()[2]), int(line.split()[3])) for line in lines if line.startswith("stamp ")]
                # One that is damaged by a loss that came too late to be repaired may be shown; more than that is a fault of ours.
                self.assertGreater(len(stamps), PICTURES * 0.9, lines)
                self.assertEqual({its for _, _, its in stamps}, {camera_hash(camera)})
                frames = [frame for frame, _, _ in stamps]
                self.assertEqual(frames, sorted(set(frames)), "each is shown once, in order")
                self.assertTrue(all(0 < age < 60_000 * SLOW for _, age, _ in stamps), lines)
                until("the robot let it go", lambda: lab.metric("bigfoot_sessions_ended_total") == number and lab.metric("bigfoot_sessions") == 0)
                until("the server, too", lambda: lab.metric("bigfoot_sessions", port=lab.admin_port) == 0)
            self.assertEqual(lab.metric("bigfoot_sessions_started_total"), 2)


if __name__ == "__main__":
    unittest.main()
