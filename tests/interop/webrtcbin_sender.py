#!/usr/bin/env python3
"""A sender that speaks GStreamer's protocol and nothing of ours: a webrtcbin that offers through the signaling server.

usage: webrtcbin_sender.py PORT [--name gst-stream] [--sprop-only]

PORT is the server's on 127.0.0.1. Prints "registered" when it can be asked, then "asked", "connected", "left" for its
viewers; one at a time, the next takes the place of the one before. With --sprop-only SPS and PPS are said in the SDP alone
(config-interval=0). Ends with SIGTERM. Needs python3-gst-1.0, gstreamer1.0-plugins-bad, -ugly, -nice.
"""

import argparse
import pathlib
import signal
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("GstSdp", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from server_harness import Closed, gst_producer  # noqa: E402

PIPELINE = ("webrtcbin name=rtc bundle-policy=max-bundle videotestsrc is-live=true pattern=ball ! "
            "video/x-raw,format=I420,width=640,height=480,framerate=30/1 ! x264enc tune=zerolatency speed-preset=superfast "
            "bitrate=1500 key-int-max=300 ! video/x-h264,profile=constrained-baseline ! rtph264pay aggregate-mode=zero-latency "
            "config-interval={interval} pt=96 ! rtc.")


def say(*words):
    print(*words, flush=True)


class Session:
    """One viewer's pipeline; its signals come on GStreamer's threads, `tell` may be called on any."""

    def __init__(self, session, tell, pipeline):
        self.session, self.tell = session, tell
        self.pipeline = Gst.parse_launch(pipeline)
        self.rtc = self.pipeline.get_by_name("rtc")
        self.rtc.connect("on-negotiation-needed", self.on_negotiation_needed)
        self.rtc.connect("on-ice-candidate", self.on_candidate)
        self.rtc.connect("notify::connection-state", self.on_state)
        self.pipeline.set_state(Gst.State.PLAYING)

    def on_negotiation_needed(self, _):
        self.rtc.emit("create-offer", None, Gst.Promise.new_with_change_func(self.on_offer))

    def on_offer(self, promise):
        self.reply = promise, promise.get_reply()  # what is in a reply lives only as long as both
        offer = self.reply[1].get_value("offer")
        self.rtc.emit("set-local-description", offer, None)
        self.tell({"sdp": {"type": "offer", "sdp": offer.sdp.as_text()}})

    def on_candidate(self, _, line, candidate):
        self.tell({"ice": {"candidate": candidate, "sdpMLineIndex": line}})

    def on_state(self, *_):
        if self.rtc.get_property("connection-state") == GstWebRTC.WebRTCPeerConnectionState.CONNECTED:
            say("connected")

    def heard(self, message):
        if "sdp" in message:
            _, sdp = GstSdp.SDPMessage.new_from_text(message["sdp"]["sdp"])
            answer = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, sdp)
            self.rtc.emit("set-remote-description", answer, None)
        elif message.get("ice", {}).get("candidate"):
            self.rtc.emit("add-ice-candidate", message["ice"]["sdpMLineIndex"], message["ice"]["candidate"])

    def end(self):
        self.pipeline.set_state(Gst.State.NULL)
        say("left")


class Sender:
    def __init__(self, port, name, pipeline):
        self.pipeline, self.current = pipeline, None
        self.loop = GLib.MainLoop()
        self.peer = gst_producer(port, name)
        say("registered")
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        try:
            while True:
                GLib.idle_add(self.heard, self.peer.receive(patience=86400))
        except Closed:
            GLib.idle_add(self.loop.quit)

    def heard(self, message):
        kind = message["type"]
        if kind == "startSession":
            self.end()
            say("asked")
            session = message["sessionId"]
            self.current = Session(session, lambda what: self.peer.send({"type": "peer", "sessionId": session, **what}), self.pipeline)
        elif self.current and message.get("sessionId") == self.current.session:
            if kind == "peer":
                self.current.heard(message)
            elif kind == "endSession":
                self.end()
        return False

    def end(self):
        if self.current:
            self.current.end()
            self.current = None

    def run(self):
        GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGTERM, self.loop.quit)
        self.loop.run()
        self.end()
        self.peer.drop()


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("port", type=int)
    options.add_argument("--name", default="gst-stream")
    options.add_argument("--sprop-only", action="store_true")
    options = options.parse_args()
    Gst.init(None)
    Sender(options.port, options.name, PIPELINE.format(interval=0 if options.sprop_only else -1)).run()
