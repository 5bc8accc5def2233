#!/usr/bin/env python3
"""The robot with real viewers: what they get, what they leave behind, what a bad one gets."""

import json
import re
import signal
import time
import unittest

from lab import BIN, RECEIVERS, SLOW, Lab, descriptors_of, resident_kib, threads_of, until


class Viewers(unittest.TestCase):
    def test_many_viewers_share_one_encoder(self):
        with Lab() as lab:
            lab.start_server()
            lab.start_robot("--size", "640x360")  # so cheap that the encoder never goes over to slices, a thread each
            threads = threads_of(lab.robot.pid)
            figures = lab.receivers("--count", "8", "--seconds", "4")
            self.assertEqual(figures["errors"], [])
            self.assertEqual(figures["connected"], 8)
            self.assertIn("GCM", figures["srtp"])
            self.assertGreater(figures["frames"], 8 * 30 * 4 * 0.75 / SLOW)
            encoded, sent = lab.metric("bigfoot_frames_encoded_total"), lab.metric("bigfoot_frames_sent_total")
            self.assertGreater(sent, 5 * encoded / SLOW, "one encode serves all viewers")
            self.assertGreater(lab.metric("bigfoot_gso_batches_total"), 0)
            self.assertLessEqual(threads_of(lab.robot.pid), threads + 1, "no thread per viewer")

    def test_the_encoder_sleeps_when_nobody_watches(self):
        with Lab() as lab:
            lab.start_server()
            lab.start_robot()
            lab.receivers("--count", "1", "--seconds", "1")
            until("the viewer is gone", lambda: lab.metric("bigfoot_sessions") == 0)
            time.sleep(0.5)
            before = lab.metric("bigfoot_frames_encoded_total"), lab.metric("bigfoot_frames_captured_total")
            time.sleep(1.5)
            after = lab.metric("bigfoot_frames_encoded_total"), lab.metric("bigfoot_frames_captured_total")
            self.assertEqual(after[0], before[0])
            self.assertGreater(after[1], before[1], "the camera stays warm")

    def test_a_viewer_with_another_certificate_gets_nothing(self):
        with Lab() as lab:
            lab.start_server()
            lab.start_robot()
            figures = lab.receivers("--count", "1", "--seconds", "2", "--wrong-fingerprint")
            self.assertEqual((figures["connected"], figures["packets"]), (0, 0))
            self.assertEqual(lab.metric("bigfoot_frames_sent_total"), 0, "handshake datagrams are all that left")
            self.assertRegex(lab.robot.output(), r"session.state .*why=.*(certificate|fingerprint)")
            good = lab.receivers("--count", "1", "--seconds", "1")
            self.assertEqual(good["connected"], 1, "the next, honest viewer is served")

    def test_two_cameras_in_one_session(self):
        with Lab() as lab:
            lab.start_server()
            lab.start_robot(cameras=("front=test:", "rear=test:?size=640x480"))
            figures = lab.receivers("--count", "1", "--seconds", "1", robot="rover-7/rear")
            self.assertEqual((figures["errors"], figures["connected"]), ([], 1))
            self.assertGreater(lab.metric("bigfoot_frames_sent_total", camera="rear"), 10)
            self.assertEqual(lab.metric("bigfoot_frames_sent_total", camera="front"), 0, "nobody watches it: it sleeps")
            unknown = lab.receivers("--count", "1", robot="rover-7/left")
            self.assertRegex(unknown["errors"][0], "404")

    def test_two_hundred_joins_and_leaves_leave_nothing(self):
        with Lab() as lab:
            lab.start_server()
            lab.start_robot("--size", "320x180")  # so cheap that the encoder never goes over to slices, a thread each

            def a_hundred():
                figures = lab.receivers("--count", "100", "--seconds", "0", "--one-by-one", "--apart-ms", "0")
                self.assertEqual(figures["errors"], [])
                until("no session is left", lambda: lab.metric("bigfoot_sessions") == 0 and
                      lab.metric("bigfoot_sessions_started_total") == lab.metric("bigfoot_sessions_ended_total"))
                time.sleep(1)
                return threads_of(pid), descriptors_of(pid), resident_kib(pid)

            pid = lab.robot.pid
            before = a_hundred()  # the first ones warm pools and caches: not a leak
            server_before = descriptors_of(lab.server.pid)
            after = a_hundred()
            self.assertLessEqual(after[0], before[0], "threads")
            self.assertLessEqual(after[1], before[1], "descriptors")
            # A sanitizer keeps what was freed in quarantine (256 MiB of it), so memory grows without a leak; it finds leaks itself at the end.
            if SLOW == 1:
                self.assertLess(after[2] - before[2], 1536, f"KiB of memory grown by the second hundred joins: {before[2]} to {after[2]}")
            until("the server let go", lambda: descriptors_of(lab.server.pid) <= server_before)

    def test_more_viewers_than_allowed_are_refused_in_words(self):
        with Lab() as lab:
            lab.start_server()
            lab.start_robot("--max-viewers", "2")
            figures = lab.receivers("--count", "3", "--seconds", "1", "--apart-ms", "300")
            self.assertEqual(figures["connected"], 2)
            self.assertRegex(figures["errors"][0], r"503.*too many viewers")


