#!/usr/bin/env python3
"""A viewer that shares no code with us, by WHEP: aiortc receives, decrypts and decodes; no trickle, no GCM, no feedback of ours."""

import asyncio
import unittest
import urllib.request

from aiortc import RTCPeerConnection, RTCSessionDescription
from lab import SLOW, Lab, until

PICTURES = 30


class Viewer:
    """Lives in one event loop: `watch()` gives the sizes of the first pictures, then leaves."""

    def __init__(self, url):
        self.url = url
        self.peer = RTCPeerConnection()
        self.track = asyncio.get_running_loop().create_future()
        self.peer.on("track", self.track.set_result)

    async def watch(self, pictures):
        try:
            self.peer.addTransceiver("video", direction="recvonly")
            await self.peer.setLocalDescription(await self.peer.createOffer())
            answer = await asyncio.to_thread(self.post, self.peer.localDescription.sdp)
            await self.peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
            track = await self.track
            return [(frame.width, frame.height) for frame in [await track.recv() for _ in range(pictures)]]
        finally:
            await self.peer.close()

    def post(self, offer):
        request = urllib.request.Request(self.url, data=offer.encode(), headers={"Content-Type": "application/sdp"}, method="POST")
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.read().decode()


async def watch(url):
    return await asyncio.wait_for(Viewer(url).watch(PICTURES), 60 * SLOW)


class AiortcViewer(unittest.TestCase):
    def test_it_decodes_the_picture_and_leaves(self):
        with Lab() as lab:
            lab.start_server()
            lab.start_robot(cameras=("front=test:?size=640x480",))
            self.assertEqual(asyncio.run(watch(f"http://127.0.0.1:{lab.port}/whep/rover-7")), [(640, 480)] * PICTURES)
            until("the robot let the viewer go", lambda: lab.metric("bigfoot_sessions_ended_total") == 1 and lab.metric("bigfoot_sessions") == 0)


if __name__ == "__main__":
    unittest.main()
