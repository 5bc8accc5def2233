#!/usr/bin/env python3
"""Real V4L2 devices without hardware: the driver vivid in a guest, the robot beside it, server and viewer here.

Function only, never timings: the guest's processor is emulated. Deadlines are generous and bound a wait, no more.
vivid lists 83 formats in 6 sizes and 42 pairs of size and rate, 3486 modes: more than two minutes hold. Every format
is asked for. Those that are taken are seen at the smallest size and open at the largest; one is opened at every size;
of the rates the slowest and the fastest are tried. One robot tries them all, for its encoder is tried anew only where
size or rate of what it encodes change.
"""

import itertools
import json
import re
import shlex
import unittest

import guest
from guest import OUT
from vivid import BARS, BIN, SOLID, WITHIN, Cameras, Lab, own_network

# What of the driver's formats is taken; the others are refused.
TAKEN = ("YUYV UYVY YVYU 422P YU12 YV12 NV12 NV21 NV16 NV61 NV24 GREY Y16 RGBP RGB3 BGR3 RGB4 BGR4 BX24 XR24 BA24 AR24 "
         "XB24 RX24 AB24 RA24").split()
GREY = ("GREY", "Y16")
SMALLEST, LARGEST = "320x180", "3840x2160"


def setUpModule():
    guest.kernel.kernel()  # while the machine's network is there
    own_network()
    Cameras.lab = Lab(unittest.enterModuleContext)
    unittest.addModuleCleanup(Cameras.lab.end)


def listed(text):
    """What `v4l2-ctl --list-formats-ext` says: (format, size) → rates. Big-endian formats bear the name of another."""
    modes, shape, size = {}, None, None
    for line in text.splitlines():
        if found := re.match(r"\s*\[\d+\]: '(.{4})(-BE)?'", line):
            shape = found[1].strip() + (found[2] or "")
        elif found := re.match(r"\s*Size: Discrete (\d+x\d+)", line):
            size = found[1]
            modes[shape, size] = []
        elif found := re.match(r"\s*Interval: Discrete .*\((\d+\.\d+) fps\)", line):
            modes[shape, size].append(float(found[1]))
    return modes


def grey(colours):
    return [(0.299 * red + 0.587 * green + 0.114 * blue,) * 3 for red, green, blue in colours]


