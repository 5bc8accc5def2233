#!/usr/bin/env python3
"""The window of `bigfoot view`, looked at on the screen and steered with its keys."""

import glob
import os
import re
import signal
import subprocess
import tempfile
import time
import unittest

from lab import BIN, SLOW, Lab, until
from stamp import camera_hash
from view_test import Viewer
from x_screen import Picture, Xvfb


def view(lab, screen, *words, **where):
    return Viewer(lab, *words, "--server", f"ws://127.0.0.1:{lab.port}", "--display", "auto", DISPLAY=screen.name, **where)


def plain(text):
    """Signs that the typeface draws alike are one, and points are left out: of so few pixels not each is taken for one."""
    return re.sub(r"\s+", " ", text.upper().replace(".", "")).replace("O", "0").replace("|", "I").strip()


def words_of(picture):
    return {word for line in picture.text() for word in plain(line).split()}


def figures_of(seconds):
    """The overlay's lines of the first camera, as the last of these seconds of --json has them (docs/view.md)."""
    cameras = [second["cameras"][0] for second in seconds if second["cameras"]]
    delays = [row["delay_ms"] for camera in cameras for row in camera.get("measured", {"pictures": []})["pictures"] if "delay_ms" in row]
    camera, rate = cameras[-1], cameras[-1]["bps"]
    return {"name": camera["name"],
            "delay_ms": delays[-1] if delays else None,
            "fps": round(camera["fps"]),
            "rate": f"{rate / 1e6:.1f} Mbit/s" if rate >= 995e3 else f"{rate / 1e3:.0f} kbit/s",
            "loss": f"{camera['loss_ratio'] * 100:.1f} %",
            "size": f"{camera['width_px']}x{camera['height_px']}",
            "decoder": camera["decoder"]}


