#!/usr/bin/env python3
"""A viewer that floods the robot with authentic RTCP, and how soon an honest one gets its key frame."""

import statistics
import time
import unittest

from lab import SLOW, Lab, cpu_seconds, until  # which makes tests/ importable

import waiting

FLOOD = int(3000 / SLOW**2)  # datagrams a second: 100 to 200 times what a browser says; a sanitizer makes each some ten times as dear
BITRATE = 600_000  # two packets a picture: a second of them fits the socket of a viewer that stands still
KINDS = ("nack", "pli", "fir", "twcc")


class Load:
    """What the robot did since: CPU seconds and pictures. On a machine that stands still, none of both."""

    def __init__(self, lab):
        self.lab = lab
        self.at = self.look()

    def look(self):
        return sum(cpu_seconds(self.lab.robot.pid)), self.lab.metric("bigfoot_frames_encoded_total")

    def cpu_and_pictures(self):
        return [now - before for now, before in zip(self.look(), self.at)]


class Flood(unittest.TestCase):
    def dropped(self, lab):
        """Pictures that were encoded and not sent, to whichever viewer."""
        return sum(lab.metric("bigfoot_frames_dropped_total", stage=stage) for stage in ("encode", "send"))

    def asked(self, lab):
        return lab.metric("bigfoot_keyframes_total", reason="viewer")

    def leave(self, lab, viewer):
        figures = lab.leave(viewer)
        self.assertEqual((figures["errors"], figures["connected"]), ([], 1))
        return figures

    def test_a_flood_of_authentic_feedback_costs_no_other_viewer_a_picture(self):
        with Lab() as lab, waiting.Standstills() as standstills:
            watched = time.monotonic()
            lab.start_server()
            lab.start_robot("--bitrate", str(BITRATE))
            honest = lab.watch("--count", "1", "--ask-keyframe", "1.5")
            dropped, quiet = self.dropped(lab), Load(lab)
            until("two seconds of pictures", lambda: quiet.cpu_and_pictures()[1] >= 60)
            quiet_cpu, quiet_pictures = quiet.cpu_and_pictures()

            began, keyframes, flooded = time.monotonic(), self.asked(lab), Load(lab)
            hostile = lab.watch("--count", "1", "--flood", str(FLOOD))
            until("the flood is seen in the counters", lambda: all(lab.metric("bigfoot_rtcp_received_total", type=kind) > FLOOD * 7 / 6 * 0.5 for kind in KINDS), 120)
            until("three key frames at once, then one by one", lambda: self.asked(lab) >= keyframes + 7, 120)
            claimed = lab.metric("bigfoot_rtt_seconds"), lab.metric("bigfoot_packet_loss_ratio"), lab.metric("bigfoot_delay_trend_ms_per_second")
            liar = self.leave(lab, hostile)
            cpu, pictures = flooded.cpu_and_pictures()
            keyframes, dropped = self.asked(lab) - keyframes, self.dropped(lab) - dropped
            lasted, stood_still = time.monotonic() - began, standstills.since(watched)
            seen = self.leave(lab, honest)

            self.assertGreater(liar["flooded"], FLOOD * 7 * 0.5, "the flood was one")
            self.assertEqual(seen["missing"], 0)
            self.assertGreaterEqual(seen["frames"], quiet_pictures + pictures - dropped - 4, "every picture but those of the first moment")
            # A loop that stands still drops what has waited, up to the next key frame two seconds later, for both viewers. A sanitized one does so of itself.
            self.assertLessEqual(dropped, pictures * (0.02 if SLOW == 1 else 0.3) + 140 * len(stood_still), stood_still)
            self.assertLess((cpu - pictures * quiet_cpu / quiet_pictures) / liar["flooded"], 0.25 / FLOOD, "CPU seconds a datagram: a quarter of a core for all")
            self.assertLessEqual(keyframes, 3 + lasted / 2 + 1, "three, then one in two seconds, however many ask")
            self.assertGreaterEqual(len(seen["keyframe_ms"]), 3)
            self.assertLess(statistics.median(seen["keyframe_ms"]), 2200 * SLOW, "the honest one's requests are not drowned")
            self.assertGreater(liar["repeated_bytes"], 0)
            self.assertLess(liar["repeated_bytes"] * 8 / lasted, BITRATE / 2 * 1.1, "repair takes at most half the rate")
            self.assertEqual(seen["repeated_bytes"], 0)
            self.assertLessEqual(claimed[0], 10)
            self.assertLessEqual(claimed[1], 1)
            self.assertLessEqual(abs(claimed[2]), 1000)
            self.assertTrue(lab.robot.alive())

    def test_a_viewer_that_asks_for_a_key_frame_gets_one(self):
        with Lab() as lab:
            lab.start_server()
            lab.start_robot()
            viewer = lab.watch("--count", "1", "--ask-keyframe", "0.5")
            until("key frames are made for it", lambda: self.asked(lab) >= 9, 120)
            seen = self.leave(lab, viewer)
            self.assertGreaterEqual(len(seen["keyframe_ms"]), 8)
            self.assertLess(statistics.median(seen["keyframe_ms"]), 300 * SLOW, "alone: the next picture that is encoded, and one more in the making")


if __name__ == "__main__":
    unittest.main(verbosity=1)
