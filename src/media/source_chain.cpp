#include "media/source_chain.hpp"

#include <sys/stat.h>

#include <algorithm>

#include "media/gst/pipeline.hpp"
#include "media/v4l2_control.hpp"
#include "media/v4l2_format.hpp"

namespace bigfoot::media {
namespace {

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
  return SourceChain{std::move(*bin), {}, {}, {}, {}};
}

/// Parameter sets before each key frame: viewers begin at any of them.
constexpr const char* passed_text =
    "h264parse config-interval=-1 ! capsfilter caps=\"video/x-h264,stream-format=byte-stream,alignment=au\"";

/// Between the pieces of a chain, or behind the first.
struct Decoding {
  std::string text;  ///< empty for pictures that are raw
  std::string note;  ///< `decoded by jpegdec`
  SourceH264 h264 = SourceH264::none;

  std::string join(const ChainText& pieces) const {
    std::string joined = pieces.front;
    for (const std::string& next : {text, h264 == SourceH264::passed ? "" : pieces.back})
      if (!next.empty()) joined += " ! " + next;
    return joined;
  }
  /// For sources whose pictures are as often encoded as not.
  std::string whole_note() const { return h264 == SourceH264::passed ? note : note + " and encoded again"; }
};

Result<Decoding> decoding_of(std::optional<Codec> codec, const SourceUri& source, const SourceRequest& request,
                             const ChooseDecoder& choose) {
  if (!codec) return Decoding{};
  if (*codec == Codec::h264 && request.passes) {
    if (auto there = need({{"h264parse", "apt install gstreamer1.0-plugins-bad"}}); !there)
      return tl::unexpected(there.error());
    return Decoding{passed_text, "for viewers as it is", SourceH264::passed};
  }
  const auto choice = choose(*codec, source.own_size(request.size), request.fps);
  if (!choice) return tl::unexpected(choice.error());
  return Decoding{choice->text, std::string("decoded by ") + choice->row->element,
                  *codec == Codec::h264 ? SourceH264::decoded : SourceH264::none};
}

/// What the driver refuses goes from `changes` to `refused`.
Result<> set_planned(const std::string& path, ControlPlan& plan) {
  auto refused = apply_controls(path, plan.changes);
  if (!refused) return tl::unexpected(refused.error());
  for (ControlRefusal& each : *refused) {
    std::erase_if(plan.changes, [&](const ControlChange& change) { return change.written == each.setting.name; });
    plan.refused.push_back(std::move(each));
  }
  return {};
}

/// v4l2src asks the driver when each picture was taken: buffers carry the pipeline clock's now less the age of the
/// driver's stamp on CLOCK_MONOTONIC (gstv4l2src.c, gst_v4l2src_create). With our clock, which is CLOCK_MONOTONIC too,
/// the buffer's time is the driver's, however late it is fetched. A driver whose stamps lie in the future or go back
/// loses its trust for good: its pictures then count as one frame old.
Result<SourceChain> v4l2_chain(const SourceUri& source, const SourceRequest& request, const ChooseDecoder& choose) {
  if (auto there = need({{request.v4l2->element().c_str(), "apt install gstreamer1.0-plugins-good"}}); !there)
    return tl::unexpected(there.error());
  const auto found = request.v4l2->find(source.target, source.card, source.own_size(request.size));
  if (!found) return tl::unexpected(found.error());
  const auto& device = found->device;
  if (!device) return tl::unexpected(device.error());
  const V4l2Wanted wanted{found->path(), source.format, source.own_size(request.size), request.fps};
  const auto mode = choose_v4l2_mode(*device, wanted, request.ruled_out);
  if (!mode) return tl::unexpected(refused_mode(*device, source, request, wanted));
  ControlPlan controls = plan_controls(*device, source.controls);
  SourceRequest asked = request;  // of encoded pictures none can be left out
  asked.passes = request.passes && mode->rate.fps() <= request.fps.fps() * 1.01;
  const auto decoding = decoding_of(arrives_in(source, *mode), source, asked, choose);
  if (!decoding) return tl::unexpected(decoding.error());
  if (auto set = set_planned(found->path(), controls); !set) return tl::unexpected(set.error());
  auto bin = gst::parse_bin(decoding->join(chain_pieces(source, request, *mode)), gst::Open::source);
  if (!bin) return tl::unexpected(bin.error());
  g_object_set(gst::find(bin->get(), "camera").get(), "device", found->path().c_str(), nullptr);
  std::string note = device->card + " as " + mode->text() + (decoding->note.empty() ? "" : ", " + decoding->note);
  for (const auto& change : controls.changes)
    note += ", " + change.name + "=" + std::to_string(change.value) + (change.by_default ? " by default" : "");
  auto element = gst::find(bin->get(), decoder_name);
  const bool shares = shares_memory(source, request, *mode);
  if (shares) note += ", without a copy (DMABuf)";
  return SourceChain{std::move(*bin), note,
                     *mode,           std::move(element),
                     decoding->h264,  v4l2_modes(*device, wanted),
                     shares,          std::move(controls.refused)};
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
Result<SourceChain> rtsp_chain(const SourceUri& source, const SourceRequest& request, const ChooseDecoder& choose) {
  if (auto there = need({{"rtspsrc", "apt install gstreamer1.0-plugins-good"}}); !there)
    return tl::unexpected(there.error());
  const auto decoding = decoding_of(arrives_in(source), source, request, choose);
  if (!decoding) return tl::unexpected(decoding.error());
  auto bin = gst::parse_bin(decoding->join(chain_pieces(source, request)), gst::Open::source);
  if (!bin) return tl::unexpected(bin.error());
  const auto camera = gst::find(bin->get(), "camera");
  g_object_set(camera.get(), "location", source.target.c_str(), nullptr);
  if (!source.rtsp.user.empty())
    g_object_set(camera.get(), "user-id", source.rtsp.user.c_str(), "user-pw", source.rtsp.password.c_str(), nullptr);
  const std::string note = std::string(to_string(source.rtsp.codec)) + " over " + to_string(source.rtsp.transport) +
                           ", " + decoding->whole_note();
  auto element = gst::find(bin->get(), decoder_name);
  return SourceChain{std::move(*bin), note, {}, std::move(element), decoding->h264};
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

struct End {
  bool known = true;
  std::optional<Codec> codec;  ///< none: raw
};

/// What a person's text gives.
End end_of(GstPad* pad) {
  const auto caps = gst::adopt(gst_pad_query_caps(pad, nullptr));
  if (gst_caps_is_any(caps.get())) return {false, {}};
  const auto has = [&caps](const char* text) {
    const auto kind = gst::adopt(gst_caps_from_string(text));
    return gst_caps_can_intersect(caps.get(), kind.get()) != FALSE;
  };
  if (has("video/x-raw(ANY)")) return {};
  if (has("video/x-h264")) return {true, Codec::h264};
  if (has("video/x-h265")) return {true, Codec::h265};
  if (has("image/jpeg")) return {true, Codec::jpeg};
  return {false, {}};
}

Result<SourceChain> gst_chain(const SourceUri& source, const SourceRequest& request, const ChooseDecoder& choose) {
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
  const End end = end_of(pad.get());
  if (!end.known)
    return fail("\"" + text + "\" ends in neither raw, H.264, H.265 nor JPEG video",
                "end it in a decoder, in h264parse, or in caps: ! video/x-raw or ! video/x-h264");
  const auto decoding = decoding_of(end.codec, source, request, choose);
  if (!decoding) return tl::unexpected(decoding.error());
  auto ours = gst::parse_bin(decoding->join(chain_pieces(source, request)), gst::Open::both);
  if (!ours) return tl::unexpected(ours.error());
  auto bin = gst::adopt(gst_bin_new(nullptr));
  gst_bin_add_many(GST_BIN(bin.get()), theirs->get(), ours->get(), nullptr);
  if (!gst_element_link(theirs->get(), ours->get()))
    return fail("\"" + text + "\" gives no picture of " + request.size.text(),
                "set size and fps to what the text gives");
  const auto open = gst::pad_of(ours->get(), "src");
  gst_element_add_pad(bin.get(), gst_ghost_pad_new("src", open.get()));
  auto element = gst::find(ours->get(), decoder_name);
  const std::string note = end.codec ? to_string(*end.codec) + std::string(" ") + decoding->whole_note() : "";
  return SourceChain{std::move(bin), note, {}, std::move(element), decoding->h264};
}

}  // namespace

Error refused_mode(const V4l2Device& device, const SourceUri& source, const SourceRequest& request,
                   const V4l2Wanted& wanted) {
  const auto refused = choose_v4l2_mode(device, wanted);
  if (refused) return {};
  Error error = refused.error();
  const auto offers = v4l2_offers(device, wanted);
  if (offers.empty()) return error;
  const V4l2Choice& best = offers.front();
  SourceUri other = source;
  if (source.capture) other.capture = best.size;
  other.size = source.capture ? request.size : source.turn.turned(best.size);
  other.fps = rate_to_ask(best, request.fps);
  if (source.format != "auto") other.format = best.fourcc;
  const std::string text = source_text(other);
  if (parse_source_uri(text)) error.fix += "\ntry: --camera '" + request.camera + "=" + text + "'";
  return error;
}

Result<SourceChain> make_source(const SourceUri& source, const SourceRequest& request, const ChooseDecoder& choose) {
  switch (source.kind) {
    case SourceKind::test: return plain_chain(source, request);
    case SourceKind::v4l2: return v4l2_chain(source, request, choose);
    case SourceKind::file: return file_chain(source, request);
    case SourceKind::rtsp: return rtsp_chain(source, request, choose);
    case SourceKind::libcamera: return libcamera_chain(source, request);
    case SourceKind::argus: return argus_chain(source, request);
    case SourceKind::gst: return gst_chain(source, request, choose);
  }
  return plain_chain(source, request);
}

Result<std::vector<ControlRefusal>> set_v4l2_controls(const SourceUri& source, V4l2Cameras& cameras) {
  const auto found = cameras.find(source.target, source.card);
  if (!found) return tl::unexpected(found.error());
  if (!found->device) return tl::unexpected(found->device.error());
  ControlPlan controls = plan_controls(*found->device, source.controls);
  if (auto set = set_planned(found->path(), controls); !set) return tl::unexpected(set.error());
  return std::move(controls.refused);
}

}  // namespace bigfoot::media