class Modes(Cameras):
    """No test of these needs what another left."""

    words = ("--camera", "front=v4l2:/dev/none?size=320x180&fps=5")

    @classmethod
    def prepare(cls):
        cls.modes = listed(cls.lab.guest.run("v4l2-ctl", "-d", "/dev/video0", "--list-formats-ext"))

    def open(self, source):
        """The line of the log when `source` is open."""
        started = len(self.robot.lines("camera.started"))
        self.assertEqual(self.robot.patch(source=source)[0], 200, source)
        return self.robot.until(f"{source} is open", lambda: self.robot.lines("camera.started")[started:])[-1]

    def open_mode(self, shape, size, fps=5, more=""):
        """The camera's picture is as large as `size`, the one that is encoded small."""
        line = self.open(f"v4l2:/dev/video0?format={shape}&capture={size}&size={SMALLEST}&fps={fps}{more}")
        self.assertIn(fps, self.modes[shape, size])
        self.assertRegex(line, rf"vivid as {shape} *{size}@{fps}\b")

    def refused(self, words, source):
        """The match of a refusal's three lines, said since `source` was asked for: what it offers, and what to try."""
        before = len(self.robot.output())
        answer = self.robot.tried(source=source)
        self.assertEqual(list(answer), ["source"])
        self.assertTrue(answer["source"].startswith(words), answer)
        self.assertIn("\ntry: --camera 'front=", answer["source"])
        return self.robot.until(f"{source} is refused", lambda: re.search(
            rf"^  camera \"front\": {re.escape(words)}\n    it offers: (.*)\n    try: --camera 'front=(.*)'$",
            self.robot.output()[before:], re.M))

    def test_every_format_is_seen_in_its_colours_or_refused(self):
        self.open_mode("NV12", SMALLEST, more="&test_pattern=0")
        with self.robot.viewer() as viewer:
            self.robot.until_seen("the picture arrives", viewer, BARS)
            self.assertEqual(viewer.size(0), (320, 180))
            for shape, pattern in zip(TAKEN, itertools.cycle((7, 8, 9))):  # another colour than the one before
                with self.subTest(shape):
                    self.open_mode(shape, SMALLEST, more=f"&test_pattern={pattern}")
                    self.robot.until_seen(shape, viewer, grey(SOLID[pattern]) if shape in GREY else SOLID[pattern])
            shapes = {shape for shape, _ in self.modes}
            self.assertEqual(set(TAKEN) - shapes, set())
            for shape in shapes - set(TAKEN):
                with self.subTest(shape):
                    status, answer = self.robot.patch(source=f"v4l2:/dev/video0?format={shape}")
                    self.assertEqual(status, 422)
                    [fault] = answer["faults"]
                    self.assertEqual(fault["what"], f'source: "{shape}" is not a format that is taken from a camera')
                    self.assertRegex(fault["fix"], r"there are auto, raw, .* NV12, YUYV or MJPG")
            self.assertEqual(viewer.states[-1], "connected")

    def test_every_format_opens_at_the_largest_size_and_one_at_every_size_and_rate(self):
        self.open_mode("YUYV", LARGEST, 2)
        self.robot.until_picture()
        sizes = list(dict.fromkeys(size for _, size in self.modes))
        self.assertEqual((sizes[0], sizes[-1]), (SMALLEST, LARGEST))
        for shape, size in [(shape, LARGEST) for shape in TAKEN[1:]] + [("NV12", size) for size in sizes[:-1]]:
            with self.subTest(shape, size=size):
                before = self.robot.captured()  # the one before has just given a picture, and gives two a second
                self.open_mode(shape, size, 2)
                self.robot.until("a picture", lambda: self.robot.captured() > before)
        self.assertEqual((min(self.modes["NV12", SMALLEST]), max(self.modes["NV12", SMALLEST])), (1, 60))
        for fps in (1, 60):
            with self.subTest(fps=fps):
                self.open_mode("NV12", SMALLEST, fps)
                self.robot.until_picture()

    def test_modes_that_are_not_listed_are_refused_and_the_line_to_try_runs(self):
        said = self.refused("/dev/video0 refuses 1280x720 at 30 fps as NV12",
                            "v4l2:/dev/video0?size=1280x720&fps=30&format=NV12")
        self.assertRegex(said[1], r"^YU12 1280x720@12\.5 · (YU12 \d+x\d+@[\d.]+ · )+YU12 3840x2160@2 and \d+ more$")
        self.assertEqual(said[2], "v4l2:/dev/video0?size=1280x720&fps=25/2&format=YU12")
        self.assertRegex(self.open(said[2]), r"vivid as YU12 1280x720@12\.5\b.* size=1280x720 fps=12\.5")
        self.robot.until_picture()
        said = self.refused("/dev/video0 refuses 1288x720 at 12.5 fps",
                            "v4l2:/dev/video0?size=1280x720&fps=25/2&capture=1288x720")
        self.assertTrue(said[1].startswith("YU12 1280x720@12.5 · "), said[1])
        self.assertEqual(said[2], "v4l2:/dev/video0?size=1280x720&fps=25/2&capture=1280x720")

    def test_a_camera_by_its_name_is_found_again_under_another_node(self):
        self.assertEqual(self.robot.patch(source="v4l2:?card=HD&size=320x180&fps=5")[0], 200)
        self.robot.until("it says which there are", lambda: re.search(
            r'no camera named \\"HD\\"" fix="there are v4l2:/dev/video0 \(vivid\)"', self.robot.output()))
        self.open("v4l2:?card=Vivid&size=320x180&fps=5")
        self.robot.until_picture()
        # Another program holds the old node, so that its number is taken.
        holder = self.lab.guest.start("holder", "/bin/sh", "-c", "exec sleep 600 </dev/video0")
        self.robot.until("the node is held", lambda: self.lab.descriptors(holder))
        self.lab.unbind()
        self.robot.until("it is missed", lambda: "there is no camera" in self.robot.output())
        started = len(self.robot.lines("camera.started"))
        self.lab.bind()
        holder.stop()
        self.assertNotIn("/dev/video0", self.lab.nodes())
        self.robot.until("it is open again", lambda: self.robot.lines("camera.started")[started:])
        self.robot.until_picture()
        self.lab.unbind()
        self.lab.bind()
        self.assertIn("/dev/video0", self.lab.nodes())

    def test_busy_is_said_of_one_that_another_program_uses_and_it_is_taken_when_it_is_free(self):
        self.robot.patch(source="v4l2:/dev/none?size=320x180&fps=5")
        self.robot.until("it let go", lambda: self.robot.descriptors() == 0)
        other = self.lab.guest.start("other", "v4l2-ctl", "-d", "/dev/video0", "--stream-mmap", "--stream-count=0")
        self.robot.until("the other program streams", lambda: "<" in other.output())
        self.robot.patch(source="v4l2:/dev/video0?size=320x180&fps=5&format=NV12")
        said = self.robot.until("it is busy", lambda: self.robot.faults(" busy"))[0]
        self.assertRegex(said, r"Device '/dev/video0' is busy.* fix=\"another program uses it: close that one\"")
        other.stop()
        self.robot.until_picture()

    def test_values_of_controls_are_set_while_it_plays_and_one_that_it_lacks_is_said(self):
        self.open("v4l2:/dev/video0?size=320x180&fps=5&test_pattern=0")
        started = self.robot.lines("camera.started")
        with self.robot.viewer() as viewer:
            self.robot.until_seen("the picture arrives", viewer, BARS)
            for pattern in (7, 9):
                status, answer = self.robot.patch(controls={"test_pattern": pattern})
                self.assertEqual((status, answer["values"]["controls"]), (200, {"test_pattern": str(pattern)}))
                self.robot.until_seen(f"pattern {pattern}", viewer, SOLID[pattern])
            self.robot.patch(controls={"test_patern": 8, "test_pattern": 7})
            said = self.robot.until("one is refused", lambda: self.robot.lines("camera.control_refused"))[0]
            self.assertRegex(said, "test_patern.*test_pattern")
            self.robot.until_seen("the good one is set", viewer, SOLID[7])
            self.assertEqual(self.robot.lines("camera.started"), started, "the camera was not opened anew")
            self.robot.until("the bad one is not kept",
                             lambda: self.robot.patch()[1]["values"]["controls"] == {"test_pattern": "7"})
            self.robot.patch(rotate=180)  # which does open it anew
            self.robot.until("it is open", lambda: len(self.robot.lines("camera.started")) > len(started))
            self.robot.until_picture()
            count = viewer.counts[0]
            self.robot.until("the picture goes on", lambda: viewer.counts[0] > count + 5)
            self.robot.until("it is live", lambda: self.robot.metric("bigfoot_camera_live", camera="front") == 1)
            self.assertEqual(viewer.states[-1], "connected")

    def test_the_list_of_devices_is_the_drivers_and_its_line_runs(self):
        # Without plugins no codec is tried: those are judged on the host, and here they would take half a minute.
        devices = f"{BIN}/bigfoot devices --size 320x180 --fps 90"
        self.lab.guest.shell("export GST_PLUGIN_SYSTEM_PATH_1_0=/run/none GST_REGISTRY=/run/none.bin; "
                             f"{devices} > /run/out/devices.txt && {devices} --json > /run/out/devices.json",
                             seconds=WITHIN)
        text = (OUT / "devices.txt").read_text()
        [camera] = json.loads((OUT / "devices.json").read_text())["cameras"]
        self.assertEqual((camera["card"], camera["node"]), ("vivid", "/dev/video0"))
        ours = {(mode["fourcc"].strip(), f"{mode['width_px']}x{mode['height_px']}"): sorted(mode["fps"])
                for mode in camera["modes"]}
        theirs = {mode: sorted(rates) for mode, rates in self.modes.items() if mode[0] in TAKEN}
        self.assertEqual(ours, theirs)
        self.assertRegex(text, r"(?m)^  vivid, /dev/video0\n    YU12 320x180@60 · NV12 320x180@60 · (.*\n)+?.* more$")
        self.assertIn("    " + camera["paste"] + "\n", text)
        flag, value = shlex.split(camera["paste"])
        self.assertEqual((flag, value), ("--camera", "front=v4l2:/dev/video0?size=320x180&fps=60"))
        self.assertRegex(self.open(value.removeprefix("front=")), r"vivid as YU12 320x180@60\b.* size=320x180 fps=60")
        self.robot.until_picture()


