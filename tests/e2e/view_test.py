#!/usr/bin/env python3
"""`bigfoot view` as it runs: pictures come, and come back; what it cannot have, it waits for in words."""

import fcntl
import http.server
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import unittest

from lab import BIN, SLOW, Lab, descriptors_of, threads_of, until


class Viewer:
    """A running `bigfoot view`, without a display unless it is told one."""

    def __init__(self, lab, *words, **where):
        self.lab = lab
        display = () if "--display" in words else ("--display", "none")
        self.program = lab.run(BIN / "bigfoot", "view", *words, *display, "--json", "--log-level", "info", **where)

    def seconds(self):
        """Its lines of --json so far."""
        return [json.loads(line) for line in self.program.lines() if line.startswith("{")]

    def said(self):
        return [line.removeprefix("bigfoot view: ") for line in self.program.lines() if line.startswith("bigfoot view: ")]

    def last(self):
        self.lab.checked(self.program)
        lines = self.seconds()
        return lines[-1] if lines else None

    def until(self, what, holds):
        """Waits for a line for which `holds`; gives it."""
        return until(what, lambda: (line := self.last()) and holds(line) and line)

    def until_said(self, words):
        until(f"it says: {words}", lambda: self.lab.checked(self.program) and any(words in line for line in self.said()))

    def pictures(self, more=15):
        """Waits for so many more pictures; the line that tells of them."""
        line = self.last()
        shown = shown_of(line) if line else 0
        return self.until(f"{more} pictures more", lambda now: now["state"] == "live" and shown_of(now) >= shown + more)

    def quit(self):
        code = self.program.stop(signal.SIGINT)
        if code != 0:
            raise AssertionError(f"it ended with {code}:\n{self.program.output()[-3000:]}")


def shown_of(line):
    return sum(camera["counts"]["shown"] for camera in line["cameras"])


def told(lab):
    """By the server or by DTLS, whichever is first."""
    until("the robot is told", lambda: re.search("state=ended .*the (viewer|other side) (left|closed)", lab.robot.output()))


class Pictures(unittest.TestCase):
    def view(self, lab, *words):
        return Viewer(lab, *words, "--server", f"ws://127.0.0.1:{lab.port}")

    def test_a_robots_pictures_with_what_is_known_of_them(self):
        with Lab() as lab:
            lab.start_server()
            lab.start_robot("--size", "640x360")
            viewer = self.view(lab, "rover-7")
            line = viewer.pictures(more=30)
            self.assertEqual(line["view"], "rover-7")
            self.assertGreater(line["first_picture_ms"], 0)
            self.assertEqual(line["path"]["local_type"], "host")
            self.assertGreater(line["received_bps"], 0)
            [camera] = line["cameras"]
            self.assertEqual((camera["name"], camera["width_px"], camera["height_px"]), ("front", 640, 360))
            self.assertEqual(camera["counts"]["lost"], 0)
            self.assertFalse(camera["frozen"])
            self.assertTrue(camera["decoder"])
            line = viewer.until("the delay is known", lambda now: now["cameras"][0]["delay"])
            delay, stages = line["cameras"][0]["delay"], line["cameras"][0]["stages"]
            self.assertGreater(delay["p50_ms"], 0)
            self.assertGreaterEqual(delay["p95_ms"], delay["p50_ms"])
            viewer.until("the robot has told its stages", lambda now: {*now["cameras"][0]["stages"]} >= {"capture_wait", "encode", "send", "network"})
            self.assertLessEqual({"arrival", "reassembly", "wait", "decode", "display"}, set(stages))
            self.assertEqual(viewer.said()[-1], "live: rover-7")
            viewer.quit()
            told(lab)

    def test_one_camera_of_two_and_both(self):
        with Lab() as lab:
            lab.start_server()
            lab.start_robot("--size", "320x180", cameras=("front=test:", "rear=test:?size=640x480"))
            one = self.view(lab, "rover-7/rear")
            self.assertEqual([camera["name"] for camera in one.pictures()["cameras"]], ["rear"])
            self.assertEqual(lab.metric("bigfoot_frames_sent_total", camera="front"), 0, "it is not asked for")
            one.quit()
            both = self.view(lab, "rover-7")
            both.until("both give pictures", lambda now: [camera["name"] for camera in now["cameras"] if camera["counts"]["shown"] > 5] == ["front", "rear"])
            both.quit()

    def test_smooth_shows_every_picture_later(self):
        with Lab() as lab:
            lab.start_server()
            lab.start_robot("--size", "320x180")
            viewer = self.view(lab, "rover-7", "--smooth", "100")
            viewer.pictures()
            viewer.until("pictures wait their turn", lambda now: 50 < now["cameras"][0]["stages"].get("wait", {"p50_ms": 0})["p50_ms"] < 110)
            viewer.quit()


    def test_a_robot_by_whep(self):
        with Lab() as lab:
            lab.start_server()
            lab.start_robot("--size", "320x180")
            url = f"http://127.0.0.1:{lab.port}/whep/rover-7"
            viewer = Viewer(lab, "--whep", url)
            line = viewer.pictures()
            self.assertEqual(line["view"], url)
            self.assertEqual(line["cameras"][0]["width_px"], 320)
            viewer.quit()
            told(lab)

    def test_a_whep_server_is_shown_the_token_of_the_file(self):
        tokens = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_OPTIONS(self):
                self.send_response(204)
                self.end_headers()

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                tokens.append(self.headers["Authorization"])
                self.send_response(404 if tokens[-1] == "Bearer s3cret" else 401)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server, Lab() as lab, tempfile.TemporaryDirectory() as folder:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            url = f"http://127.0.0.1:{server.server_address[1]}/whep/x"
            without = Viewer(lab, "--whep", url)
            without.until_said("--token-file FILE")
            without.quit()
            path = pathlib.Path(folder) / "whep.token"
            path.write_text("s3cret\n")
            shown = Viewer(lab, "--whep", url, "--token-file", str(path))
            shown.until_said("has nothing to watch")
            shown.quit()
            server.shutdown()
        self.assertEqual({*tokens}, {None, "Bearer s3cret"})