class BadViewers(unittest.TestCase):
    """What one viewer does wrong, no other feels."""

    def good_viewer_beside(self, lab, trouble):
        good = lab.run(RECEIVERS, "--url", f"http://127.0.0.1:{lab.port}/whep/rover-7", "--loopback", "--count", "1", "--seconds", "8")
        until("the good viewer is connected", lambda: "settled" in good.output())
        trouble()
        good.process.wait(60 * SLOW)
        figures = json.loads(good.output().strip().splitlines()[-1])
        self.assertGreater(figures["frames"], 8 * 30 * 0.75 / SLOW)

    def test_viewers_that_never_finish_ice_and_dtls(self):
        with Lab() as lab:
            lab.start_server()
            lab.start_robot()

            def trouble():
                figures = lab.receivers("--count", "20", "--seconds", "1", "--mute", "--apart-ms", "0")
                refused = [error for error in figures["errors"] if re.search("503.*still connecting", error)]
                self.assertEqual(len(refused), 4, "sixteen may be half open at once")

            self.good_viewer_beside(lab, trouble)

    def test_half_open_viewers_end_in_time(self):
        with Lab() as lab:
            lab.start_server()
            lab.start_robot()
            mute = lab.run(RECEIVERS, "--url", f"http://127.0.0.1:{lab.port}/whep/rover-7", "--loopback", "--count", "3", "--seconds", "60", "--mute")
            until("they wait", lambda: "settled" in mute.output())
            mute.stop(signal.SIGKILL)
            until("they are gone", lambda: lab.metric("bigfoot_sessions_ended_total") == 3, timeout=25)
            until("the robot says why", lambda: "not connected after" in lab.robot.output(), timeout=5)  # its log is written by another thread

    def test_a_viewer_that_stands_still(self):
        with Lab() as lab:
            lab.start_server()
            lab.start_robot()

            def trouble():
                stuck = lab.run(RECEIVERS, "--url", f"http://127.0.0.1:{lab.port}/whep/rover-7", "--loopback", "--count", "4", "--seconds", "60")
                until("the others are connected", lambda: "settled" in stuck.output())
                stuck.process.send_signal(signal.SIGSTOP)  # its sockets fill, its consent stops
                until("the robot has noticed", lambda: len(re.findall("state=path_lost", lab.robot.output())) == 4, timeout=15)

            self.good_viewer_beside(lab, trouble)


class Ends(unittest.TestCase):
    def test_sigterm_ends_both_programs_cleanly(self):
        with Lab() as lab:
            lab.start_server()
            lab.start_robot()
            lab.receivers("--count", "2", "--seconds", "0.5")
            self.assertEqual(lab.robot.stop(), 0)
            until("the robot is offline", lambda: lab.online() == [])
            self.assertEqual(lab.server.stop(), 0)

    def test_the_robot_waits_for_its_server_and_comes_back_to_it(self):
        with Lab() as lab:
            lab.start_server()
            lab.start_robot()
            self.assertEqual(lab.server.stop(), 0)
            until("the robot says what it waits for", lambda: re.search(r"signaling.disconnected", lab.robot.output()))
            lab.start_server()
            until("the robot is back", lambda: lab.online() == ["rover-7"], timeout=20)

    def test_bad_flags_end_at_once_and_say_what_to_change(self):
        with Lab() as lab:
            for words, said in (
                (("--camera", "tset:"), "test"),
                (("--bitrate", "fast"), "2.5M"),
                (("--server", "ftp://example.org"), "ws"),
                (("--metrics", "nowhere"), "127.0.0.1:8080"),
                (("--encodr", "x264enc"), "--encoder"),
            ):
                program = lab.run(BIN / "bigfoot", "robot", *words)
                self.assertEqual(program.process.wait(10 * SLOW), 2, words)
                self.assertIn(said, program.output())


if __name__ == "__main__":
    unittest.main(verbosity=1)
