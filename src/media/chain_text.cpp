#include "media/chain_text.hpp"

#include <algorithm>

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
std::string exactly(FrameRate fps) { return ",framerate=" + fps.fraction(); }
std::string at_most(FrameRate fps) { return ",framerate=[0/1," + fps.fraction() + "]"; }

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

std::string test_text(const SourceUri& source, const SourceRequest& request) {
  const std::string turn = turn_text(source, request, OwnSize::known);
  return "appsrc name=test is-live=true format=time max-buffers=1 max-bytes=0 max-time=0 leaky-type=downstream" +
         (turn.empty() ? "" : " ! " + turn + "capsfilter caps=\"video/x-raw" + shape(request.size) + "\"");
}

/// A camera that is faster than wanted loses the pictures between before anything is done with them; of its own H.264
/// none may be missing before it is decoded.
ChainText v4l2_text(const SourceUri& source, const SourceRequest& request, const V4l2Choice& mode) {
  const auto* format = v4l2_format(mode.fourcc);
  const V4l2Kind kind = format ? format->kind : V4l2Kind::raw;
  const bool faster = mode.rate.fps() > request.fps.fps() * 1.01;
  const FrameRate sent = faster ? request.fps : mode.rate;
  const std::string drop = faster ? "videorate drop-only=true" : "";
  const std::string from = shape(mode.size) + exactly(mode.rate);
  const std::string memory = shares_memory(source, request, mode) ? " io-mode=dmabuf" : "";
  ChainText text{request.v4l2->element() + " name=camera" + memory + " ! ",
                 kind == V4l2Kind::h264 && faster ? drop + " ! " : ""};
  switch (kind) {
    case V4l2Kind::raw:
      text.front += "video/x-raw,format=" + std::string(format ? format->name : mode.fourcc) + from;
      if (faster) text.front += " ! " + drop;
      break;
    case V4l2Kind::mjpeg:
      text.front += "image/jpeg" + from;
      if (faster) text.front += " ! " + drop + " ! image/jpeg" + exactly(sent);
      break;
    case V4l2Kind::h264: text.front += "video/x-h264" + from; break;
  }
  text.back += turn_text(source, request, OwnSize::known) + end_text(request, exactly(sent));
  return text;
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
ChainText rtsp_text(const SourceUri& source, const SourceRequest& request) {
  const RtspSettings& rtsp = source.rtsp;
  std::string stream;
  switch (rtsp.codec) {
    case RtspCodec::h264: stream = "encoding-name=H264 ! rtph264depay"; break;
    case RtspCodec::h265: stream = "encoding-name=H265 ! rtph265depay"; break;
    case RtspCodec::jpeg: stream = "encoding-name=JPEG ! rtpjpegdepay"; break;
  }
  return {"rtspsrc name=camera protocols=" + std::string(to_string(rtsp.transport)) +
              " latency=" + std::to_string(rtsp.latency.count()) +
              " drop-on-latency=true tcp-timeout=4000000 ! application/x-rtp,media=video," + stream,
          "videorate drop-only=true ! " + turn_text(source, request, OwnSize::unknown) +
              end_text(request, at_most(request.fps))};
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

/// `pace` waits for the clock only when the source itself does not.
ChainText gst_text(const SourceUri& source, const SourceRequest& request) {
  return {"identity name=pace single-segment=true",
          "videoconvert ! " + turn_text(source, request, OwnSize::unknown) + end_text(request, at_most(request.fps))};
}

Codec codec_of(RtspCodec codec) {
  switch (codec) {
    case RtspCodec::h264: return Codec::h264;
    case RtspCodec::h265: return Codec::h265;
    case RtspCodec::jpeg: return Codec::jpeg;
  }
  return Codec::h264;
}

}  // namespace

ChainText chain_pieces(const SourceUri& source, const SourceRequest& request, const V4l2Choice& mode) {
  switch (source.kind) {
    case SourceKind::test: return {test_text(source, request), {}};
    case SourceKind::v4l2: return v4l2_text(source, request, mode);
    case SourceKind::file: return {file_text(source, request), {}};
    case SourceKind::rtsp: return rtsp_text(source, request);
    case SourceKind::libcamera: return {libcamera_text(source, request), {}};
    case SourceKind::argus: return {argus_text(source, request), {}};
    case SourceKind::gst: return gst_text(source, request);
  }
  return {test_text(source, request), {}};
}

std::string chain_text(const SourceUri& source, const SourceRequest& request, const V4l2Choice& mode,
                       const std::string& decoder) {
  const ChainText pieces = chain_pieces(source, request, mode);
  std::string text = pieces.front;
  for (const std::string& next : {decoder, pieces.back})
    if (!next.empty()) text += " ! " + next;
  return text;
}

bool shares_memory(const SourceUri& source, const SourceRequest& request, const V4l2Choice& mode) {
  const auto* format = source.kind == SourceKind::v4l2 ? v4l2_format(mode.fourcc) : nullptr;
  return request.dmabuf && format != nullptr && format->kind == V4l2Kind::raw &&
         std::find(request.formats.begin(), request.formats.end(), format->name) != request.formats.end() &&
         turn_text(source, request, OwnSize::known).empty();
}

std::optional<Codec> arrives_in(const SourceUri& source, const V4l2Choice& mode) {
  if (source.kind == SourceKind::rtsp) return codec_of(source.rtsp.codec);
  const auto* format = source.kind == SourceKind::v4l2 ? v4l2_format(mode.fourcc) : nullptr;
  if (format == nullptr || format->kind == V4l2Kind::raw) return std::nullopt;
  return format->kind == V4l2Kind::h264 ? Codec::h264 : Codec::jpeg;
}

std::vector<std::string> formats_named(std::string_view text) {
  std::vector<std::string> named;
  for (const char* format : {"I420", "NV12"})
    if (text.find(format) != std::string_view::npos) named.emplace_back(format);
  return named.empty() ? std::vector<std::string>{"I420"} : named;
}

}  // namespace bigfoot::media