def decoded_frames(path):
    """What a player gets out of a recording, up to where it ends, however it ends."""
    done = subprocess.run(["gst-launch-1.0", "filesrc", f"location={path}", "!", "matroskademux", "!", "h264parse", "!", "avdec_h264", "!",
                           "fakesink", "silent=false", "-v"], capture_output=True, text=True, timeout=60 * SLOW)
    return done.stdout.count("chain ")


class Recordings(unittest.TestCase):
    def test_what_is_recorded_plays_after_a_kill_and_is_never_overwritten(self):
        with Lab() as lab, tempfile.TemporaryDirectory() as folder:
            lab.start_server()
            lab.start_robot("--size", "320x180")
            path = pathlib.Path(folder) / "drive.mkv"
            words = ("rover-7", "--server", f"ws://127.0.0.1:{lab.port}", "--record", str(path))
            viewer = Viewer(lab, *words)
            viewer.pictures(90)
            viewer.program.stop(signal.SIGKILL)
            frames = decoded_frames(path)
            self.assertGreater(frames, 30)
            again = subprocess.run([BIN / "bigfoot", "view", *words], capture_output=True, text=True, timeout=60 * SLOW)
            self.assertEqual((again.returncode, "exists" in again.stderr), (2, True), again.stderr)
            self.assertEqual(decoded_frames(path), frames)

    def test_a_robot_that_comes_back_with_another_camera_overwrites_nothing(self):
        with Lab() as lab, tempfile.TemporaryDirectory() as folder:
            lab.start_server()
            lab.start_robot("--size", "320x180")
            path = pathlib.Path(folder) / "drive.mkv"
            viewer = Viewer(lab, "rover-7", "--server", f"ws://127.0.0.1:{lab.port}", "--record", str(path))
            viewer.pictures(60)
            self.assertEqual(lab.robot.stop(), 0)
            lab.start_robot("--size", "320x180", cameras=("rear=test:",))
            viewer.until("rear gives pictures", lambda now: any(camera["name"] == "rear" and camera["counts"]["shown"] > 30 for camera in now["cameras"]))
            viewer.quit()
            self.assertGreaterEqual(decoded_frames(path), 60)
            self.assertGreaterEqual(decoded_frames(path.with_name("drive-rear.mkv")), 30)

    def test_a_try_that_came_to_nothing_leaves_no_file_in_the_way_of_the_next(self):
        environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
        with Lab() as lab, tempfile.TemporaryDirectory() as folder:
            lab.start_server()
            path = pathlib.Path(folder) / "drive.mkv"
            words = ("rover-7", "--server", f"ws://127.0.0.1:{lab.port}", "--record", str(path))
            done = subprocess.run([BIN / "bigfoot", "view", *words, "--display", "ximagesink"], capture_output=True, text=True, env=environment,
                                  timeout=60 * SLOW)
            self.assertEqual(done.returncode, 5, done.stderr)
            waits = Viewer(lab, *words)
            waits.until_said("the server has no robot of that name online")
            waits.quit()
            self.assertEqual(os.listdir(folder), [])
            lab.start_robot("--size", "320x180")
            records = Viewer(lab, *words)
            records.pictures(60)
            records.quit()
            self.assertGreater(decoded_frames(path), 30)