def first_stamp(screen, camera, x=0, y=0, width=1280):
    """Of that camera's picture, where it lies on the screen."""
    stamp = screen.look().crop(x, y, width, width * 9 // 16).stamp()
    return stamp and stamp.camera == camera_hash(camera) and stamp


class Keys(unittest.TestCase):
    def test_each_key_does_what_it_is_said_to(self):
        with Lab() as lab, Xvfb() as screen, tempfile.TemporaryDirectory() as folder:
            lab.start_server()
            lab.start_robot("--size", "1280x720", "--fps", "15")
            viewer = view(lab, screen, "rover-7", folder=folder)
            until("the picture is there", lambda: first_stamp(screen, "front"))

            def figures():
                return any("DELAY" in line for line in screen.look().crop(0, 0, 324, 272).text())

            self.assertFalse(figures())
            screen.press("o")
            until("o: figures stand over it", figures)
            self.snapshot(viewer, screen, folder)
            screen.press("o")
            until("o: they are gone", lambda: first_stamp(screen, "front") and not figures())
            size = screen.window()
            whole = Xvfb.SIZE
            for key, wanted in (("f", True), ("f", False), ("F11", True), ("F11", False), ("f", True), ("Escape", False)):
                screen.press(key)
                until(f"{key}: full screen {wanted}", lambda: (screen.window() == whole) == wanted)
                self.in_the_middle(screen)
            self.assertNotEqual(size, whole)
            screen.press("Escape")
            screen.press("q")
            until("q: it ends", lambda: not viewer.program.alive())
            self.assertEqual(viewer.program.process.returncode, 0, viewer.program.output()[-2000:])

    def in_the_middle(self, screen):
        """The picture is as large as the window lets it be, its sides in proportion."""
        def whole():
            size = screen.window()
            if not size:
                return None
            width, height = size
            shown = min(width, height * 16 // 9)
            return first_stamp(screen, "front", (width - shown) // 2, (height - shown * 9 // 16) // 2, shown)

        until("the picture fills the window", whole)

    def snapshot(self, viewer, screen, folder):
        """While figures stand over the picture: none of them are on it."""
        begin = time.time()
        screen.press("s")
        viewer.until_said("snapshot: rover-7-front-")
        [path] = glob.glob(f"{folder}/rover-7-front-*.png")
        picture = Picture.of_png(path)
        self.assertEqual((picture.width, picture.height), (1280, 720))
        stamp = picture.stamp()
        self.assertEqual(stamp.camera, camera_hash("front"))
        self.assertLess(begin - 10 * SLOW, stamp.drawn_us / 1e6)
        self.assertLess(stamp.drawn_us / 1e6, time.time())
        # What `test:` draws below the stamp: dusk above, a bright haze over the hills, red soil.
        sky, haze, soil = (picture.crop(600, y, 80, 20).mean() for y in (60, 240, 400))
        self.assertGreater(sky[2], sky[0], sky)
        self.assertGreater(sum(haze), 1.5 * sum(sky), (sky, haze))
        self.assertGreater(soil[0], 1.3 * soil[2], soil)


class Figures(unittest.TestCase):
    def test_what_is_read_on_the_screen_is_what_json_tells_of_that_second(self):
        with Lab() as lab, Xvfb() as screen:
            lab.start_server()
            lab.start_robot("--size", "1280x720", "--fps", "15")
            viewer = view(lab, screen, "rover-7", "--overlay", "--measure")
            viewer.until("the delay is known", lambda now: now["cameras"] and now["cameras"][0]["delay"])
            read = []

            def told():
                """The second whose figures stand there."""
                before = max(len(viewer.seconds()) - 3, 1)
                lines = [plain(line) for line in screen.look().crop(0, 0, 324, 272).text()]
                read[:] = lines
                seconds = viewer.seconds()
                return any(self.same(lines, figures_of(seconds[:upto])) for upto in range(before, len(seconds) + 1) if seconds[upto - 1]["cameras"])

            try:
                until("the figures on the screen are those of --json", told, timeout=60)
            except AssertionError as error:
                raise AssertionError(f"{error}; read: {read}; told: {figures_of(viewer.seconds())}") from None
            viewer.quit()

    def same(self, lines, told):
        """Without gaps: how wide one is, the reader does not always see."""
        def close(text):
            return plain(text).replace(" ", "")

        def value_of(word):
            return next((close(line).removeprefix(close(word)) for line in lines if close(line).startswith(close(word))), "")

        delay = re.match(r"(\d+)(±\d+)?MS", value_of("Delay"))
        trip = re.fullmatch(r"<?\d+MS", value_of("Round trip"))
        return (told["delay_ms"] is not None and close(told["name"]) in close(lines[0]) and delay and trip
                and abs(int(delay[1]) - told["delay_ms"]) <= 1
                and all(value_of(word) == close(value) for word, value in (("Frames", f"{told['fps']} fps"), ("Bit rate", told["rate"]), ("Loss", told["loss"]),
                                                                          ("Picture", told["size"]), ("Decoder", told["decoder"]))))


class Notices(unittest.TestCase):
    def test_what_is_waited_for_stands_there_and_frozen_while_the_robot_stands_still(self):
        with Lab() as lab, Xvfb() as screen:
            lab.start_server()
            viewer = view(lab, screen, "rover-7")

            def words():
                return plain(" ".join(screen.look().crop(0, 250, 1280, 280).text()))

            until("it says that the robot is not there", lambda: plain("rover-7 is offline") in words() and plain("the server has no robot of that name") in words())
            lab.start_robot("--size", "1280x720", "--fps", "15")
            until("the picture is there", lambda: first_stamp(screen, "front"))
            self.assertNotIn(plain("offline"), words())

            def light():
                return sum(screen.look().crop(300, 235, 680, 12).mean())

            before, stopped = light(), time.time()
            lab.robot.process.send_signal(signal.SIGSTOP)
            try:
                until("FROZEN, and for how long", lambda: re.search(r"FR0ZEN \d+ ?S.*D0 N0T STEER BY THIS 0NE", words()))
                self.assertLess(light(), 0.6 * before, "the old picture is dimmed")
            finally:
                lab.robot.process.send_signal(signal.SIGCONT)
            until("new pictures come", lambda: (stamp := first_stamp(screen, "front")) and stamp.drawn_us / 1e6 > stopped + 1)
            until("FROZEN is gone", lambda: "FR0ZEN" not in words())
            self.assertGreater(light(), 0.6 * before)
            viewer.quit()

    def test_without_a_display_it_says_so_once_and_ends(self):
        environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR")}
        for sink in ("auto", "ximagesink"):
            done = subprocess.run([BIN / "bigfoot", "view", "rover-7", "--server", "ws://127.0.0.1:1", "--display", sink], capture_output=True, text=True,
                                  env=environment, timeout=60 * SLOW)
            self.assertEqual(done.returncode, 5, done.stderr)
            self.assertEqual((done.stderr.count("no display"), done.stderr.count("--display none")), (1, 1), done.stderr)
            ours = re.compile(r"bigfoot view: |\d\d:\d\d:\d\d\.\d{3} \w+ ")
            self.assertEqual([line for line in done.stderr.splitlines() if not ours.match(line)], [], "what libraries write by themselves")


class Grid(unittest.TestCase):
    def test_each_camera_has_its_place_its_label_its_figures_and_its_snapshot(self):
        names = ("front", "rear", "left", "arm")
        with Lab() as lab, Xvfb() as screen, tempfile.TemporaryDirectory() as folder:
            lab.start_server()
            lab.start_robot("--size", "640x360", "--fps", "10", cameras=[f"{name}=test:" for name in names])
            viewer = view(lab, screen, "rover-7", folder=folder)
            width, height = 640, 360
            until("the window is there", screen.window)
            self.assertEqual(screen.window(), (2 * width, 2 * height))
            for tile, name in enumerate(names):
                x, y = tile % 2 * width, tile // 2 * height
                until(f"{name} has its place", lambda: first_stamp(screen, name, x, y, width))
                until(f"{name} has its label", lambda: plain(name) in words_of(screen.look().crop(x, y + height - 18, 80, 18)))
            screen.press("o")
            for tile, name in enumerate(names):
                x, y = tile % 2 * width, tile // 2 * height
                until(f"{name} has its figures", lambda: {plain(name), "FRAMES"} <= words_of(screen.look().crop(x, y, 172, 136)))
            screen.press("s")
            for name in names:
                viewer.until_said(f"snapshot: rover-7-{name}-")
                [path] = glob.glob(f"{folder}/rover-7-{name}-*.png")
                self.assertEqual(Picture.of_png(path).stamp().camera, camera_hash(name))
            viewer.quit()


if __name__ == "__main__":
    unittest.main(verbosity=1)
