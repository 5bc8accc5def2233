#!/usr/bin/env python3
"""`bigfoot devices` with the real program on this machine: the software is tried, the hardware that is not here says why not."""

import json
import os
import pty
import re
import subprocess
import unittest

from lab import BIN, ROOT, SLOW

STATES = {"chosen", "works", "failed", "untried", "absent"}


def devices(*flags):
    done = subprocess.run([BIN / "bigfoot", "devices", *flags], capture_output=True, text=True, timeout=120 * SLOW)
    assert done.returncode == 0, done.stderr
    return done


def keys_of(value):
    """Every key at any depth."""
    if isinstance(value, dict):
        return set(value) | {key for part in value.values() for key in keys_of(part)}
    return {key for part in value for key in keys_of(part)} if isinstance(value, list) else set()


class Json(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.report = json.loads(devices("--json", "--size", "640x360", "--fps", "15", "--bitrate", "800k").stdout)

    def rows(self):
        return self.report["encoders"] + self.report["decoders"]

    def test_it_says_what_it_measured_at(self):
        self.assertEqual(self.report["version"], 1)
        self.assertEqual(self.report["measured_at"], {"width_px": 640, "height_px": 360, "fps": 15, "bitrate_bps": 800000})

    def test_software_is_chosen_where_there_is_no_hardware(self):
        software = {"encoder": ["x264enc", "openh264enc"], "h264": ["avdec_h264", "openh264dec"], "h265": ["avdec_h265"], "jpeg": ["jpegdec", "avdec_mjpeg"]}
        for kind, elements in software.items():
            with self.subTest(kind):
                working = [row["element"] for row in self.rows() if row.get("codec", "encoder") == kind and row["state"] in ("chosen", "works")]
                self.assertEqual(working[-len(elements):], elements)
                chosen = [row["element"] for row in self.rows() if row.get("codec", "encoder") == kind and row["state"] == "chosen"]
                self.assertEqual(chosen, working[:1], "the first that works")

    def test_each_row_says_what_it_costs_or_why_not(self):
        for row in self.rows():
            with self.subTest(row["element"], codec=row.get("codec")):
                self.assertIn(row["state"], STATES)
                self.assertTrue(row["tested_on"])
                works = row["state"] in ("chosen", "works")
                self.assertEqual("why_not" in row, not works)
                if works:
                    self.assertGreater(row["cost_cores"], 0)
                    self.assertLess(row["cost_cores"], os.cpu_count() * SLOW)
                    self.assertGreater(row["time_p50_ms"], 0)
        why = {row["element"]: row.get("why_not") for row in self.report["encoders"]}
        self.assertRegex(why["nvv4l2h264enc"], r"^/dev/v4l2-nvenc missing \(Orin Nano has no encoder\)$")

    def test_its_keys_are_those_of_the_document(self):
        document = (ROOT / "docs/encoders.md").read_text().split("| key | of | what |")[1].split("\n## ")[0]
        documented = set(re.findall(r"`([a-z_0-9]+)`", document)) - STATES - {"untested", "h264", "h265", "jpeg", "force_key_unit_event", "force_idr_signal", "extra_control", "v4l2", "libcamera", "argus"}
        told = keys_of(self.report)
        self.assertEqual(told - documented, set(), "printed and not in docs/encoders.md")
        cameras_only = {"source", "node", "path", "card", "modes", "paste", "fourcc"}  # a machine without a camera has none
        self.assertEqual(documented - told - cameras_only, set(), "in docs/encoders.md and not printed")

    def test_a_higher_size_and_rate_cost_more(self):
        def cost(*flags):
            report = json.loads(devices("--json", *flags).stdout)
            return next(row["cost_cores"] for row in report["encoders"] if row["element"] == "x264enc")
        self.assertGreater(cost("--size", "1280x720", "--fps", "30"), 2 * cost("--size", "320x180", "--fps", "10"))


class Text(unittest.TestCase):
    def test_people_read_it_on_a_terminal_of_100_columns(self):
        done = devices("--size", "640x360")
        self.assertEqual(done.stderr, "", "no progress where nobody watches, no noise of plugins")
        self.assertRegex(done.stdout, r"(?m)^Cameras$")
        self.assertRegex(done.stdout, r"(?m)^Encoders at 640x360@30, --bitrate 2.5M$")
        self.assertRegex(done.stdout, r"(?m)^  chosen  \w+ +\d+\.\d\d core, \d")
        self.assertRegex(done.stdout, r"(?m)^  absent  nvv4l2h264enc /dev/v4l2-nvenc missing \(Orin Nano has no encoder\); untested$")
        for line in done.stdout.splitlines():
            if "--camera" not in line:
                self.assertLessEqual(len(line), 96, line)

    def test_progress_is_shown_on_a_terminal_and_wiped(self):
        ours, theirs = pty.openpty()
        done = subprocess.Popen([BIN / "bigfoot", "devices", "--size", "320x180"], stdout=subprocess.DEVNULL, stderr=theirs)
        os.close(theirs)
        seen = b""
        try:
            while part := os.read(ours, 4096):
                seen += part
        except OSError:  # the other side is closed
            pass
        os.close(ours)
        self.assertEqual(done.wait(60 * SLOW), 0)
        self.assertIn("trying x264enc".encode(), seen)
        self.assertTrue(seen.endswith(b"\r\x1b[K"), seen[-80:])

    def test_a_wrong_flag_is_said_with_the_way_out(self):
        done = subprocess.run([BIN / "bigfoot", "devices", "--sise", "640x360"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--size", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=1)
