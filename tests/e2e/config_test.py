#!/usr/bin/env python3
"""The configuration as a person meets it: the file, the layers above it, and what is said of mistakes."""

import os
import pathlib
import subprocess
import tempfile
import textwrap
import unittest

from lab import BIN, ROOT, SLOW, Lab, until

CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("BIGFOOT_")}


class ConfigTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="bigfoot-config-")))

    def file(self, text, name="robot.yaml"):
        path = self.folder / name
        path.write_text(text)
        return path

    def run_program(self, *command, **environment):
        return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=20 * SLOW, env=CLEAN | environment)

    def values(self, *words, **environment):
        """What --print-config shows: key → (value, where from)."""
        done = self.run_program(BIN / "bigfoot", "robot", *words, "--print-config", **environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = [line.partition("#") for line in done.stdout.splitlines()]
        return {left.partition(" = ")[0]: (left.partition(" = ")[2].strip(), where.strip()) for left, _, where in lines}


class Live(ConfigTest):
    def test_a_robot_with_two_cameras_in_its_file_goes_live_at_a_server_with_a_file(self):
        lab = self.enterContext(Lab())
        server = self.file(f"listen: 127.0.0.1:{lab.port}\nadmin_listen: 127.0.0.1:{lab.admin_port}\nstate_dir: {self.folder}\nlog: {{format: json}}\n", "server.yaml")
        lab.server = lab.run(BIN / "bigfoot-server", "serve", "--config", server)
        until("the server answers", lambda: lab.checked(lab.server) and lab.get("/version"))
        robot = self.file(f"server: http://127.0.0.1:{lab.port}\nname: rover-7\nmetrics: 127.0.0.1:{lab.metrics_port}\nfps: 15\ncameras:\n"
                          "  front: \"test:\"\n  rear:\n    source: \"test:\"\n    size: 320x180\n")
        lab.robot = lab.run(BIN / "bigfoot", "robot", "--config", robot)
        until("the robot is listed", lambda: lab.checked(lab.robot) and "rover-7" in lab.online())
        for camera in ("front", "rear"):
            with self.subTest(camera):
                figures = lab.receivers("--count", "1", "--frames", "5", "--seconds", "60", robot=f"rover-7/{camera}")
                self.assertEqual((figures["errors"], figures["connected"]), ([], 1))
                self.assertGreater(figures["frames"], 0)
                until("its frames are counted", lambda: lab.metric("bigfoot_frames_captured_total", camera=camera) > 0)


class Resources(ConfigTest):
    def test_every_thread_runs_on_the_processors_that_are_named_and_no_other(self):
        if len(os.sched_getaffinity(0)) < 2:
            self.skipTest("this machine lends one processor: every thread runs on it anyway")
        lab = self.enterContext(Lab())
        cpu = max(os.sched_getaffinity(0))
        lab.start_server()
        lab.start_robot("--resources-cpu-affinity", str(cpu))
        lab.watch("--count", "1")
        allowed = {}
        for task in pathlib.Path(f"/proc/{lab.robot.pid}/task").iterdir():
            try:
                allowed[int(task.name)] = ((task / "comm").read_text().strip(), os.sched_getaffinity(int(task.name)))
            except OSError:
                continue  # it has ended
        self.assertGreater(len(allowed), 3)
        self.assertEqual({thread: found for thread, found in allowed.items() if found[1] != {cpu}}, {})

    def test_without_any_of_them_it_runs_on_all_and_says_so(self):
        lab = self.enterContext(Lab())
        lab.start_server()
        lab.start_robot("--resources-cpu-affinity", "1022-1023")
        self.assertRegex(lab.robot.output(), "resources.not_applied .*cannot run on processor 1022-1023")


class Layers(ConfigTest):
    def test_flag_over_environment_over_file_over_built_in(self):
        file = self.file("max_viewers: 2\nsize: 640x360\nfps: 10\n")
        values = self.values("--config", file, "--fps", "12", BIGFOOT_FPS="11", BIGFOOT_SIZE="320x180")
        self.assertEqual(values["max_viewers"], ("2", f"file {file}:1"))
        self.assertEqual(values["size"], ("320x180", "environment BIGFOOT_SIZE"))
        self.assertEqual(values["fps"], ("12", "flag --fps"))
        self.assertEqual(values["bitrate"], ("2.5M", "default"))

    def test_the_cameras_values_and_where_they_come_from(self):
        file = self.file("fps: 10\ncameras:\n  front: \"test:\"\n  rear: {source: \"test:?fps=20\", bitrate: 1M}\n")
        values = self.values(BIGFOOT_CONFIG=str(file))
        self.assertEqual(values["cameras.front.source"], ("test:", f"file {file}:3"))
        self.assertEqual(values["cameras.front.fps"], ("10", "by fps"))
        self.assertEqual(values["cameras.rear.fps"], ("20", "by cameras.rear.source"))
        self.assertEqual(values["cameras.rear.bitrate"], ("1M", f"file {file}:4"))
        by_flag = self.values("--config", file, "--camera", "up=test:")
        self.assertEqual({key.split(".")[1] for key in by_flag if key.startswith("cameras.")}, {"up"})

    def test_a_misspelt_variable_is_named_and_stops_nothing(self):
        file = self.file("name: a\n")
        done = self.run_program(BIN / "bigfoot", "check-config", file, BIGFOOT_METRCS="s3cret", BIGFOOT_RESOURCES_CPU_AFFINITY="0")
        self.assertEqual((done.returncode, done.stderr), (0, "warning: BIGFOOT_METRCS: nothing reads this variable\n    did you mean BIGFOOT_METRICS?\n"))
        self.assertIn("the environment gives resources.cpu_affinity", done.stdout)
        lab = self.enterContext(Lab())
        os.environ["BIGFOOT_DRAYN"] = "1"
        self.addCleanup(os.environ.pop, "BIGFOOT_DRAYN")
        lab.start_server()
        lab.start_robot()
        self.assertRegex(lab.server.output(), r'(?m) warn config.variable_ignored variable=BIGFOOT_DRAYN fix="did you mean BIGFOOT_DRAIN\?"$')
        self.assertRegex(lab.robot.output(), r" warn config.variable_ignored robot=rover-7 variable=BIGFOOT_DRAYN ")

    def test_a_secret_is_read_from_its_file_and_never_shown(self):
        self.file("s3cret\n", "turn.secret")
        good = self.file("ice:\n  servers:\n    - {url: \"turn:192.0.2.1\", username: u, credential_file: turn.secret}\n")
        values = self.values("--config", good)
        self.assertEqual(values["ice.servers"], ("turn:192.0.2.1", f"file {good}:3"))
        bad = self.file("ice: {servers: [\"turn:u:s3cret@\", {url: \"turn:u:s3cret@b\"}, {url: \"turn:a\", credential: s3cret}]}\n")
        done = self.run_program(BIN / "bigfoot", "check-config", bad)
        self.assertEqual(done.returncode, 2)
        self.assertNotIn("s3cret", done.stdout + done.stderr)
        self.assertEqual(done.stderr.count(f"{bad}:1: ice.servers: "), 3, done.stderr)


class Faults(ConfigTest):
    def test_check_config_says_all_faults_with_line_and_way_out(self):
        file = self.file("servr: ws://x\nsize: 1281x720\nsize: 640x480\ncameras:\n  front: \"tst:\"\n  rear: {source: \"test:\", sise: 3x3}\nice: {port: 3}\n")
        done = self.run_program(BIN / "bigfoot", "check-config", file)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        for line, what, fix in ((1, 'there is no key "servr"', "did you mean server?"),
                                (2, "size: .*odd side", "even sides"),
                                (3, "the key stands again: size", "line 2"),
                                (5, "camera front: .*tst:", "the nearest is test:"),
                                (6, 'camera rear: there is no key "sise"', "did you mean size?"),
                                (7, 'there is no key "ice.port"', "did you mean ice.ports?")):
            self.assertRegex(done.stderr, rf"(?m)^{file}:{line}: {what}.*\n    .*{fix}")
        started = self.run_program(BIN / "bigfoot", "robot", "--config", file)
        self.assertEqual((started.returncode, started.stderr), (2, done.stderr), "the robot reads as check-config does")

    def test_what_only_shows_with_a_camera_stands_where_it_was_written(self):
        file = self.file("name: a\nbitrate: 2500\ncameras:\n  front: {source: \"test:\", size: 320x180, crop: \"1000,1000,320x180\"}\n"
                         "  rear: \"test:?size=8192x8192\"\n  up:\n    source: \"v4l2:/dev/video0\"\n    format: mjpeg\n")
        done = self.run_program(BIN / "bigfoot", "check-config", file)
        self.assertEqual(done.returncode, 2)
        for line, what, fix in ((2, "bitrate: 2.5k is not within", "start lies between"), (4, "camera front: crop needs the size", "capture="),
                                (5, "camera rear: size: no H.264 level", ""), (8, 'camera up: there is no key "format"', "v4l2:/dev/video0\\?format=mjpeg")):
            self.assertRegex(done.stderr, rf"(?m)^{file}:{line}: {what}.*\n    .*{fix}")
        self.assertEqual(len(done.stderr.splitlines()), 8, done.stderr)

    def test_files_that_are_none(self):
        for path, what in ((self.folder / "lost.yaml", "no such file"), (self.folder, "a directory"), (self.file("a: [\n"), "not YAML")):
            for command in ((BIN / "bigfoot", "check-config", path), (BIN / "bigfoot-server", "serve", "--config", path)):
                done = self.run_program(*command)
                self.assertEqual(done.returncode, 2)
                self.assertRegex(done.stderr, rf"^{path}(:\d+)?: .*{what}.*\n    .+")

    def test_check_config_of_the_reference_files(self):
        for program, name in (("bigfoot", "robot"), ("bigfoot-server", "server")):
            done = self.run_program(BIN / program, "check-config", ROOT / f"config/{name}.yaml")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertRegex(done.stdout, r"^\S+: good; it gives no key")
        self.assertEqual(self.run_program(BIN / "bigfoot-server", "check-config").returncode, 2)

    def test_the_files_of_the_document_are_good(self):
        text = (ROOT / "docs/configuration.md").read_text()
        self.file("secret\n", "turn.secret")
        for title, program in (("    # robot.yaml\n", "bigfoot"), ("    # server.yaml\n", "bigfoot-server")):
            block = text[text.index(title):].partition("\n\n")[0]
            done = self.run_program(BIN / program, "check-config", self.file(textwrap.dedent(block) + "\n"))
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertRegex(done.stdout, "it gives (server, name|listen, state_dir)")


if __name__ == "__main__":
    unittest.main(verbosity=1)
