#!/usr/bin/env python3
"""Clients that send too much, read too little or say nothing: they are cut, the rest goes on."""
import socket
import time
import unittest

from server_harness import PATIENCE, Peer, ServerCase, gst_producer, ice, robot


class Limits(ServerCase):
    flags = ("--max-connections", "60", "--max-connections-per-address", "60")

    def test_a_slow_reader_is_disconnected(self):
        """It asks for more than its queue and the kernel hold, and reads nothing of it."""
        talker = Peer(self.port)
        talker.expect("welcome")
        talker.send({"type": "setPeerStatus", "roles": ["producer"], "meta": {"name": "talker", "x": "x" * 8000}})
        talker.settle()
        slow = Peer(self.port, attentive=False, receive_buffer=4096)
        slow.send({"type": "startSession", "peerId": "talker"})
        session = talker.until("startSession")["sessionId"]
        before = self.error("slow-reader")
        end = time.monotonic() + 2 * PATIENCE
        while self.error("slow-reader") == before and time.monotonic() < end:
            try:
                slow.send({"type": "list"})
            except OSError:  # cut
                break
        self.wait_error("slow-reader", before + 1)
        self.assertEqual(talker.until("endSession")["sessionId"], session)
        self.assertLess(self.server.metric("process_resident_memory_bytes"), 200e6)

    def test_a_slow_reader_is_not_disconnected_for_what_others_send(self):
        """The sender is told to wait; the reader hears the next message when it has read the others."""
        slow = Peer(self.port, attentive=False, receive_buffer=4096)
        producer = gst_producer(self.port, "talker")
        slow.send({"type": "startSession", "peerId": producer.id})
        session = producer.until("startSession")["sessionId"]
        before, cut = self.error("peer-busy"), self.error("slow-reader")
        offer = {"type": "peer", "sessionId": session, "sdp": {"type": "offer", "sdp": "x" * 190_000}}
        end = time.monotonic() + 2 * PATIENCE
        while self.error("peer-busy") < before + 25 and time.monotonic() < end:  # more than errors in a row are allowed
            producer.send(offer)
            slow.live()
            time.sleep(0.01)
        said = producer.expect("error")
        self.assertEqual((said["code"], said["sessionId"]), ("peer-busy", session))
        producer.settle()
        self.assertEqual(self.error("slow-reader"), cut)
        self.assertLess(self.server.metric("process_resident_memory_bytes"), 200e6)
        slow.listen()
        self.assertEqual(slow.until("peer"), offer)
        after = ice(session, "candidate:after")

        def taken():
            refused = self.error("peer-busy")
            producer.send(after)
            producer.settle()
            return self.error("peer-busy") == refused

        self.server.wait_until(taken, "room for one more message")
        while (said := slow.until("peer")) != after:
            self.assertEqual(said, offer)

    def test_a_listener_that_does_not_read_is_not_cut_for_what_a_robot_says_of_itself(self):
        slow = Peer(self.port, attentive=False, receive_buffer=4096)
        slow.send({"type": "setPeerStatus", "roles": ["listener"], "meta": None})
        producer = gst_producer(self.port, "talker")
        cut = self.error("slow-reader")

        def says(number):
            meta = {"name": "talker", "number": number, "x": ("a" if number % 2 else "b") * 8000}
            producer.send({"type": "setPeerStatus", "roles": ["producer"], "meta": meta})

        told = 'bigfoot_signaling_messages_total{direction="out",type="peerStatusChanged"}'
        changes = 0
        for _ in range(5):  # 200 fill its queue; more only where the kernel's buffers are large
            before = self.server.metric(told)
            for _ in range(200):
                changes += 1
                says(changes)
            producer.settle()
            slow.live()
            if self.server.metric(told) - before < 100:
                break
            time.sleep(1)  # the rate
        self.assertLess(self.server.metric(told), changes, "the listener's news waited at no time")
        self.assertEqual(self.error("slow-reader"), cut)
        slow.listen()
        numbers = [0]
        while numbers[-1] < changes:
            numbers.append((slow.until("peerStatusChanged")["meta"] or {}).get("number", 0))
        numbers = [number for number in numbers if number]
        self.assertEqual(numbers, sorted(set(numbers)))
        self.assertLess(len(numbers), changes)
        self.assertEqual(self.error("slow-reader"), cut)

    def test_a_silent_socket_is_dropped_and_one_that_answers_pings_is_not(self):
        before, begin = self.error("silent"), time.monotonic()
        silent = Peer(self.port, attentive=False)
        idle = Peer(self.port)
        idle.expect("welcome")
        self.wait_error("silent", before + 1)
        self.assertGreaterEqual(time.monotonic() - begin, 9.5)
        silent.drop()
        self.server.wait_until(lambda: idle.pings >= 1, "the idle one to be asked")
        idle.send({"type": "list"})
        idle.expect("list")

    def test_a_flood_is_refused_and_then_cut(self):
        with Peer(self.port) as peer:
            peer.expect("welcome")
            try:
                for _ in range(3000):
                    peer.send({"type": "list"})
            except OSError:
                pass  # cut while it was still sending
            end = peer.closed()
        self.assertIn(end.code, (4003, 1006))
        self.server.wait_until(lambda: self.error("rate") >= 20 and self.error("too-many-errors") >= 1, "the flood in the counters")

    def test_more_connections_than_allowed_are_refused_by_name(self):
        peers = [Peer(self.port) for _ in range(58)]  # the bystanders are two more
        for peer in peers:
            peer.expect("welcome")
        late = Peer(self.port)
        self.assertEqual((late.status, late.headers.get("retry-after")), (503, "5"))
        refused = self.http("GET", "/version")
        self.assertEqual(refused.status, 503)
        self.assertIn(b"too-many-connections", refused.body)
        self.bystanders.check()
        peers.pop().drop()
        self.server.wait_until(lambda: self.http("GET", "/version").status == 200, "a place to be free again")

    def test_a_request_that_never_ends_is_cut(self):
        begin = time.monotonic()
        slow = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(20)]
        for connection in slow:
            connection.sendall(b"GET / HTTP/1.1\r\n")
            connection.setblocking(False)
        cuts = []
        while slow and time.monotonic() - begin < 2 * PATIENCE:
            for connection in list(slow):
                if self.is_cut(connection):
                    slow.remove(connection)
                    cuts.append(time.monotonic() - begin)
            time.sleep(1)
        self.assertEqual(slow, [], "still listened to")
        self.assertGreaterEqual(min(cuts), 14.5)

    def is_cut(self, connection):
        try:
            connection.sendall(b"X: y\r\n")  # a slow loris: always a little more
            self.assertEqual(connection.recv(100), b"")
        except BlockingIOError:
            return False
        except OSError:
            pass
        connection.close()
        return True

    def test_a_hundred_peers_come_and_go_and_leave_nothing(self):
        fds = self.server.metric("process_open_fds")
        for _ in range(5):
            peers = [Peer(self.port) for _ in range(20)]
            source = robot(self.port, "busy")
            for peer in peers:
                peer.send({"type": "startSession", "peerId": "busy", "client": "test"})
                peer.until("sessionStarted")
            self.assertEqual(self.server.metric("bigfoot_sessions"), 21)
            for peer in [*peers, source]:
                peer.frame(8, b"\x03\xe8")
                peer.drop()
            self.server.wait_until(lambda: self.server.metric('bigfoot_http_connections{listener="public"}') == 2, "the peers to be gone")
            robot(self.port, "busy").drop()  # without tokens: what waited for it ends
        self.server.wait_until(lambda: self.server.metric("process_open_fds") <= fds, "every descriptor to be closed")


class OfOneAddress(ServerCase):
    flags = ("--max-connections-per-address", "10")

    def test_one_address_cannot_take_every_place(self):
        for _ in range(8):
            Peer(self.port).expect("welcome")
        refused = self.http("GET", "/version")
        self.assertEqual(refused.status, 503)
        self.assertIn(b"too-many-connections-per-address", refused.body)
        elsewhere = socket.create_connection(("127.0.0.1", self.port), source_address=("127.0.0.2", 0))
        elsewhere.sendall(b"GET /version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        self.assertIn(b"200", elsewhere.makefile("rb").readline())
        elsewhere.close()


if __name__ == "__main__":
    unittest.main()
