#!/usr/bin/env python3
"""What a robot changes while viewers watch: its file, read again at SIGHUP."""

import json
import pathlib
import re
import signal
import tempfile
import unittest

from lab import BIN, RECEIVERS, Lab, until


class LiveTest(unittest.TestCase):
    def start(self, text):
        """A robot that was started with `text` as its file."""
        self.lab = self.enterContext(Lab())
        self.file = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="bigfoot-live-"))) / "robot.yaml"
        self.lab.start_server()
        self.write(text)
        self.lab.robot = self.lab.run(BIN / "bigfoot", "robot", "--config", self.file)
        until("the robot is listed", lambda: self.lab.checked(self.lab.robot) and "rover-7" in self.lab.online())

    def write(self, text):
        self.file.write_text(f"server: ws://127.0.0.1:{self.lab.port}\nname: rover-7\nmetrics: 127.0.0.1:{self.lab.metrics_port}\n" + text)

    def hangup(self, text):
        """The robot reads `text` in the place of its file: the lines that its log has for that."""
        self.write(text)
        before = len(self.lines("config.read")) + len(self.lines("config.refused"))
        at = len(self.lab.robot.output())
        self.lab.robot.process.send_signal(signal.SIGHUP)
        until("it was read again", lambda: len(self.lines("config.read")) + len(self.lines("config.refused")) > before)
        return self.lab.robot.output()[at:]

    def lines(self, event):
        return [line for line in self.lab.robot.output().splitlines() if f" {event} " in line]

    def viewer(self, camera="front"):
        """One that watches until it is stopped by seen()."""
        viewer = self.lab.run(RECEIVERS, "--url", f"http://127.0.0.1:{self.lab.port}/whep/rover-7/{camera}", "--loopback", "--count", "1", "--seconds", "600")
        until("pictures come", lambda: self.sizes(viewer))
        return viewer

    def sizes(self, viewer):
        return re.findall(r"^size (\d+x\d+)$", viewer.output(), re.M)

    def sees(self, viewer, size):
        until(f"the viewer sees {size}", lambda: viewer.alive() and self.sizes(viewer)[-1] == size)

    def session_states(self):
        return [re.search(r"state=(\w+)", line)[1] for line in self.lines("session.state")]

    def sent(self):
        return self.lab.metric("bigfoot_frames_sent_total")

    def goes_on(self):
        at = self.sent()
        until("pictures go on", lambda: self.sent() > at + 5)


class Hangup(LiveTest):
    def test_size_rate_turn_and_bit_rate_reach_a_viewer_that_stays(self):
        camera = "cameras:\n  front:\n    source: \"test:\"\n    encoder: openh264enc\n"
        self.start(camera + "    size: 640x360\n    fps: 15\n    bitrate: 800k\n")
        viewer = self.viewer()
        self.sees(viewer, "640x360")
        said = self.hangup(camera + "    size: 640x360\n    fps: 15\n    bitrate: 400k\n")
        self.assertRegex(said, r"config\.changed .*key=cameras\.front\.bitrate was=800k is=400k")
        until("the encoder is asked for it", lambda: self.lab.metric("bigfoot_target_bitrate_bps") == 400e3)
        self.goes_on()
        self.assertEqual(len(self.lines("encoder.chosen")), 1, "another bit rate needs no other encoder")
        self.hangup(camera + "    size: 640x360\n    fps: 15\n    bitrate: 400k\n    rotate: 180\n")
        until("the source is opened anew", lambda: len(self.lines("camera.started")) >= 1 and self.lab.metric("bigfoot_camera_live") == 1)
        self.goes_on()
        self.assertEqual(len(self.lines("encoder.chosen")), 1, "nor does a turned picture")
        self.hangup(camera + "    size: 480x640\n    fps: 10\n    bitrate: 400k\n    rotate: 90\n")
        self.sees(viewer, "480x640")
        self.goes_on()
        self.assertNotIn("ended", self.session_states())
        self.assertEqual(len(self.lines("session.state")), len(set(self.session_states())), "one session, that never lost its path")
        self.assertTrue(viewer.alive())

    def test_a_file_with_faults_changes_nothing_and_all_faults_are_said(self):
        good = "cameras:\n  front: {source: \"test:\", size: 320x180, fps: 10}\n"
        self.start(good)
        viewer = self.viewer()
        said = self.hangup("cameras:\n  front: {source: \"test:\", size: 321x180, fps: fast, bitrat: 1M}\nmax_viewers: 3\n")
        for what, fix in ((r":5: camera front: size: \\\"321x180\\\" has an odd side", "even sides"), (r":5: camera front: fps", ""),
                          (r":5: camera front: there is no key \\\"bitrat\\\"", "did you mean bitrate")):
            where, _, what = what.partition(": ")
            self.assertRegex(said, rf"config\.fault .*where=\S*robot\.yaml{where} what=.*{what}.*fix=.*{fix}")
        self.assertRegex(said, r"config\.refused .*faults=3")
        self.assertNotIn("config.changed", said)
        self.assertEqual(self.sizes(viewer), ["320x180"])
        self.goes_on()
        self.file.unlink()
        self.lab.robot.process.send_signal(signal.SIGHUP)
        until("a file that is gone is said", lambda: "there is no such file" in self.lab.robot.output())
        self.goes_on()

    def test_what_cannot_change_live_names_its_key_each_time_until_the_restart(self):
        good = "cameras: {front: {source: \"test:\", size: 320x180, fps: 10}}\n"
        self.start(good)
        other = "cameras: {front: {source: \"test:\", size: 320x180, fps: 10}, rear: \"test:\"}\nice: {ports: 50000-50100}\nlog: {level: debug}\n"
        for _ in range(2):
            said = self.hangup(other)
            for key in ("ice.ports", "cameras.rear"):
                self.assertRegex(said, rf"config\.needs_restart .*key={key} ")
        self.assertRegex(self.lab.robot.output(), r"config\.changed .*key=log\.level was=info is=debug")
        self.assertIn("needs_restart=2", self.lines("config.read")[-1])
        self.assertIn("changed=0", self.lines("config.read")[-1])
        self.assertTrue(json.loads(self.lab.get("/api/v1/robots"))[0]["online"])


if __name__ == "__main__":
    unittest.main(verbosity=1)
