// The floor of `bench latency`: the `test:` picture through the robot's encoder and the viewer's decoder in one
// pipeline of this process, with no network, no queue and no second thread between them. Encoder and decoder are set as
// in the programs, by the same tables. A picture every frame interval, as from a camera; times since the picture was
// drawn.

#include <algorithm>
#include <cstdio>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <CLI/CLI.hpp>

#include "media/decoder_trial.hpp"
#include "media/encoder_control.hpp"
#include "media/encoder_trial.hpp"
#include "media/gst/pipeline.hpp"
#include "media/gst/probe.hpp"
#include "media/gst/video.hpp"
#include "media/test_pattern.hpp"

namespace {

using namespace bigfoot;
using namespace bigfoot::media;

struct Arguments {
  std::string size = "1280x720", encoder = "x264enc", decoder = "auto", bitrate = "2.5M";
  int fps = 30;
  double seconds = 6;
};

/// Of one picture, in the order in which it is done.
struct Times {
  Timestamp drawn{}, encoder_in{}, encoder_out{}, decoded{};
};

/// The main thread draws, the pipeline's thread does the rest.
class Floor {
 public:
  Result<> open(const std::string& encoder, const std::string& decoder, GstCaps* raw) {
    auto bin = gst::parse_bin("appsrc name=in is-live=true format=time ! " + encoder + " ! " + decoder +
                                  " ! appsink name=out sync=false async=false qos=false enable-last-sample=false",
                              gst::Open::none);
    if (!bin) return tl::unexpected(bin.error());
    in_ = gst::find(bin->get(), "in");
    const auto out = gst::find(bin->get(), "out");
    gst_app_src_set_caps(GST_APP_SRC(in_.get()), raw);
    const EncoderEnds ends = encoder_ends(bin->get());
    begins_ = probe(ends.in.get(), &Times::encoder_in, &begun_);
    ends_ = probe(ends.out.get(), &Times::encoder_out, &encoded_);
    arrives_ = probe(gst::pad_of(out.get(), "sink").get(), &Times::decoded, &decoded_);
    GstAppSinkCallbacks callbacks{};
    callbacks.new_sample = [](GstAppSink* sink, gpointer) {
      gst::adopt(gst_app_sink_pull_sample(sink));
      return GST_FLOW_OK;
    };
    gst_app_sink_set_callbacks(GST_APP_SINK(out.get()), &callbacks, nullptr, nullptr);
    pipeline_.add(std::move(*bin));
    return pipeline_.play({"the floor's pipeline does not start"});
  }
  void give(gst::Handle<GstBuffer> picture, Timestamp drawn) {
    {
      const std::lock_guard lock(mutex_);
      all_.push_back({drawn});
    }
    gst_app_src_push_buffer(GST_APP_SRC(in_.get()), picture.release());
  }
  /// Those that were drawn after `since` and came out.
  std::vector<Times> done(Timestamp since) {
    const std::lock_guard lock(mutex_);
    std::vector<Times> done(all_.begin(), all_.begin() + static_cast<std::ptrdiff_t>(decoded_));
    std::erase_if(done, [since](const Times& times) { return times.drawn < since; });
    return done;
  }

 private:
  /// The pictures come by each place in their order: counting tells them apart.
  gst::Probe probe(GstPad* pad, Timestamp Times::*what, std::size_t* count) {
    return gst::Probe(pad, GST_PAD_PROBE_TYPE_BUFFER, [this, what, count](GstPadProbeInfo&) {
      const Timestamp now = clock_.now();
      const std::lock_guard lock(mutex_);
      if (*count < all_.size()) all_[(*count)++].*what = now;
      return GST_PAD_PROBE_OK;
    });
  }

