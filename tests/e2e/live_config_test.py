#!/usr/bin/env python3
"""What a robot changes while viewers watch: its file, read again at SIGHUP, and what is asked over HTTP."""

import json
import pathlib
import re
import signal
import tempfile
import unittest
import urllib.error
import urllib.request

from lab import BIN, RECEIVERS, SLOW, Lab, until


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
        camera = "log: {level: debug}\ncameras:\n  front:\n    source: \"test:\"\n"  # opened anew: camera.started is debug then
        rest = "    encoder: openh264enc\n"
        self.start(camera + rest + "    size: 640x360\n    fps: 15\n    bitrate: 800k\n")
        viewer = self.viewer()
        self.sees(viewer, "640x360")
        said = self.hangup(camera + rest + "    size: 640x360\n    fps: 15\n    bitrate: 400k\n")
        self.assertRegex(said, r"config\.changed .*key=cameras\.front\.bitrate was=800k is=400k")
        until("the encoder is asked for it", lambda: self.lab.metric("bigfoot_target_bitrate_bps") == 400e3)
        self.goes_on()
        self.assertEqual(len(self.lines("encoder.chosen")), 1, "another bit rate needs no other encoder")
        started = len(self.lines("camera.started"))
        said = self.hangup(camera + rest + "    size: 640x360\n    fps: 15\n    bitrate: 400k\n    rotate: 180\n")
        self.assertRegex(said, r"config\.changed .*key=cameras\.front\.rotate was=0 is=180")
        until("the source is opened anew", lambda: len(self.lines("camera.started")) > started and self.lab.metric("bigfoot_camera_live") == 1)
        self.goes_on()
        self.assertEqual(len(self.lines("encoder.chosen")), 1, "nor does a turned picture")
        self.hangup(camera + rest + "    size: 480x640\n    fps: 10\n    bitrate: 400k\n    rotate: 90\n")
        self.sees(viewer, "480x640")
        self.goes_on()
        self.assertNotIn("encoder=x264enc", self.lines("encoder.chosen")[-1])
        said = self.hangup(camera + "    encoder: x264enc\n    size: 480x640\n    fps: 10\n    bitrate: 400k\n    rotate: 90\n")
        self.assertRegex(said, r"config\.changed .*key=cameras\.front\.encoder was=openh264enc is=x264enc")
        until("the other encoder runs", lambda: "encoder=x264enc" in self.lines("encoder.chosen")[-1])
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


