#include "media/source_chain.hpp"

#include <map>
#include <mutex>

#include <gmock/gmock.h>
#include <gst/app/gstappsink.h>
#include <gst/video/video.h>
#include <gtest/gtest.h>

#include "media/camera_testing.hpp"
#include "media/gst/pipeline.hpp"
#include "media/gst/probe.hpp"
#include "media/gst/video.hpp"
#include "media/presence_testing.hpp"
#include "media/test_decoder.hpp"

namespace bigfoot::media {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

SourceUri uri_of(const std::string& text) {
  const auto uri = parse_source_uri(text);
  EXPECT_TRUE(uri) << text << ": " << (uri ? "" : uri.error().text());
  return uri.value_or(SourceUri{});
}

SourceRequest request(Size size = {1280, 720}, FrameRate fps = {30, 1}) {
  SourceRequest made;
  made.size = size;
  made.fps = fps;
  made.formats = {"I420", "NV12"};
  return made;
}

/// The decoders of any machine, tried as a camera's are.
Result<DecoderChoice> software(Codec codec, Size size, FrameRate fps) {
  return choose_decoder(codec, "auto", size, fps, {}, {}, SoftwareHost());
}

// Refusals.

TEST(SourceRefusal, OffersTheNearestModeAsALineToPaste) {
  V4l2Device device;
  device.card = "HD Webcam";
  const auto mode = [](const char* fourcc, Size size, FrameRate rate) {
    return V4l2Mode{fourcc, size, size, {1, 1}, {rate}, false};
  };
  device.modes = {mode("YUYV", {640, 480}, {30, 1}), mode("YUYV", {1280, 720}, {10, 1}),
                  mode("MJPG", {1280, 720}, {30, 1})};
  const auto refused = [&](const std::string& text, Size size = {1280, 720}) {
    const auto source = uri_of(text);
    const auto wanted = request(source.sent_size().value_or(size), source.fps.value_or(FrameRate{30, 1}));
    return refused_mode(device, source, wanted,
                        {source.target, source.format, source.own_size(wanted.size), wanted.fps});
  };
  const Error error = refused("v4l2:/dev/video0?format=NV12");
  EXPECT_EQ(error.what, "/dev/video0 refuses 1280x720 at 30 fps as NV12");
  EXPECT_EQ(error.fix,
            "it offers: MJPG 1280x720@30 · YUYV 1280x720@10 · YUYV 640x480@30\n"
            "try: --camera 'front=v4l2:/dev/video0?size=1280x720&fps=30&format=MJPG'");
  EXPECT_THAT(refused("v4l2:/dev/video0?fps=60").fix,
              HasSubstr("try: --camera 'front=v4l2:/dev/video0?size=1280x720&fps=30'"));
  EXPECT_THAT(refused("v4l2:/dev/video0?size=1920x1080&brightness=3").fix,
              HasSubstr("'front=v4l2:/dev/video0?size=1280x720&fps=30&brightness=3'"))
      << "what else was set stays";
  EXPECT_THAT(refused("v4l2:/dev/video0?rotate=90").fix,
              HasSubstr("'front=v4l2:/dev/video0?size=720x1280&fps=30&rotate=90'"));
  EXPECT_THAT(refused("v4l2:/dev/video0?capture=1280x960&crop=0,0,640x360").fix,
              HasSubstr("size=640x360&fps=30&capture=1280x720&crop=0,0,640x360'"));
  EXPECT_THAT(refused("v4l2:/dev/video0?capture=2560x1440&crop=1280,720,1280x720").fix, Not(HasSubstr("try:")))
      << "no mode holds the piece";
}

TEST(SourceRefusal, AnElementThatIsNotThereIsNamedWithItsPackage) {
  ASSERT_TRUE(gst::start());
  struct Missing {
    const char* element;
    const char* uri;
    const char* fix;
  };
  for (const Missing& missing : {Missing{"libcamerasrc", "libcamera:", "apt install gstreamer1.0-libcamera"},
                                 Missing{"nvarguscamerasrc", "argus:0", "JetPack"}}) {
    if (const auto feature = gst::adopt(gst_element_factory_find(missing.element)))  // as on most machines
      gst_registry_remove_feature(gst_registry_get(), GST_PLUGIN_FEATURE(feature.get()));
    const auto chain = make_source(uri_of(missing.uri), request(), software);
    ASSERT_FALSE(chain);
    EXPECT_EQ(chain.error().what, std::string(missing.element) + " is not installed");
    EXPECT_THAT(chain.error().fix, HasSubstr(missing.fix));
  }
}

/// As if they were not installed. Their plugin is loaded first: one that is loaded later enters its elements anew.
class Without {
 public:
  explicit Without(std::initializer_list<const char*> elements) {
    for (const char* element : elements)
      if (const auto found = gst::adopt(gst_element_factory_find(element))) {
        auto feature = gst::adopt(GST_ELEMENT_FACTORY(gst_plugin_feature_load(GST_PLUGIN_FEATURE(found.get()))));
        gst_registry_remove_feature(gst_registry_get(), GST_PLUGIN_FEATURE(feature.get()));
        kept_.push_back(std::move(feature));
      }
  }
  ~Without() {
    for (auto& feature : kept_) gst_registry_add_feature(gst_registry_get(), GST_PLUGIN_FEATURE(feature.release()));
  }
  Without(const Without&) = delete;
  Without& operator=(const Without&) = delete;

