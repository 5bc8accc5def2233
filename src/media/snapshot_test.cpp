#include "media/snapshot.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gst/app/gstappsink.h>
#include <gtest/gtest.h>

#include "base/glib_loop.hpp"
#include "media/gst/pipeline.hpp"
#include "media/gst/video.hpp"
#include "media/overlay.hpp"

namespace bigfoot::media {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr Size size{320, 180};
constexpr FrameRate fps{30, 1};

struct SnapshotTest : testing::Test {
  static void SetUpTestSuite() { ASSERT_TRUE(gst::start()); }
  SnapshotTest() {
    std::string name = (fs::temp_directory_path() / "bigfoot-snapshot-XXXXXX").string();
    folder = mkdtemp(name.data());
  }
  ~SnapshotTest() override { fs::remove_all(folder); }

  static ImagePtr plain(Colour colour) {
    auto buffer = gst::adopt(gst_buffer_new_allocate(nullptr, gst::raw_video_bytes(size, fps), nullptr));
    gst::draw_into(buffer.get(), size, fps, [&](const Picture& picture) {
      fill(picture, {0, 0, size.width, size.height}, colour);
    });
    return std::make_shared<const Image>(std::move(buffer), gst::raw_video_caps(size, fps).get());
  }
  /// One pixel in its middle, as red, green and blue; what the file says of its size.
  static std::pair<Size, std::vector<int>> read(const std::string& file) {
    gst::Pipeline pipeline;
    auto bin =
        gst::parse_bin("filesrc location=\"" + file +
                           "\" ! decodebin ! videoconvert ! video/x-raw,format=RGB ! appsink name=out sync=false",
                       gst::Open::none);
    if (!bin) return {};
    const auto out = gst::find(bin->get(), "out");
    pipeline.add(std::move(*bin));
    if (!pipeline.play({})) return {};
    const auto sample = gst::adopt(gst_app_sink_try_pull_sample(GST_APP_SINK(out.get()), 10 * GST_SECOND));
    if (!sample) return {};
    const gst::MappedBuffer bytes(gst_sample_get_buffer(sample.get()));
    const std::size_t middle = 3 * (size.height / 2 * size.width + size.width / 2);
    return {Image(gst::adopt(gst_sample_ref(sample.get()))).size(),
            {bytes.bytes()[middle], bytes.bytes()[middle + 1], bytes.bytes()[middle + 2]}};
  }
  fs::path folder;
  GlibLoop loop;
};

TEST_F(SnapshotTest, IsThePictureInItsColours) {
  Snapshots snapshots(loop);
  const std::string wished = (folder / "one.png").string();
  std::optional<Result<>> written;
  snapshots.take(plain(rgb(200, 40, 60)), wished, [&](const std::string& file, const Result<>& result) {
    EXPECT_EQ(file, wished);
    written = result;
  });
  ASSERT_TRUE(loop.run_until([&] { return written.has_value(); }, 20s));
  ASSERT_TRUE(*written) << written->error().text();
  const auto [shown, pixel] = read(wished);
  EXPECT_EQ(shown, size);
  ASSERT_EQ(pixel.size(), 3u);
  EXPECT_NEAR(pixel[0], 200, 12);
  EXPECT_NEAR(pixel[1], 40, 12);
  EXPECT_NEAR(pixel[2], 60, 12);
}

TEST_F(SnapshotTest, NothingIsOverwrittenAndAReasonIsGiven) {
  const std::string file = (folder / "mine.png").string();
  std::ofstream(file) << "mine";
  const auto written = write_snapshot(*plain(rgb(0, 0, 0)), file);
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().what, HasSubstr("File exists"));
  EXPECT_EQ(fs::file_size(file), 4u);
  EXPECT_FALSE(write_snapshot(*plain(rgb(0, 0, 0)), (folder / "none/a.png").string()));
  EXPECT_FALSE(write_snapshot(Image(gst::adopt(gst_buffer_new()), nullptr), (folder / "b.png").string()));
}

TEST(SnapshotName, SaysWhatItIsOfAndLeadsNowhere) {
  setenv("TZ", "UTC", 1);
  tzset();
  const WallTime at{std::chrono::milliseconds(1795436404123)};
  EXPECT_EQ(snapshot_name("rover-7", "front", at), "rover-7-front-2026-11-23T12.20.04.123.png");
  EXPECT_EQ(snapshot_name("../etc", "a b/c", at), "___etc-a_b_c-2026-11-23T12.20.04.123.png");
}

}  // namespace
}  // namespace bigfoot::media
