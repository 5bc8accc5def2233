#!/usr/bin/env python3
"""The parts of `bigfoot view` that may fail on any machine: a display that goes away."""

import os
import pathlib
import tempfile
import unittest
from unittest import mock

from lab import Lab, until
from view_test import Viewer, Xvfb, decoded_frames, share, told


class Display(unittest.TestCase):
    BLUE = "front=gst:videotestsrc is-live=true pattern=solid-color foreground-color=0xff2060c0 ! video/x-raw,width=640,height=360,framerate=30/1"

    def view(self, lab, screen, *words):
        lab.start_server()
        lab.start_robot("--size", "640x360", cameras=(self.BLUE,))
        with mock.patch.dict(os.environ, {"DISPLAY": screen.name}):
            viewer = Viewer(lab, "rover-7", "--server", f"ws://127.0.0.1:{lab.port}", "--display", "ximagesink", *words)
        viewer.pictures()
        self.sees(screen)
        return viewer

    def sees(self, screen):
        def is_blue(r, g, b):
            return abs(r - 0x20) < 25 and abs(g - 0x60) < 25 and abs(b - 0xc0) < 25
        until("the picture is there", lambda: share(screen.pixels(200, 120, 100, 80), is_blue) > 0.95)

    def test_an_x_server_that_dies_ends_it_with_a_goodbye_and_a_whole_recording(self):
        with Lab() as lab, Xvfb() as screen, tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "drive.mkv"
            viewer = self.view(lab, screen, "--record", str(path))
            screen.process.kill()
            viewer.until_said("the display is gone, and tried again for 8 s")
            received = viewer.until("it is received all the same", lambda now: now["cameras"][0]["frozen"])["cameras"][0]["counts"]["frames"]
            viewer.until("more is received", lambda now: now["cameras"][0]["counts"]["frames"] > received + 5)
            until("it ends", lambda: not viewer.program.alive())
            viewer.program.stopped = True
            self.assertEqual(viewer.program.process.returncode, 5, viewer.program.output()[-3000:])
            self.assertIn("no display", viewer.said()[-1])
            self.assertIn("--display none", viewer.said()[-1])
            told(lab)
            last = viewer.seconds()[-1]
            self.assertEqual((last["sessions"], last["recoveries"]["decoder"]["tried"]), (1, 0), "neither is at fault")
            self.assertGreaterEqual(decoded_frames(path), last["cameras"][0]["counts"]["frames"])

    def test_an_x_server_that_is_started_anew_shows_the_picture_again(self):
        with Lab() as lab, Xvfb() as screen:
            viewer = self.view(lab, screen)
            for times in (1, 2):
                screen.process.terminate()
                screen.process.wait()
                screen.start(screen.name)
                until("the display is back", lambda: self.backs(viewer) == times)
                self.sees(screen)
                self.assertEqual(viewer.pictures()["sessions"], 1)
            viewer.quit()
            told(lab)

    def backs(self, viewer):
        viewer.lab.checked(viewer.program)
        return viewer.said().count("the display is back")


if __name__ == "__main__":
    unittest.main(verbosity=1)