  const SystemClock clock_{};
  std::mutex mutex_;
  std::vector<Times> all_;
  std::size_t begun_ = 0, encoded_ = 0, decoded_ = 0;
  gst::Handle<GstElement> in_;
  gst::Probe begins_, ends_, arrives_;
  gst::Pipeline pipeline_;
};

Result<> run(const Arguments& arguments, std::vector<Times>& done, std::string& words) {
  const auto size = parse_size(arguments.size);
  const auto bitrate = parse_bitrate(arguments.bitrate);
  if (!size) return tl::unexpected(size.error());
  if (!bitrate) return tl::unexpected(bitrate.error());
  const FrameRate fps{arguments.fps, 1};
  const auto encoder = choose_encoder(arguments.encoder, *size, fps, *bitrate, {});
  if (!encoder) return tl::unexpected(encoder.error());
  const auto decoder = choose_decoder(Codec::h264, arguments.decoder, *size, fps);
  if (!decoder) return tl::unexpected(decoder.error());
  const auto encoder_words = encoder_text(encoder->plan);
  if (!encoder_words) return tl::unexpected(encoder_words.error());
  words = std::string(encoder->plan.row->element) + " ! " + decoder->row->element;
  Floor floor;
  if (auto open = floor.open(*encoder_words, decoder->text, gst::raw_video_caps(*size, fps).get()); !open) return open;

  const SystemClock clock;
  const TestPicture pattern(TestPattern::rover, *size, fps, "front");
  const Timestamp begin = clock.now();
  const auto span = Nanos(static_cast<std::int64_t>(arguments.seconds * 1e9));
  std::uint32_t number = 0;
  for (Timestamp beat = begin; beat < begin + 1s + span; beat += fps.interval()) {
    std::this_thread::sleep_until(beat);
    auto buffer = gst::adopt(gst_buffer_new_allocate(nullptr, gst::raw_video_bytes(*size, fps), nullptr));
    gst::draw_into(buffer.get(), *size, fps, [&](const Picture& picture) {
      pattern.draw_scene(picture, clock.now().time_since_epoch());
      pattern.draw_time(picture, number, std::chrono::floor<Micros>(clock.wall()));
    });
    GST_BUFFER_PTS(buffer.get()) = static_cast<GstClockTime>((fps.interval() * number++).count());
    GST_BUFFER_DURATION(buffer.get()) = static_cast<GstClockTime>(fps.interval().count());
    floor.give(std::move(buffer), clock.now());
  }
  std::this_thread::sleep_for(fps.interval());
  done = floor.done(begin + 1s);  // the rate control settles in the first second
  return {};
}

void print(const char* name, const std::vector<Times>& done, Timestamp Times::*from, Timestamp Times::*to) {
  std::vector<Nanos> spans;
  spans.reserve(done.size());
  for (const Times& times : done) spans.push_back(times.*to - times.*from);
  std::sort(spans.begin(), spans.end());
  const auto at = [&](std::size_t percent) { return to_millis(spans[(spans.size() - 1) * percent / 100]); };
  std::printf("\"%s\":{\"p50_ms\":%.3f,\"p95_ms\":%.3f},", name, at(50), at(95));
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app{"encode and decode, and nothing else"};
  app.add_option("--size", arguments.size);
  app.add_option("--fps", arguments.fps);
  app.add_option("--bitrate", arguments.bitrate);
  app.add_option("--encoder", arguments.encoder);
  app.add_option("--decoder", arguments.decoder);
  app.add_option("--seconds", arguments.seconds);
  CLI11_PARSE(app, argc, argv);
  std::vector<Times> done;
  std::string words;
  auto ran = gst::start();
  if (ran) ran = run(arguments, done, words);
  if (!ran || done.empty()) {
    std::fprintf(stderr, "codec_floor: %s\n", ran ? "no picture came out" : ran.error().what.c_str());
    return 1;
  }
  std::printf("{");
  print("encode", done, &Times::encoder_in, &Times::encoder_out);
  print("decode", done, &Times::encoder_out, &Times::decoded);
  print("all", done, &Times::drawn, &Times::decoded);
  std::printf("\"pictures\":%zu,\"codecs\":\"%s\"}\n", done.size(), words.c_str());
  return 0;
}
