#include "media/source_chain.hpp"

#include <sys/stat.h>

#include <algorithm>

#include "media/gst/pipeline.hpp"
#include "media/v4l2_device.hpp"
#include "media/v4l2_format.hpp"
#include "media/v4l2_mode.hpp"

namespace bigfoot::media {
namespace {

std::string raw_caps(Size size, const std::string& frame_rate_caps) {
  return "video/x-raw,format=I420,pixel-aspect-ratio=1/1,width=" + std::to_string(size.width) +
         ",height=" + std::to_string(size.height) + frame_rate_caps;
}
std::string fraction(FrameRate fps) { return std::to_string(fps.numerator) + "/" + std::to_string(fps.denominator); }
std::string exactly(FrameRate fps) { return ",framerate=" + fraction(fps); }
std::string at_most(FrameRate fps) { return ",framerate=[0/1," + fraction(fps) + "]"; }

/// One frame, the newest: where a frame waits for the encoder, latency hides (TRAPS: 200 ms became 1 s).
constexpr const char* newest =
    "queue name=newest max-size-buffers=1 max-size-bytes=0 max-size-time=0 leaky=downstream silent=true";

/// The end of every chain but that of `test:`.
std::string newest_text(Size size, const std::string& frame_rate_caps) {
  return "videoconvert ! " + raw_caps(size, frame_rate_caps) + " ! " + newest;
}

Result<SourceChain> test_chain() {
  auto bin = gst::parse_bin(
      "appsrc name=test is-live=true format=time max-buffers=1 max-bytes=0 max-time=0 leaky-type=downstream",
      gst::Open::source);
  if (!bin) return tl::unexpected(bin.error());
  return SourceChain{std::move(*bin), {}};
}

Result<SourceChain> v4l2_chain(const SourceUri& source, Size size, FrameRate fps) {
  const auto device = inspect_v4l2(source.target);
  if (!device) return tl::unexpected(device.error());
  const auto mode = choose_v4l2_mode(*device, {source.target, source.format, size, fps});
  if (!mode) return tl::unexpected(mode.error());
  const auto* format = v4l2_format(mode->fourcc);
  const std::string shape =
      ",width=" + std::to_string(size.width) + ",height=" + std::to_string(size.height) + exactly(mode->rate);
  std::string decode;
  switch (format->kind) {
    case V4l2Kind::raw: decode = "video/x-raw,format=" + std::string(format->name) + shape; break;
    case V4l2Kind::mjpeg: decode = "image/jpeg" + shape + " ! jpegdec"; break;
    case V4l2Kind::h264: decode = "video/x-h264" + shape + " ! h264parse ! avdec_h264 max-threads=1"; break;
  }
  if (mode->rate.fps() > fps.fps() * 1.01) decode += " ! videorate drop-only=true";
  const FrameRate sent = mode->rate.fps() > fps.fps() * 1.01 ? fps : mode->rate;
  auto bin =
      gst::parse_bin("v4l2src name=camera ! " + decode + " ! " + newest_text(size, exactly(sent)), gst::Open::source);
  if (!bin) return tl::unexpected(bin.error());
  const auto camera = gst::find(bin->get(), "camera");
  g_object_set(camera.get(), "device", source.target.c_str(), nullptr);
  const auto dynamic = std::find_if(device->controls.begin(), device->controls.end(), [](const V4l2Control& control) {
    return control.name == "exposure_dynamic_framerate";
  });
  if (dynamic != device->controls.end())
    gst_util_set_object_arg(G_OBJECT(camera.get()), "extra-controls", "c,exposure_dynamic_framerate=0");
  return SourceChain{std::move(*bin), device->card + " as " + mode->fourcc};
}

Result<SourceChain> file_chain(const SourceUri& source, Size size, FrameRate fps) {
  struct stat info {};
  if (stat(source.target.c_str(), &info) != 0)
    return fail("there is no file " + source.target, "check the path", Next::restart_pipeline);
  if (!S_ISREG(info.st_mode)) return fail(source.target + " is not a file", "write the path of a video");
  // The queue of decoded frames plays on while the file is sought back to its start. `pace` makes one segment of all
  // rounds and holds them to the clock.
  auto bin = gst::parse_bin(
      "filesrc name=file ! decodebin ! video/x-raw ! "
      "queue name=decoded max-size-buffers=6 max-size-bytes=0 max-size-time=0 ! "
      "identity name=pace sync=true single-segment=true ! videoconvert ! videoscale ! videorate ! " +
          newest_text(size, exactly(fps)),
      gst::Open::source);
  if (!bin) return tl::unexpected(bin.error());
  g_object_set(gst::find(bin->get(), "file").get(), "location", source.target.c_str(), nullptr);
  return SourceChain{std::move(*bin), {}};
}

enum class Ends { raw, h264, unclear };

Ends ends_in(GstPad* pad) {
  const auto caps = gst::adopt(gst_pad_query_caps(pad, nullptr));
  if (gst_caps_is_any(caps.get())) return Ends::unclear;
  const auto has = [&caps](const char* text) {
    const auto kind = gst::adopt(gst_caps_from_string(text));
    return gst_caps_can_intersect(caps.get(), kind.get()) != FALSE;
  };
  if (has("video/x-raw(ANY)")) return Ends::raw;
  return has("video/x-h264") ? Ends::h264 : Ends::unclear;
}

Result<SourceChain> gst_chain(const SourceUri& source, Size size, FrameRate fps) {
  const std::string text = source.target.substr(0, 200);
  auto theirs = gst::parse_bin(source.target + " ! identity",
                               gst::Open::source);  // a text may end in caps, which need a follower
  if (!theirs && gst::parse_bin(source.target, gst::Open::none))
    return fail("\"" + text + "\" has no open end",
                "end it in raw or H.264 video without a sink, as in gst:videotestsrc is-live=true");
  if (!theirs)
    return fail("\"" + text + "\": " + theirs.error().what, "try it with gst-launch-1.0 and ! fakesink behind it");
  const auto pad = gst::pad_of(theirs->get(), "src");
  const Ends ends = ends_in(pad.get());
  if (ends == Ends::unclear)
    return fail("\"" + text + "\" ends in neither raw nor H.264 video",
                "end it in a decoder, in h264parse, or in caps: ! video/x-raw or ! video/x-h264");
  // max-threads=1: frame threads hold back a frame each. `pace` waits for the clock only when the source itself does
  // not.
  const std::string decode = ends == Ends::h264 ? "h264parse ! avdec_h264 max-threads=1 ! " : "";
  auto ours = gst::parse_bin("identity name=pace single-segment=true ! " + decode + "videoconvert ! videoscale ! " +
                                 newest_text(size, at_most(fps)),
                             gst::Open::both);
  if (!ours) return tl::unexpected(ours.error());
  auto bin = gst::adopt(gst_bin_new(nullptr));
  gst_bin_add_many(GST_BIN(bin.get()), theirs->get(), ours->get(), nullptr);
  if (!gst_element_link(theirs->get(), ours->get()))
    return fail("\"" + text + "\" gives no picture of " + size.text(), "set size and fps to what the text gives");
  const auto open = gst::pad_of(ours->get(), "src");
  gst_element_add_pad(bin.get(), gst_ghost_pad_new("src", open.get()));
  return SourceChain{std::move(bin), ends == Ends::h264 ? "H.264 is decoded and encoded again" : ""};
}

}  // namespace

Result<SourceChain> make_source(const SourceUri& source, Size size, FrameRate fps) {
  switch (source.kind) {
    case SourceKind::test: return test_chain();
    case SourceKind::v4l2: return v4l2_chain(source, size, fps);
    case SourceKind::file: return file_chain(source, size, fps);
    case SourceKind::gst: return gst_chain(source, size, fps);
  }
  return test_chain();
}

}  // namespace bigfoot::media
