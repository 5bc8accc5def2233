#include "media/encoder_trial.hpp"

#include <algorithm>
#include <optional>
#include <thread>

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

#include "h264/level.hpp"
#include "h264/nal.hpp"
#include "h264/profile_level_id.hpp"
#include "h264/sps.hpp"
#include "media/cpu_time.hpp"
#include "media/encoder_control.hpp"
#include "media/gst/bus.hpp"
#include "media/gst/pipeline.hpp"
#include "media/gst/video.hpp"
#include "media/test_pattern.hpp"

namespace bigfoot::media {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int pictures = 12;
constexpr int ask_before = 6;  // the key frame that is asked for
constexpr int keyframe_within = 10;
constexpr Nanos patience = 3s;

/// Sends one picture and takes one back.
class Trial {
 public:
  Trial(const EncoderPlan& plan, const std::string& text)
      : plan_(plan), picture_(TestPattern::rover, plan.size, plan.fps, "trial"), text_(text) {}

  Result<> open() {
    auto bin = gst::parse_bin("appsrc name=in format=time ! " + text_ + " ! appsink name=out sync=false async=false",
                              gst::Open::none);
    if (!bin) return tl::unexpected(bin.error());
    in_ = gst::find(bin->get(), "in");
    out_ = gst::find(bin->get(), "out");
    encoder_ = encoder_ends(bin->get());
    const auto caps = gst::raw_video_caps(plan_.size, plan_.fps);
    gst_app_src_set_caps(GST_APP_SRC(in_.get()), caps.get());
    pipeline_.add(std::move(*bin));
    return pipeline_.play(Error{"does not start"});
  }

  void ask_for_keyframe() { request_keyframe(encoder_, *plan_.row); }

  Result<gst::Handle<GstSample>> encode(int number) {
    auto buffer = gst::adopt(gst_buffer_new_allocate(nullptr, gst::raw_video_bytes(plan_.size, plan_.fps), nullptr));
    const Nanos time = plan_.fps.interval() * number;
    if (!gst::draw_into(buffer.get(), plan_.size, plan_.fps, [&](const Picture& to) {
          picture_.draw_scene(to, time);
          picture_.draw_time(to, static_cast<std::uint32_t>(number), StampTime(std::chrono::floor<Micros>(time)));
        }))
      return fail("no memory for a picture");
    GST_BUFFER_PTS(buffer.get()) = static_cast<GstClockTime>(time.count());
    GST_BUFFER_DURATION(buffer.get()) = static_cast<GstClockTime>(plan_.fps.interval().count());
    const auto before = SteadyClock::now();
    const Nanos cpu_before = process_cpu_time();
    gst_app_src_push_buffer(GST_APP_SRC(in_.get()), buffer.release());
    auto sample =
        gst::adopt(gst_app_sink_try_pull_sample(GST_APP_SINK(out_.get()), static_cast<GstClockTime>(patience.count())));
    took.push_back(SteadyClock::now() - before);
    cpu.push_back(process_cpu_time() - cpu_before);
    if (!sample)
      return tl::unexpected(gst::pending_error(
          pipeline_.get(),
          Error{number == 0 ? "gives no picture, or keeps pictures back" : "stopped giving pictures"}));
    return sample;
  }

  std::vector<Nanos> took, cpu;

 private:
  const EncoderPlan& plan_;
  TestPicture picture_;
  std::string text_;
  gst::Pipeline pipeline_;
  gst::Handle<GstElement> in_, out_;
  EncoderEnds encoder_;
};

Nanos median(std::vector<Nanos> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

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
Result<> run(Trial& trial, EncoderChoice& choice) {
  const auto deadline = SteadyClock::now() + trial_at_most;
  bool keyframe = false;
  for (int number = 0; number < pictures || (!keyframe && number < ask_before + keyframe_within); ++number) {
    if (number == ask_before) trial.ask_for_keyframe();
    const auto sample = trial.encode(number);
    if (!sample) return tl::unexpected(sample.error());
    if (SteadyClock::now() > deadline) return fail("takes too long");
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

}  // namespace

std::string failures_text(const std::vector<PassedOver>& passed_over) {
  std::string text;
  for (const PassedOver& row : passed_over)
    if (!row.absent) text += (text.empty() ? "" : "; ") + std::string(row.element) + ": " + row.why;
  return text;
}

std::string none_text(const std::vector<PassedOver>& passed_over) {
  if (passed_over.size() == 1) return passed_over[0].element + std::string(": ") + passed_over[0].why;
  const auto absent = std::count_if(passed_over.begin(), passed_over.end(), [](const auto& row) { return row.absent; });
  std::string text = failures_text(passed_over);
  if (absent > 0) text += (text.empty() ? "" : "; ") + std::to_string(absent) + " are not on this machine";
  return text;
}

std::optional<Error> encoder_absence(const EncoderRow& row, const Host& host) {
  if (&row == &launch_text_row()) return std::nullopt;
  return absence(row.element, row.place, host);
}

Result<EncoderChoice> try_encoder(EncoderPlan plan) {
  if (plan.launch_text.empty()) plan.lacks = lacking_properties(plan.row->element, optional_properties(*plan.row));
  const auto text = encoder_text(plan);
  if (!text) return tl::unexpected(text.error());
  EncoderChoice choice{std::move(plan), {}};
  Trial trial(choice.plan, *text);
  if (auto open = trial.open(); !open) return tl::unexpected(open.error());
  if (auto ran = run(trial, choice); !ran) return tl::unexpected(ran.error());
  choice.encode_p50 = median(trial.took);
  choice.cores = to_seconds(median(trial.cpu)) * choice.plan.fps.fps();
  return choice;
}

Result<EncoderChoice> try_encoder_slices(const EncoderPlan& plan) {
  auto choice = try_encoder(plan);
  if (!choice || choice->encode_p50 <= plan.fps.interval() / 2 || !*plan.row->sliced || slices_when_slow() < 2)
    return choice;
  EncoderPlan sliced = plan;
  sliced.slices = slices_when_slow();
  auto better = try_encoder(sliced);
  return better ? better : choice;
}

int slices_when_slow() { return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, 4); }

Result<EncoderChoice> choose_encoder(std::string_view name, Size size, FrameRate fps, Bitrate bitrate,
                                     const std::map<std::string, std::string>& failed, const Host& host) {
  const auto candidates = encoder_candidates(name);
  if (!candidates) return tl::unexpected(candidates.error());
  std::vector<PassedOver> passed_over;
  for (const EncoderRow* row : *candidates) {
    if (const auto broke = failed.find(row->element); broke != failed.end()) {
      passed_over.push_back({row->element, broke->second});
      continue;
    }
    if (const auto missing = encoder_absence(*row, host)) {
      passed_over.push_back({row->element, missing->text(), true});
      continue;
    }
    EncoderPlan plan{row, size, fps, bitrate, 1};
    if (row == &launch_text_row()) plan.launch_text = name.substr(std::string_view(row->element).size());
    auto choice = try_encoder_slices(plan);
    if (choice) {
      choice->reason = failures_text(passed_over);
      choice->passed_over = std::move(passed_over);
      return choice;
    }
    passed_over.push_back({row->element, choice.error().text()});
  }
  return fail("no encoder works at " + size.text() + ": " + none_text(passed_over),
              "`bigfoot devices` shows each; install gstreamer1.0-plugins-ugly for x264enc, or lower the size",
              Next::restart_pipeline);
}

}  // namespace bigfoot::media
