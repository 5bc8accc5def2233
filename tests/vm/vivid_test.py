#!/usr/bin/env python3
"""Real V4L2 devices without hardware: the kernel's vivid driver in a guest, the robot beside it, server and viewer on the host.

Function only, never timings: the guest's processor is emulated. Deadlines are generous and bound a wait, no more.
"""

import ctypes
import json
import os
import re
import subprocess
import unittest
import urllib.request

import guest
from guest import METRICS, OUT, ROOT, SERVER_FROM_GUEST, Guest
from ports import free_port
from waiting import until

import metrics_page  # in tools/, which guest.py put on the path
from viewer import Viewer

BIN = ROOT / "build/bin"
# Bars of 75 %: white yellow cyan green magenta red blue black (SMPTE), here as decoded.
BARS = ((191, 191, 191), (191, 191, 0), (0, 191, 191), (0, 191, 0), (191, 0, 191), (191, 0, 0), (0, 0, 191), (0, 0, 0))
PLACES = [((bar + 0.5) / 8, 0.8) for bar in range(8)]  # below the driver's text
SOLID = {7: [(255, 0, 0)] * 8, 8: [(0, 255, 0)] * 8, 9: [(0, 0, 255)] * 8}  # the driver's test_pattern
OFF = 48  # of 255: what 4:2:0, the encoder and a conversion of range cost
WITHIN = 60  # seconds a wait may take


def own_network():
    """This process and its children get a network of their own: what a viewer sends to the guest's own address goes nowhere else."""
    if ctypes.CDLL(None, use_errno=True).unshare(0x40000000) != 0:  # CLONE_NEWNET
        raise AssertionError(f"no network namespace of its own (needs root): {os.strerror(ctypes.get_errno())}")
    for words in ("link set lo up", "link add lab type veth peer name nowhere", "addr add 198.18.0.1/24 dev lab", "link set nowhere up", "link set lab up", "route add default dev lab"):
        subprocess.run(["ip", *words.split()], check=True)


class Lab:
    """One guest for all tests, and a server on the host."""

    def __init__(self, stack):
        self.port = free_port()
        self.guest = stack(Guest())
        self.server_log = stack(open(OUT / "server.log", "wb"))
        self.server = subprocess.Popen([BIN / "bigfoot-server", "serve", "--listen", f"127.0.0.1:{self.port}", "--admin-listen", f"127.0.0.1:{free_port()}",
                                        "--state-dir", OUT / "state", "--configure-from", "anyone"], stdin=subprocess.DEVNULL, stdout=self.server_log, stderr=subprocess.STDOUT)

    def end(self):
        self.server.terminate()
        if (code := self.server.wait(15)) != 0:
            raise AssertionError(f"the server ended with {code}, see {OUT}/server.log")

    def load(self, devices, first=None):
        """The driver, with that many webcams. `first`: the number of the first node."""
        more = [] if first is None else ["vid_cap_nr=" + ",".join(str(first + i) for i in range(devices))]
        self.guest.run("modprobe", "-d", "/run/vm", "vivid", f"n_devs={devices}", "node_types=" + ",".join(["0x1"] * devices),
                       "input_types=" + ",".join(["0x0"] * devices), *more)

    def unload(self):
        until("nobody holds the driver", lambda: "in use" not in self.guest.run("rmmod", "vivid", code=None), WITHIN)


lab = None


def setUpModule():
    global lab
    guest.kernel.kernel()  # while the machine's network is there
    own_network()
    lab = Lab(unittest.enterModuleContext)
    unittest.addModuleCleanup(lab.end)


class Cameras(unittest.TestCase):
    devices = 2

    def setUp(self):
        lab.load(self.devices)
        self.addCleanup(lab.unload)

    def start_robot(self, *cameras, name=""):
        words = [word for camera in cameras for word in ("--camera", camera)]
        name = self.id().split(".")[-1] + name
        self.robot = lab.guest.start(name, BIN / "bigfoot", "robot", "--server", f"ws://{SERVER_FROM_GUEST}:{lab.port}", "--name", "rover-7",
                                     "--metrics", f"0.0.0.0:{METRICS}", "--bitrate", "1M", "--log-level", "debug", *words)
        self.addCleanup(self.stop_robot, self.robot)

    def stop_robot(self, robot):
        self.assertEqual(robot.stop(), 0, f"the robot's end; see {robot.log}")

    def metric(self, name, **only):
        return metrics_page.total(metrics_page.samples(lab.guest.metrics_port, timeout=5), name, **only)

    def lines(self, event, camera):
        return [line for line in self.robot.output().splitlines() if f" camera={camera} " in line and f" {event} " in line]

    def until(self, what, ask, seconds=WITHIN):
        try:
            return until(what, ask, seconds)
        except AssertionError as late:
            ended = "" if self.robot.alive() else f"\nthe robot ended with {self.robot.code()}"
            raise AssertionError(f"{late}{ended}\n{self.robot.output()[-3000:]}") from late

    def viewer(self, tracks):
        return Viewer(f"http://127.0.0.1:{lab.port}/whep/rover-7", tracks)

    def differs(self, viewer, index, wanted):
        """How far the farthest channel of any place is from what is wanted."""
        return max(abs(one - other) for seen, want in zip(viewer.colours(index, PLACES), wanted) for one, other in zip(seen, want))

    def assert_colours(self, viewer, index, wanted):
        self.assertLess(self.differs(viewer, index, wanted), OFF, f"seen {viewer.colours(index, PLACES)}, wanted {wanted}")


