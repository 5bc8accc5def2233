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
#include "media/test_decoder.hpp"
#include "media/v4l2_format.hpp"

namespace bigfoot::media {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

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

std::string text_of(const std::string& uri, const V4l2Choice& mode = {}, Size size = {1280, 720}) {
  const auto source = uri_of(uri);
  return chain_text(source, request(source.size.value_or(size)), mode);
}

// Texts.

TEST(SourceText, RawPicturesThatFitPassThroughNothingThatChangesThem) {
  EXPECT_THAT(text_of("v4l2:/dev/video0", {"NV12", {1280, 720}, {30, 1}}),
              StartsWith("v4l2src name=camera ! video/x-raw,format=NV12,width=1280,height=720,framerate=30/1 ! "
                         "videoconvert ! capsfilter caps=\"video/x-raw,format={I420,NV12},pixel-aspect-ratio=1/1,"
                         "width=1280,height=720,framerate=30/1\""));
}

TEST(SourceText, TheRateIsTheCamerasOwn) {
  EXPECT_THAT(text_of("v4l2:/dev/video0", {"YUYV", {1280, 720}, {30000, 1001}}),
              AllOf(HasSubstr("format=YUY2,width=1280,height=720,framerate=30000/1001 ! videoconvert"),
                    HasSubstr("height=720,framerate=30000/1001\"")));
}

TEST(SourceText, WhatIsTooFastIsDroppedBeforeItIsDecoded) {
  EXPECT_THAT(text_of("v4l2:/dev/video0", {"MJPG", {1280, 720}, {60, 1}}),
              HasSubstr("image/jpeg,width=1280,height=720,framerate=60/1 ! videorate drop-only=true ! "
                        "image/jpeg,framerate=30/1 ! jpegdec ! videoconvert"));
}

TEST(SourceText, ARotatedCameraIsOpenedTheOtherWayRound) {
  const auto text = text_of("v4l2:/dev/video0?rotate=90", {"NV12", {720, 1280}, {30, 1}});
  EXPECT_THAT(text, HasSubstr("videoflip video-direction=90r ! "));
  EXPECT_THAT(text, Not(HasSubstr("videoscale"))) << "the camera gives 720x1280 by itself";
  EXPECT_THAT(text_of("libcamera:?rotate=270"), HasSubstr("width=720,height=1280,framerate=30/1"));
}

TEST(SourceText, EveryFormatOfV4l2MakesAPipeline) {
  ASSERT_TRUE(gst::start());
  for (const auto& row : v4l2_formats())
    for (const char* uri : {"v4l2:/dev/video0", "v4l2:/dev/video0?capture=1280x720&crop=0,0,640x360&flip=vertical"}) {
      const auto text = text_of(uri, {row.fourcc, {1280, 720}, {60, 1}});
      const auto bin = gst::parse_bin(text, gst::Open::source);
      EXPECT_TRUE(bin) << text << ": " << (bin ? "" : bin.error().what);
    }
}

TEST(SourceText, Rtsp) {
  const auto text = text_of("rtsp://me:s3cret@cam/1#transport=udp&latency=20ms");
  EXPECT_THAT(text, StartsWith("rtspsrc name=camera protocols=udp latency=20 "));
  EXPECT_THAT(text, HasSubstr("encoding-name=H264 ! rtph264depay ! h264parse ! avdec_h264 max-threads=1 ! "));
  EXPECT_THAT(text, AllOf(Not(HasSubstr("s3cret")), Not(HasSubstr("cam/1")))) << "properties, not text";
  EXPECT_THAT(text_of("rtsp://cam/1#codec=h265"), HasSubstr("encoding-name=H265 ! rtph265depay ! h265parse"));
  ASSERT_TRUE(gst::start());
  for (const char* codec : {"h264", "h265", "jpeg"})
    EXPECT_TRUE(gst::parse_bin(text_of(std::string("rtsp://cam/1#codec=") + codec), gst::Open::source)) << codec;
}

TEST(SourceText, ArgusKeepsTheJetsonsMemoryWhereTheEncoderTakesIt) {
  auto wanted = request();
  EXPECT_THAT(
      chain_text(uri_of("argus:1"), wanted),
      AllOf(HasSubstr("sensor-id=1 ! video/x-raw(memory:NVMM),format=NV12,width=1280,height=720,framerate=30/1"),
            HasSubstr("nvvidconv ! video/x-raw,format=NV12 ! ")));
  wanted.nvmm = true;
  EXPECT_THAT(chain_text(uri_of("argus:1"), wanted),
              AllOf(Not(HasSubstr("nvvidconv")), Not(HasSubstr("videoconvert")), HasSubstr("! identity")));
  EXPECT_THAT(chain_text(uri_of("argus:1?rotate=180"), wanted), HasSubstr("nvvidconv ! video/x-raw,format=NV12 ! "));
}

TEST(SourceText, TheFormatsOfAnEncodersInput) {
  EXPECT_EQ(formats_named("video/x-raw,format={(string)I420,(string)NV12}"),
            (std::vector<std::string>{"I420", "NV12"}));
  EXPECT_EQ(formats_named("video/x-raw,format=I420"), (std::vector<std::string>{"I420"}));
  EXPECT_EQ(formats_named("nvvidconv ! video/x-raw(memory:NVMM),format=NV12"), (std::vector<std::string>{"NV12"}));
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
    const auto wanted = request(source.size.value_or(size), source.fps.value_or(FrameRate{30, 1}));
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
    const auto chain = make_source(uri_of(missing.uri), request());
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
    const auto chain = make_source(uri_of(uri), request());
    return chain ? "" : chain.error().text();
  };
  {
    const Without h264{"avdec_h264", "h264parse"};
    EXPECT_THAT(needs("rtsp://cam/1"), AllOf(HasSubstr("avdec_h264 is not installed"), HasSubstr("libav")));
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
    auto chain = make_source(uri_of(uri), wanted);
    EXPECT_TRUE(chain) << uri << ": " << (chain ? "" : chain.error().text());
    if (!chain) return false;
    sink = gst::adopt(gst_element_factory_make("appsink", nullptr));
    g_object_set(sink.get(), "sync", FALSE, nullptr);
    GstElement* bin = chain->bin.get();
    pipeline.add(std::move(chain->bin));
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
