#include "media/source_chain.hpp"

#include <sys/stat.h>

#include <algorithm>

#include "media/gst/pipeline.hpp"
#include "media/v4l2_control.hpp"
#include "media/v4l2_format.hpp"

namespace bigfoot::media {
namespace {

std::string format_caps(const std::vector<std::string>& formats) {
  std::string list;
  for (const auto& format : formats) list += (list.empty() ? "" : ",") + format;
  return "video/x-raw,format={" + list + "}";
}
std::string shape(Size size) {
  return ",width=" + std::to_string(size.width) + ",height=" + std::to_string(size.height);
}
std::string raw_caps(const SourceRequest& request, const std::string& frame_rate_caps) {
  return format_caps(request.formats) + ",pixel-aspect-ratio=1/1" + shape(request.size) + frame_rate_caps;
}
std::string fraction(FrameRate fps) { return std::to_string(fps.numerator) + "/" + std::to_string(fps.denominator); }
std::string exactly(FrameRate fps) { return ",framerate=" + fraction(fps); }
std::string at_most(FrameRate fps) { return ",framerate=[0/1," + fraction(fps) + "]"; }

/// The end of every chain but that of `test:`. videoconvert hands on what already fits, the same buffers.
std::string end_text(const SourceRequest& request, const std::string& frame_rate_caps) {
  return "videoconvert ! capsfilter caps=\"" + raw_caps(request, frame_rate_caps) + "\"";
}

enum class OwnSize { known, unknown };

/// From the camera's own picture to the size that is sent, each element only when it has something to do: cut, scale,
/// turn. Ends in " ! " when it is not empty.
std::string turn_text(const SourceUri& source, const SourceRequest& request, OwnSize own_size) {
  const Orientation& turn = source.turn;
  const Size own = source.own_size(request.size);
  std::string text;
  if (turn.crop && own_size == OwnSize::unknown) text += "videoscale ! video/x-raw" + shape(own) + " ! ";
  // Cutting and turning know fewer formats than cameras have.
  if (turn.crop || !turn.flip_text().empty()) text += "videoconvert ! " + format_caps(request.formats) + " ! ";
  if (turn.crop) text += turn.crop_text(own) + " ! ";
  const Size cut = turn.crop ? turn.crop->size : own;
  if (turn.turned(cut) != request.size || (own_size == OwnSize::unknown && !turn.crop)) text += "videoscale ! ";
  if (!turn.flip_text().empty()) text += turn.flip_text() + " ! ";
  return text;
}

/// max-threads=1: frame threads hold back a frame each.
constexpr const char* decode_h264 = "h264parse ! avdec_h264 max-threads=1 ! ";

std::string test_text(const SourceUri& source, const SourceRequest& request) {
  const std::string turn = turn_text(source, request, OwnSize::known);
  return "appsrc name=test is-live=true format=time max-buffers=1 max-bytes=0 max-time=0 leaky-type=downstream" +
         (turn.empty() ? "" : " ! " + turn + "capsfilter caps=\"video/x-raw" + shape(request.size) + "\"");
}

/// A camera that is faster than wanted loses the pictures between before anything is done with them.
std::string v4l2_text(const SourceUri& source, const SourceRequest& request, const V4l2Choice& mode) {
  const auto* format = v4l2_format(mode.fourcc);
  const bool faster = mode.rate.fps() > request.fps.fps() * 1.01;
  const FrameRate sent = faster ? request.fps : mode.rate;
  const std::string drop = faster ? "videorate drop-only=true ! " : "";
  const std::string from = shape(mode.size) + exactly(mode.rate) + " ! ";
  std::string text = "v4l2src name=camera ! ";
  switch (format ? format->kind : V4l2Kind::raw) {
    case V4l2Kind::raw:
      text += "video/x-raw,format=" + std::string(format ? format->name : mode.fourcc) + from + drop;
      break;
    case V4l2Kind::mjpeg:
      text += "image/jpeg" + from + (faster ? drop + "image/jpeg" + exactly(sent) + " ! " : "") + "jpegdec ! ";
      break;
    case V4l2Kind::h264: text += "video/x-h264" + from + decode_h264 + drop; break;
  }
  return text + turn_text(source, request, OwnSize::known) + end_text(request, exactly(sent));
}

/// The queue of decoded frames plays on while the file is sought back to its start. `pace` makes one segment of all
/// rounds and holds them to the clock.
std::string file_text(const SourceUri& source, const SourceRequest& request) {
  return "filesrc name=file ! decodebin ! video/x-raw ! "
         "queue name=decoded max-size-buffers=6 max-size-bytes=0 max-size-time=0 ! "
         "identity name=pace sync=true single-segment=true ! videoconvert ! " +
         turn_text(source, request, OwnSize::unknown) + "videorate ! " + end_text(request, exactly(request.fps));
}

/// Interleaved in TCP by default: UDP that a firewall eats is noticed only after seconds. What comes later than
/// `latency` is dropped rather than shown.
std::string rtsp_text(const SourceUri& source, const SourceRequest& request) {
  const RtspSettings& rtsp = source.rtsp;
  std::string decode;
  switch (rtsp.codec) {
    case RtspCodec::h264: decode = std::string("encoding-name=H264 ! rtph264depay ! ") + decode_h264; break;
    case RtspCodec::h265: decode = "encoding-name=H265 ! rtph265depay ! h265parse ! avdec_h265 max-threads=1 ! "; break;
    case RtspCodec::jpeg: decode = "encoding-name=JPEG ! rtpjpegdepay ! jpegdec ! "; break;
  }
  return "rtspsrc name=camera protocols=" + std::string(to_string(rtsp.transport)) +
         " latency=" + std::to_string(rtsp.latency.count()) +
         " drop-on-latency=true tcp-timeout=4000000 ! application/x-rtp,media=video," + decode +
         "videorate drop-only=true ! " + turn_text(source, request, OwnSize::unknown) +
         end_text(request, at_most(request.fps));
}

/// What the encoder takes as it is is asked for first.
std::string libcamera_text(const SourceUri& source, const SourceRequest& request) {
  const std::string from = shape(source.own_size(request.size)) + exactly(request.fps);
  return "libcamerasrc name=camera ! capsfilter caps=\"" + format_caps(request.formats) + from + ";video/x-raw" + from +
         "\" ! " + turn_text(source, request, OwnSize::known) + end_text(request, at_most(request.fps));
}

/// The pictures stay in the Jetson's own memory where the encoder takes that and nothing else is to be done.
std::string argus_text(const SourceUri& source, const SourceRequest& request) {
  const std::string turn = turn_text(source, request, OwnSize::known);
  const std::string camera = "nvarguscamerasrc name=camera sensor-id=" + source.target +
                             " ! video/x-raw(memory:NVMM),format=NV12" + shape(source.own_size(request.size)) +
                             exactly(request.fps) + " ! ";
  if (request.nvmm && turn.empty()) return camera + "identity silent=true";
  return camera + "nvvidconv ! video/x-raw,format=NV12 ! " + turn + end_text(request, exactly(request.fps));
}

struct Need {
  const char* element;
  const char* package;
};

Result<> need(std::initializer_list<Need> needs) {
  for (const Need& one : needs)
    if (!gst::adopt(gst_element_factory_find(one.element)))
      return fail(std::string(one.element) + " is not installed", one.package, Next::restart_pipeline);
  return {};
}

Result<SourceChain> plain_chain(const SourceUri& source, const SourceRequest& request) {
  auto bin = gst::parse_bin(chain_text(source, request), gst::Open::source);
  if (!bin) return tl::unexpected(bin.error());
  return SourceChain{std::move(*bin), {}, {}};
}

/// v4l2src asks the driver when each picture was taken: buffers carry the pipeline clock's now less the age of the
/// driver's stamp on CLOCK_MONOTONIC (gstv4l2src.c, gst_v4l2src_create). With our clock, which is CLOCK_MONOTONIC too,
/// the buffer's time is the driver's, however late it is fetched. A driver whose stamps lie in the future or go back
/// loses its trust for good: its pictures then count as one frame old.
Result<SourceChain> v4l2_chain(const SourceUri& source, const SourceRequest& request) {
  if (auto there = need({{"v4l2src", "apt install gstreamer1.0-plugins-good"}}); !there)
    return tl::unexpected(there.error());
  const auto found = request.v4l2->find(source.target, source.card, source.own_size(request.size));
  if (!found) return tl::unexpected(found.error());
  const auto& device = found->device;
  if (!device) return tl::unexpected(device.error());
  const V4l2Wanted wanted{found->path(), source.format, source.own_size(request.size), request.fps};
  const auto mode = choose_v4l2_mode(*device, wanted, request.ruled_out);
  if (!mode) return tl::unexpected(refused_mode(*device, source, request, wanted));
  const auto controls = plan_controls(*device, source.controls);
  if (!controls) return tl::unexpected(controls.error());
  if (auto set = apply_controls(found->path(), *controls); !set) return tl::unexpected(set.error());
  auto bin = gst::parse_bin(chain_text(source, request, *mode), gst::Open::source);
  if (!bin) return tl::unexpected(bin.error());
  g_object_set(gst::find(bin->get(), "camera").get(), "device", found->path().c_str(), nullptr);
  std::string note = device->card + " as " + mode->text();
  for (const auto& change : *controls)
    note += ", " + change.name + "=" + std::to_string(change.value) + (change.by_default ? " by default" : "");
  return SourceChain{std::move(*bin), note, *mode};
}

Result<SourceChain> file_chain(const SourceUri& source, const SourceRequest& request) {
  struct stat info {};
  if (stat(source.target.c_str(), &info) != 0)
    return fail("there is no file " + source.target, "check the path", Next::restart_pipeline);
  if (!S_ISREG(info.st_mode)) return fail(source.target + " is not a file", "write the path of a video");
  auto chain = plain_chain(source, request);
  if (chain) g_object_set(gst::find(chain->bin.get(), "file").get(), "location", source.target.c_str(), nullptr);
  return chain;
}

/// Password and address are properties of their own: no message of GStreamer's can repeat the password.
Result<SourceChain> rtsp_chain(const SourceUri& source, const SourceRequest& request) {
  const char* parser = source.rtsp.codec == RtspCodec::h265 ? "h265parse" : "h264parse";
  const char* decoder = source.rtsp.codec == RtspCodec::h265 ? "avdec_h265" : "avdec_h264";
  auto there = need({{"rtspsrc", "apt install gstreamer1.0-plugins-good"}});
  if (there && source.rtsp.codec != RtspCodec::jpeg)
    there = need({{decoder, "apt install gstreamer1.0-libav"}, {parser, "apt install gstreamer1.0-plugins-bad"}});
  if (!there) return tl::unexpected(there.error());
  auto chain = plain_chain(source, request);
  if (!chain) return chain;
  const auto camera = gst::find(chain->bin.get(), "camera");
  g_object_set(camera.get(), "location", source.target.c_str(), nullptr);
  if (!source.rtsp.user.empty())
    g_object_set(camera.get(), "user-id", source.rtsp.user.c_str(), "user-pw", source.rtsp.password.c_str(), nullptr);
  chain->note = std::string(to_string(source.rtsp.codec)) + " over " + to_string(source.rtsp.transport) +
                ", decoded and encoded again";
  return chain;
}

Result<SourceChain> libcamera_chain(const SourceUri& source, const SourceRequest& request) {
  if (auto there = need({{"libcamerasrc", "apt install gstreamer1.0-libcamera"}}); !there)
    return tl::unexpected(there.error());
  auto chain = plain_chain(source, request);
  if (chain && !source.target.empty())
    g_object_set(gst::find(chain->bin.get(), "camera").get(), "camera-name", source.target.c_str(), nullptr);
  return chain;
}

Result<SourceChain> argus_chain(const SourceUri& source, const SourceRequest& request) {
  if (auto there = need({{"nvarguscamerasrc", "it comes with JetPack: apt install nvidia-l4t-gstreamer on a Jetson"},
                         {"nvvidconv", "it comes with JetPack: apt install nvidia-l4t-gstreamer on a Jetson"}});
      !there)
    return tl::unexpected(there.error());
  return plain_chain(source, request);
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

/// `pace` waits for the clock only when the source itself does not.
std::string gst_text(const SourceUri& source, const SourceRequest& request, Ends ends) {
  return "identity name=pace single-segment=true ! " + std::string(ends == Ends::h264 ? decode_h264 : "") +
         "videoconvert ! " + turn_text(source, request, OwnSize::unknown) + end_text(request, at_most(request.fps));
}

Result<SourceChain> gst_chain(const SourceUri& source, const SourceRequest& request) {
  const std::string text = without_password(source.target.substr(0, 200));
  auto theirs = gst::parse_bin(source.target + " ! identity",
                               gst::Open::source);  // a text may end in caps, which need a follower
  if (!theirs && gst::parse_bin(source.target, gst::Open::none))
    return fail("\"" + text + "\" has no open end",
                "end it in raw or H.264 video without a sink, as in gst:videotestsrc is-live=true");
  if (!theirs)
    return fail("\"" + text + "\": " + without_password(theirs.error().what),
                "try it with gst-launch-1.0 and ! fakesink behind it");
  const auto pad = gst::pad_of(theirs->get(), "src");
  const Ends ends = ends_in(pad.get());
  if (ends == Ends::unclear)
    return fail("\"" + text + "\" ends in neither raw nor H.264 video",
                "end it in a decoder, in h264parse, or in caps: ! video/x-raw or ! video/x-h264");
  auto ours = gst::parse_bin(gst_text(source, request, ends), gst::Open::both);
  if (!ours) return tl::unexpected(ours.error());
  auto bin = gst::adopt(gst_bin_new(nullptr));
  gst_bin_add_many(GST_BIN(bin.get()), theirs->get(), ours->get(), nullptr);
  if (!gst_element_link(theirs->get(), ours->get()))
    return fail("\"" + text + "\" gives no picture of " + request.size.text(),
                "set size and fps to what the text gives");
  const auto open = gst::pad_of(ours->get(), "src");
  gst_element_add_pad(bin.get(), gst_ghost_pad_new("src", open.get()));
  return SourceChain{std::move(bin), ends == Ends::h264 ? "H.264 is decoded and encoded again" : "", {}};
}

}  // namespace

std::string chain_text(const SourceUri& source, const SourceRequest& request, const V4l2Choice& mode) {
  switch (source.kind) {
    case SourceKind::test: return test_text(source, request);
    case SourceKind::v4l2: return v4l2_text(source, request, mode);
    case SourceKind::file: return file_text(source, request);
    case SourceKind::rtsp: return rtsp_text(source, request);
    case SourceKind::libcamera: return libcamera_text(source, request);
    case SourceKind::argus: return argus_text(source, request);
    case SourceKind::gst: return gst_text(source, request, Ends::raw);
  }
  return test_text(source, request);
}

Error refused_mode(const V4l2Device& device, const SourceUri& source, const SourceRequest& request,
                   const V4l2Wanted& wanted) {
  const auto refused = choose_v4l2_mode(device, wanted, request.ruled_out);
  if (refused) return {};
  Error error = refused.error();
  const auto offers = v4l2_offers(device, wanted, request.ruled_out);
  if (offers.empty()) return error;
  const V4l2Choice& best = offers.front();
  SourceUri other = source;
  (source.capture ? other.capture : other.size) = source.capture ? best.size : source.turn.turned(best.size);
  other.fps = rate_to_ask(best, request.fps);
  const auto* row = v4l2_format(best.fourcc);
  if (source.format != "auto" || row->kind == V4l2Kind::h264) other.format = best.fourcc;
  const std::string text = source_text(other);
  if (parse_source_uri(text)) error.fix += "\ntry: --camera '" + request.camera + "=" + text + "'";
  return error;
}

std::vector<std::string> formats_named(std::string_view text) {
  std::vector<std::string> named;
  for (const char* format : {"I420", "NV12"})
    if (text.find(format) != std::string_view::npos) named.emplace_back(format);
  return named.empty() ? std::vector<std::string>{"I420"} : named;
}

Result<SourceChain> make_source(const SourceUri& source, const SourceRequest& request) {
  switch (source.kind) {
    case SourceKind::test: return plain_chain(source, request);
    case SourceKind::v4l2: return v4l2_chain(source, request);
    case SourceKind::file: return file_chain(source, request);
    case SourceKind::rtsp: return rtsp_chain(source, request);
    case SourceKind::libcamera: return libcamera_chain(source, request);
    case SourceKind::argus: return argus_chain(source, request);
    case SourceKind::gst: return gst_chain(source, request);
  }
  return plain_chain(source, request);
}

Result<> set_v4l2_controls(const SourceUri& source, V4l2Cameras& cameras) {
  const auto found = cameras.find(source.target, source.card);
  if (!found) return tl::unexpected(found.error());
  if (!found->device) return tl::unexpected(found->device.error());
  const auto controls = plan_controls(*found->device, source.controls);
  if (!controls) return tl::unexpected(controls.error());
  return apply_controls(found->path(), *controls);
}

}  // namespace bigfoot::media