 private:
  std::vector<gst::Handle<GstElementFactory>> kept_;
};

TEST(SourceRefusal, ANetworkCameraNeedsTheDecoderOfItsCodecAlone) {
  ASSERT_TRUE(gst::start());
  const auto needs = [](const char* uri) {
    const auto chain = make_source(uri_of(uri), request(), software);
    return chain ? "" : chain.error().text();
  };
  {
    const Without h264{"avdec_h264", "openh264dec"};
    EXPECT_THAT(needs("rtsp://cam/1"), AllOf(HasSubstr("no decoder of H.264 works"), HasSubstr("gstreamer1.0-libav")));
    EXPECT_EQ(needs("rtsp://cam/1#codec=h265"), "");
    EXPECT_EQ(needs("rtsp://cam/1#codec=jpeg"), "");
  }
  const Without h265{"h265parse"};
  EXPECT_THAT(needs("rtsp://cam/1#codec=h265"), HasSubstr("h265parse is not installed"));
  EXPECT_EQ(needs("rtsp://cam/1"), "");
}

// Pictures.

/// A chain that plays into a sink of ours.
struct Played {
  const Result<> started = gst::start();
  gst::Pipeline pipeline;
  gst::Handle<GstElement> sink;

  bool start(
      const std::string& uri, const SourceRequest& wanted,
      const std::function<void(GstElement* bin)>& look = [](GstElement*) {}) {
    auto chain = make_source(uri_of(uri), wanted, software);
    EXPECT_TRUE(chain) << uri << ": " << (chain ? "" : chain.error().text());
    return chain && play(std::move(*chain), look);
  }
  bool play(
      SourceChain chain, const std::function<void(GstElement* bin)>& look = [](GstElement*) {}) {
    sink = gst::adopt(gst_element_factory_make("appsink", nullptr));
    g_object_set(sink.get(), "sync", FALSE, nullptr);
    GstElement* bin = chain.bin.get();
    pipeline.add(std::move(chain.bin));
    pipeline.add(gst::share(sink.get()));
    look(bin);
    return gst_element_link(bin, sink.get()) && pipeline.play(Error{"does not start"});
  }
  gst::Handle<GstSample> picture() {
    return gst::adopt(gst_app_sink_try_pull_sample(GST_APP_SINK(sink.get()), 10 * GST_SECOND));
  }
};

/// Where it is bright, as a person sees it: one letter a corner, from the top left with the clock.
std::string bright_corners(GstSample* sample, Size size) {
  const gst::MappedBuffer mapped(gst_sample_get_buffer(sample));
  const auto stride = static_cast<std::size_t>((size.width + 3) / 4 * 4);
  const auto luma = [&](int x, int y) {
    const std::size_t at = static_cast<std::size_t>(y) * stride + static_cast<std::size_t>(x);
    return at < mapped.bytes().size() ? mapped.bytes()[at] : 0;
  };
  const int right = size.width - 9, bottom = size.height - 9;
  std::string text;
  for (const int value : {luma(8, 8), luma(right, 8), luma(right, bottom), luma(8, bottom)})
    text += value > 120 ? 'B' : '.';
  return text;
}

/// The first corner of colour bars is white, the others are dark.
std::string turned(const std::string& settings, Size size) {
  auto wanted = request(size);
  wanted.formats = {"I420"};
  Played played;
  if (!played.start("gst:videotestsrc is-live=true pattern=smpte ! video/x-raw,width=320,height=240,framerate=30/1" +
                        (settings.empty() ? "" : " #" + settings),
                    wanted))
    return "no start";
  const auto sample = played.picture();
  return sample ? bright_corners(sample.get(), size) : "no picture";
}

TEST(SourcePicture, IsTurnedAsAPersonSeesIt) {
  EXPECT_EQ(turned("", {320, 240}), "B...");
  EXPECT_EQ(turned("rotate=90", {240, 320}), ".B..");
  EXPECT_EQ(turned("rotate=180", {320, 240}), "..B.");
  EXPECT_EQ(turned("rotate=270", {240, 320}), "...B");
  EXPECT_EQ(turned("flip=horizontal", {320, 240}), ".B..");
  EXPECT_EQ(turned("flip=vertical", {320, 240}), "...B");
}

TEST(SourcePicture, IsRotatedFirstAndFlippedThen) {
  EXPECT_EQ(turned("rotate=90&flip=horizontal", {240, 320}), "B...");
  EXPECT_EQ(turned("rotate=90&flip=vertical", {240, 320}), "..B.");
  EXPECT_EQ(turned("rotate=270&flip=horizontal", {240, 320}), "..B.");
  EXPECT_EQ(turned("rotate=270&flip=vertical", {240, 320}), "B...");
  EXPECT_EQ(turned("rotate=180&flip=horizontal", {320, 240}), "...B");
  EXPECT_EQ(turned("rotate=180&flip=vertical", {320, 240}), ".B..");
}

TEST(SourcePicture, IsCutBeforeItIsTurned) {
  // The first bar of seven is 45 pixels wide and white down to two thirds of the height.
  EXPECT_EQ(turned("capture=320x240&crop=0,0,40x100", {40, 100}), "BBBB");
  EXPECT_EQ(turned("capture=320x240&crop=280,0,40x100", {40, 100}), "....");
  EXPECT_EQ(turned("capture=320x240&crop=0,0,300x100", {300, 100}), "B..B");
  EXPECT_EQ(turned("capture=320x240&crop=0,0,300x100&rotate=90", {100, 300}), "BB..");
  EXPECT_EQ(turned("capture=320x240&crop=0,0,300x100&rotate=90&size=200x600", {200, 600}), "BB..") << "and scaled";
}

TEST(SourcePicture, OneThatFitsIsHandedToTheEncoderAsItIs) {
  Played played;
  std::mutex mutex;
  std::map<GstClockTime, void*> made;
  std::size_t same = 0, other = 0;
  std::string caps;
  gst::Probe in, out;
  const auto memory_of = [](GstBuffer* buffer) -> void* { return gst_buffer_peek_memory(buffer, 0); };
  ASSERT_TRUE(played.start(
      "gst:videotestsrc is-live=true ! video/x-raw,format=NV12,width=1280,height=720,framerate=30/1 ! identity "
      "name=theirs",
      request(), [&](GstElement* bin) {
        const auto theirs = gst::find(bin, "theirs");
        in = gst::Probe(gst::pad_of(theirs.get(), "src").get(), GST_PAD_PROBE_TYPE_BUFFER, [&](GstPadProbeInfo& info) {
          GstBuffer* buffer = gst_pad_probe_info_get_buffer(&info);
          const std::lock_guard lock(mutex);
          made[GST_BUFFER_PTS(buffer)] = memory_of(buffer);
          return GST_PAD_PROBE_OK;
        });
        const auto end = gst::pad_of(bin, "src");
        out = gst::Probe(end.get(), GST_PAD_PROBE_TYPE_BUFFER, [&, pad = end.get()](GstPadProbeInfo& info) {
          GstBuffer* buffer = gst_pad_probe_info_get_buffer(&info);
          const auto now = gst::adopt(gst_pad_get_current_caps(pad));
          const std::lock_guard lock(mutex);
          caps = std::unique_ptr<char, gst::GlibFree>(gst_caps_to_string(now.get())).get();
          ++(made[GST_BUFFER_PTS(buffer)] == memory_of(buffer) ? same : other);
          return GST_PAD_PROBE_OK;
        });
      }));
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(played.picture());
  played.pipeline.stop();
  EXPECT_THAT(caps, AllOf(HasSubstr("format=(string)NV12"), HasSubstr("width=(int)1280, height=(int)720")));
  EXPECT_GE(same, 5u);
  EXPECT_EQ(other, 0u) << "the very memory that the source filled";
}

TEST(SourcePicture, AnotherFormatBecomesOneOfTheEncoders) {
  for (const char* format : {"YUY2", "UYVY", "RGB", "BGRx", "GRAY8", "NV16", "Y42B"}) {
    Played played;
    ASSERT_TRUE(played.start(std::string("gst:videotestsrc is-live=true ! video/x-raw,format=") + format +
                                 ",width=320,height=240,framerate=30/1 #rotate=180",
                             request({320, 240})));
    const auto sample = played.picture();
    ASSERT_TRUE(sample) << format;
    const auto* caps = gst_caps_get_structure(gst_sample_get_caps(sample.get()), 0);
    EXPECT_THAT(gst_structure_get_string(caps, "format"),
                testing::AnyOf(testing::StrEq("I420"), testing::StrEq("NV12")));
  }
}

TEST(SourcePicture, WhatArrivesEncodedIsDecodedByTheRowThatIsChosen) {
  ASSERT_TRUE(gst::start());
  struct Arrives {
    const char* encoder;
    Codec codec;
    const char* decoder;
  };
  for (const Arrives& arrives :
       {Arrives{"jpegenc", Codec::jpeg, "jpegdec"}, Arrives{"jpegenc", Codec::jpeg, "avdec_mjpeg"},
        Arrives{"x264enc tune=zerolatency ! video/x-h264,profile=baseline", Codec::h264, "avdec_h264"},
        Arrives{"x264enc tune=zerolatency ! video/x-h264,profile=baseline", Codec::h264, "openh264dec"},
        Arrives{"x265enc tune=zerolatency", Codec::h265, "avdec_h265"}}) {
    const auto uri =
        uri_of("gst:videotestsrc is-live=true ! video/x-raw,format=I420,width=320,height=240,framerate=30/1 ! " +
               std::string(arrives.encoder));
    std::string asked;
    auto chain = make_source(uri, request({320, 240}), [&](Codec codec, Size size, FrameRate fps) {
      asked = to_string(codec) + (" " + size.text());
      return choose_decoder(codec, arrives.decoder, size, fps);
    });
    ASSERT_TRUE(chain) << chain.error().text();
    EXPECT_EQ(asked, to_string(arrives.codec) + std::string(" 320x240"));
    EXPECT_EQ(chain->note,
              std::string(to_string(arrives.codec)) + " decoded by " + arrives.decoder + " and encoded again");
    ASSERT_TRUE(chain->decoder);
    EXPECT_STREQ(GST_OBJECT_NAME(gst_element_get_factory(chain->decoder.get())), arrives.decoder);
    Played played;
    ASSERT_TRUE(played.play(std::move(*chain)));
    EXPECT_TRUE(played.picture()) << arrives.decoder;
  }
}

TEST(SourcePicture, WhatMayPassIsNotDecoded) {
  ASSERT_TRUE(gst::start());
  SourceRequest passing = request({320, 240});
  passing.passes = true;
  const auto never = [](Codec, Size, FrameRate) -> Result<DecoderChoice> { return fail("nothing is to be decoded"); };
  const std::string raw = "gst:videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=30/1";
  const auto h264 = make_source(uri_of(raw + " ! x264enc ! video/x-h264"), passing, never);
  ASSERT_TRUE(h264) << h264.error().text();
  EXPECT_EQ(h264->h264, SourceH264::passed);
  EXPECT_EQ(h264->note, "H.264 for viewers as it is");
  EXPECT_FALSE(h264->decoder);
  const auto pictures = make_source(uri_of(raw), passing, never);
  ASSERT_TRUE(pictures) << pictures.error().text();
  EXPECT_EQ(pictures->h264, SourceH264::none);
  EXPECT_FALSE(make_source(uri_of(raw + " ! jpegenc"), passing, never)) << "only H.264 passes";
}

TEST(SourceRefusal, ADecoderOfAnotherCodecIsToldFromThoseThatFit) {
  ASSERT_TRUE(gst::start());
  const auto chain = make_source(uri_of("rtsp://cam/1"), request(), [](Codec codec, Size size, FrameRate fps) {
    return choose_decoder(codec, "jpegdec", size, fps);
  });
  ASSERT_FALSE(chain);
  EXPECT_EQ(chain.error().what, "\"jpegdec\" is not a known decoder of H.264");
  EXPECT_THAT(chain.error().fix, HasSubstr("there are auto, nvv4l2decoder"));
}

TEST_F(CameraTest, ATestPictureCanBeTurnedToo) {
  run(settings_for("test:?size=360x640&rotate=90"));
  run_frames(3);
  camera->stop();
  EXPECT_EQ(sps_of(viewer.units().front()).size, (Size{360, 640}));
  TestDecoder decoder;
  const auto frame = decoder.decode(viewer.units().front().bytes);
  ASSERT_TRUE(frame) << frame.error().text();
  TestDecoder::Frame upright{{640, 360}, Bytes(frame->luma.size())};
  for (std::size_t y = 0; y < 360; ++y)
    for (std::size_t x = 0; x < 640; ++x) upright.luma[y * 640 + x] = frame->luma[x * 360 + (359 - y)];
  const auto stamp = upright.stamp();
  ASSERT_TRUE(stamp) << "turned back, the stamp reads";
  EXPECT_EQ(stamp->camera, stamp_camera_hash("front"));
  EXPECT_FALSE(frame->stamp());
}

}  // namespace
}  // namespace bigfoot::media