class Faults(Cameras):
    """Each fault in turn on one robot and one viewer: both must outlive all of them."""

    devices = 2
    words = [word for name in ("front", "rear")
             for word in ("--camera", f"{name}=v4l2:/dev/cam-{name}?size=320x180&fps=5")]

    @classmethod
    def prepare(cls):
        cls.name("0", "1")
        cls.control("test_pattern=7", "/dev/cam-rear")

    @classmethod
    def control(cls, setting, node="/dev/cam-front"):
        cls.lab.guest.run("v4l2-ctl", "-d", node, "-c", setting)

    @classmethod
    def name(cls, front, rear):
        """What udev does for a real camera: a name that stays, whatever the node."""
        cls.lab.guest.shell(f"ln -sfn /dev/video{front} /dev/cam-front && ln -sfn /dev/video{rear} /dev/cam-rear")

    def there(self, node):
        return "Driver name" in self.lab.guest.run("v4l2-ctl", "-d", node, "--info", code=None)

    def unbind(self):
        """The names go first, as udev takes them away: else one of them would soon be another camera's."""
        self.lab.guest.shell("rm /dev/cam-front /dev/cam-rear")
        self.lab.unbind()

    def bind(self):
        self.lab.bind()
        self.name(*(node.removeprefix("/dev/video") for node in self.lab.nodes()))

    def unplug(self):
        self.holder = self.lab.guest.start("holder", "/bin/sh", "-c", "exec sleep 600 </dev/cam-front 3</dev/cam-rear")
        self.robot.until("the nodes are held", lambda: self.lab.descriptors(self.holder) == 2)
        for camera in ("front", "rear"):
            self.control("disconnect=1", f"/dev/cam-{camera}")

    def plug_in_elsewhere(self):
        """Another program still holds the old nodes, so that their numbers are taken."""
        before = self.lab.guest.run("readlink", "/dev/cam-front")
        self.unbind()
        self.bind()
        self.assertNotEqual(self.lab.guest.run("readlink", "/dev/cam-front"), before)
        self.holder.stop()

    def lose_and_return(self, viewer, cameras, lose, back, pattern):
        """`cameras`: which of them say that they are lost. The colour that comes then was not there before: it is live.
        """
        said = {camera: len(self.robot.lines("camera.fault", camera)) for camera in cameras}
        lose()
        for camera in cameras:
            self.robot.until(f"{camera} is said to be lost",
                             lambda: len(self.robot.lines("camera.fault", camera)) > said[camera])
        back()
        for index, camera in enumerate(("front", "rear")):
            self.robot.until(f"{camera} is a device again", lambda: self.there(f"/dev/cam-{camera}"))
            self.control(f"test_pattern={pattern}", f"/dev/cam-{camera}")
            self.robot.until_seen(f"the picture of {camera} is back", viewer, SOLID[pattern], index)
        self.robot.until(f"it holds no camera but those that play, as at its start: {self.held}",
                         lambda: self.robot.descriptors() == self.held)
        self.assertTrue(self.robot.program.alive(), "the robot lives")
        self.assertEqual((viewer.states[-1], self.robot.metric("bigfoot_sessions_started_total")), ("connected", 1))

    def test_two_cameras_and_every_way_to_lose_one(self):
        for camera in ("front", "rear"):
            self.robot.until(f"{camera} gives pictures", lambda: self.robot.captured(camera) > 0)
        with self.robot.viewer(2) as viewer:
            self.robot.until_seen("the picture of front arrives", viewer, BARS, 0)
            self.robot.until_seen("the picture of rear arrives", viewer, SOLID[7], 1)
            self.assertEqual([viewer.size(index) for index in (0, 1)], [(320, 180)] * 2)
            self.held = self.robot.descriptors()
            both = ("front", "rear")
            for what, *fault in (
                    ("frozen without an error", ("front",), lambda: self.control("percentage_of_dropped_buffers=100"),
                     lambda: self.control("percentage_of_dropped_buffers=0"), 8),
                    ("an error of the driver while it streams", ("front",),
                     lambda: self.control("inject_fatal_streaming_error=1"), lambda: None, 9),
                    ("unplugged, and there again under another name", both, self.unplug, self.plug_in_elsewhere, 7),
                    ("taken from its driver and given back", both, self.unbind, self.bind, 8)):
                with self.subTest(what):
                    self.lose_and_return(viewer, *fault)
            with self.subTest("opened anew for other values"):
                faults = len(self.robot.lines("camera.fault"))
                for flip in ("horizontal", "vertical", "none"):
                    started = len(self.robot.lines("camera.started"))
                    self.assertEqual(self.robot.patch("front", flip=flip)[1]["values"]["flip"], flip)
                    self.robot.until("it is open again", lambda: len(self.robot.lines("camera.started")) > started)
                self.robot.until_seen("its picture is there", viewer, SOLID[8], 0)
                said = self.robot.lines("camera.fault")[faults:]  # a machine that stands still may miss pictures
                self.assertEqual([line for line in said if "busy" in line or "does not open" in line], [],
                                 "it does not find its own device busy")
            with self.subTest("two of one name"):
                self.robot.patch("rear", source="v4l2:?card=vivid&size=320x180&fps=5")
                said = self.robot.until("it asks which", lambda: self.robot.faults("2 cameras are there", "rear"))[0]
                first, second = self.lab.nodes()
                self.assertIn(r'2 cameras are there whose name begins with \"vivid\"" '
                              f'fix="say which: v4l2:{first} (vivid) · v4l2:{second} (vivid)"', said)


if __name__ == "__main__":
    unittest.main(verbosity=2)
