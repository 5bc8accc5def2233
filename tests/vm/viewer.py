"""A viewer that stays: aiortc by WHEP, in a thread of its own. It counts the pictures of each track and keeps the
newest."""

import asyncio
import threading
import urllib.request

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from waiting import until


class Viewer:
    def __init__(self, url, tracks):
        self.url = url
        self.counts, self.newest = [0] * tracks, [None] * tracks
        self.states = []  # of the connection, in order
        self.error = None
        self.loop = asyncio.new_event_loop()
        self.leave = asyncio.Event()
        self.thread = threading.Thread(target=self.live, daemon=True)

    def __enter__(self):
        self.thread.start()
        until("the viewer is connected", lambda: self.checked() and "connected" in self.states, 30)
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.leave.set)
        self.thread.join(20)

    def checked(self):
        if self.error:
            raise AssertionError(f"the viewer failed: {self.error!r}") from self.error
        return True

    def live(self):
        try:
            self.loop.run_until_complete(self.watch())
        except Exception as error:  # pylint: disable=broad-except  # it is the test's, in its own thread
            self.error = error
        finally:
            self.loop.close()

    async def watch(self):
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        readers = []
        peer.on("track", lambda track: readers.append(asyncio.ensure_future(self.read(track, len(readers)))))
        peer.on("connectionstatechange", lambda: self.states.append(peer.connectionState))
        try:
            for _ in self.counts:
                peer.addTransceiver("video", direction="recvonly")
            await peer.setLocalDescription(await peer.createOffer())
            answer = await asyncio.to_thread(self.post, peer.localDescription.sdp)
            await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
            await self.leave.wait()
        finally:
            await peer.close()
            await asyncio.gather(*readers)

    async def read(self, track, index):
        try:
            while True:
                self.newest[index] = await track.recv()
                self.counts[index] += 1
        except MediaStreamError:  # the end of the track
            pass

    def post(self, offer):
        request = urllib.request.Request(self.url, data=offer.encode(), headers={"Content-Type": "application/sdp"},
                                         method="POST")
        with urllib.request.urlopen(request, timeout=20) as reply:
            return reply.read().decode()

    def colours(self, index, places):
        """The colours of the newest picture at these places, each (across, down) as parts of the picture."""
        picture = self.newest[index].reformat(format="rgb24")
        plane = picture.planes[0]
        data = bytes(plane)
        at = [int(picture.height * down) * plane.line_size + int(picture.width * across) * 3 for across, down in places]
        return [tuple(data[start:start + 3]) for start in at]

    def size(self, index):
        return self.newest[index].width, self.newest[index].height
