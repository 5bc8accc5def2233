#include "media/encoder_table.hpp"

#include <algorithm>

#include "base/nearest.hpp"
#include "h264/level.hpp"
#include "h264/profile_level_id.hpp"

namespace bigfoot::media {
namespace {

// A key frame must fit in 100 ms of the rate (4 mean frames at 30 fps are 133 ms): x264's own default is 600. But
// without an explicit qp-max=51 x264 goes on to 69 to fit, wiping detail out: 15 frames after a key frame at 300 kbit/s
// were a grey field. 1073741824 is X264_KEYINT_MAX_INFINITE; without scenecut=0 x264 makes key frames nobody asked for.
// OpenH264 has no such limit: it gives a key frame four mean frames and misses that by up to one step of QP (132 to
// 152 ms of the rate at 30 fps, measured). It answers a change of its rate with a key frame and level 5.1 in the SPS
// while it has no limit of the rate, or one beyond its level.
constexpr EncoderRow rows[] = {
    {
        .element = "x264enc",
        .input_caps = "video/x-raw,format={(string)I420,(string)NV12}",
        .low_delay = "tune=zerolatency speed-preset=superfast bframes=0 key-int-max=1073741824 aud=false "
                     "option-string=scenecut=0",
        .one_slice = "threads=1 sliced-threads=false",
        .sliced = "threads={threads} sliced-threads=true",
        .bitrate_property = "bitrate",
        .bitrate_unit = 1000,
        .bitrate_costs_keyframe = false,
        .limit_property = nullptr,
        .keyframe = KeyframeMethod::force_key_unit_event,
        .vbv = "vbv-buf-capacity=100 qp-max=51",
        .keyframe_span = 100ms,
        .level_from_caps = true,
        .live = "bitrate vbv-buf-capacity",
        .tested_on = "PC, x264 164 in GStreamer 1.22.0, 2026-11",
    },
    {
        .element = "openh264enc",
        .input_caps = "video/x-raw,format=I420",
        .low_delay = "complexity=low usage-type=camera rate-control=bitrate gop-size=0 scene-change-detection=false "
                     "background-detection=false enable-frame-skip=false",
        .one_slice = "slice-mode=n-slices num-slices=1 multi-thread=1",
        .sliced = "slice-mode=n-slices num-slices={threads} multi-thread={threads}",
        .bitrate_property = "bitrate",
        .bitrate_unit = 1,
        .bitrate_costs_keyframe = false,
        .limit_property = "max-bitrate",
        .keyframe = KeyframeMethod::force_key_unit_event,
        .vbv = "",
        .keyframe_span = 170ms,
        .level_from_caps = false,
        .live = "bitrate max-bitrate",
        .tested_on = "PC, OpenH264 2.3 in GStreamer 1.22.0, 2026-11",
    },
};

std::string replaced(std::string text, std::string_view mark, const std::string& with) {
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + with.size()))
    text.replace(at, mark.size(), with);
  return text;
}

}  // namespace

std::span<const EncoderRow> encoder_table() { return rows; }

Result<std::vector<const EncoderRow*>> encoder_candidates(std::string_view name) {
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
              (near.empty() ? "" : "the nearest is " + near + "; ") + "there are auto" + list);
}

unsigned bitrate_value(const EncoderRow& row, Bitrate bitrate) {
  return static_cast<unsigned>(std::max<std::int64_t>(1, bitrate.bps / row.bitrate_unit));
}

unsigned limit_value(const EncoderRow& row, Bitrate bitrate) { return bitrate_value(row, bitrate * 1.5); }

Result<std::string> encoder_text(const EncoderPlan& plan) {
  const EncoderRow& row = *plan.row;
  const auto level = h264::level_for(plan.size, plan.fps, plan.bitrate);
  if (!level) return tl::unexpected(level.error());
  std::string text = "capsfilter caps=\"" + std::string(row.input_caps) + "\" ! " + row.element + " name=encoder " +
                     row.low_delay + " " + row.bitrate_property + "=" +
                     std::to_string(bitrate_value(row, plan.bitrate));
  if (row.limit_property)
    text += " " + std::string(row.limit_property) + "=" + std::to_string(limit_value(row, plan.bitrate));
  for (const char* more : {plan.slices > 1 ? row.sliced : row.one_slice, row.vbv})
    if (*more) text += " " + replaced(more, "{threads}", std::to_string(plan.slices));
  text += " ! video/x-h264,stream-format=byte-stream,alignment=au,profile=constrained-baseline";
  if (row.level_from_caps) {
    h264::ProfileLevelId id;
    id.level_idc = *level;
    text += ",level=(string)" + id.level_text();
  }
  return text;
}

}  // namespace bigfoot::media
