#!/usr/bin/env python3
"""Signaling as peers see it: GStreamer's protocol alone, and what happens to peers that say nonsense."""
import unittest

from server_harness import BINARY, TEXT, Peer, ServerCase, gst_producer, ice, robot, viewer


class GStreamerPeers(ServerCase):
    def test_a_consumer_watches_a_producer_from_its_coming_to_its_going(self):
        consumer = Peer(self.port, "/")
        own = consumer.expect("welcome")["peerId"]
        consumer.send({"type": "setPeerStatus", "roles": ["listener"], "meta": None, "peerId": own})
        self.assertEqual(consumer.expect("peerStatusChanged")["peerId"], own)

        producer = gst_producer(self.port)
        came = consumer.expect("peerStatusChanged")
        self.assertEqual((came["roles"], came["meta"], came["peerId"]), (["producer"], {"name": "gst-stream"}, producer.id))
        consumer.send({"type": "list"})
        self.assertIn({"id": producer.id, "meta": {"name": "gst-stream"}}, consumer.expect("list")["producers"])

        consumer.send({"type": "startSession", "peerId": producer.id})
        session = consumer.expect("sessionStarted")
        asked = producer.expect("startSession")
        self.assertEqual(asked, {"type": "startSession", "peerId": own, "sessionId": session["sessionId"], "offer": None})
        self.assertEqual(set(session), {"type", "peerId", "sessionId"})
        conversation = [
            (producer, consumer, {"sdp": {"type": "offer", "sdp": "v=0\r\no"}}),
            (consumer, producer, {"sdp": {"type": "answer", "sdp": "v=0\r\na"}}),
            (producer, consumer, {"ice": {"candidate": "candidate:1", "sdpMLineIndex": 0}}),
            (consumer, producer, {"ice": {"candidate": "", "sdpMLineIndex": 1}}),
        ]
        for sender, receiver, content in conversation:
            message = {"type": "peer", "sessionId": session["sessionId"], **content}
            sender.send(message)
            self.assertEqual(receiver.receive(), message)

        producer.drop()
        self.assertEqual(consumer.expect("endSession"), {"type": "endSession", "sessionId": session["sessionId"]})
        gone = consumer.expect("peerStatusChanged")
        self.assertEqual((gone["roles"], gone["peerId"]), ([], producer.id))

    def test_a_producer_calls_a_passive_consumer(self):
        wall = Peer(self.port)
        wall_id = wall.expect("welcome")["peerId"]
        wall.send({"type": "setPeerStatus", "roles": ["consumer"], "meta": {"name": "wall"}})
        producer = gst_producer(self.port, "caller")
        producer.send({"type": "listConsumers"})
        self.assertIn({"id": wall_id, "meta": {"name": "wall"}}, producer.expect("listConsumers")["consumers"])
        producer.send({"type": "startSession", "peerId": wall_id})
        session = wall.expect("sessionStarted")["sessionId"]
        self.assertEqual(producer.expect("startSession")["sessionId"], session)
        producer.send({"type": "endSession", "sessionId": session})
        self.assertEqual(wall.expect("endSession")["sessionId"], session)

    def test_the_reason_of_an_end_goes_to_version_1_1(self):
        producer = robot(self.port, "told-why")
        consumer = Peer(self.port)
        consumer.expect("welcome")
        consumer.send({"type": "setProtocolVersion", "version": "v1_1"})
        consumer.send({"type": "startSession", "peerId": "told-why"})
        session = consumer.expect("sessionStarted")["sessionId"]
        producer.until("startSession")
        producer.send({"type": "endSessionV1_1", "sessionId": session, "error": "camera unplugged"})
        self.assertEqual(consumer.expect("endSessionV1_1")["error"], "camera unplugged")


class Pages(ServerCase):
    flags = ("--allow-origin", "https://fleet.example.com")

    def test_pages_of_the_server_and_listed_ones_may_connect(self):
        for origin in (None, f"http://127.0.0.1:{self.port}", "https://fleet.example.com"):
            for path in ("/ws", "/"):
                peer = Peer(self.port, path, origin=origin)
                self.assertEqual(peer.status, 101, origin)
                peer.expect("welcome")

    def test_pages_of_others_may_not(self):
        for origin in ("https://evil.example", f"http://127.0.0.1:{self.port + 1}", "http://fleet.example.com", "null"):
            for path in ("/ws", "/"):
                self.assertEqual(Peer(self.port, path, origin=origin).status, 403, origin)
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
                   "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Origin": "https://evil.example"}
        said = self.http("GET", "/ws", upgrade)
        self.assertEqual(said.status, 403)
        self.assertIn(b"https://evil.example may not use this server", said.body)
        self.assertIn(b"--allow-origin", said.body)


