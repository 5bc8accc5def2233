"""What the tests of cameras in the guest stand on: a server here, the driver and the robot there, and how to wait for
both."""

import ctypes
import json
import os
import subprocess
import unittest
import urllib.error
import urllib.request

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
    """This process and its children get a network of their own: what a viewer sends to the guest's own address goes
    nowhere else."""
    if ctypes.CDLL(None, use_errno=True).unshare(0x40000000) != 0:  # CLONE_NEWNET
        raise AssertionError(f"no network namespace of its own (needs root): {os.strerror(ctypes.get_errno())}")
    for words in ("link set lo up", "link add lab type veth peer name nowhere", "addr add 198.18.0.1/24 dev lab",
                  "link set nowhere up", "link set lab up", "route add default dev lab"):
        subprocess.run(["ip", *words.split()], check=True)


class Lab:
    """One guest for all tests, and a server on the host."""

    def __init__(self, stack):
        self.port = free_port()
        self.guest = stack(Guest())
        log = stack(open(OUT / "server.log", "wb"))
        self.server = subprocess.Popen(
            [BIN / "bigfoot-server", "serve", "--listen", f"127.0.0.1:{self.port}",
             "--admin-listen", f"127.0.0.1:{free_port()}", "--state-dir", OUT / "state", "--configure-from", "anyone"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)

    def end(self):
        self.server.terminate()
        if (code := self.server.wait(15)) != 0:
            raise AssertionError(f"the server ended with {code}, see {OUT}/server.log")

    def load(self, devices):
        """The driver, with that many webcams."""
        self.guest.run("modprobe", "-d", "/run/vm", "vivid", f"n_devs={devices}",
                       "node_types=" + ",".join(["0x1"] * devices), "input_types=" + ",".join(["0x0"] * devices))

    def unload(self):
        until("nobody holds the driver", lambda: "in use" not in self.guest.run("rmmod", "vivid", code=None), WITHIN)

    def unbind(self):
        self.guest.shell("echo vivid.0 > /sys/bus/platform/drivers/vivid/unbind")

    def bind(self):
        """The driver takes the numbers that are free."""
        self.guest.shell("echo vivid.0 > /sys/bus/platform/drivers/vivid/bind")

    def descriptors(self, program):
        """How many of a program's are of a camera."""
        return self.guest.run("ls", "-l", f"/proc/{program.pid}/fd", code=None).count("/dev/video")

    def nodes(self):
        return self.guest.shell("ls -v /dev/video*").split()


class Robot:
    """`bigfoot robot` in the guest, as rover-7."""

    def __init__(self, lab, name, *words):
        self.lab = lab
        self.program = lab.guest.start(
            name, BIN / "bigfoot", "robot", "--server", f"ws://{SERVER_FROM_GUEST}:{lab.port}", "--name", "rover-7",
            "--metrics", f"0.0.0.0:{METRICS}", "--bitrate", "1M", "--log-level", "debug", *words)

    def stop(self):
        if (code := self.program.stop()) != 0:
            raise AssertionError(f"the robot ended with {code}, see {self.program.log}")

    def output(self):
        return self.program.output()

    def lines(self, event, camera="front"):
        return [line for line in self.output().splitlines() if f" camera={camera} " in line and f" {event} " in line]

    def faults(self, words, camera="front"):
        return [line for line in self.lines("camera.fault", camera) if words in line]

    def descriptors(self):
        """How many of its own are of a camera, also of one that is gone."""
        return self.lab.descriptors(self.program)

    def metric(self, name, **only):
        return metrics_page.total(metrics_page.samples(self.lab.guest.metrics_port, timeout=5), name, **only)

    def captured(self, camera="front"):
        return self.metric("bigfoot_frames_captured_total", camera=camera)

    def patch(self, camera="front", **values):
        """Status and answer. A guest that stands still may answer later than the server waits (504): it is asked again,
        and its values are the same."""

        def answered():
            status, answer = self.patch_once(camera, values)
            return None if status == 504 else (status, answer)

        return self.until(f"an answer to {values}", answered)

    def tried(self, **values):
        """What the camera does not take of them, by its key: asked until it has tried."""

        def said():
            status, answer = self.patch(**values)
            known = status == 200 and not any("not known yet" in why for why in answer["notApplied"].values())
            return known and answer

        return self.until(f"{values} is tried", said)["notApplied"]

    def patch_once(self, camera, values):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.lab.port}/api/v1/robots/rover-7/cameras/{camera}", json.dumps(values).encode(),
            {"Content-Type": "application/json"}, method="PATCH")
        try:
            with urllib.request.urlopen(request, timeout=WITHIN) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            answer = refused.read().decode()
            return refused.code, json.loads(answer) if answer.startswith("{") else answer

    def until(self, what, ask, seconds=WITHIN):
        try:
            return until(what, ask, seconds)
        except AssertionError as late:
            ended = "" if self.program.alive() else f"\nthe robot ended with {self.program.code()}"
            raise AssertionError(f"{late}{ended}\n{self.output()[-3000:]}") from late

    def until_picture(self, camera="front"):
        """One that comes from now on."""
        before = self.captured(camera)
        self.until(f"pictures of {camera}", lambda: self.captured(camera) > before)

    def viewer(self, tracks=1):
        return Viewer(f"http://127.0.0.1:{self.lab.port}/whep/rover-7", tracks)

    def until_seen(self, what, viewer, wanted, index=0):
        """The viewer's newest picture has the colours `wanted`. A placeholder in between is none of them."""
        try:
            self.until(what, lambda: viewer.newest[index] is not None and differs(viewer, index, wanted) < OFF)
        except AssertionError as late:
            raise AssertionError(f"{late}\nseen {viewer.colours(index, PLACES)}, wanted {wanted}") from late


def differs(viewer, index, wanted):
    """How far the farthest channel of any place is from what is wanted."""
    seen = viewer.colours(index, PLACES)
    return max(abs(one - other) for place, want in zip(seen, wanted) for one, other in zip(place, want))


class Cameras(unittest.TestCase):
    """One robot for all tests of a class: its program needs seconds to start where the processor is emulated."""

    devices = 1
    words = ()

    @classmethod
    def setUpClass(cls):
        cls.lab.load(cls.devices)
        cls.addClassCleanup(cls.lab.unload)
        cls.prepare()
        cls.robot = Robot(cls.lab, cls.__name__, *cls.words)
        cls.addClassCleanup(cls.robot.stop)
        cls.robot.until("its cameras can be asked", lambda: cls.robot.patch()[0] == 200)

    @classmethod
    def prepare(cls):
        """Before the robot starts."""
