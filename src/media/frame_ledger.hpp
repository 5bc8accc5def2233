#pragma once
// Follows each frame from the source to the encoder's output by its running time, which encoders keep (x264enc shifts
// PTS, but its segment shifts with it). Counts what was lost on the way and how long encoding took.

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "base/clock.hpp"

namespace bigfoot::media {

/// Any thread. One for the life of a camera, so that counts go on over restarts.
class FrameLedger {
 public:
  struct Counts {
    std::uint64_t captured = 0, asleep = 0, stood_in = 0, encoded = 0, keyframes = 0, bytes = 0;
    std::uint64_t dropped_before_encoder = 0, dropped_in_encoder = 0;
    std::uint64_t passed = 0, source_bytes = 0;  ///< of pictures that the source encodes itself
    Timestamp last_captured{};                   ///< zero: never
    Nanos usual_interval{0};                     ///< between pictures: the median of the last eight; 0 before those
    Timestamp owed_since{};  ///< the first picture was offered to the encoder since one came out; zero: none
  };
  struct Encoded {
    std::uint64_t number = 0;  ///< from 0, without gaps
    Nanos took{0};
  };

  /// A new encoder: what the old one still held is lost.
  void restart();
  /// The source gave a frame; false when nobody watches, so that it goes no further.
  bool captured(Timestamp now, bool awake);
  /// The captured frame goes to the encoder.
  void offered(Nanos running, Timestamp now);
  /// It does not: no encoder is there, or a newer picture went in before it.
  void passed_over();
  /// A placeholder goes to the encoder: followed like any picture, not counted as captured.
  void stood_in(Nanos running, Timestamp now);
  /// The encoder takes it up.
  void started(Nanos running, Timestamp now);
  /// The encoder is done with it.
  Encoded encoded(Nanos running, Timestamp now, std::size_t bytes, bool keyframe);

  /// The source gave so much of a picture that it encodes itself, whether it is sent or not.
  void came(std::size_t bytes);
  /// Such a picture goes out as it is.
  void passed();

  Counts counts() const;
  /// Encode times not yet taken, oldest first; at most the last 1024.
  std::vector<Nanos> take_encode_times();
  struct Percentiles {
    Nanos p50{0}, p95{0};
    std::size_t frames = 0;
  };
  /// Of the last 150 frames of this pipeline.
  Percentiles recent() const;

 private:
  struct Frame {
    Nanos running{-1};
    std::uint64_t index = 0;
    std::optional<Timestamp> started;
  };
  Frame* find(Nanos running);
  void follow(Nanos running, Timestamp now);

  mutable std::mutex mutex_;
  Counts counts_;
  std::array<Frame, 32> frames_;  ///< the latest, by index
  std::uint64_t next_index_ = 0;
  std::uint64_t taken_index_ = 0;  ///< frames below it reached the encoder or were passed over
  std::uint64_t done_index_ = 0;   ///< frames below it came out of the encoder or never will
  std::vector<Nanos> untaken_;
  std::array<Nanos, 8> intervals_{};  ///< between the last captured
  std::array<Nanos, 150> recent_{};
  std::size_t recent_count_ = 0;
};

}  // namespace bigfoot::media
