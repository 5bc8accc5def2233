#pragma once
// One generation of a camera's source: pictures of one size into the feed.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "media/decoders.hpp"
#include "media/feed.hpp"
#include "media/file_loop.hpp"
#include "media/gst/pipeline.hpp"
#include "media/gst/pool_watch.hpp"
#include "media/part.hpp"
#include "media/passing.hpp"
#include "media/patience.hpp"
#include "media/rate_judge.hpp"
#include "media/source_chain.hpp"
#include "media/test_source.hpp"

namespace bigfoot::media {

struct CaptureSettings {
  SourceUri source;
  SourceRequest request;
  Patience patience = {};
  std::string decoder = "auto";  ///< or an element of the decoder table
};

/// Worker thread, but for the getters.
class Capture final : public Part {
 public:
  struct Links {
    std::shared_ptr<Feed> feed;
    std::function<void()> at_file_end;  ///< streaming thread: have play_again() called soon
    std::shared_ptr<gst::PoolWatch> pools = std::make_shared<gst::PoolWatch>();  ///< of its pictures
    std::shared_ptr<Decoders> decoders = std::make_shared<Decoders>("auto");
    Worker::Step step = {};                      ///< a decoder's trial is one
    std::shared_ptr<Passing> passing = nullptr;  ///< takes H.264 of the source where the request lets it pass
  };
  /// Playing, or an error that names what to change.
  [[nodiscard]] static Result<std::shared_ptr<Capture>> open(const CaptureSettings& settings, Links links);
  ~Capture() override;
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  void close() override;
  GstElement* pipeline() const override { return pipeline_.get(); }
  /// A file from its start once more; false when it refuses.
  bool play_again();
  const std::string& note() const { return note_; }
  /// Of a `v4l2:` camera: what it was opened with, and with what it could be.
  const std::optional<V4l2Choice>& mode() const { return mode_; }
  const std::vector<V4l2Choice>& modes() const { return modes_; }
  /// Any thread.
  Taken taken() const { return {pictures_, Nanos(age_ns_)}; }
  SourceH264 h264() const { return h264_; }
  bool shares_memory() const { return shares_memory_; }
  const std::vector<ControlRefusal>& refused_controls() const { return refused_controls_; }

 private:
  Capture(const CaptureSettings& settings, Links links);
  Result<> build();
  void draw_into(std::shared_ptr<PictureInput> input);
  Result<> play();
  Result<> pace();
  void take(GstSample* sample);

  const CaptureSettings settings_;
  const Links links_;
  const SystemClock clock_;  // streaming threads may outlive the loop's when a driver hangs
  gst::Pipeline pipeline_;
  gst::Handle<GstElement> out_, pace_;
  class Drawn;
  std::shared_ptr<Drawn> drawn_;  ///< between the test picture and the chain that turns it
  std::optional<TestSource> test_;
  std::optional<FileLoop> file_;
  std::string note_;
  std::optional<V4l2Choice> mode_;
  std::vector<V4l2Choice> modes_;
  std::atomic<std::uint64_t> pictures_{0};
  std::atomic<std::int64_t> age_ns_{0};  ///< of all of them
  SourceH264 h264_ = SourceH264::none;
  bool shares_memory_ = false;
  std::vector<ControlRefusal> refused_controls_;
};

}  // namespace bigfoot::media
