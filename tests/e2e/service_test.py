#!/usr/bin/env python3
"""What systemd is told: ready, alive, at the end; and nothing more from a program that stands still."""

import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from lab import BIN, ROOT, SLOW, Lab, until

WATCHDOG_SECONDS = 2 * SLOW  # a sign of life is due in half of it


class Manager:
    """systemd's end of NOTIFY_SOCKET."""

    def __init__(self, folder):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.path = str(pathlib.Path(folder) / "notify")
        self.socket.bind(self.path)
        self.heard = []

    def environment(self):
        return {**os.environ, "NOTIFY_SOCKET": self.path, "WATCHDOG_USEC": str(int(WATCHDOG_SECONDS * 1e6))}

    def listen(self, seconds):
        """What comes within that time, besides what came before."""
        end = time.monotonic() + seconds
        came = []
        while (left := end - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                came.append(self.socket.recv(4096).decode())
            except TimeoutError:
                break
        self.heard += came
        return came

    def hear(self, word, seconds=30):
        until(word, lambda: word in self.listen(0.05), seconds)


class Service(unittest.TestCase):
    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory(prefix="bigfoot-service-"))
        self.lab = self.enterContext(Lab())
        self.manager = Manager(folder)
        self.addCleanup(self.manager.socket.close)

    def start(self, *words):
        log = self.enterContext(tempfile.TemporaryFile("w+"))
        program = subprocess.Popen([str(word) for word in words], env=self.manager.environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        self.addCleanup(lambda: (program.kill(), program.wait()))
        return program

    def server(self):
        return self.start(BIN / "bigfoot-server", "serve", "--listen", f"127.0.0.1:{self.lab.port}", "--admin-listen", f"127.0.0.1:{self.lab.admin_port}",
                          "--state-dir", self.lab.folder.name, "--drain", "0")

    def robot(self, *more):
        return self.start(BIN / "bigfoot", "robot", "--server", f"ws://127.0.0.1:{self.lab.port}", "--camera", "test:?size=320x180", "--status-socket", "none", *more)

    def check_life(self, program, when_ready=lambda: None):
        self.manager.hear("READY=1")
        when_ready()
        self.assertNotIn("STOPPING=1", self.manager.heard)
        for _ in range(3):
            self.manager.hear("WATCHDOG=1")
        program.send_signal(signal.SIGSTOP)
        self.manager.listen(0.2)  # what was on its way
        self.assertEqual(self.manager.listen(1.5 * WATCHDOG_SECONDS), [], "a program that stands still is not fed for")
        program.send_signal(signal.SIGCONT)
        self.manager.hear("WATCHDOG=1")
        program.send_signal(signal.SIGTERM)
        self.manager.hear("STOPPING=1")
        self.assertEqual(program.wait(15 * SLOW), 0)

    def test_the_server_is_ready_when_it_listens_and_feeds_the_watchdog_while_its_loop_turns(self):
        self.check_life(self.server(), lambda: self.assertTrue(self.lab.get("/version"), "who waited for it is answered at once"))

    def test_the_robot_is_ready_without_its_server_and_feeds_the_watchdog_while_its_loop_turns(self):
        self.check_life(self.robot())

    def test_a_robot_that_cannot_start_never_says_ready_and_ends_as_the_unit_expects(self):
        robot = self.start(BIN / "bigfoot", "robot", "--camera", "nonsense:")
        self.assertEqual(robot.wait(30 * SLOW), 2, "RestartPreventExitStatus=2")
        self.assertNotIn("READY=1", self.manager.listen(0.2))

    def test_a_robot_runs_without_the_address_of_its_metrics_and_serves_them_when_it_is_there(self):
        with socket.create_server(("127.0.0.1", self.lab.metrics_port)):
            robot = self.robot("--metrics", f"127.0.0.1:{self.lab.metrics_port}")
            self.manager.hear("READY=1")
            self.assertIsNone(robot.poll())
        until("they are served", lambda: self.lab.samples())

    def test_a_driver_that_hangs_for_good_ends_the_robot_to_be_started_again(self):
        # A second's pictures, then one in the middle of which it hangs for 10 minutes.
        hangs = "gst:videotestsrc is-live=true num-buffers=30 ! concat name=both videotestsrc is-live=true ! identity sleep-time=600000000 ! both. both. ! videoconvert"
        robot = self.start(BIN / "bigfoot", "robot", "--server", f"ws://127.0.0.1:{self.lab.port}", "--camera", hangs, "--status-socket", "none")
        self.manager.hear("READY=1")
        until("it ends", lambda: self.manager.listen(0.2) is not None and robot.poll() is not None, 90 * SLOW)
        self.assertEqual(robot.returncode, 3)
        unit = (ROOT / "deploy/systemd/bigfoot-robot.service").read_text()
        self.assertRegex(unit, r"(?m)^Restart=always$")
        self.assertRegex(unit, r"(?m)^RestartPreventExitStatus=2$", "2 alone is not started again")


if __name__ == "__main__":
    unittest.main(verbosity=1)
