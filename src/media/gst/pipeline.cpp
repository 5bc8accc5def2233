#include "media/gst/pipeline.hpp"

#include <memory>

#include "base/check.hpp"
#include "media/gst/bus.hpp"

namespace bigfoot::media::gst {

namespace {
/// A v4l2src gives its buffers away when it stops ("orphans" them), and from 1.22.0 on loses a reference to their pool
/// each time (gst_v4l2_buffer_pool_orphan): an open descriptor a restart, so that a driver never learns that the camera
/// was let go, and in the end none is left. Where buffers must be back first, nothing is lost.
void keep_v4l2_buffers() {
  if (!gst_is_initialized()) g_setenv("GST_V4L2_FORCE_DRAIN", "1", FALSE);
}
}  // namespace

Result<> start() {
  keep_v4l2_buffers();
  GError* error = nullptr;
  if (gst_init_check(nullptr, nullptr, &error)) return {};
  const std::unique_ptr<GError, GlibFree> owned(error);
  return fail(std::string("GStreamer does not start: ") + (error ? error->message : "no reason given"),
              "install gstreamer1.0-plugins-base");
}

namespace {
bool ghost(GstElement* bin, GstPadDirection direction, const char* name) {
  const auto pad = adopt(gst_bin_find_unlinked_pad(GST_BIN(bin), direction));
  return pad && gst_element_add_pad(bin, gst_ghost_pad_new(name, pad.get()));
}
}  // namespace

Result<Handle<GstElement>> parse_bin(const std::string& text, Open open) {
  GError* error = nullptr;
  auto bin =
      adopt(gst_parse_bin_from_description_full(text.c_str(), FALSE, nullptr, GST_PARSE_FLAG_FATAL_ERRORS, &error));
  const std::unique_ptr<GError, GlibFree> owned(error);
  if (error) return fail(error->message);
  if (!bin) return fail("\"" + text + "\" makes no element");
  if ((open == Open::sink || open == Open::both) && !ghost(bin.get(), GST_PAD_SINK, "sink"))
    return fail("no element waits for input");
  if ((open == Open::source || open == Open::both) && !ghost(bin.get(), GST_PAD_SRC, "src"))
    return fail("no element gives output");
  return bin;
}

Handle<GstElement> find(GstElement* bin, const char* name) { return adopt(gst_bin_get_by_name(GST_BIN(bin), name)); }
Handle<GstPad> pad_of(GstElement* element, const char* name) {
  return adopt(gst_element_get_static_pad(element, name));
}

namespace {
Nanos running_time_in(const GstSegment* segment, GstBuffer* buffer) {
  if (!segment || !buffer || !GST_BUFFER_PTS_IS_VALID(buffer)) return Nanos{-1};
  const GstClockTime time = gst_segment_to_running_time(segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
  return GST_CLOCK_TIME_IS_VALID(time) ? Nanos(static_cast<std::int64_t>(time)) : Nanos{-1};
}
}  // namespace

Nanos running_time(GstPad* pad, GstBuffer* buffer) {
  const auto event = adopt(gst_pad_get_sticky_event(pad, GST_EVENT_SEGMENT, 0));
  if (!event) return Nanos{-1};
  const GstSegment* segment = nullptr;
  gst_event_parse_segment(event.get(), &segment);
  return running_time_in(segment, buffer);
}

Nanos running_time(GstSample* sample) {
  return running_time_in(gst_sample_get_segment(sample), gst_sample_get_buffer(sample));
}

Pipeline::Pipeline() : pipeline_(adopt(gst_pipeline_new(nullptr))) {
  const auto clock = adopt(gst_system_clock_obtain());
  gst_pipeline_use_clock(GST_PIPELINE(pipeline_.get()), clock.get());
  gst_element_set_start_time(pipeline_.get(), GST_CLOCK_TIME_NONE);  // else PLAYING would set the base time
}

Pipeline::~Pipeline() { stop(); }

void Pipeline::add(Handle<GstElement> element) {
  BIGFOOT_CHECK(gst_bin_add(GST_BIN(pipeline_.get()), element.get()), "names in a pipeline differ");
}

Result<GstStateChangeReturn> Pipeline::set_state(GstState state, const Error& otherwise) {
  const auto changed = gst_element_set_state(pipeline_.get(), state);
  if (changed == GST_STATE_CHANGE_FAILURE) return tl::unexpected(pending_error(pipeline_.get(), otherwise));
  return changed;
}

void Pipeline::begin_running_time() {
  const auto clock = adopt(gst_system_clock_obtain());
  const GstClockTime now = gst_clock_get_time(clock.get());
  base_ = Timestamp(Nanos(static_cast<std::int64_t>(now)));
  gst_element_set_base_time(pipeline_.get(), now);
}

// An element that stamps what it reads (do-timestamp) may run before it is set to PLAYING, and have its clock before
// its base time: with one from before it cannot stamp a picture with all the time since the machine's start, which a
// `sync` behind it would wait for (seen on a busy machine, GStreamer 1.22).
Result<GstStateChangeReturn> Pipeline::pause(const Error& otherwise) {
  begin_running_time();
  return set_state(GST_STATE_PAUSED, otherwise);
}

Result<> Pipeline::play(const Error& otherwise) {
  begin_running_time();
  const auto changed = set_state(GST_STATE_PLAYING, otherwise);
  return changed ? Result<>() : tl::unexpected(changed.error());
}

void Pipeline::stop() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }

}  // namespace bigfoot::media::gst
