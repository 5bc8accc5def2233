#include "media/encoder_table.hpp"

#include <algorithm>

#include "base/nearest.hpp"
#include "h264/level.hpp"
#include "h264/profile_level_id.hpp"
#include "media/launch_words.hpp"

namespace bigfoot::media {
namespace {

constexpr const char* untested = "untested";
constexpr const char* constrained_baseline = "profile=constrained-baseline";
constexpr const char* to_nv12 = "videoconvert ! capsfilter caps=\"video/x-raw,format=(string)NV12\"";
constexpr const char* to_420 = "videoconvert ! capsfilter caps=\"video/x-raw,format={(string)NV12,(string)I420}\"";

// Names, units and ranges are those of the elements' sources: GStreamer 1.20 to 1.28, NVIDIA's gst-nvvideo4linux2,
// Rockchip's gstreamer-rockchip. 2147483647 frames without a key frame is as long as an int says.
constexpr EncoderRow rows[] = {
    // Its own property sets the profile, Baseline unless told; caps with one are refused by some JetPacks. A change of
    // vbv-size needs another state, so after a change of rate the span is longer or shorter.
    {
        .element = "nvv4l2h264enc",
        .input = "nvvidconv ! capsfilter caps=\"video/x-raw(memory:NVMM),format=(string)NV12\"",
        .low_delay = "control-rate=constant_bitrate preset-level=UltraFastPreset maxperf-enable=true "
                     "iframeinterval=2147483647 ?idrinterval=2147483647 ?num-B-Frames=0 ?poc-type=2 "
                     "insert-sps-pps=true insert-vui=true",
        .one_slice = "slice-header-spacing=0",
        .sliced = "",
        .bitrate_property = "bitrate",
        .bitrate_text = "{bitrate}",
        .bitrate_unit = 1,
        .bitrate_costs_keyframe = false,
        .limit_property = nullptr,
        .keyframe = KeyframeMethod::force_idr_signal,
        .vbv = "vbv-size={span_bits}",
        .keyframe_span = 100ms,
        .output_caps = "",
        .level_from_caps = false,
        .live = "bitrate",
        .place = {"NVIDIA's nvidia-l4t-gstreamer", "/dev/v4l2-nvenc /dev/nvhost-msenc", "Orin Nano has no encoder"},
        .tested_on = untested,
    },
    // Up to GStreamer 1.24 a new rate opens the session again, with an IDR; from 1.26 on it does not. vbv-buffer-size
    // is there where the GPU takes one, `tune` from 1.26 on.
    {
        .element = "nvh264enc",
        .input = to_nv12,
        .low_delay = "preset=low-latency-hp ?tune=ultra-low-latency rc-mode=cbr zerolatency=true gop-size=-1 aud=false "
                     "?bframes=0 ?rc-lookahead=0 ?repeat-sequence-header=true",
        .one_slice = "",
        .sliced = "",
        .bitrate_property = "bitrate",
        .bitrate_text = "{bitrate}",
        .bitrate_unit = 1000,
        .bitrate_costs_keyframe = true,
        .limit_property = nullptr,
        .keyframe = KeyframeMethod::force_key_unit_event,
        .vbv = "?vbv-buffer-size={span_kbits}",
        .keyframe_span = 100ms,
        .output_caps = constrained_baseline,
        .level_from_caps = false,
        .live = "bitrate",
        .place = {"gstreamer1.0-plugins-bad, with NVIDIA's driver and libnvidia-encode1,",
                  "/dev/nvidia0 /dev/nvidia[1-9]* /dev/dxg", "no NVIDIA GPU with its driver"},
        .tested_on = untested,
    },
    // A cpb-size under half a second of the rate is answered with two seconds, so it is half a second. A new rate
    // drains and opens it again: an IDR. 1024 is its longest distance between key frames.
    {
        .element = "vah264enc",
        .input = to_nv12,
        .low_delay = "rate-control=cbr target-usage=6 b-frames=0 ref-frames=1 key-int-max=1024 aud=false",
        .one_slice = "num-slices=1",
        .sliced = "num-slices={threads}",
        .bitrate_property = "bitrate",
        .bitrate_text = "{bitrate}",
        .bitrate_unit = 1000,
        .bitrate_costs_keyframe = true,
        .limit_property = nullptr,
        .keyframe = KeyframeMethod::force_key_unit_event,
        .vbv = "cpb-size={span_kbits}",
        .keyframe_span = 500ms,
        .output_caps = constrained_baseline,
        .level_from_caps = false,
        .live = "bitrate",
        .place = {"gstreamer1.0-plugins-bad 1.22 or later, with the GPU's VA driver,",
                  "/dev/dri/renderD128 /dev/dri/renderD*", "no Intel or AMD GPU with its driver"},
        .tested_on = untested,
        .takes_dmabuf = true,
    },
    // The older way to the same hardware.
    {
        .element = "vaapih264enc",
        .input = to_nv12,
        .low_delay = "rate-control=cbr quality-level=6 max-bframes=0 refs=1 keyframe-period=1024 cabac=false "
                     "dct8x8=false aud=false",
        .one_slice = "num-slices=1",
        .sliced = "num-slices={threads}",
        .bitrate_property = "bitrate",
        .bitrate_text = "{bitrate}",
        .bitrate_unit = 1000,
        .bitrate_costs_keyframe = false,
        .limit_property = nullptr,
        .keyframe = KeyframeMethod::force_key_unit_event,
        .vbv = "cpb-length=100",
        .keyframe_span = 100ms,
        .output_caps = constrained_baseline,
        .level_from_caps = false,
        .live = "bitrate",
        .place = {"gstreamer1.0-vaapi, with the GPU's VA driver,", "/dev/dri/renderD128 /dev/dri/renderD*",
                  "no Intel or AMD GPU with its driver"},
        .tested_on = untested,
    },
    // Its driver's controls are one property. The driver wants the level in the caps. Up to GStreamer 1.22 it does not
    // hear force-key-unit events, so the driver's own control makes the key frame. Nothing bounds a picture.
    {
        .element = "v4l2h264enc",
        .input = to_420,
        .low_delay = "extra-controls=\"controls,repeat_sequence_header=1,video_bitrate_mode=1,"
                     "h264_i_frame_period=2147483647,video_bitrate={bitrate}\"",
        .one_slice = "",
        .sliced = "",
        .bitrate_property = "extra-controls",
        .bitrate_text = "controls,video_bitrate={bitrate}",
        .bitrate_unit = 1,
        .bitrate_costs_keyframe = false,
        .limit_property = nullptr,
        .keyframe = KeyframeMethod::extra_control,
        .vbv = "",
        .keyframe_span = 0ms,
        .output_caps = constrained_baseline,
        .level_from_caps = true,
        .live = "extra-controls",
        .place = {"gstreamer1.0-plugins-good, where a driver encodes H.264 (Raspberry Pi up to 4, not Pi 5),", "", ""},
        .tested_on = untested,
    },
    // Its caps know only `baseline`; what its SPS says is judged by the trial. gop=0: one key frame, at the start.
    {
        .element = "mpph264enc",
        .input = to_420,
        .low_delay = "rc-mode=cbr gop=0 header-mode=each-idr profile=baseline level={level} max-reenc=0",
        .one_slice = "",
        .sliced = "",
        .bitrate_property = "bps",
        .bitrate_text = "{bitrate}",
        .bitrate_unit = 1,
        .bitrate_costs_keyframe = false,
        .limit_property = nullptr,
        .keyframe = KeyframeMethod::force_key_unit_event,
        .vbv = "",
        .keyframe_span = 0ms,
        .output_caps = "profile=baseline",
        .level_from_caps = false,
        .live = "bps",
        .place = {"Rockchip's gstreamer1.0-rockchip1", "/dev/mpp_service /dev/vpu_service",
                  "no Rockchip with its vendor's kernel"},
        .tested_on = untested,
        .takes_dmabuf = true,
    },
    // A key frame must fit in 100 ms of the rate (4 mean frames at 30 fps are 133 ms): x264's own default is 600. But
    // without an explicit qp-max=51 x264 goes on to 69 to fit, wiping detail out: 15 frames after a key frame at 300
    // kbit/s were a grey field. 1073741824 is X264_KEYINT_MAX_INFINITE; without scenecut=0 x264 makes key frames nobody
    // asked for.
    {
        .element = "x264enc",
        .input = "capsfilter caps=\"video/x-raw,format={(string)I420,(string)NV12}\"",
        .low_delay = "tune=zerolatency speed-preset=superfast bframes=0 key-int-max=1073741824 aud=false "
                     "option-string=scenecut=0",
        .one_slice = "threads=1 sliced-threads=false",
        .sliced = "threads={threads} sliced-threads=true",
        .bitrate_property = "bitrate",
        .bitrate_text = "{bitrate}",
        .bitrate_unit = 1000,
        .bitrate_costs_keyframe = false,
        .limit_property = nullptr,
        .keyframe = KeyframeMethod::force_key_unit_event,
        .vbv = "vbv-buf-capacity=100 qp-max=51",
        .keyframe_span = 100ms,
        .output_caps = constrained_baseline,
        .level_from_caps = true,
        .live = "bitrate vbv-buf-capacity",
        .place = {"gstreamer1.0-plugins-ugly", "", ""},
        .tested_on = "PC, x264 164 in GStreamer 1.22.0, 2026-11",
    },
    // OpenH264 has no limit for one picture: it gives a key frame four mean frames and misses that by up to one step of
    // QP (132 to 152 ms of the rate at 30 fps, measured). It answers a change of its rate with a key frame and level
    // 5.1 in the SPS while it has no limit of the rate, or one beyond its level.
    {
        .element = "openh264enc",
        .input = "capsfilter caps=\"video/x-raw,format=(string)I420\"",
        .low_delay = "complexity=low usage-type=camera rate-control=bitrate gop-size=0 scene-change-detection=false "
                     "background-detection=false enable-frame-skip=false",
        .one_slice = "slice-mode=n-slices num-slices=1 multi-thread=1",
        .sliced = "slice-mode=n-slices num-slices={threads} multi-thread={threads}",
        .bitrate_property = "bitrate",
        .bitrate_text = "{bitrate}",
        .bitrate_unit = 1,
        .bitrate_costs_keyframe = false,
        .limit_property = "max-bitrate",
        .keyframe = KeyframeMethod::force_key_unit_event,
        .vbv = "",
        .keyframe_span = 170ms,
        .output_caps = constrained_baseline,
        .level_from_caps = false,
        .live = "bitrate max-bitrate",
        .place = {"gstreamer1.0-plugins-bad", "", ""},
        .tested_on = "PC, OpenH264 2.3 in GStreamer 1.22.0, 2026-11",
    },
};

// h264parse makes byte-stream of avc, and puts SPS and PPS before every key frame.
constexpr EncoderRow launch_text{
    .element = "gst:",
    .input = "videoconvert ! identity name=encoder_in",
    .low_delay = "",
    .one_slice = "",
    .sliced = "",
    .bitrate_property = nullptr,
    .bitrate_text = "",
    .bitrate_unit = 1,
    .bitrate_costs_keyframe = false,
    .limit_property = nullptr,
    .keyframe = KeyframeMethod::force_key_unit_event,
    .vbv = "",
    .keyframe_span = 0ms,
    .output_caps = constrained_baseline,
    .level_from_caps = false,
    .live = "",
    .place = {"", "", ""},
    .tested_on = untested,
};

constexpr std::string_view launch_prefix = "gst:";

std::string replaced(std::string text, std::string_view mark, const std::string& with) {
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + with.size()))
    text.replace(at, mark.size(), with);
  return text;
}