class Modes(Cameras):
    devices = 1

    # Small pictures, and one camera at a time: each tries its encoder at the wanted size first, and emulated that takes seconds.
    def try_mode(self, size, fps, shape):
        self.start_robot(f"front=v4l2:/dev/video0?size={size}&fps={fps}&format={shape}", name=f"-{size}@{fps}-{shape}")

    def test_modes_open_as_listed(self):
        for size, fps, shape in ("320x180", "60", "auto"), ("320x180", "5", "YUYV"), ("320x180", "5", "NV12"):
            with self.subTest(shape):
                self.try_mode(size, fps, shape)
                self.until("pictures", lambda: self.metric("bigfoot_frames_captured_total", camera="front") > 2)
                self.assertRegex(self.until("it says so", lambda: self.lines("camera.started", "front"))[0], rf"{'' if shape == 'auto' else shape}.* size={size} fps={fps}")
                self.stop_robot(self.robot)

    def test_what_is_not_listed_is_refused_with_what_is(self):
        for size, fps, offered in ("320x180", "90", "320x180@60"), ("328x180", "5", "320x180@5"):
            with self.subTest(f"{size} at {fps}"):
                self.try_mode(size, fps, "auto")
                self.until("it is refused in three lines", lambda: re.search(
                    rf'^  camera "front": /dev/video0 refuses {size} at {fps} fps\n    it offers: \w{{4}} {offered} · .*\n'
                    r"    try: --camera 'front=v4l2:/dev/video0\?size=.*'$", self.robot.output(), re.M))
                self.assertEqual(self.metric("bigfoot_frames_captured_total", camera="front"), 0)
                self.stop_robot(self.robot)


