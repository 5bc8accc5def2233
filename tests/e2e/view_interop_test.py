#!/usr/bin/env python3
"""`bigfoot view` and senders that share no code with us: GStreamer's webrtcbin over signaling, aiortc by WHEP; and our own by WHEP."""

import pathlib
import sys
import unittest

from lab import Lab, until
from view_test import Viewer

INTEROP = pathlib.Path(__file__).resolve().parents[1] / "interop"


class Sender:
    """A program of tests/interop; what it says is a line each."""

    def __init__(self, lab, *words):
        self.lab = lab
        self.program = lab.run(sys.executable, INTEROP / words[0], *words[1:])

    def until_said(self, word):
        """Gives the line that begins with it."""
        def said():
            self.lab.checked(self.program)
            return next((line for line in self.program.lines() if line.startswith(word)), None)
        return until(f"{self.program} says {word}", said)


class Interop(unittest.TestCase):
    def test_pictures_of_a_webrtcbin_that_knows_only_gstreamers_protocol(self):
        with Lab() as lab:
            lab.start_server()
            viewer = Viewer(lab, "gst-stream", "--server", f"ws://127.0.0.1:{lab.port}")
            viewer.until_said("waiting for")
            sender = Sender(lab, "webrtcbin_sender.py", str(lab.port))
            line = viewer.pictures(30)
            camera = line["cameras"][0]
            self.assertEqual((camera["width_px"], camera["height_px"]), (640, 480))
            sender.until_said("connected")
            viewer.quit()
            sender.until_said("left")

    def test_parameter_sets_that_are_said_in_the_sdp_only(self):
        with Lab() as lab:
            lab.start_server()
            Sender(lab, "webrtcbin_sender.py", str(lab.port), "--sprop-only").until_said("registered")
            viewer = Viewer(lab, "gst-stream", "--server", f"ws://127.0.0.1:{lab.port}")
            viewer.pictures(30)
            viewer.quit()

    def test_pictures_of_aiortc_by_whep(self):
        with Lab() as lab:
            sender = Sender(lab, "aiortc_whep.py", "--size", "320x240")
            url = sender.until_said("whep ").split()[1]
            viewer = Viewer(lab, "--whep", url)
            camera = viewer.pictures(30)["cameras"][0]
            self.assertEqual((camera["width_px"], camera["height_px"]), (320, 240))
            line = viewer.until("the delay, as its sender reports let it guess", lambda now: now["cameras"][0]["delay"])
            self.assertTrue(line["cameras"][0]["delay"]["estimated"])
            self.assertTrue(line["clock"]["estimated"])
            self.assertNotIn("network", line["cameras"][0]["stages"], "it does not say where its own time goes")
            viewer.quit()
            sender.until_said("left")

    def test_pictures_of_our_own_robot_by_whep(self):
        with Lab() as lab:
            lab.start_server()
            viewer = Viewer(lab, "--whep", f"http://127.0.0.1:{lab.port}/whep/rover-7/rear")
            viewer.until_said("no robot of that name")
            lab.start_robot(cameras=("front=test:?size=320x240", "rear=test:?size=640x480"))
            line = viewer.pictures(30)
            self.assertEqual([(camera["name"], camera["width_px"]) for camera in line["cameras"]], [("rear", 640)])
            viewer.quit()
            until("the robot let the viewer go", lambda: lab.metric("bigfoot_sessions") == 0)


if __name__ == "__main__":
    unittest.main()
