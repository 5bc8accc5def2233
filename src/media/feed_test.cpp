#include "media/feed.hpp"

#include <atomic>
#include <deque>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gtest/gtest.h>

#include "base/glib_loop.hpp"
#include "media/capture.hpp"
#include "media/encoder_table.hpp"
#include "media/encoding.hpp"
#include "media/gst/probe.hpp"
#include "media/gst/video.hpp"

namespace bigfoot::media {
namespace {

constexpr Size size{320, 180};
constexpr FrameRate fps{30, 1};

/// A feed into an appsrc that hands on what it gets.
struct FeedTest : testing::Test {
  static void SetUpTestSuite() { ASSERT_TRUE(gst::start()); }
  FeedTest() { control->awake = true; }

  void connect() {
    auto bin = gst::parse_bin("appsrc name=in is-live=true format=time ! appsink name=out sync=false", gst::Open::none);
    in = gst::find(bin->get(), "in");
    out = gst::find(bin->get(), "out");
    pipeline.add(std::move(*bin));
    ASSERT_TRUE(pipeline.play(Error{"does not start"}));
    feed.connect(in.get(), pipeline.base_time());
  }
  gst::Handle<GstBuffer> picture() {
    return gst::adopt(gst_buffer_new_allocate(nullptr, gst::raw_video_bytes(size, fps), nullptr));
  }
  void give(Timestamp captured) { feed.picture(picture(), caps.get(), captured); }
  /// The running time of the next picture that came out; negative: none.
  Nanos came() {
    const auto sample = gst::adopt(gst_app_sink_try_pull_sample(GST_APP_SINK(out.get()), 10 * GST_SECOND));
    return sample ? gst::running_time(sample.get()) : Nanos{-1};
  }

  SystemClock clock;
  std::shared_ptr<CameraControl> control = std::make_shared<CameraControl>();
  std::shared_ptr<FrameLedger> ledger = std::make_shared<FrameLedger>();
  Feed feed{control, ledger};
  gst::Handle<GstCaps> caps = gst::raw_video_caps(size, fps);
  gst::Pipeline pipeline;
  gst::Handle<GstElement> in, out;
};

TEST_F(FeedTest, ThePicturesTimeIsWhenItWasCaptured) {
  connect();
  EXPECT_FALSE(feed.caps());
  give(pipeline.base_time() + 40ms);
  EXPECT_EQ(came(), 40ms);
  EXPECT_TRUE(gst_caps_is_equal(feed.caps().get(), caps.get()));
}

TEST_F(FeedTest, TimeNeverGoesBack) {
  connect();
  give(clock.now());
  give(pipeline.base_time());  // a source that counts its pictures, after a silence
  const Nanos first = came();
  EXPECT_GT(came(), first);
  EXPECT_EQ(ledger->counts().dropped_before_encoder, 0u);
  give(clock.now() + 1h);
  came();
  give(clock.now());
  EXPECT_EQ(ledger->counts().dropped_before_encoder, 1u) << "a newer one went in before it";
}

TEST_F(FeedTest, WhereThereIsNoEncoderPicturesAreCountedAsDropped) {
  give(clock.now());
  connect();
  feed.disconnect();
  give(clock.now());
  EXPECT_EQ(ledger->counts().captured, 2u);
  EXPECT_EQ(ledger->counts().dropped_before_encoder, 2u);
  control->awake = false;
  give(clock.now());
  feed.unmade_picture();
  EXPECT_EQ(ledger->counts().captured, 4u);
  EXPECT_EQ(ledger->counts().asleep, 2u) << "nobody watches: nothing is lost";
  EXPECT_EQ(ledger->counts().dropped_before_encoder, 2u);
}

TEST_F(FeedTest, APlaceholderStandsInOnlyWhereNoPictureCame) {
  const auto placeholder = picture();
  feed.placeholder(placeholder.get(), caps.get());
  EXPECT_EQ(ledger->counts().stood_in, 0u) << "there is no encoder";
  connect();
  ledger->captured(clock.now() + 1h, true);  // fresh, however slow this machine is
  feed.placeholder(placeholder.get(), caps.get());
  EXPECT_EQ(ledger->counts().stood_in, 0u);
  ledger->captured(clock.now() - Feed::fresh, true);
  feed.placeholder(placeholder.get(), caps.get());
  EXPECT_EQ(ledger->counts().stood_in, 1u);
  EXPECT_GT(came(), Nanos{0});
  control->awake = false;
  feed.placeholder(placeholder.get(), caps.get());
  EXPECT_EQ(ledger->counts().stood_in, 1u) << "nobody watches";
}

/// Each of its pictures says that it was captured a second after the one before.
TEST_F(FeedTest, ASourceWhoseTimeRunsAheadLeavesThePlaceholderItsPlace) {
  connect();
  const auto uri = parse_source_uri(
      "gst:videotestsrc is-live=true ! video/x-raw,format=I420,width=320,height=180,framerate=30/1 ! "
      "identity datarate=" +
      std::to_string(gst::raw_video_bytes(size, fps)));
  const auto shared = std::shared_ptr<Feed>(&feed, [](Feed*) {});
  auto capture = Capture::open({*uri, {size, fps}}, {shared, {}});
  ASSERT_TRUE(capture) << capture.error().text();
  Nanos last{0};
  for (int i = 0; i < 5; ++i) {
    last = came();
    EXPECT_LE(last, clock.now() - pipeline.base_time());
  }
  EXPECT_GT(last, Nanos{0});
  (*capture)->close();
  EXPECT_GE((*capture)->taken().age, Nanos{0});
  ledger->captured(clock.now() - Feed::fresh, true);
  feed.placeholder(picture().get(), caps.get());
  EXPECT_EQ(ledger->counts().stood_in, 1u);
}

/// A source and an encoder that the feed joins, the encoder for longer.
struct SourceAndEncoder : testing::TestWithParam<const char*> {
  GlibLoop loop;
  std::shared_ptr<CameraControl> control = std::make_shared<CameraControl>();
  std::shared_ptr<FrameLedger> ledger = std::make_shared<FrameLedger>();
  std::shared_ptr<Feed> feed = std::make_shared<Feed>(control, ledger);