/// Every property that the plan's row sets, its marks still in it.
std::string properties(const EncoderPlan& plan) {
  const EncoderRow& row = *plan.row;
  std::string text = row.low_delay;
  const auto add = [&text](const std::string& more) {
    if (!more.empty()) text += (text.empty() ? "" : " ") + more;
  };
  if (row.bitrate_property && text.find("{bitrate}") == std::string::npos)
    add(std::string(row.bitrate_property) + "=" + row.bitrate_text);
  if (row.limit_property) add(std::string(row.limit_property) + "={limit}");
  add(plan.slices > 1 ? row.sliced : row.one_slice);
  add(row.vbv);
  return text;
}

std::string filled_in(std::string text, const EncoderPlan& plan, const std::string& level) {
  const auto span_bits = static_cast<std::int64_t>(8 * plan.bitrate.bytes_in(plan.row->keyframe_span));
  text = replaced(text, "{bitrate}", std::to_string(bitrate_value(*plan.row, plan.bitrate)));
  text = replaced(text, "{limit}", std::to_string(limit_value(*plan.row, plan.bitrate)));
  text = replaced(text, "{threads}", std::to_string(plan.slices));
  text = replaced(text, "{span_bits}", std::to_string(span_bits));
  text = replaced(text, "{span_kbits}", std::to_string(std::max<std::int64_t>(1, span_bits / 1000)));
  return replaced(text, "{level}", level);
}

}  // namespace

