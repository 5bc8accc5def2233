"""The real bigfoot-server on free ports, scripted peers on raw sockets, and a pair of peers that must not be disturbed.

Only the standard library: the WebSocket client is written out, because the tests must also misbehave.
"""
import atexit
import base64
import http.client
import json
import os
import pathlib
import queue
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN_DIR = pathlib.Path(os.environ.get("BIGFOOT_BIN_DIR", ROOT / "build/bin"))
PATIENCE = 30  # seconds, for what comes at once on a machine that stands still at no time; a green run waits for none of them

sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests")]
import metrics_page  # noqa: E402
import waiting  # noqa: E402
from ports import free_port  # noqa: E402

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Server:
    """One process. `stop()` gives its exit code; what it logged is in `log()`."""

    def __init__(self, *flags, state_dir=None, port=None, web_dir=None):
        self.port = port or free_port()
        self.admin = free_port()
        tmp = tempfile.mkdtemp(prefix="bigfoot-server-test-")  # outlives the process: a second one may take over its state
        atexit.register(shutil.rmtree, tmp, ignore_errors=True)
        self.state_dir = state_dir or tmp + "/state"
        self.log_path = tmp + "/log"
        self.log_file = open(self.log_path, "wb")
        args = [BIN_DIR / "bigfoot-server", "serve", "--listen", f"127.0.0.1:{self.port}",
                "--admin-listen", f"127.0.0.1:{self.admin}", "--state-dir", self.state_dir,
                "--web-dir", str(web_dir or ROOT / "web"), *flags]
        # With sanitizers freed memory would be kept back, and memory could not be judged.
        environment = {**os.environ, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=8"}
        self.process = subprocess.Popen(args, stderr=self.log_file, stdout=self.log_file, env=environment)
        try:
            self.wait_until(self.is_ready, "the server to be ready")
        except BaseException:
            self.kill()
            raise

    def is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the server ended with {self.process.returncode}: {self.log()}")
        try:
            return request(self.admin, "GET", "/readyz").status == 200
        except OSError:
            return False

    def wait_until(self, condition, what, patience=None):
        try:
            waiting.until(what, condition, patience or PATIENCE, pause=0.02)
        except AssertionError as error:
            raise AssertionError(f"{error}; log: {self.log()}") from None

    def log(self):
        return pathlib.Path(self.log_path).read_text()

    def metric(self, series):
        """The value of a series written as in the exposition, 0 when it is not there."""
        [(name, labels, _)] = metrics_page.parse(f"{series} 0")
        page = metrics_page.parse(request(self.admin, "GET", "/metrics").body.decode())
        return sum(value for each, its, value in page if (each, its) == (name, labels))

    def send_signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def wait(self, patience=PATIENCE):
        return self.process.wait(patience)

    def kill(self):
        """Whatever became of it: nothing is left running. Harmless after stop()."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.log_file.close()

    def stop(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.send_signal(number)
        code = self.wait()
        self.log_file.close()
        return code


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def __repr__(self):
        return f"{self.status} {dict(self.headers)} {self.body[:200]}"


def request(port, method, path, headers=None, body=None, timeout=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout or PATIENCE)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", f"127.0.0.1:{port}")
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body.encode() if isinstance(body, str) else body)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


class Closed(Exception):
    def __init__(self, code, reason):
        super().__init__(f"closed {code} {reason}")
        self.code, self.reason = code, reason


class Peer:
    """A WebSocket client. With `attentive` a thread reads and answers pings; without, nothing is read at all."""

    alive = set()

    def __init__(self, port, path="/ws", attentive=True, receive_buffer=None, origin=None):
        self.socket = socket.socket()
        Peer.alive.add(self)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(("127.0.0.1", port))
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                             + (f"Origin: {origin}\r\n" if origin else "") + "\r\n").encode())
        self.input = self.socket.makefile("rb")
        self.status = int(self.input.readline().split()[1])
        self.headers = {}
        while (line := self.input.readline().strip()):
            name, _, value = line.decode().partition(":")
            self.headers[name.lower()] = value.strip()
        self.messages = queue.Queue()
        self.early = []
        self.reader = None
        self.sending = threading.Lock()
        self.pings = 0
        if self.status == 101 and attentive:
            self.listen()

    def listen(self):
        self.socket.settimeout(None)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.drop()

    def _exactly(self, count):
        data = self.input.read(count)
        if len(data) < count:
            raise EOFError
        return data

    def _read(self):
        try:
            while True:
                first, second = self._exactly(2)
                size = second & 127
                if size == 126:
                    size = struct.unpack(">H", self._exactly(2))[0]
                elif size == 127:
                    size = struct.unpack(">Q", self._exactly(8))[0]
                data = self._exactly(size)
                opcode = first & 15
                if opcode == PING:
                    self.pings += 1
                    self.frame(PONG, data)
                elif opcode == CLOSE:
                    code = struct.unpack(">H", data[:2])[0] if data else 1005
                    self.messages.put(Closed(code, data[2:].decode()))
                    self.frame(CLOSE, data)
                elif opcode == TEXT:
                    self.messages.put(json.loads(data))
        except (OSError, EOFError, ValueError):
            self.messages.put(Closed(1006, "the connection ended without a close"))
            self.shut()

    def frame(self, opcode, data=b"", first=0x80):
        mask = os.urandom(4)
        size = len(data)
        head = bytes([first | opcode])
        if size < 126:
            head += bytes([128 | size])
        elif size < 65536:
            head += bytes([128 | 126]) + struct.pack(">H", size)
        else:
            head += bytes([128 | 127]) + struct.pack(">Q", size)
        pad = (mask * (size // 4 + 1))[:size]
        body = (int.from_bytes(data, "big") ^ int.from_bytes(pad, "big")).to_bytes(size, "big")
        with self.sending:
            self.socket.sendall(head + mask + body)

    def send(self, message):
        text = message if isinstance(message, str) else json.dumps(message)
        self.frame(TEXT, text.encode())

    def live(self):
        """Says something that asks for nothing: who reads nothing answers no ping either, and would pass for dead after 10 s."""
        self.frame(PONG)

    def settle(self):
        """Returns when the server has dealt with everything said so far."""
        self.send({"type": "list"})
        seen = []
        while (message := self.receive())["type"] != "list":
            seen.append(message)
        self.early = seen + self.early

    def receive(self, patience=None):
        if self.early:
            return self.early.pop(0)
        try:
            message = self.messages.get(timeout=patience or PATIENCE)
        except queue.Empty:
            raise AssertionError("nothing arrived in time") from None
        if isinstance(message, Closed):
            self.messages.put(message)
            raise message
        return message

    def expect(self, kind, patience=None):
        """The next message, which must be of that type."""
        message = self.receive(patience)
        if message["type"] != kind:
            raise AssertionError(f"expected {kind}, got {message}")
        return message

    def until(self, kind, patience=None):
        while (message := self.receive(patience))["type"] != kind:
            pass
        return message

    def closed(self, patience=None):
        """Reads on until the connection is closed."""
        try:
            while True:
                self.receive(patience)
        except Closed as end:
            return end

    def quiet(self, seconds=0.1):
        time.sleep(seconds)
        return not self.early and self.messages.empty()

    def shut(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def drop(self):
        """Ends the connection as a dead network does: without a close frame."""
        self.shut()
        if self.reader:
            self.reader.join(PATIENCE)
        self.input.close()
        self.socket.close()
        Peer.alive.discard(self)


def gst_producer(port, name="gst-stream", path="/ws"):
    """A producer that knows GStreamer's protocol and nothing else."""
    peer = Peer(port, path)
    peer.id = peer.expect("welcome")["peerId"]
    peer.send({"type": "setPeerStatus", "roles": ["producer"], "meta": {"name": name}})
    peer.settle()
    return peer


def robot(port, name="rover-7", cameras=("front", "rear"), resume=()):
    """A robot of ours."""
    peer = Peer(port)
    peer.id = peer.expect("welcome")["peerId"]
    peer.send({"type": "setProtocolVersion", "version": "v1_1"})
    meta = {"name": name, "cameras": [{"name": camera} for camera in cameras], "bigfoot": "0"}
    peer.send({"type": "setPeerStatus", "roles": ["producer"], "meta": meta, "resume": list(resume)})
    peer.settle()
    return peer


def viewer(port, resume=()):
    """A page of ours."""
    peer = Peer(port)
    peer.id = peer.expect("welcome")["peerId"]
    peer.send({"type": "setPeerStatus", "roles": ["listener"], "meta": None, "resume": list(resume)})
    peer.settle()
    return peer


def ice(session, text="candidate:1"):
    return {"type": "peer", "sessionId": session, "ice": {"candidate": text, "sdpMLineIndex": 0}}


class Pair:
    """A producer and a consumer in the middle of a session, who must not notice what others do."""

    def __init__(self, port):
        self.producer = gst_producer(port, "bystander")
        self.consumer = Peer(port)
        self.consumer.expect("welcome")
        self.consumer.send({"type": "startSession", "peerId": self.producer.id})
        self.session = self.consumer.expect("sessionStarted")["sessionId"]
        self.producer.expect("startSession")
        self.count = 0

    def check(self):
        for sender, receiver in ((self.producer, self.consumer), (self.consumer, self.producer)):
            self.count += 1
            message = ice(self.session, f"candidate:{self.count}")
            sender.send(message)
            got = receiver.receive()
            if got != message:
                raise AssertionError(f"the bystanders were disturbed: {got}")


class ServerCase(unittest.TestCase):
    """One server for all tests of a class; after each the bystanders are asked whether they noticed anything."""

    flags = ()

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.flags)
        cls.port = cls.server.port

    @classmethod
    def tearDownClass(cls):
        if cls.server.stop() != 0:
            raise AssertionError("the server did not end well: " + cls.server.log())

    def setUp(self):
        self.bystanders = Pair(self.port)

    def tearDown(self):
        self.bystanders.check()
        for peer in list(Peer.alive):
            peer.drop()
        self.server.wait_until(lambda: self.server.metric('bigfoot_http_connections{listener="public"}') == 0,
                               "every connection of the test to be gone")

    def http(self, method, path, headers=None, body=None):
        return request(self.port, method, path, headers, body)

    def error(self, code):
        return self.server.metric(f'bigfoot_signaling_errors_total{{code="{code}"}}')

    def wait_error(self, code, count):
        """Waits until the counter of a cut stands there: it moves when the server has let go of the socket, after the peer heard why."""
        self.server.wait_until(lambda: self.error(code) >= count, f"{count:.0f} counted as {code}")
        self.assertEqual(self.error(code), count)
