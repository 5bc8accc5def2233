// A source whose pictures arrive encoded, with decoders that break: real pipelines on the real clock.
#include <atomic>
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/glib_loop.hpp"
#include "media/hand_loop_testing.hpp"
#include "media/source_part.hpp"

namespace bigfoot::media {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Place anywhere{"", "", ""};
constexpr const char* raw = "capsfilter caps=\"video/x-raw\"";
/// Breaks after some pictures; gives none at all; works. Of the element that is named identity stands what breaks.
constexpr DecoderRow breaks{"identity", Codec::jpeg, "jpegdec", "error-after=10", raw, anywhere, ""};
constexpr DecoderRow stalls{"identity", Codec::jpeg, "jpegdec", "drop-probability=1", raw, anywhere, ""};
constexpr DecoderRow works{"avdec_mjpeg", Codec::jpeg, "jpegparse", "", raw, anywhere, ""};

struct SourceDecoderTest : testing::Test, SourcePartListener {
  static void SetUpTestSuite() { ASSERT_TRUE(gst::start()); }
  void on_source_fault(const Error& error, Nanos) override { faults.push_back(error); }

  /// Rows that broke are passed over; pictures of `codec` come from the source.
  void run(std::vector<const DecoderRow*> rows,
           const std::string& source =
               "videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=30/1 ! "
               "jpegenc") {
    const auto choose = [rows, this](Codec, const std::string& name, Size, FrameRate,
                                     const std::map<std::string, std::string>& failed,
                                     const OnTrial&) -> Result<DecoderChoice> {
      wished = name;
      for (const DecoderRow* row : rows)
        if (!failed.contains(row->element)) return DecoderChoice{row, decoder_text(*row)};
      return fail("none is left");
    };
    settings = {*parse_source_uri("gst:" + source), {{320, 180}, {30, 1}}};
    settings.patience = {20s, silence_at_most, 20s};
    part.emplace(loop, settings, std::make_shared<Feed>(control, ledger), ledger, *this, Log(), choose);
    part->start("video/x-raw,format=I420");
    watching = loop.every(50ms, [this] { part->watch(); });
  }
  bool pictures(std::uint64_t more = 30) {
    const std::uint64_t before = ledger->counts().captured;
    return loop.run_until([&] { return ledger->counts().captured >= before + more; }, 60s);
  }
  std::vector<std::string> whats() const {
    std::vector<std::string> texts;
    for (const Error& fault : faults) texts.push_back(fault.what);
    return texts;
  }

