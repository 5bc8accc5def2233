#pragma once
// One generation of a viewer's decoder: access units in, pictures out, each with the number it was given.

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>

#include "h264/access_unit.hpp"
#include "media/decoders.hpp"
#include "media/gst/pipeline.hpp"
#include "media/image.hpp"
#include "media/outlet.hpp"
#include "media/part.hpp"

namespace bigfoot::media {

using PictureOutlet = OutletOf<DecodedPicture>;

class Decoding final : public Part {
 public:
  /// Playing, waiting for its first access unit; `text` as of decoder_text(). `decoders` watches it. Errors:
  /// GStreamer's; the outlet was closed while it was built, and nothing was begun. Worker thread.
  [[nodiscard]] static Result<std::shared_ptr<Decoding>> open(const std::string& text, Decoders& decoders,
                                                              std::shared_ptr<PictureOutlet> outlet);
  ~Decoding() override;
  Decoding(const Decoding&) = delete;
  Decoding& operator=(const Decoding&) = delete;

  void close() override;  ///< worker thread
  GstElement* pipeline() const override { return pipeline_.get(); }

  // Any thread.

  enum class Fed { taken, not_a_keyframe, behind };
  /// Never waits. `not_a_keyframe`: one must come first. `behind`: the decoder has not done the `behind_at` before
  /// it; from here on nothing is taken before the next key frame that finds it nearly done.
  Fed feed(const h264::AccessUnit& unit, std::uint64_t id);
  /// Access units that went in and gave no picture yet.
  std::size_t pending() const;
  /// Since when several have waited in vain: no picture came out. Nothing while it works or has nothing to do. It
  /// counts what was fed, and not what the decoder took: one that hangs takes no more.
  std::optional<Timestamp> silent_since() const;

  static constexpr std::size_t behind_at = 45;  ///< a second and a half at 30 fps
  static constexpr std::size_t nearly_done = 3;

 private:
  struct Given {
    GstClockTime pts;
    std::uint64_t id;
    Timestamp fed;
    std::size_t lost = 0;  ///< before it
  };
  explicit Decoding(std::shared_ptr<PictureOutlet> outlet) : outlet_(std::move(outlet)) {}
  Result<> build(const std::string& text, Decoders& decoders);
  void deliver(gst::Handle<GstSample> sample);
  std::optional<Given> given_as(GstBuffer* buffer);

  const std::shared_ptr<PictureOutlet> outlet_;
  const SystemClock clock_;  // streaming threads may outlive the loop's when a decoder hangs
  gst::Pipeline pipeline_;
  gst::Handle<GstElement> in_, out_;
  mutable std::mutex mutex_;
  std::deque<Given> given_;  ///< at most behind_at
  GstClockTime next_pts_ = 0;
  Timestamp last_out_{};
  bool began_ = false;  ///< with a key frame
};

/// The unit's bytes as they lie, kept alive by the buffer.
gst::Handle<GstBuffer> buffer_of(const h264::AccessUnit& unit);
/// What appsrc is told of them.
inline constexpr const char* access_unit_caps = "video/x-h264,stream-format=(string)byte-stream,alignment=(string)au";

}  // namespace bigfoot::media
