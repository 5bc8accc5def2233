#include "h264/gst_streams.hpp"

#include <memory>
#include <stdexcept>

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/gst.h>

namespace bigfoot::conformance {
namespace {

struct Unref {
  void operator()(GstElement* element) const {
    gst_element_set_state(element, GST_STATE_NULL);
    gst_object_unref(element);
  }
  void operator()(GstMessage* message) const { gst_message_unref(message); }
  void operator()(GstBus* bus) const { gst_object_unref(bus); }
  void operator()(GstSample* sample) const { gst_sample_unref(sample); }
  void operator()(GError* error) const { g_error_free(error); }
};
struct UnrefChild {
  void operator()(void* child) const { gst_object_unref(child); }
};
template <class T>
using Owned = std::unique_ptr<T, Unref>;

std::string words_of(GstMessage* message) {
  GError* raw = nullptr;
  gchar* debug = nullptr;
  gst_message_parse_error(message, &raw, &debug);
  const Owned<GError> error(raw);
  const std::string words = std::string(error->message) + " " + (debug != nullptr ? debug : "");
  g_free(debug);
  return words;
}

Bytes bytes_of(GstSample* sample) {
  GstBuffer* buffer = gst_sample_get_buffer(sample);
  Bytes bytes(gst_buffer_get_size(buffer));
  gst_buffer_extract(buffer, 0, bytes.data(), bytes.size());
  return bytes;
}

void feed(GstElement* pipeline, const std::vector<Bytes>& input) {
  const std::unique_ptr<void, UnrefChild> source(gst_bin_get_by_name(GST_BIN(pipeline), "in"));
  GstClockTime time = 0;
  for (const Bytes& bytes : input) {
    GstBuffer* buffer = gst_buffer_new_memdup(bytes.data(), bytes.size());
    GST_BUFFER_PTS(buffer) = time;
    GST_BUFFER_DTS(buffer) = time;
    time += 33 * GST_MSECOND;
    gst_app_src_push_buffer(static_cast<GstAppSrc*>(source.get()), buffer);
  }
  gst_app_src_end_of_stream(static_cast<GstAppSrc*>(source.get()));
}

}  // namespace

std::vector<Bytes> run_pipeline(const std::string& launch, const std::vector<Bytes>& input) {
  GError* raw = nullptr;
  const Owned<GstElement> pipeline(gst_parse_launch(launch.c_str(), &raw));
  const Owned<GError> error(raw);
  if (!pipeline || error) throw std::runtime_error(launch + ": " + (error ? error->message : "no pipeline"));
  const std::unique_ptr<void, UnrefChild> sink(gst_bin_get_by_name(GST_BIN(pipeline.get()), "out"));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  if (!input.empty()) feed(pipeline.get(), input);
  std::vector<Bytes> out;
  while (const Owned<GstSample> sample{
      gst_app_sink_try_pull_sample(static_cast<GstAppSink*>(sink.get()), 60 * GST_SECOND)})
    out.push_back(bytes_of(sample.get()));
  const Owned<GstBus> bus(gst_element_get_bus(pipeline.get()));
  if (const Owned<GstMessage> message{gst_bus_pop_filtered(bus.get(), GST_MESSAGE_ERROR)})
    throw std::runtime_error(launch + ": " + words_of(message.get()));
  if (gst_app_sink_is_eos(static_cast<GstAppSink*>(sink.get())) == FALSE)
    throw std::runtime_error(launch + ": did not end");
  return out;
}

std::vector<Bytes> run_pipeline(const std::string& launch) { return run_pipeline(launch, {}); }

}  // namespace bigfoot::conformance
