#include "media/recording.hpp"

#include <algorithm>

#include <gst/app/gstappsrc.h>

#include "media/decoding.hpp"
#include "media/gst/bus.hpp"

namespace bigfoot::media {
namespace {

// A cluster is on the disk when the next begins, half a second later; buffer-mode: nothing waits in this process.
constexpr const char* after_text =
    "\" ! h264parse ! video/x-h264,stream-format=(string)avc ! matroskamux min-cluster-duration=500000000 "
    "max-cluster-duration=1000000000 offset-to-zero=true ! filesink name=out buffer-mode=unbuffered async=false";
/// Two pictures of one time would be one to a player.
constexpr Nanos least_interval = 1ms;
constexpr Nanos jump_at_least = 1s, pause_at_most = 1h, after_jump = 33ms;

}  // namespace

Result<std::shared_ptr<Recording>> Recording::open(const std::string& file) {
  if (auto started = gst::start(); !started) return tl::unexpected(started.error());
  std::shared_ptr<Recording> recording(new Recording);
  if (auto built = recording->build(file); !built) return tl::unexpected(built.error());
  return recording;
}

Recording::~Recording() { pipeline_.stop(); }

Result<> Recording::build(const std::string& file) {
  auto bin = gst::parse_bin(
      std::string("appsrc name=in format=time max-bytes=0 caps=\"") + access_unit_caps + after_text, gst::Open::none);
  if (!bin) return tl::unexpected(bin.error());
  in_ = gst::find(bin->get(), "in");
  g_object_set(gst::find(bin->get(), "out").get(), "location", file.c_str(), nullptr);
  pipeline_.add(std::move(*bin));
  return pipeline_.play({file + " cannot be written", {}, Next::give_up});
}

bool Recording::has_room() const {
  return gst_app_src_get_current_level_bytes(GST_APP_SRC(in_.get())) <= unwritten_max;
}

bool Recording::write(const h264::AccessUnit& unit) {
  if (!has_room()) return false;
  if (last_ < Nanos{0}) first_ = unit.captured;
  const Nanos since = unit.captured - first_;
  // Another session, whose clock begins anew.
  if (last_ >= Nanos{0} && (since < last_ - jump_at_least || since > last_ + pause_at_most))
    first_ = unit.captured - (last_ + after_jump);
  last_ = last_ < Nanos{0} ? Nanos{0} : std::max(unit.captured - first_, last_ + least_interval);
  auto buffer = buffer_of(unit);
  GST_BUFFER_PTS(buffer.get()) = GST_BUFFER_DTS(buffer.get()) = static_cast<GstClockTime>(last_.count());
  gst_app_src_push_buffer(GST_APP_SRC(in_.get()), buffer.release());
  return true;
}

void Recording::finish() {
  gst_app_src_end_of_stream(GST_APP_SRC(in_.get()));
  const auto bus = gst::adopt(gst_element_get_bus(pipeline_.get()));
  const auto ends = static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  const auto ended =
      gst::adopt(gst_bus_timed_pop_filtered(bus.get(), static_cast<GstClockTime>(finish_at_most.count()), ends));
  pipeline_.stop();
}

}  // namespace bigfoot::media