class Recovery(unittest.TestCase):
    def view(self, lab):
        viewer = Viewer(lab, "rover-7", "--server", f"ws://127.0.0.1:{lab.port}")
        viewer.pictures()
        return viewer

    def test_a_robot_that_is_killed_and_comes_back(self):
        with Lab() as lab:
            lab.start_server()
            lab.start_robot("--size", "320x180")
            viewer = self.view(lab)
            lab.robot.stop(signal.SIGKILL)
            viewer.until_said("FROZEN")
            viewer.until_said("waiting for rover-7, which is away")
            lab.start_robot("--size", "320x180")
            line = viewer.pictures()
            self.assertGreaterEqual(line["recoveries"]["session"]["recovered"], 1)
            self.assertGreater(line["recoveries"]["session"]["last_took_s"], 0.3)
            self.assertGreaterEqual(line["cameras"][0]["freezes"], 1)
            viewer.quit()

    def test_cameras_that_are_gone_leave_nothing_behind(self):
        with Lab() as lab:
            lab.start_server()
            lab.start_robot("--size", "320x180")
            viewer = self.view(lab)
            threads, descriptors = threads_of(viewer.program.pid), descriptors_of(viewer.program.pid)
            for number in range(4):
                self.assertEqual(lab.robot.stop(), 0)
                name = f"camera{number}"
                lab.start_robot("--size", "320x180", cameras=(f"{name}=test:",))
                viewer.until(f"{name} alone gives pictures", lambda now: [camera["name"] for camera in now["cameras"]] == [name] and shown_of(now) > 5)
            # Each once had two threads and six descriptors.
            until("threads and descriptors are as they were",
                  lambda: threads_of(viewer.program.pid) <= threads + 2 and descriptors_of(viewer.program.pid) <= descriptors + 4)
            viewer.quit()

    def test_media_goes_on_without_the_server_and_the_session_is_resumed(self):
        with Lab() as lab:
            lab.start_server()
            lab.start_robot("--size", "320x180")
            viewer = self.view(lab)
            lab.server.stop(signal.SIGKILL)
            until("the viewer sees that the server is gone", lambda: "signaling.disconnected" in viewer.program.output())
            self.assertEqual(viewer.pictures(30)["sessions"], 1)
            lab.start_server()
            until("it is back at the server", lambda: viewer.program.output().count("signaling.connected") >= 2)
            line = viewer.pictures()
            self.assertEqual(line["sessions"], 1, "the session lives on")
            viewer.quit()
            told(lab)

    def test_a_robot_that_stands_still_is_frozen_and_then_live_again(self):
        with Lab() as lab:
            lab.start_server()
            lab.start_robot("--size", "320x180")
            viewer = self.view(lab)
            lab.robot.process.send_signal(signal.SIGSTOP)
            try:
                viewer.until_said("FROZEN")
                frozen = viewer.until("the camera is frozen", lambda now: now["cameras"][0]["frozen"])
                self.assertGreaterEqual(frozen["cameras"][0]["age_ms"], 300)
                viewer.until("it was remedied", lambda now: now["recoveries"]["keyframe"]["tried"] >= 1)
            finally:
                lab.robot.process.send_signal(signal.SIGCONT)
            line = viewer.pictures()
            self.assertGreaterEqual(sum(each["recovered"] for each in line["recoveries"].values()), 1)
            viewer.quit()


    def test_one_frozen_camera_of_two_is_remedied_and_the_other_left_alone(self):
        with Lab() as lab:
            lab.start_server()
            slow = "gst:videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=1/1"
            lab.start_robot("--size", "320x180", cameras=("front=test:", f"rear={slow}"))
            viewer = self.view(lab)
            line = viewer.until("a key frame of the slow one is asked for, and again", lambda now: now["recoveries"]["keyframe"]["tried"] >= 3)
            self.assertIn("view.remedy view=rover-7 camera=rear tried=keyframe", viewer.program.output())
            line = viewer.pictures(30)
            self.assertEqual((line["sessions"], line["recoveries"]["decoder"]["tried"]), (1, 0), "its pictures are decoded")
            viewer.quit()


