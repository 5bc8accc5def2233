// Each setting is shown to act.
#include "media/resources.hpp"

#include <condition_variable>
#include <mutex>
#include <set>

#include <gmock/gmock.h>
#include <gst/app/gstappsrc.h>

#include "media/camera_testing.hpp"
#include "media/decoder_table.hpp"
#include "media/encoder_trial.hpp"
#include "media/encoding.hpp"
#include "media/gst/video.hpp"
#include "media/trial_pictures.hpp"

namespace bigfoot::media {
namespace {

using testing::Each;
using testing::HasSubstr;

constexpr Size size{640, 360};
constexpr FrameRate fps{30, 1};

TEST(Gpu, EachHasElementsOfItsOwn) {
  EXPECT_EQ(element_on("nvh264enc", 0), "nvh264enc");
  EXPECT_EQ(element_on("nvh264enc", 1), "nvh264device1enc");
  EXPECT_EQ(element_on("nvh265dec", 2), "nvh265device2dec");
  EXPECT_EQ(element_on("vah264enc", 1), "varenderD129h264enc");
  EXPECT_EQ(element_on("vajpegdec", 1), "varenderD129jpegdec");
  EXPECT_EQ(element_on("x264enc", 1), "x264enc");
}

TEST(Gpu, TheTextsNameTheElementOfTheOneThatWasAsked) {
  EncoderPlan plan{encoder_candidates("nvh264enc")->front(), size, fps, Bitrate{1'000'000}, 1};
  plan.gpu = 1;
  EXPECT_THAT(*encoder_text(plan), HasSubstr(" ! nvh264device1enc name=encoder "));
  const DecoderRow& decoder = *decoder_candidates(Codec::h264, "vah264dec")->front();
  EXPECT_THAT(decoder_text(decoder, {}, 1), HasSubstr("h264parse ! varenderD129h264dec name="));
}

TEST(Gpu, OneThatIsNotThereIsSaid) {
  struct OneGpu : Host {
    bool has_node(const char*) const override { return true; }
    bool has_element(const char* element) const override { return element == std::string_view("nvh264enc"); }
  };
  const EncoderRow& row = *encoder_candidates("nvh264enc")->front();
  EXPECT_FALSE(encoder_absence(row, OneGpu(), 0));
  EXPECT_EQ(encoder_absence(row, OneGpu(), 1)->text(),
            "there is no GPU 1 (nvh264device1enc) (the first is resources.gpu 0)");
}

struct ThreadsTest : CameraTest {
  CameraSettings with(int threads) {
    CameraSettings settings = settings_for("test:");
    settings.size = size;
    settings.encoder = "x264enc";
    settings.resources.threads = threads;
    return settings;
  }
  std::set<std::size_t> slices_of_pictures() {
    run_frames(5);
    std::set<std::size_t> slices;
    for (const auto& unit : viewer.units()) {
      const auto types = types_of(unit);
      slices.insert(static_cast<std::size_t>(std::count_if(types.begin(), types.end(), [](h264::NalType type) {
        return type == h264::NalType::idr || type == h264::NalType::slice;
      })));
    }
    return slices;
  }
};

TEST_F(ThreadsTest, EachEncodesASliceOfEveryPicture) {
  run(with(3));
  EXPECT_THAT(slices_of_pictures(), Each(3u));
  CameraSettings other = camera->settings();
  other.resources.threads = 1;
  other.fps = {15, 1};
  camera->apply(other);
  viewer.forget();
  EXPECT_THAT(slices_of_pictures(), Each(3u)) << "they hold from the start on";
}

TEST_F(ThreadsTest, OneIsOneSlice) {
  run(with(1));
  EXPECT_THAT(slices_of_pictures(), Each(1u));
}

/// Five pictures come while the encoder is busy; how many of them it gets.
struct BusyEncoder {
  std::mutex mutex;
  std::condition_variable news;
  std::vector<Timestamp> captured;

  std::size_t encoded(int waiting) {
    const auto outlet = std::make_shared<Outlet>([this](h264::AccessUnit unit) {
      const std::lock_guard lock(mutex);
      captured.push_back(unit.captured);
      news.notify_all();
    });
    const EncoderPlan plan{encoder_candidates("openh264enc")->front(), size, fps, Bitrate{1'000'000}, 1};
    const auto control = std::make_shared<CameraControl>();
    control->bitrate_bps = plan.bitrate.bps;
    auto encoding = Encoding::open(plan, {control, std::make_shared<FrameLedger>(), outlet}, waiting);
    if (!encoding) return 0;
    const Timestamp last = (*encoding)->base_time() + 4 * fps.interval();
    {
      const auto pad = gst::adopt(gst_element_get_static_pad((*encoding)->input(), "src"));
      const auto busy = gst_pad_add_probe(
          pad.get(), static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER),
          [](GstPad*, GstPadProbeInfo*, gpointer) { return GST_PAD_PROBE_OK; }, nullptr, nullptr);
      push_five(GST_APP_SRC((*encoding)->input()));
      gst_pad_remove_probe(pad.get(), busy);
    }
    std::unique_lock lock(mutex);
    news.wait_for(lock, std::chrono::seconds(30), [&] { return !captured.empty() && captured.back() >= last; });
    lock.unlock();
    (*encoding)->close();
    return captured.size();
  }
  void push_five(GstAppSrc* in) {
    gst_app_src_set_caps(in, gst::raw_video_caps(size, fps).get());
    const TrialPictures drawn(size, fps);
    for (int number = 0; number < 5; ++number) {
      auto picture = drawn.draw(number);
      GST_BUFFER_PTS(picture->get()) = static_cast<GstClockTime>((number * fps.interval()).count());
      gst_app_src_push_buffer(in, picture->release());
    }
  }
};

TEST(WaitingPictures, TheNewestOneAndWhatTheEncoderHasBegun) {
  ASSERT_TRUE(gst::start());
  const auto encoded = BusyEncoder().encoded(1);
  EXPECT_GE(encoded, 1u);
  EXPECT_LE(encoded, 2u);
}

TEST(WaitingPictures, AsManyAsTheSettingSays) {
  ASSERT_TRUE(gst::start());
  EXPECT_EQ(BusyEncoder().encoded(5), 5u);
  EXPECT_GE(BusyEncoder().encoded(3), 3u);
}

}  // namespace
}  // namespace bigfoot::media
