#!/usr/bin/env python3
"""WHEP as players see it, with a scripted robot: every status of docs/protocol.md, and the manners of RFC 9725."""
import http.client
import socket
import threading
import time
import unittest

from server_harness import PATIENCE, ServerCase, robot

SDP = {"Content-Type": "application/sdp", "User-Agent": "Player/1"}
FRAGMENT = "application/trickle-ice-sdpfrag"


class Later:
    """A request in a thread, so that the robot can be scripted meanwhile."""

    def __init__(self, call):
        self.answer = None
        self.thread = threading.Thread(target=self._run, args=(call,), daemon=True)
        self.thread.start()

    def _run(self, call):
        self.answer = call()

    def result(self):
        self.thread.join(2 * PATIENCE)
        if self.answer is None:
            raise AssertionError("no answer in time")
        return self.answer


class Whep(ServerCase):
    flags = ("--ice-server", "stun:stun.example.net:3478", "--ice-server", "turn:me:secret@turn.example.net?transport=udp",
             "--max-whep-sessions", "20")

    def setUp(self):
        super().setUp()
        self.robot = robot(self.port)

    def post(self, path="/whep/rover-7", headers=SDP, body="v=0 offer"):
        return Later(lambda: self.http("POST", path, headers, body))

    def play(self, path="/whep/rover-7"):
        """A session that plays: its resource, its ETag and its id on the robot's side."""
        call = self.post(path)
        started = self.robot.expect("startSession")
        self.robot.send({"type": "peer", "sessionId": started["sessionId"], "sdp": {"type": "answer", "sdp": "v=0 answer"}})
        answer = call.result()
        self.assertEqual(answer.status, 201, answer)
        self.answer, self.started = answer, started
        return answer.headers["Location"], answer.headers["ETag"], started["sessionId"]

    def patch(self, path, etag=None, body="a=candidate:1", kind=FRAGMENT):
        headers = {"Content-Type": kind}
        if etag:
            headers["If-Match"] = etag
        return Later(lambda: self.http("PATCH", path, headers, body))

    def reply(self, **content):
        asked = self.robot.expect("peer")
        self.robot.send({"type": "peer", "sessionId": asked["sessionId"],
                         "fragment": {"requestId": asked["fragment"]["requestId"], "sdpfrag": "", **content}})
        return asked["fragment"]["sdpfrag"]

    def test_201_with_everything_a_player_needs(self):
        self.play("/whep/rover-7/front")
        self.assertEqual((self.started["offer"], self.started["cameras"], self.started["client"]), ("v=0 offer", ["front"], "Player/1"))
        headers = self.answer.headers
        self.assertEqual((self.answer.body, headers["Content-Type"], headers["Accept-Patch"]), (b"v=0 answer", "application/sdp", FRAGMENT))
        self.assertEqual(headers.get_all("Link"),
                         ['<stun:stun.example.net:3478>; rel="ice-server"',
                          '<turn:turn.example.net?transport=udp>; rel="ice-server"; username="me"; credential="secret"; credential-type="password"'])
        self.assertEqual(headers["Access-Control-Allow-Origin"], "*")
        for name in ("Location", "ETag", "Link"):
            self.assertIn(name, headers["Access-Control-Expose-Headers"])

    def test_refusals_before_the_robot_is_asked(self):
        self.assertEqual(self.http("POST", "/whep/nobody", SDP, "v=0").status, 404)
        self.assertEqual(self.http("POST", "/whep/rover-7/top", SDP, "v=0").status, 404)
        self.assertEqual(self.http("POST", "/whep/rover-7", {"Content-Type": "text/plain"}, "v=0").status, 415)
        self.assertEqual(self.http("POST", "/whep/rover-7", SDP, "").status, 400)
        self.assertEqual(self.http("POST", "/whep/rover-7", SDP, "a" * 300_000).status, 413)
        refused = self.http("GET", "/whep/rover-7")
        self.assertEqual((refused.status, refused.headers["Allow"]), (405, "POST, OPTIONS"))
        self.assertTrue(self.robot.quiet())

    def test_a_robot_that_is_offline(self):
        self.robot.drop()
        self.server.wait_until(lambda: b'"online":false' in self.http("GET", "/api/v1/robots").body, "the robot to be offline")
        answer = self.http("POST", "/whep/rover-7", SDP, "v=0")
        self.assertEqual((answer.status, answer.headers["Retry-After"]), (503, "5"))

    def test_a_robot_that_does_not_answer(self):
        begin = time.monotonic()
        call = self.post()
        self.assertEqual(call.result().status, 504)
        self.assertGreaterEqual(time.monotonic() - begin, 5)
        self.robot.expect("startSession")
        self.robot.expect("endSessionV1_1")

    def test_the_robots_reason_reaches_the_player(self):
        for error, status in (("no common codec: the offer has no H.264", 406), ("too many viewers", 503), ("camera on fire", 502)):
            call = self.post()
            session = self.robot.expect("startSession")["sessionId"]
            self.robot.send({"type": "endSessionV1_1", "sessionId": session, "error": error})
            answer = call.result()
            self.assertEqual((answer.status, answer.body.decode()), (status, error + "\n"))
            self.assertEqual("Retry-After" in answer.headers, status == 503)

    def test_a_robot_that_leaves_while_it_is_asked(self):
        call = self.post()
        self.robot.expect("startSession")
        robot(self.port)  # restarted: it knows nothing of the session
        self.assertEqual(call.result().status, 503)

    def test_a_player_that_hangs_up_early_leaves_nothing(self):
        raw = socket.create_connection(("127.0.0.1", self.port))
        raw.sendall(b"POST /whep/rover-7 HTTP/1.1\r\nHost: x\r\nContent-Type: application/sdp\r\nContent-Length: 3\r\n\r\nv=0")
        session = self.robot.expect("startSession")["sessionId"]
        raw.close()
        self.assertEqual(self.robot.expect("endSessionV1_1")["sessionId"], session)

    def test_trickle_and_restart(self):
        path, etag, _ = self.play()
        call = self.patch(path, etag)
        self.assertEqual(self.reply(), "a=candidate:1")
        self.assertEqual(call.result().status, 204)

        call = self.patch(path, "*", "a=ice-ufrag:new")
        self.reply(sdpfrag="a=ice-ufrag:mine")
        answer = call.result()
        self.assertEqual((answer.status, answer.body, answer.headers["Content-Type"]), (200, b"a=ice-ufrag:mine", FRAGMENT))
        self.assertNotEqual(answer.headers["ETag"], etag)
        self.assertEqual(self.patch(path, etag).result().status, 412)

        call = self.patch(path, answer.headers["ETag"])
        self.reply(error="there is no m-line 7")
        refused = call.result()
        self.assertEqual((refused.status, refused.body), (422, b"there is no m-line 7\n"))

    def test_patches_without_manners(self):
        path, etag, _ = self.play()
        self.assertEqual(self.patch(path).result().status, 428)
        self.assertEqual(self.patch(path, '"stale"').result().status, 412)
        self.assertEqual(self.patch(path, "what?").result().status, 400)
        self.assertEqual(self.patch(path, etag, kind="application/json").result().status, 415)
        self.assertEqual(self.patch(path, etag, body="").result().status, 400)
        self.assertEqual(self.patch("/whep-sessions/unknown", etag).result().status, 404)
        self.assertTrue(self.robot.quiet())

    def test_the_end_by_the_player_and_by_the_robot(self):
        path, _, session = self.play()
        self.assertEqual(self.http("GET", path).status, 405)
        self.assertEqual(self.http("DELETE", path).status, 200)
        self.assertEqual(self.robot.expect("endSessionV1_1")["sessionId"], session)
        self.assertEqual(self.http("DELETE", path).status, 404)

        path, _, session = self.play()
        self.robot.send({"type": "endSessionV1_1", "sessionId": session, "error": "consent lost"})
        self.server.wait_until(lambda: self.http("GET", path).status == 404, "the resource to be gone")

    def test_a_session_outlives_the_robots_socket(self):
        path, etag, session = self.play()
        token = self.started["resumeToken"]
        self.robot.drop()
        call = self.patch(path, etag)
        self.robot = robot(self.port, resume=[token])
        self.assertEqual(self.robot.expect("sessionResumed")["sessionId"], session)
        self.reply()
        self.assertEqual(call.result().status, 204)

    def test_other_origins_may_ask(self):
        for path, methods in (("/whep/rover-7", "POST, OPTIONS"), ("/whep-sessions/x", "PATCH, DELETE, OPTIONS")):
            answer = self.http("OPTIONS", path, {"Origin": "https://other.example", "Access-Control-Request-Method": "POST"})
            self.assertEqual((answer.status, answer.headers["Access-Control-Allow-Origin"], answer.headers["Access-Control-Allow-Methods"]), (204, "*", methods))
            for name in ("Content-Type", "If-Match", "Authorization"):
                self.assertIn(name, answer.headers["Access-Control-Allow-Headers"])

    def test_one_connection_carries_a_whole_session(self):
        """Keep-alive: POST and DELETE on one socket, as browsers do."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        call = Later(lambda: (connection.request("POST", "/whep/rover-7", "v=0", SDP), connection.getresponse())[1])
        session = self.robot.expect("startSession")["sessionId"]
        time.sleep(0.2)  # the server watches for a hang-up meanwhile
        self.robot.send({"type": "peer", "sessionId": session, "sdp": {"type": "answer", "sdp": "v=0"}})
        answer = call.result()
        answer.read()
        for status in (200, 404):
            connection.request("DELETE", answer.headers["Location"])
            response = connection.getresponse()
            response.read()
            self.assertEqual(response.status, status)
        connection.close()

    def test_sessions_are_limited_and_counted(self):
        before = self.server.metric('bigfoot_whep_requests_total{status="201"}')
        sessions = self.server.metric("bigfoot_sessions")
        paths = [self.play()[0] for _ in range(20)]
        self.assertEqual(self.server.metric("bigfoot_sessions"), sessions + 20)
        self.assertIn(b"too-many-sessions", self.http("POST", "/whep/rover-7", SDP, "v=0").body)
        for path in paths:
            self.assertEqual(self.http("DELETE", path).status, 200)
        self.assertEqual(self.server.metric('bigfoot_whep_requests_total{status="201"}'), before + 20)
        self.assertEqual(self.server.metric("bigfoot_sessions"), sessions)


if __name__ == "__main__":
    unittest.main()
