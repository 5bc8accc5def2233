#include "media/capture.hpp"

#include <algorithm>

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

namespace bigfoot::media {
namespace {

const Error does_not_start{"the source does not start", {}, Next::restart_pipeline};
constexpr const char* out_text = "appsink name=out sync=false async=false max-buffers=1 enable-last-sample=false";

}  // namespace

/// The test picture on its way through a chain.
class Capture::Drawn final : public PictureInput {
 public:
  Drawn(gst::Handle<GstElement> appsrc, std::shared_ptr<Feed> feed)
      : appsrc_(std::move(appsrc)), feed_(std::move(feed)) {}
  /// Running time 0 of the chain. Before the first picture.
  void begin(Timestamp base) { base_ = base; }
  bool awake() const override { return feed_->awake(); }
  void unmade_picture() override { feed_->unmade_picture(); }
  void picture(gst::Handle<GstBuffer> buffer, GstCaps* caps, Timestamp captured) override {
    gst_app_src_set_caps(GST_APP_SRC(appsrc_.get()), caps);
    GST_BUFFER_PTS(buffer.get()) = static_cast<GstClockTime>((captured - base_).count());
    gst_app_src_push_buffer(GST_APP_SRC(appsrc_.get()), buffer.release());
  }

 private:
  const gst::Handle<GstElement> appsrc_;
  const std::shared_ptr<Feed> feed_;
  Timestamp base_{};
};

Result<std::shared_ptr<Capture>> Capture::open(const CaptureSettings& settings, Links links) {
  if (auto started = gst::start(); !started) return tl::unexpected(started.error());
  std::shared_ptr<Capture> capture(new Capture(settings, std::move(links)));
  if (auto built = capture->build(); !built) return tl::unexpected(built.error());
  if (auto playing = capture->play(); !playing) return tl::unexpected(playing.error());
  return capture;
}

Capture::Capture(const CaptureSettings& settings, Links links) : settings_(settings), links_(std::move(links)) {}

Capture::~Capture() { close(); }

Result<> Capture::build() {
  links_.decoders->begin();
  const bool drawn = settings_.source.kind == SourceKind::test;
  if (drawn && settings_.source.turn == Orientation{}) {
    draw_into(links_.feed);
    return {};
  }
  auto source = make_source(settings_.source, settings_.request, [this](Codec codec, Size size, FrameRate fps) {
    return links_.decoders->choose(codec, size, fps, links_.step);
  });
  if (!source) return tl::unexpected(source.error());
  if (source->decoder) links_.decoders->watch(source->decoder.get());
  note_ = source->note;
  mode_ = source->mode;
  modes_ = source->modes;
  h264_ = source->h264;
  shares_memory_ = source->shares_memory;
  refused_controls_ = source->refused_controls;
  auto end = gst::parse_bin(out_text, gst::Open::sink);
  if (!end) return tl::unexpected(end.error());
  GstElement* front = source->bin.get();
  GstElement* back = end->get();
  pace_ = gst::find(front, "pace");
  out_ = gst::find(back, "out");
  if (drawn) draw_into(drawn_ = std::make_shared<Drawn>(gst::find(front, "test"), links_.feed));
  if (settings_.source.kind == SourceKind::file) file_.emplace(front, links_.at_file_end);
  pipeline_.add(std::move(source->bin));
  pipeline_.add(std::move(*end));
  GstAppSinkCallbacks callbacks{};
  callbacks.new_sample = [](GstAppSink* sink, gpointer self) {
    if (const auto sample = gst::adopt(gst_app_sink_pull_sample(sink))) static_cast<Capture*>(self)->take(sample.get());
    return GST_FLOW_OK;
  };
  gst_app_sink_set_callbacks(GST_APP_SINK(out_.get()), &callbacks, this, nullptr);
  if (!gst_element_link(front, back)) return fail("the source gives no picture", {}, Next::restart_pipeline);
  return {};
}

void Capture::draw_into(std::shared_ptr<PictureInput> input) {
  const SourceRequest& request = settings_.request;
  test_.emplace(TestSource::Options{settings_.source.pattern, settings_.source.own_size(request.size), request.fps,
                                    request.camera},
                clock_, std::move(input));
}

void Capture::take(GstSample* sample) {
  GstBuffer* buffer = gst_sample_get_buffer(sample);
  if (!buffer) return;
  links_.pools->watch(buffer);
  const Nanos running = gst::running_time(sample);
  const Timestamp now = clock_.now();
  // A source's own time may run ahead of the clock (MPEG-TS does): none comes before it was captured.
  const Timestamp captured = running >= Nanos{0} ? std::min(pipeline_.base_time() + running, now) : now;
  age_ns_ += (now - captured).count();
  ++pictures_;
  if (h264_ == SourceH264::passed) return links_.passing->take(buffer, captured);
  links_.feed->picture(gst::share(buffer), gst_sample_get_caps(sample), captured);
}

Result<> Capture::play() {
  if (settings_.source.kind == SourceKind::gst) {
    if (auto paced = pace(); !paced) return paced;
  } else if (auto paused = pipeline_.pause(does_not_start); !paused) {
    return tl::unexpected(paused.error());
  }
  if (file_) {
    if (auto looped = file_->begin(pipeline_.get()); !looped) return looped;
  }
  if (auto playing = pipeline_.play(does_not_start); !playing) return playing;
  if (drawn_) drawn_->begin(pipeline_.base_time());
  if (test_) test_->start();
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
