#!/usr/bin/env python3
"""Where pictures come from, judged by what viewers of the real robot get; and what is said of a source that gives none."""

import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from lab import BIN, ROOT, SLOW, Lab, make_clip, until  # which makes tests/ importable

import waiting
from ports import free_port
from server_harness import viewer

VIEWER = ROOT / "tests/interop/webrtcbin_viewer.py"  # decodes with GStreamer and says the size


RTSP_CAMERA = """
import sys
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer
Gst.init(None)
server = GstRtspServer.RTSPServer(address="127.0.0.1", service=sys.argv[1] if len(sys.argv) > 1 else "0")
login = GstRtspServer.RTSPAuth()
viewer = GstRtspServer.RTSPToken()
viewer.set_string("media.factory.role", "viewer")
login.add_basic(GstRtspServer.RTSPAuth.make_basic("me@home", "s3cr/t"), viewer)
server.set_auth(login)
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch("( videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=20/1 ! "
                   "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=10 ! rtph264pay name=pay0 )")
factory.set_shared(True)
factory.add_role_from_structure(Gst.Structure.from_string("viewer,media.factory.access=true,media.factory.construct=true")[0])
server.get_mount_points().add_factory("/live", factory)
server.attach(None)
print("listening on", server.get_bound_port(), flush=True)
GLib.MainLoop().run()
"""


class RobotTest(unittest.TestCase):
    def start(self, *more, cameras):
        self.lab = self.enterContext(Lab())
        self.lab.start_server()
        self.lab.start_robot(*more, cameras=cameras)

    def folder(self):
        """Of this test, gone after it."""
        if not hasattr(self, "own_folder"):
            self.own_folder = self.enterContext(tempfile.TemporaryDirectory())
        return self.own_folder

    def decoded_size(self, camera):
        """Of what a GStreamer viewer decodes."""
        viewer = self.lab.run(sys.executable, VIEWER, f"http://127.0.0.1:{self.lab.port}/whep/rover-7/{camera}", 5)
        self.assertEqual(viewer.process.wait(60 * SLOW), 0, viewer.output())
        return re.search(r"decoded 5 pictures of (\d+x\d+)", viewer.output())[1]

    def figures(self, camera, frames):
        figures = self.lab.receivers("--count", "1", "--frames", str(frames), "--seconds", "120", robot=f"rover-7/{camera}")
        self.assertEqual((figures["errors"], figures["connected"]), ([], 1))
        self.assertGreaterEqual(figures["frames"], frames)
        return figures

    def assert_rate(self, camera, fps, frames=40):
        """By the camera's own clock and from picture to picture: a machine that stands still or has other work is no slower camera."""
        with waiting.Standstills() as standstills:
            [interval] = self.figures(camera, frames)["interval_ms"]
        self.assertLess(interval, 1000 / fps / 0.8 * SLOW + 1000 * standstills.usual_delay())
        self.assertLess(1000 / interval, fps * 1.2 + 2)

    def faults(self, camera):
        return [line for line in self.lab.robot.output().splitlines() if f" camera={camera} " in line and " camera.fault " in line]


