#include "view/recordings.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/glib_loop.hpp"
#include "media/gst/pipeline.hpp"
#include "media/trial_pictures.hpp"

namespace bigfoot::view {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr FrameRate fps{30, 1};

const std::vector<Bytes>& stream() {
  static const auto made = media::encode_trial_pictures(media::Codec::h264, Size{320, 180}, fps)->pictures;
  return made;
}

struct RecordingsTest : testing::Test {
  static void SetUpTestSuite() { ASSERT_TRUE(media::gst::start()); }
  RecordingsTest() {
    std::string name = (fs::temp_directory_path() / "bigfoot-recordings-XXXXXX").string();
    folder = mkdtemp(name.data());
    file = (folder / "drive.mkv").string();
  }
  ~RecordingsTest() override {
    recordings.reset();
    fs::remove_all(folder);
  }

  void start() {
    ASSERT_TRUE(media::reserve_recording(file));
    recordings = std::make_unique<Recordings>(
        loop, file, Recordings::Hooks{[this](const std::string& line) { said.push_back(line); }, [] {}}, Log());
  }
  /// A key frame and what follows it, of one camera of so many.
  void feed(const std::string& camera, std::size_t cameras) {
    for (std::size_t number = 0; number < stream().size(); ++number) {
      const auto bytes = std::make_shared<const Bytes>(stream()[number]);
      h264::AccessUnit unit;
      unit.owner = bytes;
      unit.bytes = *bytes;
      unit.keyframe = number == 0;
      unit.captured = Timestamp(1h) + fps.interval() * static_cast<int>(number);
      recordings->feed(camera, cameras, unit);
    }
  }
  void finish() {
    recordings->stop();
    ASSERT_TRUE(loop.run_until([this] { return recordings->stopped(); }, 20s));
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& each : fs::directory_iterator(folder)) names.push_back(each.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }
  std::size_t size_of(const std::string& name) const { return fs::file_size(folder / name); }
  static std::size_t fed() {
    std::size_t bytes = 0;
    for (const Bytes& picture : stream()) bytes += picture.size();
    return bytes;
  }

  GlibLoop loop;
  Subscription ticking = loop.every(10ms, [] {});
  fs::path folder;
  std::string file;
  std::vector<std::string> said;
  std::unique_ptr<Recordings> recordings;
};

TEST_F(RecordingsTest, ARobotThatComesBackWithAnotherCameraOverwritesNothing) {
  start();
  feed("front", 1);
  ASSERT_TRUE(loop.run_until([this] { return size_of("drive.mkv") > 0; }, 20s));
  feed("rear", 1);
  finish();
  EXPECT_THAT(files(), ElementsAre("drive-rear.mkv", "drive.mkv"));
  EXPECT_GT(size_of("drive.mkv"), fed());
  EXPECT_GT(size_of("drive-rear.mkv"), fed());
  EXPECT_THAT(said, IsEmpty());
}

TEST_F(RecordingsTest, OfSeveralEachHasItsOwnAndSoHasTheOneThatComesAlone) {
  start();
  feed("front", 2);
  feed("rear", 2);
  feed("front", 1);
  feed("left", 1);
  finish();
  EXPECT_THAT(files(), ElementsAre("drive-front.mkv", "drive-left.mkv", "drive-rear.mkv"));
}

TEST_F(RecordingsTest, ANameThatIsTakenIsSaidAndLeftAlone) {
  std::ofstream(folder / "drive-rear.mkv") << "mine";
  start();
  feed("rear", 2);
  feed("rear", 2);
  finish();
  EXPECT_EQ(size_of("drive-rear.mkv"), 4u);
  ASSERT_THAT(said, ElementsAre(HasSubstr("nothing is recorded of rear")));
}

TEST_F(RecordingsTest, WithoutAnyPictureNothingIsLeftInTheWayOfTheNextTry) {
  start();
  ASSERT_THAT(files(), ElementsAre("drive.mkv"));
  recordings.reset();
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(RecordingsTest, ManyNamesAreNotManyFiles) {
  start();
  for (std::size_t i = 0; i < Recordings::cameras_max + 3; ++i) feed("camera" + std::to_string(i), 1);
  finish();
  EXPECT_EQ(files().size(), Recordings::cameras_max);
  ASSERT_THAT(said, ElementsAre(HasSubstr("16 cameras are recorded already")));
}

}  // namespace
}  // namespace bigfoot::view
