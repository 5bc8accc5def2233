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
#include "media/gst/bus.hpp"
#include "media/gst/pipeline.hpp"
#include "media/gst/video.hpp"
#include "media/test_pattern.hpp"

namespace bigfoot::media {
namespace {

constexpr int pictures = 12;
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
    const auto caps = gst::raw_video_caps(plan_.size, plan_.fps);
    gst_app_src_set_caps(GST_APP_SRC(in_.get()), caps.get());
    pipeline_.add(std::move(*bin));
    return pipeline_.play(Error{"does not start"});
  }

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
    const auto before = std::chrono::steady_clock::now();
    gst_app_src_push_buffer(GST_APP_SRC(in_.get()), buffer.release());
    auto sample =
        gst::adopt(gst_app_sink_try_pull_sample(GST_APP_SINK(out_.get()), static_cast<GstClockTime>(patience.count())));
    took.push_back(std::chrono::steady_clock::now() - before);
    if (!sample)
      return tl::unexpected(gst::pending_error(
          pipeline_.get(),
          Error{number == 0 ? "gives no picture, or keeps pictures back" : "stopped giving pictures"}));
    return sample;
  }

  std::vector<Nanos> took;

 private:
  const EncoderPlan& plan_;
  TestPicture picture_;
  std::string text_;
  gst::Pipeline pipeline_;
  gst::Handle<GstElement> in_, out_;
};

Result<std::string> profile_level_id_of(GstSample* sample, const EncoderPlan& plan) {
  const gst::MappedBuffer mapped(gst_sample_get_buffer(sample));
  h264::NalReader reader(mapped.bytes());
  for (BytesView nal = reader.next(); !nal.empty(); nal = reader.next()) {
    if (h264::nal_type(nal[0]) != h264::NalType::sps) continue;
    const auto sps = h264::parse_sps(nal);
    if (!sps) return tl::unexpected(sps.error());
    h264::ProfileLevelId promised;
    if (const auto level = h264::level_for(plan.size, plan.fps, plan.bitrate)) promised.level_idc = *level;
    if (auto fits = h264::check_fits(sps->profile, promised); !fits) return tl::unexpected(fits.error());
    if (sps->size != plan.size) return fail("makes " + sps->size.text() + " instead of " + plan.size.text());
    return sps->profile.text();
  }
  return fail("its first picture has no SPS");
}

}  // namespace

Result<EncoderChoice> try_encoder(const EncoderPlan& plan) {
  if (!gst::adopt(gst_element_factory_find(plan.row->element))) return fail("is not installed");
  const auto text = encoder_text(plan);
  if (!text) return tl::unexpected(text.error());
  Trial trial(plan, *text);
  if (auto open = trial.open(); !open) return tl::unexpected(open.error());
  EncoderChoice choice{plan, {}, {}, {}};
  for (int number = 0; number < pictures; ++number) {
    const auto sample = trial.encode(number);
    if (!sample) return tl::unexpected(sample.error());
    if (number > 0) continue;
    auto id = profile_level_id_of(sample->get(), plan);
    if (!id) return tl::unexpected(id.error());
    choice.profile_level_id = *id;
  }
  std::sort(trial.took.begin(), trial.took.end());
  choice.encode_p50 = trial.took[trial.took.size() / 2];
  return choice;
}

int slices_when_slow() { return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, 4); }

Result<EncoderChoice> choose_encoder(std::string_view name, Size size, FrameRate fps, Bitrate bitrate,
                                     const std::map<std::string, std::string>& failed) {
  const auto candidates = encoder_candidates(name);
  if (!candidates) return tl::unexpected(candidates.error());
  std::string reasons;
  for (const EncoderRow* row : *candidates) {
    const auto broke = failed.find(row->element);
    auto choice =
        broke == failed.end() ? try_encoder({row, size, fps, bitrate, 1}) : Result<EncoderChoice>(fail(broke->second));
    if (choice && choice->encode_p50 > fps.interval() / 2 && slices_when_slow() > 1) {
      if (auto sliced = try_encoder({row, size, fps, bitrate, slices_when_slow()})) choice = std::move(sliced);
    }
    if (choice) {
      choice->reason = reasons;
      return choice;
    }
    reasons += (reasons.empty() ? "" : "; ") + std::string(row->element) + ": " + choice.error().text();
  }
  return fail("no encoder works at " + size.text() + ": " + reasons,
              "install gstreamer1.0-plugins-ugly for x264enc, or lower the size", Next::restart_pipeline);
}

}  // namespace bigfoot::media
