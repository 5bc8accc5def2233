#include "media/capture.hpp"

#include <gst/app/gstappsink.h>

#include "base/check.hpp"
#include "media/gst/video.hpp"

namespace bigfoot::media {
namespace {

const Error does_not_start{"the pipeline does not start", {}, Next::restart_pipeline};

}  // namespace

Result<std::shared_ptr<Capture>> Capture::open(const CaptureSettings& settings, Links links) {
  if (auto started = gst::start(); !started) return tl::unexpected(started.error());
  std::shared_ptr<Capture> capture(new Capture(settings, std::move(links)));
  if (auto built = capture->build(); !built) return tl::unexpected(built.error());
  if (auto playing = capture->play(); !playing) return tl::unexpected(playing.error());
  return capture;
}

Capture::Capture(const CaptureSettings& settings, Links links)
    : settings_(settings),
      links_(std::move(links)),
      bitrate_set_(settings.plan.bitrate),
      limit_set_(settings.plan.bitrate) {}

Capture::~Capture() { close(); }

Result<> Capture::build() {
  const std::string_view takes = settings_.plan.row->input;
  auto source = make_source(settings_.source, {settings_.plan.size,
                                               settings_.plan.fps,
                                               formats_named(takes),
                                               takes.find("memory:NVMM") != std::string_view::npos,
                                               settings_.name,
                                               {}});
  if (!source) return tl::unexpected(source.error());
  note_ = source->note;
  const auto text = encoder_text(settings_.plan);
  if (!text) return tl::unexpected(text.error());
  auto tail = gst::parse_bin(
      *text + " ! appsink name=out sync=false async=false max-buffers=1 enable-last-sample=false", gst::Open::sink);
  if (!tail) return tl::unexpected(tail.error());

  GstElement* front = source->bin.get();
  GstElement* back = tail->get();
  pipeline_.add(std::move(source->bin));
  pipeline_.add(std::move(*tail));
  watch_capture(front);
  watch_encoder(back);
  if (!gst_element_link(front, back))
    return fail("the source does not fit the encoder " + std::string(settings_.plan.row->element), {},
                Next::restart_pipeline);
  return {};
}

void Capture::watch_capture(GstElement* source) {
  pace_ = gst::find(source, "pace");
  if (const auto appsrc = gst::find(source, "test")) {
    test_.emplace(TestSource::Options{settings_.source.pattern, settings_.source.own_size(settings_.plan.size),
                                      settings_.plan.fps, settings_.name},
                  appsrc.get(), clock_, *links_.ledger, [control = links_.control] { return control->awake.load(); });
    return;
  }
  if (settings_.source.kind == SourceKind::file) file_.emplace(source, links_.at_file_end);
  const auto queue = gst::find(source, "newest");
  newest_in_ = gst::pad_of(queue.get(), "sink");
  captured_probe_ = gst::Probe(newest_in_.get(), GST_PAD_PROBE_TYPE_BUFFER, [this](GstPadProbeInfo& info) {
    const Nanos running = gst::running_time(newest_in_.get(), gst_pad_probe_info_get_buffer(&info));
    return links_.ledger->captured(running, clock_.now(), links_.control->awake) ? GST_PAD_PROBE_OK
                                                                                 : GST_PAD_PROBE_DROP;
  });
}

void Capture::watch_encoder(GstElement* tail) {
  encoder_ = encoder_ends(tail);
  started_probe_ = gst::Probe(encoder_.in.get(), GST_PAD_PROBE_TYPE_BUFFER, [this](GstPadProbeInfo& info) {
    steer();
    links_.ledger->started(gst::running_time(encoder_.in.get(), gst_pad_probe_info_get_buffer(&info)), clock_.now());
    return GST_PAD_PROBE_OK;
  });
  out_ = gst::find(tail, "out");
  GstAppSinkCallbacks callbacks{};
  callbacks.new_sample = [](GstAppSink* sink, gpointer self) {
    if (const auto sample = gst::adopt(gst_app_sink_pull_sample(sink)))
      static_cast<Capture*>(self)->deliver(sample.get());
    return GST_FLOW_OK;
  };
  gst_app_sink_set_callbacks(GST_APP_SINK(out_.get()), &callbacks, this, nullptr);
}

void Capture::steer() {
  steer_bitrate();
  if (links_.control->keyframe.exchange(false)) request_keyframe(encoder_, *settings_.plan.row);
}

/// The limit goes up a frame before the rate and down a frame after it, so that neither is ever refused.
void Capture::steer_bitrate() {
  const EncoderRow& row = *settings_.plan.row;
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

void Capture::deliver(GstSample* sample) {
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
  unit.number = links_.ledger->encoded(running, unit.encoded, unit.bytes.size(), unit.keyframe).number;
  links_.outlet->send(std::move(unit));
}

Result<> Capture::play() {
  links_.ledger->restart();
  if (settings_.source.kind == SourceKind::gst) {
    if (auto paced = pace(); !paced) return paced;
  } else if (auto paused = pipeline_.pause(does_not_start); !paused) {
    return tl::unexpected(paused.error());
  }
  if (file_) {
    if (auto looped = file_->begin(pipeline_.get()); !looped) return looped;
  }
  if (auto playing = pipeline_.play(does_not_start); !playing) return playing;
  if (test_) test_->start(pipeline_.base_time());
  return {};
}

/// A live source paces itself; any other is held to the clock, and must not run ahead before that is known.
Result<> Capture::pace() {
  const auto in = gst::pad_of(pace_.get(), "sink");
  const gst::Probe hold(in.get(), GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM,
                        [](GstPadProbeInfo&) { return GST_PAD_PROBE_OK; });
  const auto paused = pipeline_.pause(does_not_start);
  if (!paused) return tl::unexpected(paused.error());
  if (*paused != GST_STATE_CHANGE_NO_PREROLL) g_object_set(pace_.get(), "sync", TRUE, nullptr);
  return {};
}

void Capture::close() {
  if (test_) test_->stop();
  pipeline_.stop();
}

bool Capture::play_again() { return file_ && file_->again(); }

}  // namespace bigfoot::media
