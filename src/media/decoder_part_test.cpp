// Decoders of a viewer, and some that break, stand still or hang: made of a working one with something in its way.
#include "media/decoder_part.hpp"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/glib_loop.hpp"
#include "media/gst/video.hpp"
#include "media/image_stamp.hpp"
#include "media/trial_pictures.hpp"

namespace bigfoot::media {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Size size{320, 180};
constexpr FrameRate fps{30, 1};
constexpr Place anywhere{"", "", ""};
constexpr const char* raw = "capsfilter caps=\"video/x-raw\"";
constexpr const char* decoded = "h264parse ! avdec_h264 max-threads=1";
constexpr DecoderRow works{"avdec_h264", Codec::h264, "h264parse", "max-threads=1", raw, anywhere, "works"};
// Of the element that is named, identity stands what breaks.
constexpr DecoderRow breaks{"identity", Codec::h264, decoded, "error-after=10", raw, anywhere, "breaks"};
constexpr DecoderRow stalls{"identity", Codec::h264, decoded, "drop-probability=1", raw, anywhere, "stalls"};
constexpr DecoderRow hangs{"identity", Codec::h264, decoded, "sleep-time=8000000", raw, anywhere, "hangs"};

std::optional<std::uint32_t> stamp_of(const Image& image) {
  const auto stamp = read_stamp(image);
  return stamp ? std::optional(stamp->frame) : std::nullopt;
}

/// Pictures that an encoder made once: a key frame and eleven that follow it.
const std::vector<Bytes>& stream() {
  static const auto encoded = encode_trial_pictures(Codec::h264, size, fps);
  return encoded->pictures;
}

h264::AccessUnit unit(std::uint64_t number) {
  const std::size_t in_stream = number % stream().size();
  h264::AccessUnit unit;
  const auto bytes = std::make_shared<const Bytes>(stream()[in_stream]);
  unit.owner = bytes;
  unit.bytes = *bytes;
  unit.keyframe = in_stream == 0;
  unit.number = number;
  return unit;
}

struct DecoderPartTest : testing::Test, DecoderPartListener {
  static void SetUpTestSuite() { ASSERT_TRUE(gst::start()); }

  void make(std::vector<const DecoderRow*> rows) {
    const auto choose = [rows, this](Codec, const std::string&, Size, FrameRate,
                                     const std::map<std::string, std::string>& failed,
                                     const OnTrial&) -> Result<DecoderChoice> {
      ++trials;
      for (const DecoderRow* row : rows)
        if (!failed.contains(row->element)) return DecoderChoice{row, decoder_text(*row)};
      return fail("none is left");
    };
    part = std::make_unique<DecoderPart>(loop, DecoderPart::Settings{}, *this, Log(), choose);
  }
  void start(std::vector<const DecoderRow*> rows) {
    make(std::move(rows));
    part->start();
    watching = loop.every(50ms, [this] { part->watch(); });
  }
  /// As from a robot: thirty a second, key frames where they are asked for.
  void stream_on() {
    feeding = loop.every(fps.interval(), [this] {
      if (std::exchange(wants_keyframe, false)) next = (next / stream().size() + 1) * stream().size();
      part->feed(unit(next), next);
      ++next;
    });
  }
  bool wait(const std::function<bool()>& done) { return loop.run_until(done, 20s); }
  bool pictures_more(std::size_t more) {
    const std::size_t until = pictures.size() + more;
    return wait([&] { return pictures.size() >= until; });
  }

  void on_picture(DecodedPicture picture) override { pictures.push_back(std::move(picture)); }
  void on_keyframe_needed() override {
    ++keyframes_needed;
    wants_keyframe = true;
  }
  void on_decode_error(const std::string& what) override { errors.push_back(what); }
  void on_decoder_fault(const Error& error, Nanos) override { faults.push_back(error); }
  void on_decoder_replaced() override { ++replaced; }
  void on_decoder_recovered(Nanos took) override { recoveries.push_back(took); }
  void on_no_decoder(const Error&) override { ++none_found; }
  void on_decoder_open() override { opened.push_back(part->element()); }

