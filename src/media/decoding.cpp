#include "media/decoding.hpp"

#include <algorithm>

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

#include "media/decoder_table.hpp"

namespace bigfoot::media {
namespace {

// Nothing waits in front of appsrc but what the decoder has not done yet: feed() counts it.
std::string in_text() {
  return std::string("appsrc name=in is-live=true format=time max-bytes=0 max-time=0 max-buffers=0 caps=\"") +
         access_unit_caps + "\" ! ";
}
constexpr const char* out_text =
    " ! appsink name=out sync=false async=false qos=false max-buffers=1 enable-last-sample=false";
/// Time stamps only tell the pictures apart: capture times may jump, and some decoders round to microseconds.
constexpr GstClockTime step = 10 * GST_MSECOND;

}  // namespace

gst::Handle<GstBuffer> buffer_of(const h264::AccessUnit& unit) {
  auto owner = std::make_unique<std::shared_ptr<const void>>(unit.owner);
  const auto release = [](gpointer kept) { delete static_cast<std::shared_ptr<const void>*>(kept); };
  auto* bytes = const_cast<std::uint8_t*>(unit.bytes.data());  // read only, as the flag says
  auto buffer = gst::adopt(gst_buffer_new_wrapped_full(GST_MEMORY_FLAG_READONLY, bytes, unit.bytes.size(), 0,
                                                       unit.bytes.size(), owner.release(), release));
  if (!unit.keyframe) GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_DELTA_UNIT);
  return buffer;
}

Result<std::shared_ptr<Decoding>> Decoding::open(const std::string& text, Decoders& decoders,
                                                 std::shared_ptr<PictureOutlet> outlet) {
  std::shared_ptr<Decoding> decoding(new Decoding(std::move(outlet)));
  if (auto built = decoding->build(text, decoders); !built) return tl::unexpected(built.error());
  if (decoding->outlet_->closed()) return fail("nobody takes what it would make any more");
  if (auto playing = decoding->pipeline_.play({"it does not start", {}, Next::restart_pipeline}); !playing)
    return tl::unexpected(playing.error());
  return decoding;
}

Decoding::~Decoding() { close(); }

Result<> Decoding::build(const std::string& text, Decoders& decoders) {
  auto bin = gst::parse_bin(in_text() + text + out_text, gst::Open::none);
  if (!bin) return tl::unexpected(bin.error());
  in_ = gst::find(bin->get(), "in");
  out_ = gst::find(bin->get(), "out");
  decoders.watch(gst::find(bin->get(), decoder_name).get());
  GstAppSinkCallbacks callbacks{};
  callbacks.new_sample = [](GstAppSink* sink, gpointer self) {
    if (auto sample = gst::adopt(gst_app_sink_pull_sample(sink)))
      static_cast<Decoding*>(self)->deliver(std::move(sample));
    return GST_FLOW_OK;
  };
  gst_app_sink_set_callbacks(GST_APP_SINK(out_.get()), &callbacks, this, nullptr);
  pipeline_.add(std::move(*bin));
  return {};
}

Decoding::Fed Decoding::feed(const h264::AccessUnit& unit, std::uint64_t id) {
  auto buffer = buffer_of(unit);
  const std::lock_guard lock(mutex_);
  if (given_.size() >= behind_at) {
    began_ = false;
    return Fed::behind;
  }
  if (!began_ && !unit.keyframe) return Fed::not_a_keyframe;
  if (!began_ && given_.size() > nearly_done) return Fed::behind;
  began_ = true;
  next_pts_ += step;
  given_.push_back({next_pts_, id, clock_.now()});
  GST_BUFFER_PTS(buffer.get()) = GST_BUFFER_DTS(buffer.get()) = next_pts_;
  gst_app_src_push_buffer(GST_APP_SRC(in_.get()), buffer.release());
  return Fed::taken;
}

/// What was given before it and has not come out will not come any more: there are no B-frames.
std::optional<Decoding::Given> Decoding::given_as(GstBuffer* buffer) {
  const std::lock_guard lock(mutex_);
  const GstClockTime pts = GST_BUFFER_PTS(buffer);
  last_out_ = clock_.now();
  std::size_t lost = 0;
  while (!given_.empty() && GST_CLOCK_TIME_IS_VALID(pts) && given_.front().pts < pts) {
    given_.pop_front();
    ++lost;
  }
  if (given_.empty() || (GST_CLOCK_TIME_IS_VALID(pts) && given_.front().pts != pts)) return std::nullopt;
  Given given = given_.front();
  given.lost = lost;
  given_.pop_front();
  return given;
}

void Decoding::deliver(gst::Handle<GstSample> sample) {
  GstBuffer* buffer = gst_sample_get_buffer(sample.get());
  if (!buffer) return;
  const auto given = given_as(buffer);
  if (!given) return;
  const bool corrupted = GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_CORRUPTED);
  outlet_->send(
      {std::make_shared<const Image>(std::move(sample)), given->id, given->fed, clock_.now(), corrupted, given->lost});
}

std::size_t Decoding::pending() const {
  const std::lock_guard lock(mutex_);
  return given_.size();
}

std::optional<Timestamp> Decoding::silent_since() const {
  const std::lock_guard lock(mutex_);
  if (given_.size() < DecoderWatch::pictures_owed) return std::nullopt;
  return std::max(last_out_, given_[DecoderWatch::pictures_owed - 1].fed);
}

void Decoding::close() { pipeline_.stop(); }

}  // namespace bigfoot::media
