#!/usr/bin/env python3
"""`./run demo` as a person at a terminal has it: what it says, and that nothing of it is left."""

import contextlib
import io
import os
import pathlib
import re
import signal
import socket
import sys
import unittest
import unittest.mock

from lab import RECEIVERS, ROOT, SLOW, Program, free_port, until  # which makes tools/ importable

import demo

DEMO = ROOT / "tools/demo.py"
# The demo on a machine whose only camera (the first word) is one that it found by itself.
FOUND = "import sys; sys.path.insert(0, sys.argv.pop(1)); import demo; camera = sys.argv.pop(1); demo.default_cameras = lambda: [camera]; sys.exit(demo.main())"


def children_of(pid):
    children = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                children.append(int(stat.parent.name))
        except OSError:  # ended meanwhile
            pass
    return children


class Demo(unittest.TestCase):
    def demo(self, *words, command=(DEMO,), camera=("--camera", "test:")):
        self.port = free_port()
        inherited = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # below nohup it would be ignored, and the demo keeps to that
        try:
            program = Program(sys.executable, *command, "--headless", "--listen", f"127.0.0.1:{self.port}", *camera, *words)
        finally:
            signal.signal(signal.SIGHUP, inherited)
        self.addCleanup(program.close)
        self.addCleanup(program.stop)  # also of a test that failed: killed, it would leave server and robot behind
        return program

    def up(self, program):
        """Waits for the URL; the pids of server and robot, and of another robot that was there before."""
        children = set()

        def said():
            alive = program.alive()
            children.update(children_of(program.pid))
            found = f"http://localhost:{self.port}/r/rover-7" in program.output()
            self.assertTrue(alive or found, program.output())
            return found

        until("the demo says its URL", said)
        self.assertGreaterEqual(len(children), 2, "server and robot")
        return children

    def assert_ended_cleanly(self, program, children, viewers=0):
        self.assertEqual(program.process.wait(60 * SLOW), 0, program.output())
        self.assertRegex(program.output(), rf"\n  ended after \d+ s: \d+ pictures sent, at most {viewers} viewers · delay p50 —\n")
        self.assertNotRegex(program.output(), "was killed|ended badly|Traceback")
        self.assertEqual([pid for pid in children if os.path.exists(f"/proc/{pid}")], [], "nothing is left")
        with socket.socket() as again:
            again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # past connections may be in TIME_WAIT
            again.bind(("127.0.0.1", self.port))

    def test_it_ends_by_itself(self):
        program = self.demo("--seconds", "4")
        self.assert_ended_cleanly(program, self.up(program))
        self.assertRegex(program.output(), r"rover-7 is live:  http://.*\n  cameras: test:\n")

    def watch(self, path):
        viewer = Program(RECEIVERS, "--url", f"http://127.0.0.1:{self.port}/whep/{path}", "--loopback", "--count", "1", "--seconds", "600")
        self.addCleanup(viewer.close)

    def assert_rates(self, program, pattern, *expected):
        """The live line comes to say so, of a second in which the machine does not stand still: the frame rates, then the bit rate."""
        def said():
            self.assertTrue(program.alive(), program.output())
            lines = re.findall(rf"^  {pattern} · ([\d.]+) Mbit/s · delay p50 —$", program.output(), re.M)
            return any(as_expected([float(rate) for rate in line]) for line in lines)

        def as_expected(rates):
            return rates[-1] > 0.1 / SLOW and all(fps * 0.8 / SLOW < rate < fps * 1.2 + 1 for fps, rate in zip(expected, rates))

        try:
            until(f"the live line says {pattern} as {expected}", said, timeout=60)
        except AssertionError as error:
            self.fail(f"{error}\n{program.output()}")

    def test_the_live_line_tells_of_a_viewer(self):
        program = self.demo(camera=("--camera", "test:?size=640x360"))
        children = self.up(program)
        self.watch("rover-7")
        self.assert_rates(program, r"viewers 1 · (\d+) fps", 30)
        program.process.send_signal(signal.SIGINT)
        self.assert_ended_cleanly(program, children, viewers=1)

    def test_several_cameras_have_a_frame_rate_each(self):
        program = self.demo(camera=[word for camera in ("front=test:?size=640x360", "rear=test:?size=640x360&fps=15", "arm=test:?size=320x180")
                                    for word in ("--camera", camera)])
        children = self.up(program)
        self.assertRegex(program.output(), r"cameras: front=\S+, rear=\S+, arm=\S+\n")
        self.watch("rover-7/front")
        self.watch("rover-7/rear")
        self.assert_rates(program, r"viewers 2 · front (\d+), rear (\d+) fps", 30, 15)
        program.process.send_signal(signal.SIGINT)
        self.assert_ended_cleanly(program, children, viewers=2)

    def test_every_way_to_end_it_leaves_nothing(self):
        for how in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(how.name):
                program = self.demo()
                children = self.up(program)
                program.process.send_signal(how)
                self.assert_ended_cleanly(program, children)

    def test_it_is_ended_before_it_is_up(self):
        program = self.demo()
        children = until("server and robot run", lambda: len(found := children_of(program.pid)) == 2 and found)
        program.process.send_signal(signal.SIGHUP)
        self.assert_ended_cleanly(program, children)

    def test_a_port_in_use(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            program = self.demo("--listen", f"127.0.0.1:{other.getsockname()[1]}")
            self.assertEqual(program.process.wait(60 * SLOW), 1)
        self.assertRegex(program.output(), r"port \d+ of 127.0.0.1 is in use.*--listen")
        self.assertNotRegex(program.output(), "is live|Traceback")

    def test_a_camera_that_is_none(self):
        program = self.demo(camera=("--camera", "tset:"))
        self.assertEqual(program.process.wait(60 * SLOW), 1)
        self.assertIn("the nearest is test:", program.output())
        self.assertNotRegex(program.output(), "is live|Traceback")

    def test_a_camera_that_was_found_but_gives_no_picture(self):
        program = self.demo("--seconds", "1", command=("-c", FOUND, DEMO.parent, "camera=v4l2:/dev/null"), camera=())
        self.assert_ended_cleanly(program, self.up(program))
        said = re.findall(r"camera=v4l2:/dev/null.*", program.output())
        self.assertEqual(len(said), 1, "one line says why")
        self.assertRegex(said[0], r"gives no picture \(.+\): shown is front=test:.*--camera")
        self.assertIn("cameras: front=test:\n", program.output())


class Words(unittest.TestCase):
    def test_the_median_of_a_histogram(self):
        inf = float("inf")
        for buckets, median in (
            ({}, None),
            ({0.01: 0, inf: 0}, None),
            ({0.01: 4, inf: 4}, 0.005),
            ({0.01: 2, 0.02: 4, inf: 4}, 0.01),
            ({0.01: 0, 0.02: 2, 0.04: 4, inf: 4}, 0.02),
            ({0.01: 1, 0.02: 4, inf: 4}, 0.01 + 0.01 / 3),
            ({0.01: 1, inf: 4}, 0.01),  # nothing is known above the last bound
        ):
            with self.subTest(buckets):
                found = demo.median_of(buckets)
                self.assertEqual(found and round(found, 9), median and round(median, 9))

    def test_the_delay_in_words(self):
        def page(estimated, *counts):
            return {(demo.GLASS, estimated, bound): count for bound, count in zip((0.01, 0.02, float("inf")), counts)}

        for what, now, before, words in (
            ("nothing was reported", {}, {}, "—"),
            ("stamped", page(False, 0, 10, 10), {}, "15 ms"),
            ("estimated only", page(True, 0, 10, 10), {}, "≈ 15 ms"),
            ("the exact one is preferred", page(False, 10, 10, 10) | page(True, 0, 10, 10), {}, "5 ms"),
            ("only what came in between", page(False, 10, 20, 20), page(False, 10, 10, 10), "15 ms"),
            ("nothing new came", page(False, 10, 20, 20), page(False, 10, 20, 20), "—"),
            ("exact ones are old", page(False, 4, 4, 4) | page(True, 0, 2, 2), page(False, 4, 4, 4), "≈ 15 ms"),
        ):
            with self.subTest(what):
                self.assertEqual(demo.delay_words(now, before), words)

    def test_how_a_phone_sees_it(self):
        for listen, addresses, said in (
            ("127.0.0.1:8081", ["192.0.2.7"], "  for a phone in this network:  ./run demo --listen 0.0.0.0:8081\n"),
            ("0.0.0.0:8081", ["192.0.2.7"], "  on a phone in this network:  http://192.0.2.7:8081/r/rover-7\n"),
            ("0.0.0.0:8081", [], "  no phone can see it: this machine is in no network\n"),
            ("192.0.2.7:8081", ["192.0.2.7"], ""),
        ):
            with self.subTest(listen, addresses=addresses), unittest.mock.patch.object(demo, "own_addresses", lambda: addresses), \
                    unittest.mock.patch.object(sys, "argv", ["demo", "--listen", listen]), contextlib.redirect_stdout(io.StringIO()) as out:
                one = demo.Demo(demo.parse_arguments())
                self.addCleanup(one.stop)
                one.say_how_a_phone_sees_it()
                self.assertEqual(out.getvalue(), said)


if __name__ == "__main__":
    unittest.main(verbosity=1)
