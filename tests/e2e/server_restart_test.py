#!/usr/bin/env python3
"""Sessions that outlive their sockets and their server, and a server that says good-bye."""
import re
import signal
import time
import unittest

from server_harness import PATIENCE, Peer, Server, ServerCase, ice, request, robot, viewer


def serve(test, *flags, **options):
    """A server that is gone when the test is, however the test ends."""
    server = Server(*flags, **options)
    test.addCleanup(server.kill)
    return server


def start_session(page, source):
    """Both resume tokens and the session."""
    page.send({"type": "startSession", "peerId": "rover-7", "client": "page"})
    mine = page.until("sessionStarted")
    theirs = source.until("startSession")
    return mine["sessionId"], mine["resumeToken"], theirs["resumeToken"]


class Hangup(ServerCase):
    def test_what_rotates_logs_does_not_end_it(self):
        page = viewer(self.port)
        self.server.process.send_signal(signal.SIGHUP)
        for _ in range(3):
            page.send({"type": "list"})
            page.until("list")
        self.assertIsNone(self.server.process.poll())


class NewSocket(ServerCase):
    def setUp(self):
        super().setUp()
        self.robot = robot(self.port)
        self.page = viewer(self.port)
        self.session, self.page_token, self.robot_token = start_session(self.page, self.robot)

    def assert_connected(self, page, source):
        for sender, receiver in ((page, source), (source, page)):
            sender.send(ice(self.session, "candidate:after"))
            self.assertEqual(receiver.until("peer"), ice(self.session, "candidate:after"))

    def test_a_viewer_that_lost_its_network(self):
        self.page.drop()
        self.robot.send(ice(self.session, "candidate:meanwhile"))
        self.assertTrue(self.robot.quiet(0.3), "the robot was told")
        page = viewer(self.port, [self.page_token])
        self.assertEqual(page.expect("sessionResumed")["peerId"], self.robot.id)
        self.assertEqual(page.expect("peer"), ice(self.session, "candidate:meanwhile"))
        self.assertEqual(self.robot.expect("sessionResumed")["peerId"], page.id)
        self.assert_connected(page, self.robot)

    def test_a_viewer_whose_old_socket_still_looks_alive(self):
        page = viewer(self.port, [self.page_token])
        page.expect("sessionResumed")
        self.assert_connected(page, self.robot)
        self.page.drop()
        self.assert_connected(page, self.robot)

    def test_a_robot_that_lost_its_network(self):
        self.robot.drop()
        self.assertEqual(self.page.until("peerStatusChanged")["type"], "peerStatusChanged")
        source = robot(self.port, resume=[self.robot_token])
        self.assertEqual(source.expect("sessionResumed")["sessionId"], self.session)
        self.assertEqual(self.page.until("sessionResumed")["peerId"], source.id)
        self.assert_connected(self.page, source)

    def test_a_robot_that_was_restarted(self):
        self.robot.drop()
        robot(self.port)
        self.assertEqual(self.page.until("endSession")["sessionId"], self.session)


class NewServer(unittest.TestCase):
    def tearDown(self):
        for peer in list(Peer.alive):
            peer.drop()

    def after_restart(self, number, same_state=True):
        """A session, a restart of the server, and both tokens."""
        first = serve(self, "--drain", "0")
        source, page = robot(first.port), viewer(first.port)
        session, page_token, robot_token = start_session(page, source)
        code = first.stop(number)
        self.assertEqual(code, 0 if number == signal.SIGTERM else -number)
        second = serve(self, "--drain", "0", state_dir=first.state_dir if same_state else None, port=first.port)
        return second, session, page_token, robot_token

    def test_both_sides_meet_again_even_after_a_kill(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            for viewer_first in (True, False):
                server, session, page_token, robot_token = self.after_restart(number)
                if viewer_first:
                    page, source = viewer(server.port, [page_token]), robot(server.port, resume=[robot_token])
                else:
                    source, page = robot(server.port, resume=[robot_token]), viewer(server.port, [page_token])
                self.assertEqual(page.until("sessionResumed"), {"type": "sessionResumed", "peerId": source.id, "sessionId": session})
                self.assertEqual(source.until("sessionResumed")["peerId"], page.id)
                page.send({"type": "peer", "sessionId": session, "restart": True})
                self.assertTrue(source.until("peer")["restart"])
                server.stop()

    def test_a_server_that_lost_its_key_says_so(self):
        server, _, page_token, _ = self.after_restart(signal.SIGTERM, same_state=False)
        page = viewer(server.port, [page_token])
        self.assertEqual(page.until("error")["code"], "bad-token")


class Drain(unittest.TestCase):
    def tearDown(self):
        for peer in list(Peer.alive):
            peer.drop()

    def test_everybody_is_told_when_to_come_back(self):
        drain = 8  # all that is asked meanwhile fits, though the machine stands still for a while
        server = serve(self, "--drain", str(drain))
        source = robot(server.port)
        peers = [viewer(server.port) for _ in range(9)] + [source]
        begin = time.monotonic()
        server.send_signal()
        server.wait_until(lambda: request(server.admin, "GET", "/readyz").status == 503, "not ready")
        refused = request(server.port, "POST", "/whep/rover-7", {"Content-Type": "application/sdp"}, "v=0")
        self.assertEqual((refused.status, int(refused.headers["Retry-After"]) >= 1), (503, True))
        self.assertEqual(request(server.admin, "GET", "/healthz").status, 200)
        late = Peer(server.port)
        self.assertEqual((late.status, "retry-after" in late.headers), (503, True))
        waits = set()
        for peer in peers:
            end = peer.closed()
            self.assertEqual(end.code, 1012)
            waits.add(re.fullmatch(r"retry-after=(\d+\.\d+)", end.reason).group(1))
        self.assertEqual(server.wait(), 0)
        self.assertLess(time.monotonic() - begin, drain + PATIENCE)
        # Nobody before the next server can be there. All are sent away at another time, to come back at another time.
        self.assertGreaterEqual(min(map(float, waits)), 1)

    def test_with_nobody_there_it_ends_at_once(self):
        server = serve(self, "--drain", str(2 * PATIENCE))
        begin = time.monotonic()
        self.assertEqual(server.stop(), 0)
        self.assertLess(time.monotonic() - begin, PATIENCE)

    def test_a_second_signal_does_not_wait(self):
        server = serve(self, "--drain", str(2 * PATIENCE))
        silent = [Peer(server.port, attentive=False) for _ in range(3)]
        self.assertEqual(len(silent), 3)
        server.send_signal()
        server.wait_until(lambda: request(server.admin, "GET", "/readyz").status == 503, "not ready")
        server.send_signal(signal.SIGINT)
        self.assertEqual(server.wait(PATIENCE), 0)


if __name__ == "__main__":
    unittest.main()
