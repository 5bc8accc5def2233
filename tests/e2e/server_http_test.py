#!/usr/bin/env python3
"""The page and the small documents as browsers and rude clients see them."""
import json
import pathlib
import socket
import subprocess
import tempfile
import unittest

from server_harness import BIN_DIR, PATIENCE, Peer, Server, ServerCase, free_port, request, robot


class Http(ServerCase):
    @classmethod
    def setUpClass(cls):
        cls.web = tempfile.TemporaryDirectory()
        root = pathlib.Path(cls.web.name)
        (root / "site/js").mkdir(parents=True)
        (root / "site/index.html").write_text("<!doctype html><title>Bigfoot</title>")
        (root / "site/js/main.js").write_text("export {};")
        (root / "secret.txt").write_text("secret")
        (root / "site/link.txt").symlink_to(root / "secret.txt")
        cls.server = Server(web_dir=root / "site")
        cls.port = cls.server.port

    def raw(self, data):
        """The first line that comes back for these bytes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as connection:
            connection.sendall(data)
            return connection.makefile("rb").readline().decode().strip()

    def test_the_page_is_the_same_for_the_fleet_and_for_each_robot(self):
        for path in ("/", "/r/rover-7", "/r/rover-7/front", "/?x=1"):
            answer = self.http("GET", path)
            self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, "text/html; charset=utf-8"))
            policy = answer.headers["Content-Security-Policy"]
            self.assertIn("default-src 'none'; script-src 'self'; style-src 'self';", policy)
            self.assertIn(f"connect-src 'self' ws://127.0.0.1:{self.port}", policy)
            self.assertNotIn("unsafe", policy)
            self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")

    def test_a_file_is_sent_once(self):
        first = self.http("GET", "/js/main.js")
        self.assertEqual((first.status, first.headers["Content-Type"], first.body), (200, "text/javascript; charset=utf-8", b"export {};"))
        again = self.http("GET", "/js/main.js", {"If-None-Match": first.headers["ETag"]})
        self.assertEqual((again.status, again.body), (304, b""))
        head = self.http("HEAD", "/js/main.js")
        self.assertEqual((head.status, head.headers["Content-Length"], head.body), (200, "10", b""))

    def test_nothing_outside_the_directory(self):
        for path in ("/../secret.txt", "/js/../../secret.txt", "/%2e%2e/secret.txt", "/js/%2e%2e%2f%2e%2e%2fsecret.txt", "/..%5csecret.txt",
                     "//secret.txt", "/link.txt", "/js/main.js%00.html", "/js", "/.git/config", "/../../../../etc/passwd"):
            answer = self.http("GET", path)
            self.assertIn(answer.status, (400, 404), path)
            self.assertNotIn(b"secret", answer.body, path)

    def test_version_and_robots(self):
        version = json.loads(self.http("GET", "/version").body)
        self.assertEqual(version["name"], "bigfoot-server")
        self.assertRegex(version["version"], r"^\d+\.\d+\.\d+")
        peer = robot(self.port, "listed", ["front"])
        entry = {e["name"]: e for e in json.loads(self.http("GET", "/api/v1/robots").body)}["listed"]
        self.assertRegex(entry.pop("since"), r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(entry, {"name": "listed", "online": True, "cameras": ["front"], "viewers": 0, "peerId": peer.id})
        peer.drop()
        self.server.wait_until(lambda: self.server.metric('bigfoot_signaling_connections{role="producer"}') == 1, "the robot to leave")
        entry = {e["name"]: e for e in json.loads(self.http("GET", "/api/v1/robots").body)}["listed"]
        self.assertEqual((entry["online"], "peerId" in entry), (False, False))

    def test_what_is_not_http_is_refused(self):
        for data, status in ((b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64), "400"), (b"HELLO\r\n\r\n", "400"),
                             (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", "431"),
                             (b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", "414"),
                             (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", "413"),
                             (b"POST /version HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "405"),
                             (b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n", "405"), (b"GET * HTTP/1.1\r\nHost: x\r\n\r\n", "400"),
                             (b"GET /api/v1/nothing HTTP/1.1\r\nHost: x\r\n\r\n", "404")):
            self.assertEqual(self.raw(data).split()[1], status, data[:60])

    def test_a_client_that_asks_before_it_sends_is_answered(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as connection:
            connection.sendall(b"POST /whep/nobody HTTP/1.1\r\nHost: x\r\nContent-Type: application/sdp\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
            lines = connection.makefile("rb")
            self.assertIn(b"100", lines.readline())
            connection.sendall(b"v=0")
            lines.readline()
            self.assertIn(b"404", lines.readline())

    def test_requests_in_one_go_are_answered_in_order(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as connection:
            connection.sendall(b"GET /js/main.js HTTP/1.1\r\nHost: x\r\n\r\nGET /version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            everything = connection.makefile("rb").read()
        self.assertEqual(everything.count(b"HTTP/1.1 200"), 2)
        self.assertLess(everything.index(b"export"), everything.index(b"bigfoot-server"))

    def test_signaling_without_an_upgrade_says_so(self):
        answer = self.http("GET", "/ws")
        self.assertEqual((answer.status, answer.headers["Upgrade"]), (426, "websocket"))

    def test_no_websocket_where_none_is_spoken(self):
        peer = Peer(self.port, "/version")
        self.assertEqual(peer.status, 200)

    def test_admin(self):
        self.assertEqual(request(self.server.admin, "GET", "/healthz").body, b"ok\n")
        self.assertEqual(request(self.server.admin, "GET", "/readyz").status, 200)
        metrics = request(self.server.admin, "GET", "/metrics")
        self.assertTrue(metrics.headers["Content-Type"].startswith("text/plain; version=0.0.4"))
        for name in ("bigfoot_build_info", "bigfoot_signaling_connections", "bigfoot_signaling_messages_total", "bigfoot_sessions", "process_open_fds"):
            self.assertIn(f"\n{name}".encode(), b"\n" + metrics.body)
        self.assertEqual(request(self.server.admin, "GET", "/").status, 404)
        self.assertEqual(self.http("GET", "/metrics").status, 404)
        self.assertEqual(self.http("GET", "/healthz").status, 404)


class Start(unittest.TestCase):
    def refused(self, *flags):
        with tempfile.TemporaryDirectory() as state:
            run = subprocess.run([BIN_DIR / "bigfoot-server", "serve", "--state-dir", state, *flags], capture_output=True, text=True, timeout=PATIENCE)
        self.assertNotEqual(run.returncode, 0)
        return run.stdout + run.stderr

    def test_an_address_in_use_names_the_flag_to_change(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            for flag, other in (("--listen", "--admin-listen"), ("--admin-listen", "--listen")):
                said = self.refused(flag, f"127.0.0.1:{port}", other, f"127.0.0.1:{free_port()}")
                self.assertIn(f"port {port} of 127.0.0.1 is in use", said)
                self.assertIn(f"choose another with {flag}", said)

    def test_values_that_cannot_be(self):
        said = self.refused("--listen", "nowhere", "--admin-listen", "no.such.host:80", "--max-connections", "none")
        self.assertIn('--listen: "nowhere" is not ADDR:PORT', said)
        self.assertIn('--admin-listen: "no.such.host" is not an IP address', said)
        self.assertIn("--max-connections", said)
        self.assertIn("neither STUN nor TURN", self.refused("--listen", "127.0.0.1:0", "--ice-server", "http://x"))
        self.assertIn("not the origin of a page", self.refused("--listen", "127.0.0.1:0", "--allow-origin", "*"))

    def test_without_a_state_directory_it_serves_and_says_what_is_lost(self):
        with tempfile.NamedTemporaryFile() as file:
            server = Server(state_dir=file.name + "/below-a-file")
            self.addCleanup(server.kill)
            self.assertEqual(server.log().count("state.not_kept"), 1)
            self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
