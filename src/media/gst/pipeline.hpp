#pragma once
// A pipeline that ends in an appsink, and what may be asked of it. Everything but post-construction getters may hang:
// worker thread only.

#include <functional>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "media/gst/handle.hpp"

namespace bigfoot::media::gst {

/// Loads GStreamer once in a process; the first time may scan its plugins for seconds. Any thread; but the first call
/// sets an environment variable, which is safe only before the process has other threads.
[[nodiscard]] Result<> start();

/// Which open pads of a text become pads of its bin. GStreamer's own way would ghost a sink pad that waits for a
/// decodebin's link.
enum class Open { source, sink, both, none };
/// A bin from a launch text, with pads named `src` and `sink` as asked. Errors: GStreamer's own words; no such open
/// pad.
[[nodiscard]] Result<Handle<GstElement>> parse_bin(const std::string& text, Open open);
Handle<GstElement> find(GstElement* bin, const char* name);
Handle<GstPad> pad_of(GstElement* element, const char* name);

/// The running time of a buffer at a pad, from the segment that the pad last saw; negative when it has none.
Nanos running_time(GstPad* pad, GstBuffer* buffer);
Nanos running_time(GstSample* sample);

/// A pipeline on the system's monotonic clock with a base time of our choosing, set to NULL when it dies.
class Pipeline {
 public:
  Pipeline();
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  GstElement* get() const { return pipeline_.get(); }
  void add(Handle<GstElement> element);
  // Errors of both: the first error on its bus, else `otherwise`. Neither waits for a preroll.
  [[nodiscard]] Result<GstStateChangeReturn> pause(const Error& otherwise);
  /// Running time begins now.
  [[nodiscard]] Result<> play(const Error& otherwise);
  void stop();
  /// Running time 0 on CLOCK_MONOTONIC.
  Timestamp base_time() const { return base_; }

 private:
  void begin_running_time();
  Result<GstStateChangeReturn> set_state(GstState state, const Error& otherwise);

  Handle<GstElement> pipeline_;
  Timestamp base_{};
};

}  // namespace bigfoot::media::gst