class Good(RobotTest):
    def test_a_file_goes_on_over_its_end(self):
        with tempfile.TemporaryDirectory() as folder:
            make_clip(f"{folder}/one second.mp4")
            self.start("--size", "640x360", cameras=[f"drive=file:{folder}/one second.mp4"])
            self.assert_rate("drive", 30, frames=90)
            self.assertEqual(self.decoded_size("drive"), "640x360")
            self.assertEqual(self.faults("drive"), [])

    def test_gstreamer_texts_that_end_in_raw_and_in_what_is_decoded(self):
        raw = "gst:videotestsrc is-live=true pattern=ball ! video/x-raw,format=NV12,width=320,height=240,framerate=20/1"
        self.start("--size", "640x480", cameras=[f"raw={raw}", f"encoded={raw} ! x264enc tune=zerolatency bframes=2 key-int-max=5", f"jpeg={raw} ! jpegenc"])
        for camera, source in (("raw", "gst"), ("encoded", r'"gst \(H\.264 decoded by \w+ and encoded again\)"'), ("jpeg", r'"gst \(JPEG decoded by \w+ and encoded again\)"')):
            with self.subTest(camera):
                self.assert_rate(camera, 20)
                self.assertEqual(self.decoded_size(camera), "640x480")
                self.assertRegex(self.lab.robot.output(), rf"camera\.started .*camera={camera} .*source={source} ")

    def test_size_and_rate_by_flags_and_by_the_uri(self):
        self.start("--size", "480x270", "--fps", "15", cameras=["front=test:", "rear=test:?size=640x360&fps=24"])
        for camera, size, fps in (("front", "480x270", 15), ("rear", "640x360", 24)):
            with self.subTest(camera):
                self.assert_rate(camera, fps)
                self.assertEqual(self.decoded_size(camera), size)

    def test_an_encoder_by_launch_text_keeps_its_own_rate(self):
        self.start("--encoder", "gst:x264enc tune=zerolatency speed-preset=superfast bitrate=700", "--bitrate", "3M", "--size", "640x360", cameras=["front=test:"])
        figures = self.figures("front", frames=75)
        rate = figures["bytes"] * 8 / (figures["frames"] / 30)
        self.assertLess(rate, 1.6e6)
        self.assertEqual(self.decoded_size("front"), "640x360")
        self.assertRegex(self.lab.robot.output(), r"encoder\.own_rate ")
        self.assertEqual((self.lab.metric("bigfoot_source_control", control="idr"), self.lab.metric("bigfoot_source_control", control="bitrate")), (1, 0))

    def rtsp_camera(self, lab):
        """The port of an RTSP camera that asks for a login."""
        camera = lab.run(sys.executable, "-c", RTSP_CAMERA)
        until("the RTSP camera listens", lambda: "listening on" in camera.output())
        return int(re.search(r"listening on (\d+)", camera.output())[1])

    def test_an_rtsp_camera_with_a_login_that_no_line_repeats(self):
        lab = self.enterContext(Lab())
        port = self.rtsp_camera(lab)
        self.start("--size", "320x240", "--log-level", "debug",
                   cameras=[f"tcp=rtsp://me%40home:s3cr%2Ft@127.0.0.1:{port}/live",
                            f"udp=rtsp://me%40home:s3cr%2Ft@127.0.0.1:{port}/live#transport=udp&rotate=90&size=240x320",
                            f"wrong=rtsp://me%40home:s3cr3t@127.0.0.1:{port}/live"])
        for camera, size in (("tcp", "320x240"), ("udp", "240x320")):
            with self.subTest(camera):
                until("pictures come", lambda: self.lab.metric("bigfoot_frames_captured_total", camera=camera) > 20)
                self.assert_rate(camera, 20)
                self.assertEqual(self.decoded_size(camera), size)
        until("the wrong password is told", lambda: self.faults("wrong"))
        self.assertRegex(self.faults("wrong")[0], r"(?i)unauthorized")
        self.assertNotRegex(self.lab.robot.output(), r"s3cr")
        shown = subprocess.run([BIN / "bigfoot", "robot", "--camera", "rtsp://me:s3cret@cam/1", "--print-config"], capture_output=True, text=True, check=True)
        self.assertIn("rtsp://me:***@cam/1", shown.stdout)
        self.assertNotIn("s3cret", shown.stdout + shown.stderr)

    def own_h264(self, how, caps="profile=baseline"):
        """The URI of a camera that encodes itself, and of whose picture nothing has to be decoded."""
        return ("gst:videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=30/1 ! "
                f"x264enc tune=zerolatency speed-preset=ultrafast bitrate=400 {how} ! video/x-h264,{caps}")

    def test_h264_of_the_cameras_own_is_passed_through(self):
        self.start("--size", "320x240", "--bitrate", "2M", "--status-socket", f"{self.folder()}/s.sock", cameras=["own=" + self.own_h264("key-int-max=30")])
        with self.subTest("what a viewer decodes is the camera's"):
            self.assertEqual(self.decoded_size("own"), "320x240")
            self.assert_rate("own", 30)
        until("both controls are none", lambda: [self.lab.metric("bigfoot_source_control", control=control) for control in ("idr", "bitrate")] == [0, 0])
        self.assertGreater(self.lab.metric("bigfoot_frames_passed_total"), 40)
        self.assertLessEqual(self.lab.metric("bigfoot_frames_encoded_total"), self.lab.metric("bigfoot_placeholders_total"), "nothing of it is encoded again")
        self.assertRegex(self.lab.robot.output(), r"camera\.passed_through .*profile=42c0")
        self.assertNotRegex(self.lab.robot.output(), r"camera\.transcoded")
        self.assertEqual(self.faults("own"), [])
        with viewer(self.lab.port) as page:
            def told():
                page.send({"type": "list"})
                return page.until("list")["producers"][0]["meta"]["cameras"]
            until("pages are told", lambda: told() == [{"name": "own", "passedThrough": True}])
        status = subprocess.run([BIN / "bigfoot", "status", "--socket", f"{self.folder()}/s.sock", "--json"], capture_output=True, text=True, check=True)
        self.assertTrue(json.loads(status.stdout)["cameras"][0]["passed_through"])

    def test_who_joins_a_camera_that_is_passed_through_waits_for_its_next_key_frame(self):
        self.start("--size", "320x240", cameras=["own=" + self.own_h264("key-int-max=30")])
        waits = []
        for _ in range(4):  # the best of some: a machine that stands still has no part in it
            before = time.monotonic()
            self.figures("own", frames=1)
            waits.append(time.monotonic() - before)
        self.assertLess(min(waits), 2 * SLOW, waits)
        self.assertLessEqual(self.lab.metric("bigfoot_frames_encoded_total"), self.lab.metric("bigfoot_placeholders_total"), "nothing of it is encoded again")

    def test_h264_that_does_not_fit_is_encoded_again_and_the_log_says_why(self):
        self.start("--size", "320x240", cameras=["b-frames=" + self.own_h264("bframes=2 key-int-max=15", "profile=main"), "seldom=" + self.own_h264("key-int-max=90")])
        for camera, why, fix in (("b-frames", "H.264 main", "constrained baseline"), ("seldom", r"key frames are more than 2.0 s apart", r"GOP\) to 1.0 s")):
            with self.subTest(camera):
                until("it is encoded again", lambda camera=camera: re.search(rf"camera\.transcoded .*camera={camera} ", self.lab.robot.output()))
                self.assertRegex(self.lab.robot.output(), rf'camera\.transcoded .*camera={camera} why="[^"]*{why}.* fix="[^"]*{fix}')
                self.assert_rate(camera, 30)
                self.assertEqual(self.decoded_size(camera), "320x240")
                self.assertGreater(self.lab.metric("bigfoot_frames_encoded_total", camera=camera), 30)

    def test_a_network_camera_that_is_passed_through_and_dies_is_stood_in_for_and_comes_back(self):
        port = free_port()
        self.lab = self.enterContext(Lab())
        camera = self.lab.run(sys.executable, "-c", RTSP_CAMERA, port)
        until("the RTSP camera listens", lambda: "listening on" in camera.output())
        self.lab.start_server()
        self.lab.start_robot("--size", "320x240", cameras=[f"own=rtsp://me%40home:s3cr%2Ft@127.0.0.1:{port}/live"])
        watching = self.lab.watch("--count", "1", robot="rover-7/own")
        until("its pictures are passed through", lambda: self.lab.metric("bigfoot_frames_passed_total") > 20)
        encoded = self.lab.metric("bigfoot_frames_encoded_total")
        camera.stop(signal.SIGKILL)
        until("a placeholder stands in for it", lambda: self.lab.metric("bigfoot_placeholders_total") > 5 and self.lab.metric("bigfoot_camera_live") == 0)
        until("which is encoded", lambda: self.lab.metric("bigfoot_frames_encoded_total") > encoded)
        passed = self.lab.metric("bigfoot_frames_passed_total")
        self.lab.run(sys.executable, "-c", RTSP_CAMERA, port)
        until("it is back", lambda: self.lab.metric("bigfoot_frames_passed_total") > passed + 20 and self.lab.metric("bigfoot_camera_live") == 1)
        self.assertGreater(self.lab.leave(watching)["frames"], 40)

    def test_a_turned_camera_sends_the_size_that_is_asked_for(self):
        self.start("--size", "640x360", cameras=["turned=test:?rotate=90&size=360x640", "piece=test:?capture=640x360&crop=0,0,320x180"])
        for camera, size in (("turned", "360x640"), ("piece", "320x180")):
            with self.subTest(camera):
                self.assert_rate(camera, 30)
                self.assertEqual(self.decoded_size(camera), size)

    def test_each_encoder_by_name(self):
        for encoder in ("x264enc", "openh264enc"):
            with self.subTest(encoder):
                self.start("--encoder", encoder, "--bitrate", "1M", "--size", "640x360", cameras=["front=test:"])
                figures = self.figures("front", frames=75)
                megabits, [seconds] = figures["bytes"] * 8 / 1e6, figures["media_seconds"]
                # Where pictures are dropped x264 gives each of the others its share all the same, OpenH264 makes them larger.
                self.assertLess(megabits / seconds, 1.35)
                self.assertGreater(megabits / (figures["frames"] / 30), 0.65)
                self.assertEqual(self.decoded_size("front"), "640x360")
                self.assertRegex(self.lab.robot.output(), rf"encoder\.chosen .*encoder={encoder} ")


