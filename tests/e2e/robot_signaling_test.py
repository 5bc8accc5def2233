#!/usr/bin/env python3
"""What viewers may say to the real robot through the real server, and what becomes of their sessions."""

import json
import re
import unittest
import urllib.error
import urllib.request

from lab import Lab, until
from server_harness import Peer, viewer


def whep(lab, method, path, body, content_type, **headers):
    """Status and text of a WHEP request."""
    request = urllib.request.Request(f"http://127.0.0.1:{lab.port}{path}", data=body.encode(), method=method,
                                     headers={"Content-Type": content_type, **{key.replace("_", "-"): value for key, value in headers.items()}})
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status, reply.read().decode(), reply.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), error.headers


class Viewers(unittest.TestCase):
    def test_a_gstreamer_consumer_gets_an_offer_it_can_answer(self):
        with Lab() as lab:
            lab.start_server()
            lab.start_robot(cameras=("front=test:", "rear=test:?size=640x360"))
            with Peer(lab.port) as consumer:
                consumer.expect("welcome")
                consumer.send({"type": "setPeerStatus", "roles": ["listener"], "meta": None})
                consumer.send({"type": "list"})
                producer = consumer.until("list")["producers"][0]
                consumer.send({"type": "startSession", "peerId": producer["id"]})
                session = consumer.until("sessionStarted")["sessionId"]
                offer = consumer.until("peer")
                self.assertEqual((offer["sessionId"], offer["sdp"]["type"]), (session, "offer"))
                sdp = offer["sdp"]["sdp"]
                self.assertEqual(len(re.findall(r"^m=video ", sdp, re.M)), 2)
                self.assertIn("packetization-mode=1", sdp)
                self.assertEqual(set(offer), {"type", "sessionId", "sdp"}, "nothing that GStreamer's protocol does not know")
                consumer.send({"type": "endSession", "sessionId": session})
                until("the robot let go", lambda: lab.metric("bigfoot_sessions_ended_total") == 1)

    def test_cameras_asked_for_twice_are_refused_and_the_robot_lives(self):
        with Lab() as lab:
            lab.start_server()
            lab.start_robot(cameras=("front=test:?size=320x240", "rear=test:?size=320x240"))
            for cameras in (["front"] * 2, ["front"] * 17, ["front"] * 32):
                eye = viewer(lab.port)
                eye.send({"type": "startSession", "peerId": "rover-7", "cameras": cameras, "client": "test"})
                until("it is refused", lambda: json.loads(json.dumps(eye.receive())).get("type") in ("error", "endSession", "endSessionV1_1"))
                eye.drop()
            self.assertTrue(lab.robot.alive())
            self.assertEqual(lab.receivers("--count", "1", "--seconds", "0.5")["connected"], 1)

    def test_whep_says_what_was_wrong_with_an_offer(self):
        with Lab() as lab:
            lab.start_server()
            lab.start_robot()
            status, text, _ = whep(lab, "POST", "/whep/rover-7", "this is no SDP", "application/sdp")
            self.assertEqual(status, 400, text)
            vp8 = (f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\n"
                   f"a=rtcp-mux\r\na=recvonly\r\na=mid:0\r\na=rtpmap:96 VP8/90000\r\na=ice-ufrag:abcd\r\na=ice-pwd:{'x' * 24}\r\n"
                   f"a=fingerprint:sha-256 {':'.join(['AB'] * 32)}\r\na=setup:actpass\r\n")
            status, text, _ = whep(lab, "POST", "/whep/rover-7", vp8, "application/sdp")
            self.assertEqual(status, 406, text)
            self.assertIn("H.264", text)
            self.assertEqual(lab.metric("bigfoot_frames_encoded_total"), 0, "an offer that cannot be answered wakes no encoder")
            good = vp8.replace("VP8/90000", "H264/90000\r\na=fmtp:96 packetization-mode=1;profile-level-id=42e01f")
            status, text, headers = whep(lab, "POST", "/whep/rover-7", good, "application/sdp")
            self.assertEqual(status, 201, text)
            status, text, _ = whep(lab, "PATCH", headers["Location"], "a=ice-ufrag:half\r\n", "application/trickle-ice-sdpfrag", If_Match=headers["ETag"])
            self.assertEqual(status, 400, text)
            self.assertEqual(whep(lab, "DELETE", headers["Location"], "", "text/plain")[0], 200)

    def test_a_player_that_vanishes_leaves_no_session_anywhere(self):
        with Lab() as lab:
            lab.start_server()
            lab.start_robot()
            self.assertEqual(lab.receivers("--count", "3", "--seconds", "0.5", "--vanish")["connected"], 3)
            until("the robot has none", lambda: lab.metric("bigfoot_sessions_ended_total") == 3)
            until("the server has none", lambda: lab.metric("bigfoot_sessions", port=lab.admin_port) == 0)
            self.assertEqual([robot["viewers"] for robot in json.loads(lab.get("/api/v1/robots"))], [0])


if __name__ == "__main__":
    unittest.main(verbosity=1)
