#include "media/trial_pipeline.hpp"

#include <algorithm>

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

#include "media/cpu_time.hpp"
#include "media/gst/bus.hpp"

namespace bigfoot::media {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr Nanos patience = 3s;

/// The first one pays for what is set up late.
Nanos median(std::vector<Nanos> values) {
  if (values.size() > 1) values.erase(values.begin());
  if (values.empty()) return Nanos{0};
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

Result<> begin_trial(const OnTrial& on_trial, const std::string& what) {
  if (on_trial && !on_trial(what)) return fail("nobody waits for its trial any more");
  return {};
}

std::string tried_in(std::string_view step) {
  return step.starts_with(trial_step) ? std::string(step.substr(trial_step.size())) : std::string();
}

Result<> TrialPipeline::open(const std::string& text, GstCaps* caps) {
  auto bin = gst::parse_bin("appsrc name=in format=time ! " + text + " ! appsink name=out sync=false async=false",
                            gst::Open::none);
  if (!bin) return tl::unexpected(bin.error());
  bin_ = bin->get();
  in_ = gst::find(bin_, "in");
  out_ = gst::find(bin_, "out");
  gst_app_src_set_caps(GST_APP_SRC(in_.get()), caps);
  pipeline_.add(std::move(*bin));
  deadline_ = SteadyClock::now() + trial_at_most;
  return pipeline_.play(Error{"does not start"});
}

Result<gst::Handle<GstSample>> TrialPipeline::exchange(gst::Handle<GstBuffer> buffer) {
  const auto before = SteadyClock::now();
  const Nanos cpu_before = process_cpu_time();
  gst_app_src_push_buffer(GST_APP_SRC(in_.get()), buffer.release());
  auto sample =
      gst::adopt(gst_app_sink_try_pull_sample(GST_APP_SINK(out_.get()), static_cast<GstClockTime>(patience.count())));
  const auto now = SteadyClock::now();
  const bool first = took_.empty();
  took_.push_back(now - before);
  cpu_.push_back(process_cpu_time() - cpu_before);
  if (!sample)
    return tl::unexpected(gst::pending_error(
        pipeline_.get(), Error{first ? "gives no picture, or keeps pictures back" : "stopped giving pictures"}));
  if (now > deadline_)
    return fail("its trial took longer than " + std::to_string(trial_at_most / 1s) + " s",
                "is this machine busy? try again");
  return sample;
}

Nanos TrialPipeline::median_time() const { return median(took_); }
Nanos TrialPipeline::median_cpu_time() const { return median(cpu_); }

}  // namespace bigfoot::media
