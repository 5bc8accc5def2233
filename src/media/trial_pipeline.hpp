#pragma once
// One buffer in, one buffer out, timed: how encoders and decoders are tried. Worker thread.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "media/gst/pipeline.hpp"

namespace bigfoot::media {

/// A row's whole trial takes at most this long, unless a driver hangs.
inline constexpr Nanos trial_at_most = 8s;

/// A trial of at most `trial_at_most` begins, of what. False: nobody waits for it any more, and it does not begin.
using OnTrial = std::function<bool(const std::string& what)>;
/// Tells of it, where somebody is to be told. Error: nobody waits for it.
[[nodiscard]] Result<> begin_trial(const OnTrial& on_trial, const std::string& what);
/// That of a row of a table: this, and the element.
inline constexpr std::string_view trial_step = "the trial of ";
/// The element whose trial a step is; empty: none's.
std::string tried_in(std::string_view step);

class TrialPipeline {
 public:
  /// `text` from the buffers that go in, of `caps`, to those that come out. Playing, or GStreamer's error.
  [[nodiscard]] Result<> open(const std::string& text, GstCaps* caps);

  /// The bin of the text.
  GstElement* bin() const { return bin_; }

  /// Waits for what comes out before it returns. Errors: nothing within three seconds, or the trial takes too long.
  [[nodiscard]] Result<gst::Handle<GstSample>> exchange(gst::Handle<GstBuffer> buffer);

  /// Of one exchange, by the wall clock, the first left out when there are others.
  Nanos median_time() const;
  /// Processor time of the whole process in one exchange: fair only while nothing else runs in it.
  Nanos median_cpu_time() const;

 private:
  gst::Pipeline pipeline_;
  GstElement* bin_ = nullptr;  ///< the pipeline's
  gst::Handle<GstElement> in_, out_;
  std::chrono::steady_clock::time_point deadline_;
  std::vector<Nanos> took_, cpu_;
};

}  // namespace bigfoot::media
