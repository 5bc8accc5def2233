#!/usr/bin/env python3
"""`./run demo` as a person at a terminal has it: what it says, and that nothing of it is left."""

import os
import pathlib
import re
import signal
import socket
import sys
import unittest

from lab import ROOT, SLOW, Program, free_port, until

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
        program = Program(sys.executable, *command, "--headless", "--listen", f"127.0.0.1:{self.port}", *camera, *words)
        self.addCleanup(program.close)
        return program

    def up(self, program):
        """Waits for the URL; the pids of server and robot."""
        def said():
            self.assertTrue(program.alive(), program.output())
            return f"http://localhost:{self.port}/r/rover-7" in program.output()

        until("the demo says its URL", said, timeout=20)
        children = children_of(program.pid)
        self.assertEqual(len(children), 2, "server and robot")
        return children

    def assert_ended_cleanly(self, program, children, timeout=15):
        self.assertEqual(program.process.wait(timeout * SLOW), 0, program.output())
        self.assertRegex(program.output(), r"\n  ended after \d+ s: \d+ pictures sent, at most 0 viewers · delay p50 —\n")
        self.assertNotRegex(program.output(), "was killed|Traceback")
        self.assertEqual([pid for pid in children if os.path.exists(f"/proc/{pid}")], [], "nothing is left")
        with socket.socket() as again:
            again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # past connections may be in TIME_WAIT
            again.bind(("127.0.0.1", self.port))

    def test_it_ends_by_itself(self):
        program = self.demo("--seconds", "4")
        self.assert_ended_cleanly(program, self.up(program))
        self.assertRegex(program.output(), r"rover-7 is live:  http://.*\n  cameras: test:\n")

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
            self.assertEqual(program.process.wait(20 * SLOW), 1)
        self.assertRegex(program.output(), r"port \d+ of 127.0.0.1 is in use.*--listen")
        self.assertNotRegex(program.output(), "is live|Traceback")

    def test_a_camera_that_is_none(self):
        program = self.demo(camera=("--camera", "tset:"))
        self.assertEqual(program.process.wait(20 * SLOW), 1)
        self.assertIn("the nearest is test:", program.output())
        self.assertNotRegex(program.output(), "is live|Traceback")

    def test_a_camera_that_was_found_but_gives_no_picture(self):
        program = self.demo("--seconds", "1", command=("-c", FOUND, DEMO.parent, "camera=v4l2:/dev/null"), camera=())
        self.assert_ended_cleanly(program, self.up(program))
        said = re.findall(r"camera=v4l2:/dev/null.*", program.output())
        self.assertEqual(len(said), 1, "one line says why")
        self.assertRegex(said[0], r"gives no picture \(.+\): shown is front=test:.*--camera")
        self.assertIn("cameras: front=test:\n", program.output())


if __name__ == "__main__":
    unittest.main(verbosity=1)