  GlibLoop loop;
  std::shared_ptr<CameraControl> control = std::make_shared<CameraControl>();
  std::shared_ptr<FrameLedger> ledger = std::make_shared<FrameLedger>();
  std::vector<Error> faults;
  CaptureSettings settings;
  Nanos silence_at_most = 20s;
  std::string wished;  ///< written by the worker, read when it has opened
  std::optional<SourcePart> part;
  Subscription watching;
};

TEST_F(SourceDecoderTest, OneThatWorksIsLeftAlone) {
  run({&works});
  EXPECT_TRUE(pictures());
  EXPECT_THAT(faults, IsEmpty());
}

TEST_F(SourceDecoderTest, AnotherNameIsTriedWhileTheCameraRuns) {
  run({&works});
  ASSERT_TRUE(pictures());
  EXPECT_EQ(wished, "auto");
  settings.decoder = "avdec_mjpeg";
  part->change(settings);
  ASSERT_TRUE(loop.run_until([&] { return part->runner().starts() == 2 && part->runner().open(); }, 60s));
  EXPECT_EQ(wished, "avdec_mjpeg");
  EXPECT_TRUE(pictures());
  part->change(settings);
  EXPECT_EQ(part->runner().starts(), 2u) << "nothing has changed";
  EXPECT_THAT(faults, IsEmpty());
}

TEST_F(SourceDecoderTest, OneThatBreaksTwiceGivesWayToTheNext) {
  run({&breaks, &works});
  ASSERT_TRUE(pictures(60));
  ASSERT_THAT(faults, SizeIs(2));
  EXPECT_THAT(whats(), Each(HasSubstr("identity: Failed after iterations as requested")));
  EXPECT_THAT(faults[0].fix, HasSubstr("another decoder is taken when it happens again"));
}

TEST_F(SourceDecoderTest, SoDoesOneThatStandsStill) {
  silence_at_most = 2s;
  run({&stalls, &works});
  ASSERT_TRUE(pictures());
  ASSERT_THAT(faults, SizeIs(testing::Ge(2)));
  EXPECT_EQ(faults[0].what, "identity: stands still");
  EXPECT_EQ(faults[1].what, "identity: stands still");
}

TEST_F(SourceDecoderTest, ASourceThatStandsStillIsNotItsDecodersFault) {
  run({&works}, "videotestsrc is-live=true num-buffers=12 ! video/x-raw,width=320,height=180,framerate=30/1 ! jpegenc");
  ASSERT_TRUE(loop.run_until([&] { return !faults.empty(); }, 60s));
  EXPECT_EQ(faults[0].what, "the source came to its end");
}

struct Faults final : SourcePartListener {
  void on_source_fault(const Error& error, Nanos) override { all.push_back(error); }
  std::vector<Error> all;
};

/// Time by hand: the trial of an element that hangs until it is let go, and then of what works, as soon as it may.
struct SourceDecoderTrial : testing::TestWithParam<const char*> {
  static void SetUpTestSuite() { ASSERT_TRUE(gst::start()); }
  /// What the threads hold that may outlive a test that failed.
  struct Trials {
    std::atomic<bool> begun{false};
    std::promise<void> return_it, let_next;
    std::shared_future<void> returned = return_it.get_future().share(), next = let_next.get_future().share();
  };
  Decoders::Choose choose() {
    return [trials = trials, hangs = std::string(GetParam())](Codec, const std::string&, Size, FrameRate,
                                                              const std::map<std::string, std::string>& failed,
                                                              const OnTrial& on_trial) -> Result<DecoderChoice> {
      if (!failed.contains(hangs)) {
        on_trial(std::string(trial_step) + hangs);
        trials->begun = true;
        trials->returned.wait();
        return fail("none is left");
      }
      trials->next.wait();
      return DecoderChoice{&works, decoder_text(works)};
    };
  }
  static CaptureSettings from(const std::string& uri) { return {*parse_source_uri(uri), {{320, 180}, {30, 1}}}; }
  bool hangs() {
    part.start("video/x-raw,format=I420");
    const bool begun = loop.run_until([&] { return trials->begun.load(); });
    loop.advance(16s);
    return begun;
  }
  bool open() {
    return loop.run_until([&] { return part.runner().open(); });
  }
  ~SourceDecoderTrial() override { trials->return_it.set_value(); }

  HandLoop loop;
  Faults faults;
  std::shared_ptr<Trials> trials = std::make_shared<Trials>();
  std::shared_ptr<FrameLedger> ledger = std::make_shared<FrameLedger>();
  SourcePart part{loop,
                  from("gst:videotestsrc is-live=true ! "
                       "video/x-raw,width=320,height=180,framerate=30/1 ! jpegenc"),
                  std::make_shared<Feed>(std::make_shared<CameraControl>(), ledger),
                  ledger,
                  faults,
                  Log(),
                  choose()};
};

TEST_P(SourceDecoderTrial, ThatNeverComesBackGivesWayToTheNext) {
  ASSERT_TRUE(hangs());
  EXPECT_FALSE(part.settled()) << "the next one is being tried";
  EXPECT_FALSE(part.fault()) << "nothing came to nothing";
  trials->let_next.set_value();
  ASSERT_TRUE(open());
  EXPECT_FALSE(part.fault());
  EXPECT_EQ(part.runner().hung(), Nanos{0});
  ASSERT_THAT(faults.all, SizeIs(1));
  EXPECT_THAT(faults.all[0].what, HasSubstr("hangs for more than 15.0 s"));
  EXPECT_THAT(faults.all[0].fix, HasSubstr("another decoder is taken"));
}

/// One that is unplugged is waited for, whatever else hangs.
TEST_P(SourceDecoderTrial, ThatHangsStillIsNoReasonToCountACameraThatIsGoneAsHung) {
  ASSERT_TRUE(hangs());
  trials->let_next.set_value();
  ASSERT_TRUE(open());
  part.change(from("v4l2:/dev/bigfoot-none"));
  ASSERT_TRUE(loop.run_until([&] { return faults.all.size() == 2; }));
  EXPECT_THAT(faults.all[1].what, HasSubstr("/dev/bigfoot-none"));
  loop.advance(30s);
  EXPECT_FALSE(part.runner().open());
  EXPECT_EQ(part.runner().hung(), Nanos{0});
  EXPECT_THAT(part.runner().left(), SizeIs(1)) << "it does hang";
}

INSTANTIATE_TEST_SUITE_P(OfADecoderAndOfWhatMakesItsPictures, SourceDecoderTrial,
                         testing::Values("nvjpegdec", "nvh264enc"),
                         [](const auto& element) { return std::string(element.param); });

}  // namespace
}  // namespace bigfoot::media
