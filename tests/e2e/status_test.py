#!/usr/bin/env python3
"""`bigfoot status`: what a running robot says of itself over its local socket."""

import concurrent.futures
import json
import os
import pathlib
import re
import signal
import socket
import stat
import subprocess
import tempfile
import unittest

from lab import BIN, RECEIVERS, ROOT, SLOW, Lab, make_clip, until


class StatusTest(unittest.TestCase):
    def setUp(self):
        self.runtime = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="bigfoot-run-")))
        self.lab = self.enterContext(Lab())

    def start(self, *more, name="rover-7", cameras=("front=test:?size=320x180&fps=10",)):
        self.lab.start_server()
        self.lab.start_robot("--status-socket", self.runtime / f"{name}.sock", *more, name=name, cameras=cameras)

    def ask(self, *words):
        environment = {key: value for key, value in os.environ.items() if key not in ("XDG_RUNTIME_DIR", "RUNTIME_DIRECTORY")}
        return subprocess.run([BIN / "bigfoot", "status", *words], capture_output=True, text=True, timeout=20 * SLOW, env=environment | {"RUNTIME_DIRECTORY": str(self.runtime)})

    def ask_for(self, name, *words):
        return self.ask("--name", name, *words)

    def status(self):
        done = self.ask_for("rover-7", "--json")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return json.loads(done.stdout)


class Running(StatusTest):
    def test_cameras_viewers_pair_and_rates(self):
        self.start()
        until("the server is named", lambda: self.status()["server"]["online"])
        self.assertEqual(self.status()["viewers"], [])
        viewer = self.lab.run(RECEIVERS, "--url", f"http://127.0.0.1:{self.lab.port}/whep/rover-7/front", "--loopback", "--count", "1", "--seconds", "600")
        until("rates are known", lambda: viewer.alive() and any(each["sent_bps"] > 0 and each["state"] == "live" for each in self.status()["viewers"]))
        until("the camera's as well", lambda: self.status()["cameras"][0]["encoded_fps"] > 0)
        status = self.status()
        camera, [of_viewer] = status["cameras"][0], status["viewers"]
        self.assertEqual((status["robot"], camera["name"], camera["state"], camera["trouble"], camera["width_px"], camera["height_px"], camera["fps"]),
                         ("rover-7", "front", "live", "", 320, 180, 10))
        self.assertRegex(camera["encoder"], r"^\w+enc$")
        self.assertEqual((camera["target_bps"], camera["viewers"]), (2_500_000, 1))
        if camera["last_recovery"]:  # the machine may have stood still
            self.assertGreater(camera["last_recovery"]["took_s"], 0)
        self.assertGreater(camera["encoded_bps"], 0)
        self.assertEqual(of_viewer["cameras"], ["front"])
        self.assertEqual((of_viewer["pair"]["local_type"], of_viewer["pair"]["generation"]), ("host", 1))
        self.assertRegex(of_viewer["pair"]["remote"], r"^(127\.0\.0\.1|\[::1\]):\d+$")
        self.assertGreaterEqual(of_viewer["age_s"], 0)
        done = self.ask()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for line in (r"^rover-7: bigfoot \d", r"^  server: .*127\.0\.0\.1", r"^  camera front: live\b", r"320x180 at 10 fps", r"^  viewer \S+: live for", r"host \S+:\d+ to \w+ \S+:\d+$"):
            self.assertRegex(done.stdout, re.compile(line, re.M))

    def test_a_camera_without_pictures_says_why(self):
        self.start(cameras=("front=test:?size=320x180&fps=10", "rear=v4l2:/dev/no-such-camera"))
        until("it says why", lambda: self.status()["cameras"][1]["state"] == "no picture")
        rear = self.status()["cameras"][1]
        self.assertIn("/dev/no-such-camera", rear["trouble"])
        shown = re.search(r"camera rear: no picture .*", (ROOT / "docs/status.md").read_text())[0]
        until("as the document shows it", lambda: shown.replace("/dev/video2", "/dev/no-such-camera") in self.ask().stdout)

    def test_a_camera_that_is_back_says_since_when(self):
        clip, elsewhere = self.runtime / "rear.mp4", self.runtime / "elsewhere.mp4"
        make_clip(elsewhere)
        self.start(cameras=("front=test:?size=320x180&fps=10", f"rear=file:{clip}"))
        until("it is missed", lambda: "there is no file" in self.status()["cameras"][1]["trouble"])
        self.assertIsNone(self.status()["cameras"][1]["last_recovery"])
        elsewhere.rename(clip)
        until("it is back", lambda: self.status()["cameras"][1]["last_recovery"])
        recovery = self.status()["cameras"][1]["last_recovery"]
        self.assertGreater(recovery["took_s"], 0)
        self.assertGreaterEqual(recovery["ago_s"], 0)
        until("it is said to people", lambda: re.search(r"camera rear: live, back since .+ after .+\n", self.ask().stdout))

    def test_the_socket_is_for_its_user_and_group_and_speaks_to_anything(self):
        self.start()
        path = self.runtime / "rover-7.sock"
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o660)
        for word, begin in ((b"json\n", b'{"robot":"rover-7"'), (b"text\n", b"rover-7: "), (b"\xff" * 100, b"rover-7: ")):
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(10 * SLOW)
                connection.connect(str(path))
                connection.sendall(word)
                self.assertTrue(connection.recv(100).startswith(begin))
        idle = []
        for _ in range(8):  # they say nothing, and hold every place
            idle.append(self.enterContext(socket.socket(socket.AF_UNIX)))
            idle[-1].connect(str(path))
        until("their places are free again", lambda: self.ask().returncode == 0)
        self.assertEqual(self.lab.robot.stop(), 0)
        self.assertFalse(path.exists())


