#!/usr/bin/env python3
"""The parts of `bigfoot view` that may fail on any machine: decoders that break, hang or are not there, a display that goes away."""

import os
import pathlib
import subprocess
import tempfile
import unittest

from lab import BIN, SLOW, Lab, until
from view_test import Viewer, decoded_frames, told
from x_screen import Xvfb


# What decodes H.264 and makes pictures to try a decoder with. All that are installed would take seconds to look at.
DECODE = ("libgstcoreelements.so", "libgstapp.so", "libgstx264.so", "libgstvideoparsersbad.so", "libgstvideoconvertscale.so", "libgstlibav.so")


class Plugins:
    """GStreamer in a folder of the test's own: with its own registry, and the plugins that the test wants."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="bigfoot-plugins-")
        self.path = pathlib.Path(self.folder.name)
        (self.path / "plugins").mkdir()
        self.environment = {"GST_REGISTRY": str(self.path / "registry.bin")}
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def system(self, *names):
        """Of those that are installed only these."""
        done = subprocess.run(["gst-inspect-1.0", "coreelements"], capture_output=True, text=True, check=True, timeout=60 * SLOW)
        installed = next(pathlib.Path(line.split()[-1]).parent for line in done.stdout.splitlines() if "Filename" in line)
        for name in names:
            (self.path / "plugins" / name).symlink_to(installed / name)
        self.environment["GST_PLUGIN_SYSTEM_PATH_1_0"] = str(self.path / "plugins")
        return self

    def more(self, plugin):
        (self.path / "plugins" / plugin.name).symlink_to(plugin)
        self.environment["GST_PLUGIN_PATH_1_0"] = str(self.path / "plugins")
        return self


class Decoders(unittest.TestCase):
    """A decoder that the table takes for hardware's breaks and hangs as the test says (tests/e2e/faulty_decoder.cpp)."""

    def view(self, lab, plugins, *words):
        lab.start_server()
        lab.start_robot("--size", "320x180")
        plugins.system(*DECODE).more(BIN / "faulty_decoder.so")
        self.order = plugins.path / "order"
        for _ in range(5):  # a trial may fail on a machine that stands still
            viewer = Viewer(lab, "rover-7", "--server", f"ws://127.0.0.1:{lab.port}", *words, FAULTY_DECODER=str(self.order), **plugins.environment)
            if viewer.pictures()["cameras"][0]["decoder"] == "v4l2h264dec":
                return viewer
            viewer.quit()
        self.fail(f"it is not taken:\n{viewer.program.output()[-3000:]}")

    def replaced(self, viewer, order):
        """That happens to the next picture. Waits for those of another decoder, of its kind or not; the lines before and behind it."""
        before = viewer.last()
        written = self.order.with_suffix(".new")
        written.write_text(order)
        written.rename(self.order)
        was, now = before["recoveries"]["decoder"], lambda line: line["recoveries"]["decoder"]
        viewer.until("the decoder is replaced", lambda line: not self.order.exists() and now(line)["recovered"] > was["recovered"])
        line = viewer.pictures()
        self.assertGreater(now(line)["tried"], was["tried"])
        self.assertGreater(now(line)["last_took_s"], 0)
        said = viewer.program.output()
        self.assertGreaterEqual(said.count("decoder.fault view=rover-7 camera=front"), now(line)["tried"])
        self.assertGreaterEqual(said.count("view.recovered view=rover-7 camera=front by=decoder"), now(line)["recovered"])
        return before, line

    def replaced_in_the_same_session(self, viewer, order):
        for _ in range(3):  # a machine that stands still for seconds loses the way meanwhile
            before, line = self.replaced(viewer, order)
            if line["sessions"] == before["sessions"]:
                return line
        self.fail(f"the session does not stay:\n{viewer.program.output()[-3000:]}")

    def test_one_that_breaks_is_opened_again_in_the_same_session(self):
        with Plugins() as plugins, Lab() as lab:
            viewer = self.view(lab, plugins, "--decoder", "v4l2h264dec")
            for _ in range(3):
                line = self.replaced_in_the_same_session(viewer, "break")
                self.assertEqual(line["cameras"][0]["decoder"], "v4l2h264dec", "it was named")
            self.assertIn('what="v4l2h264dec: It was made to break', viewer.program.output())
            viewer.quit()
            told(lab)

    def test_one_that_hangs_is_left_to_itself_in_the_same_session(self):
        with Plugins() as plugins, Lab() as lab:
            viewer = self.view(lab, plugins, "--decoder", "v4l2h264dec")
            line = self.replaced_in_the_same_session(viewer, "hang")
            self.assertGreaterEqual(line["recoveries"]["decoder"]["last_took_s"], 0.5, "it is given time")
            said = viewer.program.output()
            self.assertIn("v4l2h264dec: stands still", said)
            self.assertRegex(said, "decoder.left_hanging .*decoder=v4l2h264dec")
            viewer.quit()
            told(lab)

    def test_another_is_taken_for_one_that_breaks_again(self):
        with Plugins() as plugins, Lab() as lab:
            viewer = self.view(lab, plugins)
            _, line = self.replaced(viewer, "break")
            if line["cameras"][0]["decoder"] == "v4l2h264dec":  # else it stood still before, as the machine may
                _, line = self.replaced(viewer, "break")
            self.assertEqual(line["cameras"][0]["decoder"], "avdec_h264")
            viewer.quit()