class Nonsense(ServerCase):
    def refused(self, text, code):
        """The sender hears an error with that code, the counter moves, and the connection goes on."""
        before = self.error(code)
        with Peer(self.port) as peer:
            peer.expect("welcome")
            peer.send(text)
            message = peer.expect("error")
            self.assertEqual(message["code"], code, message)
            self.assertTrue(message["details"])
            peer.send({"type": "list"})
            peer.expect("list")
        self.assertEqual(self.error(code), before + 1)
        return message

    def test_malformed_json(self):
        for text in ("{", "", "[]", "\"peer\"", "nul", "{\"type\":\"list\",}", "[" * 50000):
            self.refused(text, "bad-json")

    def test_unknown_type(self):
        self.refused({"type": "dance"}, "unknown-type")

    def test_missing_and_wrong_fields_are_named(self):
        missing = self.refused({"type": "startSession"}, "missing-field")
        self.assertIn("peerId", missing["details"])
        self.refused({"type": "startSession", "peerId": 7}, "bad-field")

    def test_a_session_of_others(self):
        session = self.bystanders.session
        self.refused(ice(session), "no-session")
        self.refused({"type": "endSession", "sessionId": session}, "no-session")
        self.refused(ice("no-such-session"), "no-session")

    def test_nobody_to_talk_to(self):
        self.refused({"type": "startSession", "peerId": "nobody"}, "no-peer")

    def test_a_forged_resume_token(self):
        self.refused({"type": "setPeerStatus", "roles": [], "meta": None, "resume": ["a.b"]}, "bad-token")

    def test_binary_garbage_ends_the_connection_with_the_reason(self):
        before = self.error("binary")
        with Peer(self.port) as peer:
            peer.expect("welcome")
            peer.frame(BINARY, bytes(range(256)))
            end = peer.closed()
        self.assertEqual((end.code, "text" in end.reason), (1003, True))
        self.wait_error("binary", before + 1)

    def test_text_that_is_not_utf8(self):
        with Peer(self.port) as peer:
            peer.expect("welcome")
            peer.frame(TEXT, b"\xff\xfe{}")
            self.assertEqual(peer.closed().code, 1007)

    def test_a_broken_frame(self):
        """Whole frames, so that nothing is left unread that would reset the connection under the close frame."""
        broken = {"without a mask": b"\x81\x05hello", "a reserved opcode": b"\x83\x80aaaa", "reserved bits": b"\xf1\x80aaaa",
                  "a continuation of nothing": b"\x80\x80aaaa", "a ping in parts": b"\x09\x80aaaa",
                  "a ping of 126 bytes": b"\x89\xfe\x00\x7e" + b"a" * 130, "another protocol": b"GET / HTTP/1.1\r\n\r\n",
                  "noise": b"\xff" * 64}
        for what, junk in broken.items():
            with self.subTest(what), Peer(self.port) as peer:
                peer.expect("welcome")
                peer.socket.sendall(junk)
                self.assertEqual(peer.closed().code, 1002)

    def test_oversize(self):
        """The client may finish its sentence and then hears why it is sent away."""
        before = self.error("too-large")
        limit = 256 * 1024
        sizes = {"one too many": [limit + 1], "in parts": [limit // 2, limit // 2 + 1], "ten times too many": [10 * limit]}
        for count, (what, parts) in enumerate(sizes.items(), 1):
            with self.subTest(what), Peer(self.port) as peer:
                peer.expect("welcome")
                for i, size in enumerate(parts):
                    peer.frame(0 if i else TEXT, b"x" * size, first=0x80 if i == len(parts) - 1 else 0)
                end = peer.closed()
                self.assertEqual((end.code, str(limit) in end.reason), (1009, True), end)
            self.wait_error("too-large", before + count)

    def test_a_large_message_within_the_limit_passes(self):
        with Peer(self.port) as peer:
            peer.expect("welcome")
            frame = '{"type":"list","x":"@"}'
            peer.send(frame.replace("@", "a" * (256 * 1024 - len(frame) + 1)))
            peer.expect("list")

    def test_a_message_in_fragments_is_one_message(self):
        with Peer(self.port) as peer:
            peer.expect("welcome")
            peer.frame(TEXT, b'{"type":', first=0)
            peer.frame(0, b'"list"}')
            peer.expect("list")

    def test_twenty_errors_in_a_row(self):
        with Peer(self.port) as peer:
            peer.expect("welcome")
            for _ in range(25):
                peer.send("nonsense")
            end = peer.closed()
        self.assertEqual(end.code, 4003)

    def test_a_robot_that_registers_twice_replaces_its_old_socket(self):
        page = viewer(self.port)
        page.expect("peerStatusChanged")
        old = robot(self.port, "twice")
        page.until("peerStatusChanged")
        new = robot(self.port, "twice")
        self.assertEqual(old.closed().code, 4002)
        came, gone = page.expect("peerStatusChanged"), page.expect("peerStatusChanged")
        self.assertEqual((came["roles"], came["peerId"], came["meta"]["name"]), (["producer"], new.id, "twice"))
        self.assertEqual((gone["roles"], gone["peerId"], gone["meta"]), ([], old.id, None))


if __name__ == "__main__":
    unittest.main()