class NoneOrSeveral(StatusTest):
    def test_of_a_robot_that_hangs_everybody_is_told_so(self):
        self.start()
        self.lab.robot.process.send_signal(signal.SIGSTOP)
        path = self.runtime / "rover-7.sock"
        with concurrent.futures.ThreadPoolExecutor(12) as pool:  # more than wait in its queue
            for done in pool.map(lambda _: self.ask("--socket", path), range(12)):
                self.assertEqual(done.returncode, 1)
                self.assertRegex(done.stderr, "does not answer\n    it may hang")
        self.lab.robot.process.send_signal(signal.SIGCONT)
        until("it answers again", lambda: self.ask("--socket", path).returncode == 0)

    def test_without_a_robot_it_says_so(self):
        for words in ((), ("--json",), ("--name", "rover-7")):
            done = self.ask(*words)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertRegex(done.stderr, r"^bigfoot status: no robot .*runs here.*\n    start one with")
        done = self.ask("--socket", str(self.runtime / "none.sock"))
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"no robot listens at \S+none\.sock\n    .+")
        self.assertEqual(self.ask("--jsn").returncode, 2)

    def test_a_socket_that_a_dead_robot_left_is_none_and_is_taken_over(self):
        self.start()
        self.lab.robot.stop(signal.SIGKILL)
        self.assertTrue((self.runtime / "rover-7.sock").exists())
        self.assertEqual(self.ask_for("rover-7").returncode, 1)
        self.lab.start_robot("--status-socket", self.runtime / "rover-7.sock")
        self.assertEqual(self.ask_for("rover-7").returncode, 0)

    def test_of_two_robots_one_is_named_and_a_third_of_the_same_name_leaves_them_alone(self):
        self.start()
        second = self.lab.run(BIN / "bigfoot", "robot", "--server", f"ws://127.0.0.1:{self.lab.port}", "--name", "rover-8", "--camera", "test:?size=320x180&fps=5",
                              "--status-socket", self.runtime / "rover-8.sock")
        until("both answer", lambda: second.alive() and self.ask_for("rover-8").returncode == 0)
        done = self.ask()
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"several robots run here: .*rover-7, rover-8\n    say which one with --name")
        self.assertRegex(self.ask_for("rover-8").stdout, "^rover-8: ")
        second.process.send_signal(signal.SIGSTOP)
        done = self.ask()
        second.process.send_signal(signal.SIGCONT)
        self.assertEqual(done.returncode, 1, "what one answers is not all there is to say")
        self.assertRegex(done.stdout, "^rover-7: ")
        self.assertRegex(done.stderr, r"rover-8\.sock does not answer\n    it may hang")
        until("it answers again", lambda: self.ask_for("rover-8").returncode == 0)
        third = self.lab.run(BIN / "bigfoot", "robot", "--server", f"ws://127.0.0.1:{self.lab.port}", "--name", "rover-9", "--camera", "test:?size=320x180&fps=5",
                             "--status-socket", self.runtime / "rover-8.sock")
        until("it says that it is not served", lambda: third.alive() and re.search(r"status\.not_served .*another robot listens", third.output()))
        self.assertRegex(self.ask_for("rover-8").stdout, "^rover-8: ")


if __name__ == "__main__":
    unittest.main(verbosity=1)