class NoDecoder(unittest.TestCase):
    def ends(self, *words, **environment):
        """With 4, before there is a server or a robot; what it said."""
        done = subprocess.run([BIN / "bigfoot", "view", "rover-7", "--server", "ws://127.0.0.1:1", "--display", "none", *words], capture_output=True,
                              text=True, env={**os.environ, **environment}, timeout=60 * SLOW)
        self.assertEqual((done.returncode, done.stdout), (4, ""), done.stderr)
        return done.stderr

    def test_the_one_that_was_named_is_not_here(self):
        said = self.ends("--decoder", "nvv4l2decoder")
        self.assertIn("bigfoot view: the decoder that was named does not work here: nvv4l2decoder: /dev/v4l2-nvdec missing", said)
        self.assertIn("leave --decoder away", said)

    def test_the_one_that_was_named_fails_its_trial(self):
        with Plugins() as plugins, tempfile.NamedTemporaryFile("w") as order:
            plugins.system(*DECODE).more(BIN / "faulty_decoder.so")
            order.write("always")
            order.flush()
            said = self.ends("--decoder", "v4l2h264dec", **plugins.environment, FAULTY_DECODER=order.name)
        self.assertRegex(said, "bigfoot view: the decoder that was named does not work here: v4l2h264dec: .*made to break")

    def test_a_machine_with_none(self):
        with Plugins() as plugins:
            said = self.ends(**plugins.system("libgstcoreelements.so", "libgstapp.so", "libgstvideoparsersbad.so").environment)
        self.assertRegex(said, r"bigfoot view: no decoder of H.264 works here: \d+ are not on this machine \(install gstreamer1.0-libav")

    def test_a_machine_without_any_plugin(self):
        with Plugins() as plugins:
            said = self.ends(**plugins.system().environment)
        self.assertIn("install gstreamer1.0-plugins-bad, and gstreamer1.0-libav", said)


class Display(unittest.TestCase):
    BLUE = "front=gst:videotestsrc is-live=true pattern=solid-color foreground-color=0xff2060c0 ! video/x-raw,width=640,height=360,framerate=30/1"

    def view(self, lab, screen, *words):
        lab.start_server()
        lab.start_robot("--size", "640x360", cameras=(self.BLUE,))
        viewer = Viewer(lab, "rover-7", "--server", f"ws://127.0.0.1:{lab.port}", "--display", "ximagesink", *words, DISPLAY=screen.name)
        viewer.pictures()
        self.sees(screen)
        return viewer

    def sees(self, screen):
        def is_blue():
            return all(abs(seen - sent) < 25 for seen, sent in zip(screen.look().crop(200, 120, 100, 80).mean(), (0x20, 0x60, 0xc0)))
        until("the picture is there", is_blue)

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
            self.assertNotIn("given pictures and none is seen", viewer.program.output().split("the display is gone")[1], "the decoder is not at fault")
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
                viewer.pictures()
            viewer.quit()
            told(lab)

    def backs(self, viewer):
        viewer.lab.checked(viewer.program)
        return viewer.said().count("the display is back")


if __name__ == "__main__":
    unittest.main(verbosity=1)