class Waiting(unittest.TestCase):
    def test_a_server_that_is_not_there_and_a_robot_that_is_not_there(self):
        with Lab() as lab:
            viewer = Viewer(lab, "rover-7", "--server", f"ws://127.0.0.1:{lab.port}")
            viewer.until_said(f"waiting for the server ws://127.0.0.1:{lab.port}")
            lab.start_server()
            viewer.until_said("waiting for rover-7: the server has no robot of that name online")
            self.assertEqual(viewer.until("a line", lambda now: now["state"] == "robot")["cameras"], [])
            lab.start_robot("--size", "320x180")
            viewer.pictures()
            viewer.quit()

    def test_a_camera_that_the_robot_does_not_have(self):
        with Lab() as lab:
            lab.start_server()
            lab.start_robot("--size", "320x180")
            viewer = Viewer(lab, "rover-7/left", "--server", f"ws://127.0.0.1:{lab.port}")
            viewer.until_said("refused, asking again every 5 s")
            self.assertIn("camera", viewer.said()[-1])
            viewer.quit()


class Readers(unittest.TestCase):
    """Whoever reads what it tells, and does not."""

    def start(self, lab, stderr):
        """Its lines of --json go into a pipe of 4 KiB: this process, and where they can be read."""
        lab.start_server()
        lab.start_robot("--size", "320x180")
        read, write = os.pipe()
        fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
        process = subprocess.Popen([BIN / "bigfoot", "view", "rover-7", "--server", f"ws://127.0.0.1:{lab.port}", "--display", "none", "--json", "--log-level", "debug"],
                                   stdin=subprocess.DEVNULL, stdout=write, stderr=stderr)
        os.close(write)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process, os.fdopen(read)

    def test_lines_that_nobody_reads_go_and_the_picture_stays(self):
        with Lab() as lab, tempfile.TemporaryFile("w+") as errors:
            process, lines = self.start(lab, errors)
            until("lines find no room", lambda: b"json.dropped" in os.pread(errors.fileno(), 1 << 20, 0), timeout=60)
            first = line = json.loads(lines.readline())
            while line["lines_dropped"] == 0:
                line = json.loads(lines.readline())
            later = json.loads(lines.readline())
            self.assertEqual((line["state"], line["sessions"]), ("live", 1))
            self.assertGreater(shown_of(later), shown_of(first) + 30, "pictures came all the time")
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(30 * SLOW), 0)
            lines.close()

    def test_it_ends_though_nobody_reads_its_words_either(self):
        with Lab() as lab:
            unread, write = os.pipe()
            os.write(write, bytes(fcntl.fcntl(write, fcntl.F_GETPIPE_SZ)))
            process, lines = self.start(lab, write)
            os.close(write)
            until("pictures come", lambda: lab.metric("bigfoot_frames_sent_total", camera="front") > 30)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(30 * SLOW), 0)
            lines.close()
            os.close(unread)

    def test_a_reader_that_has_read_enough_ends_it(self):
        with Lab() as lab, tempfile.TemporaryFile("w+") as errors:
            process, lines = self.start(lab, errors)
            lines.readline()
            lines.close()
            self.assertEqual(process.wait(30 * SLOW), 0)
            told(lab)


class Refusals(unittest.TestCase):
    def refused(self, *words):
        done = subprocess.run([BIN / "bigfoot", "view", *words], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 2, done.stderr)
        return done.stderr

    def test_all_faults_at_once(self):
        said = self.refused("rover-7", "--server", "fleet", "--smooth", "5000", "--decoder", "x264enc", "--record", "a.mp4")
        for words in ("--server: \"fleet\" is not a server address", "--smooth", "--decoder: \"x264enc\"", ".mkv"):
            self.assertIn(words, said)

    def test_nothing_to_look_at(self):
        self.assertIn("bigfoot view rover-7 --server", self.refused())
        self.assertIn("nothing takes this word", self.refused("rover-7", "rover-8"))


if __name__ == "__main__":
    unittest.main(verbosity=1)