const char* to_string(KeyframeMethod method) {
  switch (method) {
    case KeyframeMethod::force_key_unit_event: return "force_key_unit_event";
    case KeyframeMethod::force_idr_signal: return "force_idr_signal";
    case KeyframeMethod::extra_control: return "extra_control";
  }
  return "force_key_unit_event";
}

std::span<const EncoderRow> encoder_table() { return rows; }
const EncoderRow& launch_text_row() { return launch_text; }

Result<std::vector<const EncoderRow*>> encoder_candidates(std::string_view name) {
  if (name.starts_with(launch_prefix)) {
    if (name.size() > launch_prefix.size()) return std::vector{&launch_text};
    return fail("\"gst:\" names no encoder", "write launch text behind it that takes raw video and gives H.264");
  }
  std::vector<const EncoderRow*> found;
  std::vector<std::string> known{"auto"};
  std::string list;
  for (const auto& row : rows) {
    if (name == "auto" || name == row.element) found.push_back(&row);
    known.emplace_back(row.element);
    list += ", " + known.back();
  }
  if (!found.empty()) return found;
  const std::string near = nearest(name, known);
  return fail("\"" + std::string(name.substr(0, 60)) + "\" is not a known encoder",
              (near.empty() ? "" : "the nearest is " + near + "; ") + "there are auto" + list + ", gst:LAUNCH TEXT");
}

