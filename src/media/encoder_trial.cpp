#include "media/encoder_trial.hpp"

#include <algorithm>
#include <optional>
#include <thread>

#include "h264/level.hpp"
#include "h264/nal.hpp"
#include "h264/profile_level_id.hpp"
#include "h264/sps.hpp"
#include "media/encoder_control.hpp"
#include "media/gst/video.hpp"
#include "media/trial_pictures.hpp"
#include "media/trial_pipeline.hpp"

namespace bigfoot::media {
namespace {

constexpr int pictures = 12;
constexpr int ask_before = 6;  // the key frame that is asked for
constexpr int keyframe_within = 10;

struct Contents {
  bool idr = false;
  std::optional<Bytes> sps;
};

Contents contents_of(GstSample* sample) {
  Contents contents;
  const gst::MappedBuffer mapped(gst_sample_get_buffer(sample));
  h264::NalReader reader(mapped.bytes());
  for (BytesView nal = reader.next(); !nal.empty(); nal = reader.next()) {
    const auto type = h264::nal_type(nal[0]);
    if (type == h264::NalType::idr) contents.idr = true;
    if (type == h264::NalType::sps) contents.sps = Bytes(nal.begin(), nal.end());
  }
  return contents;
}

Result<std::string> profile_level_id_of(const Contents& contents, const EncoderPlan& plan) {
  if (!contents.sps) return fail("its first picture has no SPS");
  const auto sps = h264::parse_sps(*contents.sps);
  if (!sps) return tl::unexpected(sps.error());
  h264::ProfileLevelId promised;
  if (const auto level = h264::level_for(plan.size, plan.fps, plan.bitrate)) promised.level_idc = *level;
  if (auto fits = h264::check_fits(sps->profile, promised); !fits) return tl::unexpected(fits.error());
  if (sps->size != plan.size) return fail("makes " + sps->size.text() + " instead of " + plan.size.text());
  return sps->profile.text();
}

/// Runs the pictures; leaves the profile of the first in `choice`.
Result<> run(TrialPipeline& pipeline, EncoderChoice& choice) {
  const TrialPictures drawn(choice.plan.size, choice.plan.fps);
  const EncoderEnds encoder = encoder_ends(pipeline.bin());
  bool keyframe = false;
  for (int number = 0; number < pictures || (!keyframe && number < ask_before + keyframe_within); ++number) {
    auto picture = drawn.draw(number);
    if (!picture) return tl::unexpected(picture.error());
    if (number == ask_before) request_keyframe(encoder, *choice.plan.row);
    const auto sample = pipeline.exchange(std::move(*picture));
    if (!sample) return tl::unexpected(sample.error());
    const Contents contents = contents_of(sample->get());
    if (number == 0) {
      auto id = profile_level_id_of(contents, choice.plan);
      if (!id) return tl::unexpected(id.error());
      choice.profile_level_id = *id;
    }
    if (number < ask_before || !contents.idr) continue;
    if (!contents.sps) return fail("gives a key frame without SPS");
    keyframe = true;
  }
  return keyframe ? Result<>() : fail("gives no key frame when asked for one");
}

/// x264enc runs everywhere: who lacks it installs it.
std::string way_out(const std::vector<PassedOver>& passed_over) {
  const bool lacks_x264 = std::any_of(passed_over.begin(), passed_over.end(), [](const PassedOver& row) {
    return row.absent && row.element == std::string_view("x264enc");
  });
  return std::string("`bigfoot devices` shows each; ") +
         (lacks_x264 ? "install gstreamer1.0-plugins-ugly for x264enc, or " : "") + "lower the size";
}

/// Each has a deadline of its own.
Result<EncoderChoice> try_in_time(const EncoderPlan& plan, const OnTrial& on_trial) {
  if (auto begun = begin_trial(on_trial, std::string(trial_step) + plan.row->element); !begun)
    return tl::unexpected(begun.error());
  return try_encoder(plan);
}

}  // namespace

std::optional<Error> encoder_absence(const EncoderRow& row, const Host& host, int gpu) {
  if (&row == &launch_text_row()) return std::nullopt;
  return absence(row.element, row.place, host, gpu);
}

Result<EncoderChoice> try_encoder(EncoderPlan plan) {
  if (plan.launch_text.empty()) plan.lacks = lacking_properties(plan.element().c_str(), optional_properties(*plan.row));
  const auto text = encoder_text(plan);
  if (!text) return tl::unexpected(text.error());
  EncoderChoice choice{std::move(plan), {}};
  const auto caps = gst::raw_video_caps(choice.plan.size, choice.plan.fps);
  TrialPipeline pipeline;
  if (auto open = pipeline.open(*text, caps.get()); !open) return tl::unexpected(open.error());
  if (auto ran = run(pipeline, choice); !ran) return tl::unexpected(ran.error());
  choice.encode_p50 = pipeline.median_time();
  choice.cores = to_seconds(pipeline.median_cpu_time()) * choice.plan.fps.fps();
  return choice;
}

Result<EncoderChoice> try_encoder_slices(const EncoderPlan& plan, const OnTrial& on_trial) {
  auto choice = try_in_time(plan, on_trial);
  if (!choice || choice->encode_p50 <= plan.fps.interval() / 2 || !*plan.row->sliced || slices_when_slow() < 2)
    return choice;
  EncoderPlan sliced = plan;
  sliced.slices = slices_when_slow();
  auto better = try_in_time(sliced, on_trial);
  return better ? better : choice;
}

int slices_when_slow() { return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, 4); }

Result<EncoderChoice> choose_encoder(std::string_view name, Size size, FrameRate fps, Bitrate bitrate,
                                     const std::map<std::string, std::string>& failed, const OnTrial& on_trial,
                                     const Host& host, const Resources& resources) {
  const auto candidates = encoder_candidates(name);
  if (!candidates) return tl::unexpected(candidates.error());
  std::vector<PassedOver> passed_over;
  for (const EncoderRow* row : *candidates) {
    if (const auto broke = failed.find(row->element); broke != failed.end()) {
      passed_over.push_back({row->element, broke->second});
      continue;
    }
    if (const auto missing = encoder_absence(*row, host, resources.gpu)) {
      passed_over.push_back({row->element, missing->text(), true});
      continue;
    }
    EncoderPlan plan{row, size, fps, bitrate, 1};
    plan.gpu = resources.gpu;
    if (*row->sliced) plan.slices = std::max(1, resources.threads);
    if (row == &launch_text_row()) plan.launch_text = name.substr(std::string_view(row->element).size());
    auto choice = resources.threads == 0 ? try_encoder_slices(plan, on_trial) : try_in_time(plan, on_trial);
    if (choice) {
      choice->reason = failures_text(passed_over);
      choice->passed_over = std::move(passed_over);
      return choice;
    }
    passed_over.push_back({row->element, choice.error().text()});
  }
  return fail("no encoder works at " + size.text() + ": " + none_text(passed_over), way_out(passed_over),
              Next::restart_pipeline);
}

}  // namespace bigfoot::media