class Faults(Cameras):
    """Each fault in turn on one robot and one viewer: both must outlive all of them."""

    def control(self, setting, node="/dev/cam-front"):
        lab.guest.run("v4l2-ctl", "-d", node, "-c", setting)

    def there(self, node):
        return "Driver name" in lab.guest.run("v4l2-ctl", "-d", node, "--info", code=None)

    def name(self, front, rear):
        """What udev does for a real camera: a name that stays, whatever the node."""
        lab.guest.shell(f"ln -sfn /dev/video{front} /dev/cam-front && ln -sfn /dev/video{rear} /dev/cam-rear")

    def unbind(self):
        """The names go first, as udev takes them away: else one of them would soon be another camera's."""
        lab.guest.shell("rm /dev/cam-front /dev/cam-rear && echo vivid.0 > /sys/bus/platform/drivers/vivid/unbind")

    def bind(self):
        """The driver takes the numbers that are free."""
        lab.guest.shell("echo vivid.0 > /sys/bus/platform/drivers/vivid/bind")
        self.name(*re.findall(r"/dev/video(\d+)", lab.guest.shell("ls -v /dev/video*")))

    def unplug(self):
        self.holder = lab.guest.start("holder", "/bin/sh", "-c", "exec sleep 600 </dev/cam-front 3</dev/cam-rear")
        self.until("the nodes are held", lambda: "video" in lab.guest.run("ls", "-l", f"/proc/{self.holder.pid}/fd", code=None))
        for camera in ("front", "rear"):
            self.control("disconnect=1", f"/dev/cam-{camera}")

    def plug_in_elsewhere(self):
        """Another program still holds the old nodes, so that their numbers are taken."""
        before = lab.guest.run("readlink", "/dev/cam-front")
        self.unbind()
        self.bind()
        self.assertNotEqual(lab.guest.run("readlink", "/dev/cam-front"), before)
        self.holder.stop()

    def change(self, camera, **values):
        request = urllib.request.Request(f"http://127.0.0.1:{lab.port}/api/v1/robots/rover-7/cameras/{camera}", json.dumps(values).encode(),
                                         {"Content-Type": "application/json"}, method="PATCH")
        with urllib.request.urlopen(request, timeout=20) as answer:
            self.assertEqual(json.load(answer)["changed"], list(values))

    def descriptors(self):
        """How many of the robot's are of a camera, also of one that is gone."""
        return lab.guest.run("ls", "-l", f"/proc/{self.robot.pid}/fd", code=None).count("/dev/video")

    def lose_and_return(self, viewer, cameras, lose, back, pattern):
        """`cameras`: which of them say that they are lost. The colour that comes then was not there before: it is live."""
        said = {camera: len(self.lines("camera.fault", camera)) for camera in cameras}
        lose()
        for camera in cameras:
            self.until(f"{camera} is said to be lost", lambda: len(self.lines("camera.fault", camera)) > said[camera])
        back()
        for index, camera in enumerate(("front", "rear")):
            self.until(f"{camera} is a device again", lambda: self.there(f"/dev/cam-{camera}"))
            self.control(f"test_pattern={pattern}", f"/dev/cam-{camera}")
            self.until(f"the picture of {camera} is back", lambda: self.differs(viewer, index, SOLID[pattern]) < OFF)
        self.until(f"it holds no camera but those that play, as at its start: {self.held}", lambda: self.descriptors() == self.held)
        self.assertTrue(self.robot.alive(), "the robot lives")
        self.assertEqual((viewer.states[-1], self.metric("bigfoot_sessions_started_total")), ("connected", self.sessions))

    def test_two_cameras_and_every_way_to_lose_one(self):
        self.name(0, 1)
        self.control("test_pattern=7", "/dev/cam-rear")
        self.start_robot(*(f"{name}=v4l2:/dev/cam-{name}?size=320x180&fps=5" for name in ("front", "rear")))
        self.until("both cameras give pictures", lambda: all(self.metric("bigfoot_frames_captured_total", camera=name) > 0 for name in ("front", "rear")))
        with self.viewer(2) as viewer:
            self.until("both pictures arrive", lambda: min(viewer.counts) > 2)
            self.assertEqual([viewer.size(index) for index in (0, 1)], [(320, 180)] * 2)
            self.assert_colours(viewer, 0, BARS)
            self.assert_colours(viewer, 1, SOLID[7])
            self.held = self.descriptors()
            self.sessions = self.metric("bigfoot_sessions_started_total")
            both = ("front", "rear")
            for what, *fault in (
                    ("frozen without an error", ("front",), lambda: self.control("percentage_of_dropped_buffers=100"),
                     lambda: self.control("percentage_of_dropped_buffers=0"), 8),
                    ("an error of the driver while it streams", ("front",), lambda: self.control("inject_fatal_streaming_error=1"), lambda: None, 9),
                    ("unplugged, and there again under another name", both, self.unplug, self.plug_in_elsewhere, 7),
                    ("taken from its driver and given back", both, self.unbind, self.bind, 8)):
                with self.subTest(what):
                    self.lose_and_return(viewer, *fault)
            with self.subTest("opened anew for other values"):
                faults = len(self.lines("camera.fault", "front"))
                for flip in ("horizontal", "vertical", "none"):
                    started = len(self.lines("camera.started", "front"))
                    self.change("front", flip=flip)
                    self.until("it is open again", lambda: len(self.lines("camera.started", "front")) > started)
                self.until("its picture is there", lambda: self.differs(viewer, 0, SOLID[8]) < OFF)
                self.assertEqual(self.lines("camera.fault", "front")[faults:], [], "it does not find its own device busy")


class Live(Cameras):
    devices = 1

    def patch(self, values):
        request = urllib.request.Request(f"http://127.0.0.1:{lab.port}/api/v1/robots/rover-7/cameras/front", data=json.dumps(values).encode(),
                                         headers={"Content-Type": "application/json"}, method="PATCH")
        with urllib.request.urlopen(request, timeout=WITHIN) as reply:
            return json.loads(reply.read())

    def test_controls_are_set_while_the_camera_plays_and_one_that_it_lacks_is_said(self):
        self.start_robot("front=v4l2:/dev/video0?size=320x180&fps=5")
        self.until("the camera gives pictures", lambda: self.metric("bigfoot_frames_captured_total", camera="front") > 0)
        with self.viewer(1) as viewer:
            self.until("the picture arrives", lambda: viewer.counts[0] > 2)
            self.assert_colours(viewer, 0, BARS)
            for pattern in (7, 9):
                self.assertEqual(self.patch({"controls": {"test_pattern": pattern}})["values"]["controls"], {"test_pattern": str(pattern)})
                self.until(f"the viewer sees pattern {pattern}", lambda: self.differs(viewer, 0, SOLID[pattern]) < OFF)
            self.patch({"controls": {"test_patern": 8}})
            said = self.until("it is refused", lambda: self.lines("camera.control_refused", "front"))[0]
            self.assertRegex(said, "test_patern.*test_pattern")
            count = viewer.counts[0]
            self.until("the picture goes on", lambda: viewer.counts[0] > count + 5)
            self.assertEqual(viewer.states[-1], "connected")
        self.assertEqual(len(self.lines("camera.started", "front")), 1, "the camera was not opened anew")


if __name__ == "__main__":
    unittest.main(verbosity=2)
