#!/usr/bin/python3
"""Captures the SDP of GStreamer's webrtcbin: capture.sh gstreamer. Needs python3-gst-1.0, gstreamer1.0-plugins-bad, -nice."""
import os
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("GstSdp", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../sdp")
H264 = "application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,payload=96"
CONSTRAINED = H264 + ",packetization-mode=(string)1,profile-level-id=(string)42e01f,level-asymmetry-allowed=(string)1"
FEEDBACK = CONSTRAINED + ",rtcp-fb-nack=true,rtcp-fb-nack-pli=true,rtcp-fb-ccm-fir=true,rtcp-fb-transport-cc=true," \
    "extmap-1=(string)http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
VP8 = "application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000,payload=97"
OPUS = "application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,encoding-params=(string)2,payload=98"
# As in GStreamer's own examples: what the payloader knows goes into the caps, SPS and PPS too.
SENT = "videotestsrc is-live=true ! video/x-raw,format=I420 ! x264enc tune=zerolatency ! " \
    "video/x-h264,profile=constrained-baseline ! rtph264pay config-interval=0 pt=96"
ANSWERED = SENT.replace("config-interval=0", "config-interval=-1")
SENT_VP8 = "videotestsrc is-live=true ! vp8enc deadline=1 ! rtpvp8pay pt=97"
SOUND = "audiotestsrc is-live=true ! opusenc ! rtpopuspay pt=98"
RECVONLY = GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY


def spin(until, seconds=5):
    """Runs the main loop until the condition holds."""
    context = GLib.MainContext.default()
    over = []
    GLib.timeout_add(int(seconds * 1000), lambda: over.append(1) or False)
    while not until() and not over:
        context.iteration(True)


class Peer:
    def __init__(self, bundle="max-bundle"):
        self.pipeline = Gst.Pipeline.new()
        self.bin = Gst.ElementFactory.make("webrtcbin")
        self.bin.set_property("bundle-policy", bundle)
        self.replies = []
        self.pipeline.add(self.bin)
        self.pipeline.set_state(Gst.State.PLAYING)

    def receive(self, caps, rtx=False):
        transceiver = self.bin.emit("add-transceiver", RECVONLY, Gst.Caps.from_string(caps))
        transceiver.set_property("do-nack", rtx)
        return self

    def send(self, launch):
        part = Gst.parse_bin_from_description(launch, True)
        self.pipeline.add(part)
        part.sync_state_with_parent()
        part.link(self.bin)
        return self

    def settled(self):
        spin(lambda: False, 1)  # until the caps of what is sent are known
        return self

    def data(self):
        self.bin.emit("create-data-channel", "drive", None)
        return self

    def ask(self, signal, *arguments):
        promise = Gst.Promise.new()
        self.bin.emit(signal, *arguments, promise)
        promise.wait()
        reply = promise.get_reply()
        if reply is not None and reply.has_field("error"):
            raise RuntimeError("{}: {}".format(signal, reply.get_value("error")))
        self.replies.append((promise, reply))  # what is in a reply lives only as long as both
        return reply

    def describe(self, kind):
        description = self.ask("create-" + kind, None)[kind]
        self.ask("set-local-description", description)
        done = GstWebRTC.WebRTCICEGatheringState.COMPLETE
        spin(lambda: self.bin.get_property("ice-gathering-state") == done)
        text = self.bin.get_property("local-description").sdp.as_text()
        self.pipeline.set_state(Gst.State.NULL)
        return text

    def answer(self, golden, *sends):
        with open(os.path.join(GOLDEN, golden), encoding="utf-8") as file:
            _, message = GstSdp.SDPMessage.new_from_text(file.read())
        offer = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.OFFER, message)
        self.ask("set-remote-description", offer)
        for launch in sends:
            self.send(launch)
        self.settled()
        return self.describe("answer")


def main():
    Gst.init(None)
    version = "{}.{}".format(*Gst.version()[:2])
    scenarios = {
        "offer-recvonly-video": lambda: Peer().receive(FEEDBACK, rtx=True).describe("offer"),
        "offer-bare-caps": lambda: Peer().receive(H264).describe("offer"),
        "offer-no-bundle-two-videos": lambda: Peer("none").receive(CONSTRAINED).receive(CONSTRAINED).describe("offer"),
        "offer-audio-video-data": lambda: Peer().receive(OPUS).receive(CONSTRAINED).data().describe("offer"),
        "offer-vp8": lambda: Peer().receive(VP8).describe("offer"),
        "sender-offer-video": lambda: Peer().send(SENT).settled().describe("offer"),
        "sender-offer-audio-video-data": lambda: Peer().send(SOUND).send(SENT).data().settled().describe("offer"),
        "sender-offer-no-bundle-two-videos": lambda: Peer("none").send(SENT).send(SENT).settled().describe("offer"),
        "sender-offer-vp8": lambda: Peer().send(SENT_VP8).settled().describe("offer"),
        "sender-answer-one-video": lambda: Peer().answer("bigfoot-receive-offer.sdp", ANSWERED),
        "answer-one-camera": lambda: Peer().answer("bigfoot-offer-one-camera.sdp"),
        "answer-two-cameras": lambda: Peer().answer("bigfoot-offer-two-cameras.sdp"),
    }
    for name, make in scenarios.items():
        text = make()
        with open(os.path.join(GOLDEN, "gstreamer-{}-{}.sdp".format(version, name)), "w", encoding="utf-8", newline="") as file:
            file.write(text)
    print("GStreamer", Gst.version_string(), "written to", os.path.normpath(GOLDEN))
    return 0


if __name__ == "__main__":
    sys.exit(main())
