#pragma once
// The V4L2 cameras of this machine. Each node is asked in a thread of its own: a driver that hangs holds up neither the
// other cameras nor the one who asks.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "media/v4l2_device.hpp"

namespace bigfoot::media {

/// Where nodes are looked for, how one is asked, and with what it is opened; tests bring their own.
struct V4l2Places {
  std::string dev = "/dev";
  std::string sys = "/sys/class/video4linux";
  std::function<Result<V4l2Device>(const std::string& path, Size wanted)> inspect = ask_v4l2;
  std::string element = "v4l2src";  ///< of GStreamer
  Nanos answers_within = 2s;        ///< one that wakes up and reads its controls over a slow bus takes a second
};

/// Any thread.
class V4l2Cameras {
 public:
  explicit V4l2Cameras(V4l2Places places = {}) : places_(std::move(places)) {}

  /// Every node that gives pictures, by number; those for metadata, output and codecs are left out. One that does not
  /// open, or does not answer within `at_most`, is listed with the reason; it is not asked again before it answers, and
  /// not waited for any more. `wanted` as of ask_v4l2.
  std::vector<V4l2Found> list(Nanos at_most, Size wanted = {});
  /// The camera of that path, or with an empty one that of that card (v4l2_find). Worker thread: a camera that is named
  /// by its path may hang. Errors: it is missing, or does not open; several have that name.
  [[nodiscard]] Result<V4l2Found> find(const std::string& path, const std::string& card, Size wanted = {});
  const std::string& element() const { return places_.element; }
  /// How long find() may wait for one that hangs.
  Nanos answers_within() const { return places_.answers_within; }

 private:
  struct Question;
  std::shared_ptr<Question> ask(const std::string& node, Size wanted);

  const V4l2Places places_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Question>> open_;  ///< by node: asked, and not known to be answered
};

}  // namespace bigfoot::media
