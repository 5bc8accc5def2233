#!/usr/bin/env python3
"""What both programs write to stderr, against docs/logs.md."""

import json
import re
import signal
import unittest

from lab import BIN, RECEIVERS, ROOT, Lab, until

OWNERS = {"ts", "level", "event", "robot", "view", "camera", "session", "listener"}


def documented():
    """Event → levels and fields."""
    rows = re.findall(r"^\| `([a-z]+\.[a-z_.]+)` \| ([a-z, ]+) \|([^|]*)\|", (ROOT / "docs/logs.md").read_text(), re.M)
    return {event: (set(re.findall(r"debug|info|warn|error", levels)), set(re.findall(r"`(\w+)`", fields))) for event, levels, fields in rows}


def samples():
    """The JSON lines that the document shows."""
    return re.findall(r"^    (\{.*\})$", (ROOT / "docs/logs.md").read_text(), re.M)


def sample(event):
    return next(fact for fact in map(json.loads, samples()) if fact["event"] == event)


class Logs(unittest.TestCase):
    def check(self, text, wanted):
        events = documented()
        seen = set()
        for line in text.splitlines():
            with self.subTest(line):
                fact = json.loads(line)
                self.assertRegex(fact["ts"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
                levels, fields = events[fact["event"]]
                self.assertIn(fact["level"], levels)
                self.assertEqual(fields - fact.keys(), set(), "the document's fields are there")
                self.assertEqual(fact.keys() - fields - OWNERS, set(), "and no others")
                for name, value in fact.items():
                    number = name.endswith(("_s", "_ms")) or name in ("ms", "generation", "added", "removed", "sessions", "slices", "changed", "needs_restart", "faults")
                    self.assertIsInstance(value, (int, float) if number else (str, int, float), name)
                seen.add(fact["event"])
        self.assertEqual(wanted - seen, set())

    def test_every_line_of_a_viewer_is_an_event_of_the_list(self):
        lab = self.enterContext(Lab())
        lab.start_server()
        lab.start_robot("--size", "320x180")
        viewer = lab.run(BIN / "bigfoot", "view", "rover-7", "--server", f"ws://127.0.0.1:{lab.port}", "--display", "none", "--log-format", "json", "--log-level", "debug")
        until("it is live", lambda: '"view.first_picture"' in viewer.output() and "live: rover-7" in viewer.output())
        lab.robot.process.send_signal(signal.SIGSTOP)
        until("it is frozen", lambda: "FROZEN" in viewer.output())
        lab.robot.process.send_signal(signal.SIGCONT)
        until("it is live again", lambda: '"view.recovered"' in viewer.output())
        self.assertEqual(viewer.stop(), 0)
        lines = [line for line in viewer.lines() if not line.startswith("bigfoot view: ")]
        self.check("\n".join(lines), {"signaling.connected", "view.state", "view.path", "view.first_picture", "view.recovered", "decoder.chosen", "peer.secured"})

    def test_every_line_of_a_robot_and_its_server_is_an_event_of_the_list(self):
        lab = self.enterContext(Lab())
        lab.start_server("--log-format", "json", "--log-level", "debug")
        lab.start_robot("--log-format", "json", "--log-level", "debug", "--status-socket", f"{lab.folder.name}/r.sock", cameras=["front=test:?size=320x180&fps=10", "rear=v4l2:/dev/none"])
        viewer = lab.run(RECEIVERS, "--url", f"http://127.0.0.1:{lab.port}/whep/rover-7", "--loopback", "--count", "1", "--seconds", "1")
        until("the viewer left", lambda: not viewer.alive())
        lab.robot.process.send_signal(signal.SIGHUP)
        until("the configuration was read", lambda: "config.read" in lab.robot.output())
        shown = {key: value.replace("/dev/video0", "/dev/none").replace('"front"', '"rear"') for key, value in sample("camera.fault").items() if key in ("level", "what", "fix")}
        until("the missing camera was said as in the document", lambda: any(shown.items() <= json.loads(line).items() for line in lab.robot.lines()))
        self.assertEqual((lab.robot.stop(), lab.server.stop()), (0, 0))
        self.check(lab.robot.output(), {"signaling.connecting", "signaling.connected", "encoder.chosen", "camera.started", "camera.fault", "session.state", "session.path", "peer.secured", "status.listening", "config.read"})
        self.check(lab.server.output(), {"server.listening", "peer.joined", "peer.left", "player.asked", "server.draining", "server.stopped"})

    def test_the_lines_that_the_document_shows_are_such_too(self):
        self.check("\n".join(samples()), {"camera.fault", "encoder.passed_over"})
        fact = sample("encoder.passed_over")
        in_text = " ".join([fact["ts"][11:-1], fact["level"], fact["event"], f'robot={fact["robot"]}', f'camera={fact["camera"]}', f'why="{fact["why"]}"'])
        self.assertIn(f"    {in_text}\n", (ROOT / "docs/logs.md").read_text(), "the same line in text")
        source = (ROOT / "src/media/trial_pipeline.cpp").read_text()  # no encoder here is that slow
        what, fix = re.fullmatch(r"\w+: (.* )\d+ s \((.*)\)", fact["why"]).groups()
        for words in (what, fix):
            self.assertIn(f'"{words}"', source)

    def test_what_a_library_warns_of_is_an_event_too(self):
        lab = self.enterContext(Lab())
        lab.start_server()
        source = "front=gst:videotestsrc is-live=true ! capsfilter caps=video/x-raw,width=320,height=180,framerate=10/1 ! videocrop right=-1000"
        lab.robot = lab.run(BIN / "bigfoot", "robot", "--server", f"ws://127.0.0.1:{lab.port}", "--name", "rover-7", "--log-format", "json", "--camera", source)
        until("it said so", lambda: "library.said" in lab.robot.output())
        lab.robot.stop()
        self.check(lab.robot.output(), {"library.said"})
        self.assertRegex(lab.robot.output(), '"library":"GLib-GObject","what":"value')

    def test_the_same_in_text_for_people(self):
        lab = self.enterContext(Lab())
        robot = lab.run(BIN / "bigfoot", "robot", "--server", f"ws://127.0.0.1:{lab.port}", "--camera", "test:?size=320x180&fps=5", "--status-socket", "none", "--name", "rover-7")
        until("it says what it waits for", lambda: "signaling.disconnected" in robot.output() and "encoder.chosen" in robot.output())
        robot.stop()
        for line in robot.output().splitlines():
            self.assertRegex(line, r"^\d\d:\d\d:\d\d\.\d{3} (debug|info|warn|error) [a-z]+\.[a-z_]+ robot=rover-7( |$)")


if __name__ == "__main__":
    unittest.main(verbosity=1)