class Bad(RobotTest):
    def test_sources_that_give_nothing_say_why_and_hold_nobody_up(self):
        with tempfile.TemporaryDirectory() as folder:
            notes = pathlib.Path(folder, "notes.mp4")
            notes.write_text("this is no video\n")
            bad = {
                "lost": (f"file:{folder}/lost.mp4", r"there is no file \S+lost\.mp4.*check the path"),
                "notes": (f"file:{notes}", r"it holds no video that GStreamer knows"),
                "unplugged": ("v4l2:/dev/video-nowhere", r"/dev/video-nowhere does not open: No such file.*is the camera plugged in\?"),
                "null": ("v4l2:/dev/null", r"/dev/null is not a V4L2 device.*by-id"),
                "typo": ("gst:videotestsrc is-live=true ! nosuchelement", r"no element .*nosuchelement.*try it with gst-launch-1\.0"),
                "sound": ("gst:audiotestsrc is-live=true", r"ends in neither raw, H\.264, H\.265 nor JPEG video.*end it in"),
                "ended": ("gst:videotestsrc is-live=true num-buffers=10", r"the source came to its end"),
            }
            self.start("--size", "320x180", "--log-level", "debug",
                       cameras=["front=test:", *(f"{name}={uri}" for name, (uri, _) in bad.items())])
            self.assert_rate("front", 30)
            for name, (_, said) in bad.items():
                with self.subTest(name):
                    until("it says why and tries again", lambda: len(self.faults(name)) > 1)
                    self.assertRegex(self.faults(name)[0], said)
                    self.assertRegex(self.faults(name)[0], r"again_in_s=[\d.]+")
                    self.assertEqual([" error " in line for line in self.faults(name)][:2], [True, False], "the same fault is said once")
            self.assert_rate("front", 30)
            self.assertEqual(self.lab.online(), ["rover-7"])
            self.assertEqual(self.lab.robot.stop(), 0)

    def test_a_camera_that_comes_later_is_shown_to_those_who_wait(self):
        with tempfile.TemporaryDirectory() as folder:
            make_clip(f"{folder}/hidden.mp4")
            lab = self.lab = self.enterContext(Lab())
            lab.start_server()
            lab.robot = lab.run(BIN / "bigfoot", "robot", "--server", f"ws://127.0.0.1:{lab.port}", "--name", "rover-7", "--size", "320x180",
                                "--camera", f"drive=file:{folder}/later.mp4", "--metrics", f"127.0.0.1:{lab.metrics_port}")
            until("the robot is online without its only camera", lambda: lab.online() == ["rover-7"] and self.faults("drive"))
            viewer = lab.watch("--count", "1")
            until("a viewer is connected", lambda: lab.metric("bigfoot_sessions") == 1)
            self.assertEqual(lab.metric("bigfoot_frames_captured_total"), 0)
            pathlib.Path(folder, "hidden.mp4").rename(f"{folder}/later.mp4")
            until("the viewer gets pictures", lambda: lab.metric("bigfoot_frames_sent_total", camera="drive") > 15)
            self.assertGreater(lab.leave(viewer)["frames"], 0)

    def test_an_unknown_encoder_ends_at_once_and_names_the_nearest(self):
        lab = self.enterContext(Lab())
        program = lab.run(BIN / "bigfoot", "robot", "--encoder", "x265enc")
        self.assertEqual(program.process.wait(60), 2)
        self.assertRegex(program.output(), r'--encoder: "x265enc" is not a known encoder\n +the nearest is x264enc; there are auto, nvv4l2h264enc, .*x264enc, openh264enc, gst:LAUNCH TEXT')


if __name__ == "__main__":
    unittest.main(verbosity=1)
