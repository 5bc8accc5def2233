#include "media/file_loop.hpp"

#include <condition_variable>
#include <mutex>

#include "media/gst/bus.hpp"
#include "media/gst/pipeline.hpp"

namespace bigfoot::media {
namespace {

constexpr Nanos first_picture_at_most = 5s;
constexpr Nanos look_period = 20ms;

}  // namespace

struct FileLoop::Flow {
  std::mutex mutex;
  std::condition_variable changed;
  bool flows = false;
};

FileLoop::FileLoop(GstElement* bin, std::function<void()> at_end) : flow_(std::make_shared<Flow>()) {
  const auto queue = gst::find(bin, "decoded");
  queue_in_ = gst::pad_of(queue.get(), "sink");
  const auto type = static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM);
  probe_ = gst::Probe(queue_in_.get(), type, [flow = flow_, at_end = std::move(at_end)](GstPadProbeInfo& info) {
    if (GST_PAD_PROBE_INFO_TYPE(&info) & GST_PAD_PROBE_TYPE_BUFFER) {
      const std::lock_guard lock(flow->mutex);
      flow->flows = true;
      flow->changed.notify_all();
      return GST_PAD_PROBE_OK;
    }
    const GstEventType event = GST_EVENT_TYPE(gst_pad_probe_info_get_event(&info));
    if (event != GST_EVENT_SEGMENT_DONE && event != GST_EVENT_EOS) return GST_PAD_PROBE_OK;
    if (event == GST_EVENT_SEGMENT_DONE) at_end();
    return GST_PAD_PROBE_DROP;
  });
}

/// Until the first picture is decoded; it cannot be sought in before.
Result<> FileLoop::wait_for_picture(GstElement* pipeline) {
  std::unique_lock lock(flow_->mutex);
  for (Nanos waited{0}; waited < first_picture_at_most; waited += look_period) {
    if (flow_->changed.wait_for(lock, look_period, [this] { return flow_->flows; })) return {};
    if (auto error = gst::pending_error(pipeline)) return tl::unexpected(*error);
  }
  return fail("the file gives no picture", "check that it holds a video", Next::restart_pipeline);
}

bool FileLoop::seek(GstSeekFlags flags) {
  GstEvent* event = gst_event_new_seek(1.0, GST_FORMAT_TIME, static_cast<GstSeekFlags>(flags | GST_SEEK_FLAG_SEGMENT),
                                       GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_NONE, -1);
  const auto decoder = gst::adopt(gst_pad_get_peer(queue_in_.get()));  // linked once it knows the file
  if (decoder) return gst_pad_send_event(decoder.get(), event) != FALSE;
  gst_event_unref(event);
  return false;
}

Result<> FileLoop::begin(GstElement* pipeline) {
  if (auto ready = wait_for_picture(pipeline); !ready) return ready;
  if (!seek(GST_SEEK_FLAG_FLUSH))
    return fail("the file cannot be played in a loop",
                "put it into an MP4 or Matroska file, as `ffmpeg -i IN -c copy out.mp4` does");
  return {};
}

bool FileLoop::again() { return seek(GST_SEEK_FLAG_NONE); }

}  // namespace bigfoot::media
