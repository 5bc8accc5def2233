#!/usr/bin/env python3
"""A GStreamer viewer by WHEP: decodes COUNT pictures of a robot's camera with webrtcbin, says so, and leaves.

usage: webrtcbin_viewer.py http://HOST:PORT/whep/ROBOT[/CAMERA] COUNT [--stamps]

With --stamps the pictures are those of a `test:` camera: of each one it says "stamp FRAME AGE_MS CAMERA", or "no stamp".
"""

import argparse
import os
import pathlib
import sys
import time
import urllib.parse
import urllib.request

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("GstSdp", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from stamp import read_stamp  # noqa: E402

PATIENCE = 50 * float(os.environ.get("BIGFOOT_SLOW", "1"))  # seconds


class Viewer:
    def __init__(self, url, count, stamps):
        self.url, self.count, self.stamps, self.decoded, self.session = url, count, stamps, 0, None
        self.loop = GLib.MainLoop()
        self.pipeline = Gst.Pipeline()
        self.webrtc = Gst.ElementFactory.make("webrtcbin")
        self.webrtc.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
        self.pipeline.add(self.webrtc)
        self.webrtc.connect("pad-added", self.on_pad)
        self.webrtc.connect("notify::ice-gathering-state", self.on_gathering)
        caps = Gst.Caps.from_string("application/x-rtp,media=video,encoding-name=H264,payload=102,clock-rate=90000,packetization-mode=(string)1,"
                                    "profile-level-id=(string)42e01f,rtcp-fb-nack-pli=true")
        self.webrtc.emit("add-transceiver", GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY, caps)

    def run(self):
        GLib.timeout_add(int(PATIENCE * 1000), self.late)
        self.pipeline.set_state(Gst.State.PLAYING)
        self.webrtc.emit("create-offer", None, Gst.Promise.new_with_change_func(self.on_offer))
        self.loop.run()
        if self.session:
            urllib.request.urlopen(urllib.request.Request(self.session, method="DELETE"), timeout=30)
        self.pipeline.set_state(Gst.State.NULL)
        return 0 if self.decoded >= self.count else 1

    def late(self):
        print(f"late: decoded {self.decoded} pictures", flush=True)
        self.loop.quit()
        return False

    def on_offer(self, promise):
        self.reply = promise, promise.get_reply()  # what is in a reply lives only as long as both
        self.webrtc.emit("set-local-description", self.reply[1].get_value("offer"), None)

    def on_gathering(self, *_):
        if self.webrtc.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE and not self.session:
            GLib.idle_add(self.post)

    def post(self):
        body = self.webrtc.get_property("local-description").sdp.as_text().encode()
        request = urllib.request.Request(self.url, data=body, headers={"Content-Type": "application/sdp"})
        with urllib.request.urlopen(request, timeout=30) as reply:
            self.session = urllib.parse.urljoin(self.url, reply.headers["Location"])
            text = reply.read().decode()
        _, message = GstSdp.SDPMessage.new_from_text(text)
        answer = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, message)
        self.webrtc.emit("set-remote-description", answer, None)
        return False

    def on_pad(self, _, pad):
        branch = Gst.parse_bin_from_description("rtph264depay ! h264parse ! avdec_h264 max-threads=1 ! videoconvert ! video/x-raw,format=GRAY8 ! fakesink name=sink sync=false signal-handoffs=true", True)
        branch.get_by_name("sink").connect("handoff", self.on_picture)
        self.pipeline.add(branch)
        branch.sync_state_with_parent()
        pad.link(branch.get_static_pad("sink"))

    def on_picture(self, _, picture, pad):
        shape = pad.get_current_caps().get_structure(0)
        width, height = shape.get_int("width")[1], shape.get_int("height")[1]
        self.decoded += 1
        if self.stamps and self.decoded <= self.count:
            self.tell_stamp(picture, width, height, time.time())
        if self.decoded == self.count:
            print(f"decoded {self.decoded} pictures of {width}x{height}", flush=True)
            GLib.idle_add(self.loop.quit)

    def tell_stamp(self, picture, width, height, now):
        mapped, memory = picture.map(Gst.MapFlags.READ)
        stamp = read_stamp(bytes(memory.data), width, height, (width + 3) // 4 * 4) if mapped else None
        picture.unmap(memory)
        print(f"stamp {stamp.frame} {now * 1000 - stamp.drawn_us / 1000:.3f} {stamp.camera}" if stamp else "no stamp", flush=True)


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("url")
    options.add_argument("count", type=int)
    options.add_argument("--stamps", action="store_true")
    options = options.parse_args()
    Gst.init(None)
    sys.exit(Viewer(options.url, options.count, options.stamps).run())