class Patch(LiveTest):
    CAMERAS = "cameras:\n  front: {source: \"test:?size=640x360\", fps: 15, encoder: openh264enc}\n"

    def patch(self, values, camera="front", robot="rover-7", headers=None, port=None):
        """Status, and the answer: JSON where it is."""
        request = urllib.request.Request(f"http://127.0.0.1:{port or self.lab.admin_port}/api/v1/robots/{robot}/cameras/{camera}", method="PATCH",
                                         data=values if isinstance(values, bytes) else json.dumps(values).encode(),
                                         headers={"Content-Type": "application/json"} | (headers or {}))
        try:
            with urllib.request.urlopen(request, timeout=20 * SLOW) as reply:
                status, text = reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode()
        return status, json.loads(text) if text.startswith("{") else text

    def tried(self, values):
        """The answer when the camera has tried them: a slow machine takes longer than the first waits."""
        def said():
            status, answer = self.patch(values)
            return status == 200 and not any("not known yet" in why for why in answer["notApplied"].values()) and answer
        return until(f"{values} is tried", said)

    def test_a_viewer_stays_and_gets_what_was_asked(self):
        self.start(self.CAMERAS)
        viewer = self.viewer()
        self.sees(viewer, "640x360")
        status, answer = self.patch({"size": "320x180", "bitrate": 400000, "rotate": 180})
        self.assertEqual((status, answer["robot"], answer["camera"], sorted(answer["changed"])), (200, "rover-7", "front", ["bitrate", "rotate", "size"]))
        self.assertEqual({key: answer["values"][key] for key in ("source", "size", "fps", "bitrate", "rotate")},
                         {"source": "test:", "size": "320x180", "fps": "15", "bitrate": "400k", "rotate": "180"})
        self.sees(viewer, "320x180")
        self.goes_on()
        self.assertNotIn("ended", self.session_states())
        self.assertEqual(self.patch({})[1]["changed"], [])
        said = [line for line in self.lab.server.output().splitlines() if " camera.patched " in line]
        self.assertEqual(len(said), 1, "a look is no change")
        self.assertRegex(said[0], r"robot=rover-7 camera=front remote=127\.0\.0\.1:\d+ status=200 changed=\S*size")
        answer = self.patch({"rotate": None})[1]
        self.assertEqual((answer["changed"], answer["values"]["rotate"], answer["values"]["size"]), (["rotate"], "0", "320x180"))
        said = self.hangup(self.CAMERAS)
        self.assertRegex(said, r"config\.changed .*key=cameras\.front\.bitrate was=400k")
        self.sees(viewer, "640x360")  # what was asked from afar holds until the file is read again

    def test_what_is_refused(self):
        self.start(self.CAMERAS)
        viewer = self.viewer()
        for source in ("gst:videotestsrc ! video/x-raw", "file:/etc/passwd"):
            status, answer = self.patch({"source": source, "bitrate": "1M"})
            self.assertEqual(status, 403)
            self.assertIn("not taken over the network", answer["faults"][0]["what"])
        self.assertEqual(self.patch({"encoder": "gst:x264enc"})[0], 403)
        status, answer = self.patch({"size": "641x360", "fps": "fast", "bitrat": "1M"})
        self.assertEqual((status, len(answer["faults"])), (422, 3))
        self.assertIn("did you mean bitrate?", [fault["fix"] for fault in answer["faults"]])
        self.assertEqual((self.patch({}, camera="rear")[0], self.patch({}, robot="rover-8")[0], self.patch(b"[]")[0]), (404, 404, 400))
        status, text = self.patch({}, port=self.lab.port)
        self.assertEqual((status, "--admin-listen" in text), (403, True), "what comes by the public address may be the world behind a proxy")
        self.assertEqual(self.patch({}, headers={"X-Forwarded-For": "192.0.2.1"})[0], 403)
        status, answer = self.patch({"source": "x" * 4097})
        self.assertEqual((status, len(answer["faults"])), (422, 1))
        status, answer = self.patch({"size": "9" * 4090})
        self.assertEqual((status, len(answer["faults"])), (422, 1), "the robot's words about it reach us")
        self.assertEqual(self.patch({}, headers={"Origin": "https://evil.example"})[0], 403)
        self.assertEqual(self.patch({})[1]["values"]["bitrate"], "2.5M")
        self.assertEqual(self.sizes(viewer), ["640x360"])
        self.lab.robot.process.send_signal(signal.SIGSTOP)
        status, text = self.patch({"bitrate": "1M"})
        self.lab.robot.process.send_signal(signal.SIGCONT)
        self.assertEqual(status, 504, text)
        until("the robot is listed again", lambda: "rover-7" in self.lab.online())
        self.assertEqual(self.lab.robot.stop(), 0)
        until("the robot is away", lambda: "rover-7" not in self.lab.online())
        self.assertEqual(self.patch({"bitrate": "1M"})[0], 503)

    def test_what_the_camera_does_not_open_with_is_said_with_its_reason(self):
        self.start(self.CAMERAS)
        viewer = self.viewer()
        for _ in range(2):  # who asks once more hears no less
            answer = self.tried({"source": "v4l2:/dev/no-such-camera?size=640x360", "bitrate": "800k"})
            self.assertEqual((list(answer["notApplied"]), answer["values"]["source"]), (["source"], "v4l2:/dev/no-such-camera?size=640x360"))
            self.assertRegex(answer["notApplied"]["source"], r"/dev/no-such-camera does not open: No such file.*\(is the camera plugged in\?")
        named = r"key=cameras\.front\.source why=.*/dev/no-such-camera.* fix=.*plugged in"
        until("the log names the key", lambda: any(re.search(named, line) for line in self.lines("config.not_applied")))
        status, answer = self.patch({"bitrate": "1M"})
        self.assertEqual((status, answer["changed"], answer["notApplied"]), (200, ["bitrate"], {}), "that does not concern the source")
        self.assertEqual(self.tried({"source": "test:?size=320x180"})["notApplied"], {})
        self.sees(viewer, "320x180")
        self.goes_on()
        before = len(self.lines("config.not_applied"))
        said = self.hangup("cameras:\n  front: {source: \"v4l2:/dev/no-such-camera\", fps: 15, size: 320x180, encoder: openh264enc}\n")
        self.assertRegex(said, r"config\.changed .*key=cameras\.front\.source")
        until("it does so again", lambda: any(re.search(named, line) for line in self.lines("config.not_applied")[before:]))

    def test_an_encoder_with_a_rate_of_its_own_says_so(self):
        self.start("cameras:\n  front: {source: \"test:\", size: 320x180, fps: 10, encoder: \"gst:x264enc tune=zerolatency bitrate=300\"}\n")
        self.viewer()
        status, answer = self.patch({"bitrate": "1M"})
        self.assertEqual((status, answer["changed"], list(answer["notApplied"]), answer["values"]["encoder"]), (200, ["bitrate"], ["bitrate"], "gst:"))
        named = r"key=cameras\.front\.bitrate why=.*own text"  # written by a thread of its own: the answer may be first
        until("the log names the key", lambda: any(re.search(named, line) for line in self.lines("config.not_applied")))


if __name__ == "__main__":
    unittest.main(verbosity=1)
