#!/usr/bin/python3
"""Captures the SDP of aiortc: capture.sh aiortc. Needs Debian's python3-aiortc."""
import asyncio
import os

import aiortc
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../sdp")


async def offer(*tracks):
    peer = aiortc.RTCPeerConnection()
    for track in tracks:
        peer.addTransceiver(track, direction="sendonly")
    if not tracks:
        peer.addTransceiver("video", direction="recvonly")
    await peer.setLocalDescription(await peer.createOffer())
    text = peer.localDescription.sdp
    await peer.close()
    return text


async def answer(golden, *tracks):
    with open(os.path.join(GOLDEN, golden), encoding="utf-8") as file:
        sdp = file.read()
    peer = aiortc.RTCPeerConnection()
    await peer.setRemoteDescription(aiortc.RTCSessionDescription(sdp=sdp, type="offer"))
    for track in tracks:
        peer.addTrack(track)
    await peer.setLocalDescription(await peer.createAnswer())
    text = peer.localDescription.sdp
    await peer.close()
    return text


async def main():
    # Closing a peer that has begun to connect leaves a task behind that fails; nobody waits for it.
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    scenarios = {
        "offer-recvonly-video": offer(),
        "answer-one-camera": answer("bigfoot-offer-one-camera.sdp"),
        "answer-two-cameras": answer("bigfoot-offer-two-cameras.sdp"),
        "sender-offer-video": offer(VideoStreamTrack()),
        "sender-offer-audio-video": offer(AudioStreamTrack(), VideoStreamTrack()),
        "sender-answer-one-video": answer("bigfoot-receive-offer.sdp", VideoStreamTrack()),
    }
    version = ".".join(aiortc.__version__.split(".")[:2])
    for name, make in scenarios.items():
        text = await make
        path = os.path.join(GOLDEN, "aiortc-{}-{}.sdp".format(version, name))
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
    print("aiortc", aiortc.__version__, "written to", os.path.normpath(GOLDEN))


asyncio.run(main())
