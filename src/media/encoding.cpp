#include "media/encoding.hpp"

#include <gst/app/gstappsink.h>

#include "media/gst/video.hpp"

namespace bigfoot::media {
namespace {

// Unless told otherwise one picture waits, the newest: where a frame waits for the encoder, latency hides (200 ms
// became 1 s).
std::string in_text(int waiting) {
  return "appsrc name=in is-live=true format=time max-bytes=0 max-time=0 leaky-type=downstream max-buffers=" +
         std::to_string(waiting) + " ! ";
}
constexpr int keyframe_within = 10;  // pictures
constexpr const char* out_text = " ! appsink name=out sync=false async=false max-buffers=1 enable-last-sample=false";

}  // namespace

Result<std::shared_ptr<Encoding>> Encoding::open(const EncoderPlan& plan, Links links, int waiting) {
  std::shared_ptr<Encoding> encoding(new Encoding(plan, std::move(links)));
  if (auto built = encoding->build(waiting); !built) return tl::unexpected(built.error());
  // It may have hung in that: the ledger is another's now, and so may be the driver's only session.
  if (encoding->links_.outlet->closed()) return fail("nobody takes what it would make any more");
  encoding->links_.ledger->restart();
  const Error does_not_start{std::string(plan.row->element) + " does not start", {}, Next::restart_pipeline};
  if (auto playing = encoding->pipeline_.play(does_not_start); !playing) return tl::unexpected(playing.error());
  return encoding;
}

Encoding::Encoding(const EncoderPlan& plan, Links links)
    : plan_(plan), links_(std::move(links)), bitrate_set_(plan.bitrate), limit_set_(plan.bitrate) {}

Encoding::~Encoding() { close(); }

Result<> Encoding::build(int waiting) {
  const auto text = encoder_text(plan_);
  if (!text) return tl::unexpected(text.error());
  // Pictures of a source that is just being replaced may have a format that only the former encoder took.
  const bool ordinary = std::string_view(plan_.row->input).find("memory:") == std::string_view::npos;
  auto bin = gst::parse_bin(in_text(waiting) + std::string(ordinary ? "videoconvert ! " : "") + *text + out_text,
                            gst::Open::none);
  if (!bin) return tl::unexpected(bin.error());
  in_ = gst::find(bin->get(), "in");
  encoder_ = encoder_ends(bin->get());
  out_ = gst::find(bin->get(), "out");
  pipeline_.add(std::move(*bin));
  watch_input();
  watch_output();
  return {};
}

void Encoding::watch_input() {
  started_probe_ = gst::Probe(encoder_.in.get(), GST_PAD_PROBE_TYPE_BUFFER, [this](GstPadProbeInfo& info) {
    steer();
    links_.ledger->started(gst::running_time(encoder_.in.get(), gst_pad_probe_info_get_buffer(&info)), clock_.now());
    return GST_PAD_PROBE_OK;
  });
}

void Encoding::watch_output() {
  GstAppSinkCallbacks callbacks{};
  callbacks.new_sample = [](GstAppSink* sink, gpointer self) {
    if (const auto sample = gst::adopt(gst_app_sink_pull_sample(sink)))
      static_cast<Encoding*>(self)->deliver(sample.get());
    return GST_FLOW_OK;
  };
  gst_app_sink_set_callbacks(GST_APP_SINK(out_.get()), &callbacks, this, nullptr);
}

void Encoding::steer() {
  steer_bitrate();
  if (!links_.control->keyframe.exchange(false)) return;
  int none = -1;  // asked for again and again, it still counts from the first time
  pictures_since_asked_.compare_exchange_strong(none, 0);
  request_keyframe(encoder_, *plan_.row);
}

/// The limit goes up a frame before the rate and down a frame after it, so that neither is ever refused.
void Encoding::steer_bitrate() {
  const EncoderRow& row = *plan_.row;
  const Bitrate wanted{links_.control->bitrate_bps};
  if (wanted == bitrate_set_ && wanted == limit_set_) return;
  if (row.limit_property && (wanted > limit_set_ || wanted == bitrate_set_)) {
    set_limit(encoder_, row, wanted);
    limit_set_ = wanted;
    return;
  }
  set_bitrate(encoder_, row, wanted);
  bitrate_set_ = wanted;
  if (!row.limit_property) limit_set_ = wanted;
}

void Encoding::deliver(GstSample* sample) {
  GstBuffer* buffer = gst_sample_get_buffer(sample);
  if (!buffer) return;
  const auto mapped = std::make_shared<gst::MappedBuffer>(buffer);
  const Nanos running = gst::running_time(sample);
  h264::AccessUnit unit;
  unit.bytes = mapped->bytes();
  unit.owner = mapped;
  unit.encoded = clock_.now();
  unit.captured = running >= Nanos{0} ? pipeline_.base_time() + running : unit.encoded;
  unit.keyframe = !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  const FrameLedger::Encoded done = links_.ledger->encoded(running, unit.encoded, unit.bytes.size(), unit.keyframe);
  unit.number = done.number;
  unit.encode_time = done.took;
  check_keyframe(unit.keyframe);
  links_.outlet->send(std::move(unit));
}

/// Viewers that wait for a key frame would wait for ever.
void Encoding::check_keyframe(bool keyframe) {
  if (keyframe) pictures_since_asked_ = -1;
  if (pictures_since_asked_ < 0 || ++pictures_since_asked_ < keyframe_within) return;
  pictures_since_asked_ = -1;
  GST_ELEMENT_ERROR(out_.get(), STREAM, ENCODE, ("it gives no key frame when asked"), (nullptr));
}

void Encoding::close() { pipeline_.stop(); }

}  // namespace bigfoot::media