unsigned bitrate_value(const EncoderRow& row, Bitrate bitrate) {
  return static_cast<unsigned>(std::max<std::int64_t>(1, bitrate.bps / row.bitrate_unit));
}

unsigned limit_value(const EncoderRow& row, Bitrate bitrate) { return bitrate_value(row, bitrate * 1.5); }

std::string bitrate_text(const EncoderRow& row, Bitrate bitrate) {
  return replaced(row.bitrate_text, "{bitrate}", std::to_string(bitrate_value(row, bitrate)));
}

std::vector<std::string> optional_properties(const EncoderRow& row) {
  std::vector<std::string> names;
  for (const char* text : {row.low_delay, row.one_slice, row.sliced, row.vbv})
    for (std::string& name : optional_properties(text)) names.push_back(std::move(name));
  return names;
}

Result<std::string> encoder_text(const EncoderPlan& plan) {
  const EncoderRow& row = *plan.row;
  const auto level = h264::level_for(plan.size, plan.fps, plan.bitrate);
  if (!level) return tl::unexpected(level.error());
  h264::ProfileLevelId id;
  id.level_idc = *level;
  std::string text = row.input + std::string(" ! ");
  if (plan.row == &launch_text)
    text += plan.launch_text + " ! identity name=encoder_out ! h264parse config-interval=-1";
  else
    text += plan.element() + " name=encoder " +
            without_lacking(filled_in(properties(plan), plan, id.level_text()), plan.lacks);
  text += " ! video/x-h264,stream-format=byte-stream,alignment=au";
  if (*row.output_caps) text += std::string(",") + row.output_caps;
  if (row.level_from_caps) text += ",level=(string)" + id.level_text();
  return text;
}

}  // namespace bigfoot::media
