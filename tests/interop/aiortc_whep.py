#!/usr/bin/env python3
"""A WHEP server that shares no code with us: aiortc encodes a moving pattern as H.264 for whoever POSTs an offer.

usage: aiortc_whep.py [--size 640x480] [--token TOKEN]

Prints "whep http://127.0.0.1:PORT/whep/pattern" when it can be asked, then a line for each viewer: "offered", "connected",
"left" (DELETE), "lost". Ends with SIGTERM. It knows no trickle and no ICE restart: no ETag, and PATCH is answered with 405.
Needs Debian's python3-aiortc.
"""

import argparse
import asyncio
import fractions
import http.server
import itertools
import signal
import threading
import time

import av
from aiortc import RTCPeerConnection, RTCSessionDescription, VideoStreamTrack

FPS = 30
CLOCK = 90000


def say(*words):
    print(*words, flush=True)


class Pattern(VideoStreamTrack):
    """Grey, with a bright bar that wanders to the right: a picture that stands still is seen to."""

    def __init__(self, width, height):
        super().__init__()
        self.width, self.height, self.began, self.count = width, height, None, 0

    async def recv(self):
        self.began = self.began or time.monotonic()
        await asyncio.sleep(max(0.0, self.began + self.count / FPS - time.monotonic()))
        frame = av.VideoFrame(self.width, self.height, "yuv420p")
        for plane, value in zip(frame.planes, (96, 128, 128)):
            plane.update(bytes([value]) * plane.buffer_size)
        luma = frame.planes[0]
        left = self.count * 4 % (self.width - 32)
        row = bytearray([96] * luma.line_size)
        row[left:left + 32] = bytes([235] * 32)
        luma.update(bytes(row) * (luma.buffer_size // luma.line_size))
        frame.pts, frame.time_base = self.count * CLOCK // FPS, fractions.Fraction(1, CLOCK)
        self.count += 1
        return frame


class Sessions:
    """Lives in one event loop; the HTTP threads ask it."""

    def __init__(self, loop, size):
        self.loop, self.size, self.peers, self.ids = loop, size, {}, itertools.count(1)

    def ask(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    async def offer(self, sdp):
        peer = RTCPeerConnection()
        peer.on("connectionstatechange", lambda: self.changed(peer))
        await peer.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
        peer.addTrack(Pattern(*self.size))
        await peer.setLocalDescription(await peer.createAnswer())
        session = str(next(self.ids))
        self.peers[session] = peer
        say("offered", session)
        return session, peer.localDescription.sdp

    def changed(self, peer):
        if peer.connectionState == "connected":
            say("connected")
        elif peer.connectionState == "failed":
            say("lost")

    async def leave(self, session):
        peer = self.peers.pop(session, None)
        if peer is None:
            return False
        say("left", session)
        await peer.close()
        return True


def handler(sessions, token):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def reply(self, status, body=b"", **headers):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def allowed(self):
            return not token or self.headers["Authorization"] == "Bearer " + token

        def do_POST(self):
            offer = self.rfile.read(int(self.headers["Content-Length"]))
            if not self.allowed():
                return self.reply(401)
            if self.path != "/whep/pattern":
                return self.reply(404)
            session, answer = sessions.ask(sessions.offer(offer.decode()))
            return self.reply(201, answer.encode(), Content_Type="application/sdp", Location="/session/" + session)

        def do_DELETE(self):
            left = self.path.startswith("/session/") and sessions.ask(sessions.leave(self.path[len("/session/"):]))
            self.reply(200 if left else 404)

        def do_PATCH(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.reply(405)

        def do_OPTIONS(self):
            self.reply(204, Accept_Post="application/sdp")

        def log_message(self, *_):
            pass

    return Handler


async def main():
    options = argparse.ArgumentParser()
    options.add_argument("--size", default="640x480", type=lambda text: tuple(int(side) for side in text.split("x")))
    options.add_argument("--token", default="")
    options = options.parse_args()
    loop = asyncio.get_running_loop()
    # Closing a peer that has begun to connect leaves a task behind that fails; nobody waits for it.
    loop.set_exception_handler(lambda loop, context: None)
    sessions = Sessions(loop, options.size)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(sessions, options.token))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    say("whep", f"http://127.0.0.1:{server.server_port}/whep/pattern")
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()
    server.shutdown()
    for session in list(sessions.peers):
        await sessions.leave(session)


if __name__ == "__main__":
    asyncio.run(main())
