#include "media/snapshot.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <memory>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <gst/video/video.h>

#include "media/gst/video.hpp"

namespace bigfoot::media {
namespace {

constexpr Nanos at_most = 10s;
constexpr GstClockTime encoded_within = 5 * GST_SECOND;

/// Nothing that leads to another folder, or that a shell or another system would read otherwise.
std::string plain(const std::string& name) {
  std::string out = name.substr(0, 80);
  for (char& sign : out)
    if (std::isalnum(static_cast<unsigned char>(sign)) == 0 && sign != '-' && sign != '_') sign = '_';
  return out;
}

Result<> write_all(const std::string& file, BytesView bytes) {
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0) return fail(file + " cannot be made: " + std::strerror(errno), "begin in a folder that you may write to");
  int why = 0;
  while (!bytes.empty() && why == 0) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written > 0) bytes = bytes.subspan(static_cast<std::size_t>(written));
    if (written < 0 && errno != EINTR) why = errno;
  }
  if (close(fd) != 0 && why == 0) why = errno;
  if (why == 0) return {};
  unlink(file.c_str());
  return fail(file + " cannot be written: " + std::strerror(why), "make room on the disk");
}

}  // namespace

std::string snapshot_name(const std::string& robot, const std::string& camera, WallTime at) {
  const auto since = at.time_since_epoch();
  const std::time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(since).count();
  std::tm local{};
  localtime_r(&seconds, &local);
  std::array<char, 40> time{}, millis{};
  std::strftime(time.data(), time.size(), "%Y-%m-%dT%H.%M.%S", &local);
  std::snprintf(millis.data(), millis.size(), ".%03d",
                static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(since).count() % 1000));
  return plain(robot) + "-" + plain(camera) + "-" + time.data() + millis.data() + ".png";
}

Result<> write_snapshot(const Image& image, const std::string& file) {
  if (image.size() == Size{}) return fail("there is no picture yet");
  const auto caps = gst::adopt(gst_caps_new_empty_simple("image/png"));
  GError* error = nullptr;
  const auto encoded = gst::adopt(gst_video_convert_sample(image.sample(), caps.get(), encoded_within, &error));
  const std::unique_ptr<GError, gst::GlibFree> owned(error);
  if (!encoded)
    return fail(std::string("the picture does not become a PNG file: ") + (error ? error->message : "no reason given"),
                "is gstreamer1.0-plugins-good installed?");
  return write_all(file, gst::MappedBuffer(gst_sample_get_buffer(encoded.get())).bytes());
}

Snapshots::Snapshots(Loop& loop) : worker_(loop, [](const std::string&, Nanos) {}) {}

void Snapshots::take(ImagePtr image, const std::string& file, Done done) {
  if (waiting_ >= waiting_max)
    return done(file, fail("the snapshots before it are not on the disk yet", "is the disk slow?"));
  ++waiting_;
  const auto written = std::make_shared<Result<>>();
  worker_.run(
      "writing a snapshot", at_most,
      [image = std::move(image), file, written]() mutable {
        *written = write_snapshot(*image, file);
        image.reset();
      },
      [this, file, written, done = std::move(done)] {
        --waiting_;
        done(file, *written);
      });
}

}  // namespace bigfoot::media