  GlibLoop loop;
  std::atomic<int> trials{0};
  std::vector<DecodedPicture> pictures;
  std::vector<std::string> errors, opened;
  std::vector<Error> faults;
  std::vector<Nanos> recoveries;
  int keyframes_needed = 0, none_found = 0, replaced = 0;
  bool wants_keyframe = false;
  std::uint64_t next = 0;
  Subscription watching, feeding;
  std::unique_ptr<DecoderPart> part;
};

TEST_F(DecoderPartTest, EachAccessUnitBecomesThePictureOfItsNumberBeforeTheNextIsFed) {
  start({&works});
  ASSERT_TRUE(wait([&] { return part->open(); }));
  EXPECT_EQ(keyframes_needed, 1) << "a new decoder begins with one";
  for (std::uint64_t number = 0; number < 24; ++number) {
    part->feed(unit(number), 1000 + number);
    ASSERT_TRUE(pictures_more(1)) << number;
    const DecodedPicture& picture = pictures.back();
    EXPECT_EQ(picture.id, 1000 + number);
    EXPECT_EQ(picture.image->size(), size);
    EXPECT_EQ(stamp_of(*picture.image), number % stream().size());
    EXPECT_GE(picture.decoded, picture.fed);
    EXPECT_FALSE(picture.corrupted);
  }
  EXPECT_EQ(part->pending(), 0u);
  EXPECT_EQ(part->counts().decoded, 24u);
  EXPECT_EQ(part->counts().lost, 0u);
  EXPECT_THAT(faults, IsEmpty());
}

/// The robot's first key frame may be there before the decoder: another would cost a round trip.
TEST_F(DecoderPartTest, WhatComesBeforeItIsOpenWaitsFromTheNewestKeyFrameOn) {
  start({&works});
  for (std::uint64_t number = 0; number < 15; ++number) part->feed(unit(number), number);
  ASSERT_TRUE(pictures_more(3));
  EXPECT_EQ(pictures.front().id, 12u);
  EXPECT_EQ(pictures.back().id, 14u);
  EXPECT_EQ(keyframes_needed, 0);
}

TEST_F(DecoderPartTest, NothingIsDecodedBeforeAKeyFrameAndOneIsAskedForOnce) {
  start({&works});
  ASSERT_TRUE(wait([&] { return part->open(); }));
  for (std::uint64_t number = 1; number < 12; ++number) part->feed(unit(number), number);
  EXPECT_EQ(keyframes_needed, 1);
  EXPECT_EQ(part->counts().refused, 11u);
  part->feed(unit(12), 12);
  ASSERT_TRUE(pictures_more(1));
  EXPECT_EQ(pictures.front().id, 12u);
}

TEST_F(DecoderPartTest, OneThatBreaksIsReplacedAndTheSecondTimeByTheNextRow) {
  start({&breaks, &works});
  stream_on();
  ASSERT_TRUE(wait([&] { return faults.size() == 2; }));
  EXPECT_EQ(trials, 1) << "once may be chance";
  EXPECT_THAT(faults.front().what, HasSubstr("identity"));
  ASSERT_TRUE(wait([&] { return opened.size() == 3; }));
  ASSERT_TRUE(pictures_more(30));
  EXPECT_EQ(part->element(), "avdec_h264");
  EXPECT_THAT(recoveries, SizeIs(2));
  EXPECT_EQ(replaced, 2);
  EXPECT_EQ(faults.size(), 2u);
  EXPECT_EQ(part->counts().faults, 2u);
  EXPECT_EQ(none_found, 0) << "there is another";
}

TEST_F(DecoderPartTest, OneThatTakesPicturesAndGivesNoneIsReplaced) {
  start({&stalls, &works});
  stream_on();
  ASSERT_TRUE(wait([&] { return faults.size() == 2; }));
  EXPECT_THAT(faults.front().what, HasSubstr("stands still"));
  ASSERT_TRUE(pictures_more(10));
  EXPECT_EQ(part->element(), "avdec_h264");
  EXPECT_GE(keyframes_needed + (pictures.front().id % 12 == 0), 1);
}

/// `identity` sleeps in the middle of a picture, and nothing closes meanwhile.
TEST_F(DecoderPartTest, OneThatHangsIsLeftToItself) {
  start({&hangs, &works});
  stream_on();
  ASSERT_TRUE(pictures_more(10));
  EXPECT_EQ(faults.size(), 1u) << "it was not waited for, nor tried once more";
  EXPECT_EQ(part->element(), "avdec_h264");
  EXPECT_EQ(replaced, 1);
  ASSERT_THAT(recoveries, SizeIs(1));
  EXPECT_GT(recoveries.front(), Nanos{0});
}

TEST_F(DecoderPartTest, DamagedAccessUnitsAreToldAndDoNotEndIt) {
  start({&works});
  ASSERT_TRUE(wait([&] { return part->open(); }));
  part->feed(unit(0), 0);
  ASSERT_TRUE(pictures_more(1));
  h264::AccessUnit damaged = unit(1);
  auto noise = std::make_shared<Bytes>(damaged.bytes.begin(), damaged.bytes.end());
  ASSERT_GT(noise->size(), 60u);
  for (std::size_t i = 5; i < noise->size(); ++i) (*noise)[i] = static_cast<std::uint8_t>(0x55 + i * 37);
  damaged.owner = noise;
  damaged.bytes = *noise;
  part->feed(damaged, 1);
  for (std::uint64_t number = 12; number < 24; ++number) part->feed(unit(number), number);
  ASSERT_TRUE(wait([&] { return pictures.back().id == 23; }));
  EXPECT_FALSE(errors.empty());
  EXPECT_EQ(part->counts().errors, errors.size());
  EXPECT_EQ(stamp_of(*pictures.back().image), 11u);
  EXPECT_THAT(faults, IsEmpty());
}

TEST_F(DecoderPartTest, ResetByItsOwnerItBeginsAnew) {
  start({&works});
  stream_on();
  ASSERT_TRUE(pictures_more(5));
  part->reset({"the picture is frozen", {}, Next::reset_decoder});
  ASSERT_TRUE(wait([&] { return opened.size() == 2; }));
  ASSERT_TRUE(pictures_more(5));
  EXPECT_EQ(part->element(), "avdec_h264") << "nobody is passed over for that";
  EXPECT_EQ(replaced, 0) << "its owner knows, and sees when it is mended";
  EXPECT_THAT(recoveries, IsEmpty());
  EXPECT_EQ(trials, 1);
}

TEST_F(DecoderPartTest, OneThatIsNotHereSaysSoAndWhatToDo) {
  part = std::make_unique<DecoderPart>(loop, DecoderPart::Settings{"nvv4l2decoder"}, *this, Log());
  part->start();
  ASSERT_TRUE(wait([&] { return !faults.empty(); }));
  EXPECT_THAT(faults.front().text(), HasSubstr("nvv4l2decoder"));
  EXPECT_THAT(faults.front().fix, HasSubstr("leave --decoder away"));
  EXPECT_EQ(none_found, 1);
}

/// As one too slow for the stream.
TEST(DecodingTest, WhoFallsBehindIsGivenNothingBeforeAKeyFrameThatFindsItNearlyDone) {
  ASSERT_TRUE(gst::start());
  DecoderRow slow = works;
  slow.input = "identity name=gate sleep-time=200000 ! h264parse";
  std::atomic<std::uint64_t> newest{0};
  Decoders decoders("auto");
  const auto outlet = std::make_shared<PictureOutlet>([&](const DecodedPicture& picture) { newest = picture.id; });
  const auto decoding = Decoding::open(decoder_text(slow), decoders, outlet);
  ASSERT_TRUE(decoding);
  std::uint64_t number = 0;
  while ((*decoding)->feed(unit(number), number) == Decoding::Fed::taken) ++number;
  EXPECT_GE(number, Decoding::behind_at);
  EXPECT_LE(number, Decoding::behind_at + 5) << "nothing is fed without a limit";
  EXPECT_EQ((*decoding)->feed(unit(12), 100), Decoding::Fed::behind) << "a key frame would wait for all the others";
  const auto gate = gst::find((*decoding)->pipeline(), "gate");
  g_object_set(gate.get(), "sleep-time", 0U, nullptr);
  const auto end = std::chrono::steady_clock::now() + 20s;
  while ((*decoding)->pending() > Decoding::nearly_done && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(2ms);
  EXPECT_EQ((*decoding)->feed(unit(13), 101), Decoding::Fed::not_a_keyframe);
  EXPECT_EQ((*decoding)->feed(unit(12), 102), Decoding::Fed::taken);
  while (newest != 102 && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(2ms);
  EXPECT_EQ(newest, 102u);
  outlet->close();
}

}  // namespace
}  // namespace bigfoot::media