  std::shared_ptr<Encoding> connect(const std::shared_ptr<Outlet>& outlet) {
    EXPECT_TRUE(gst::start());
    control->awake = true;
    control->bitrate_bps = 1'000'000;
    const EncoderPlan plan{encoder_candidates(GetParam())->front(), size, fps, Bitrate{1'000'000}, 1};
    auto encoding = Encoding::open(plan, {control, ledger, outlet});
    if (!encoding) throw std::runtime_error(encoding.error().text());
    feed->connect((*encoding)->input(), (*encoding)->base_time());
    return *encoding;
  }
};

/// A driver refuses to be opened anew while one of its buffers is away.
TEST_P(SourceAndEncoder, NothingBehindItHoldsItsPictures) {
  std::atomic<int> units{0};
  const auto outlet = std::make_shared<Outlet>([&](const h264::AccessUnit&) {
    ++units;
    loop.post([] {});
  });
  const auto encoding = connect(outlet);

  const auto uri = parse_source_uri(
      "gst:videotestsrc name=theirs is-live=true ! video/x-raw,format=I420,width=320,height=180,framerate=30/1");
  auto capture = Capture::open({*uri, {size, fps}}, {feed, {}});
  ASSERT_TRUE(capture) << capture.error().text();
  const auto theirs = gst::find((*capture)->pipeline(), "theirs");
  std::atomic<bool> pool_known{false}, pool_gone{false};
  gst::Probe probe(gst::pad_of(theirs.get(), "src").get(), GST_PAD_PROBE_TYPE_BUFFER, [&](GstPadProbeInfo& info) {
    GstBufferPool* pool = gst_pad_probe_info_get_buffer(&info)->pool;
    if (pool && !pool_known.exchange(true))
      g_object_weak_ref(
          G_OBJECT(pool), [](gpointer gone, GObject*) { *static_cast<std::atomic<bool>*>(gone) = true; }, &pool_gone);
    return GST_PAD_PROBE_OK;
  });
  ASSERT_TRUE(loop.run_until([&] { return pool_known && units > 5; }, 20s));
  probe = gst::Probe();
  (*capture)->close();
  capture->reset();
  EXPECT_TRUE(loop.run_until([&] { return pool_gone.load(); }, 10s)) << "the encoder goes on, without any of them";
  feed->disconnect();
  outlet->close();
}

/// A driver stamps its buffers; a busy machine fetches them late.
TEST_P(SourceAndEncoder, APictureIsAsOldAsItsSourceSaysHoweverLateItIsFetched) {
  std::vector<Timestamp> captured;  // appended in the encoder's thread, read when all are there
  std::atomic<std::size_t> units{0};
  const auto outlet = std::make_shared<Outlet>([&](const h264::AccessUnit& unit) {
    captured.push_back(unit.captured);
    ++units;
    loop.post([] {});
  });
  const auto encoding = connect(outlet);
  const auto uri = parse_source_uri(
      "gst:appsrc name=theirs is-live=true format=time ! "
      "video/x-raw,format=I420,width=320,height=180,framerate=30/1");
  const auto capture = Capture::open({*uri, {size, fps}}, {feed, {}});
  ASSERT_TRUE(capture) << capture.error().text();
  const auto theirs = gst::find((*capture)->pipeline(), "theirs");
  gst_app_src_set_caps(GST_APP_SRC(theirs.get()), gst::raw_video_caps(size, fps).get());
  const Timestamp base = Timestamp(Nanos(gst_element_get_base_time((*capture)->pipeline())));
  const Timestamp first = SystemClock().now();
  loop.run_until([] { return false; }, 400ms);
  for (int i = 0; i < 5; ++i) {
    auto picture = gst::adopt(gst_buffer_new_allocate(nullptr, gst::raw_video_bytes(size, fps), nullptr));
    gst_buffer_memset(picture.get(), 0, 0x40, gst::raw_video_bytes(size, fps));
    GST_BUFFER_PTS(picture.get()) = static_cast<GstClockTime>((first + i * fps.interval() - base).count());
    gst_app_src_push_buffer(GST_APP_SRC(theirs.get()), picture.release());
    ASSERT_TRUE(loop.run_until([&] { return units == static_cast<std::size_t>(i) + 1; }, 20s));
  }
  for (int i = 0; i < 5; ++i)
    EXPECT_NEAR(to_millis(captured[static_cast<std::size_t>(i)] - first), i * to_millis(fps.interval()), 1) << i;
  (*capture)->close();
  feed->disconnect();
  outlet->close();
}

INSTANTIATE_TEST_SUITE_P(Encoders, SourceAndEncoder, testing::Values("x264enc", "openh264enc"),
                         [](const auto& encoder) { return std::string(encoder.param); });

}  // namespace
}  // namespace bigfoot::media
