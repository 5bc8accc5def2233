#pragma once
// One camera at the viewer, over all its sessions: whole frames in, pictures to the screen, and what is known of them.
// Show or skip is view/playout's to say, new or frozen view/freeze's.

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/log.hpp"
#include "base/loop.hpp"
#include "latency/clock_estimate.hpp"
#include "view/camera_ladder.hpp"
#include "view/decoder.hpp"
#include "view/freeze.hpp"
#include "view/picture_reports.hpp"
#include "view/picture_rows.hpp"
#include "view/playout.hpp"
#include "view/receiving.hpp"
#include "view/stats.hpp"

namespace bigfoot::view {

class PlayerOwner {
 public:
  virtual ~PlayerOwner() = default;
  /// Nothing can be decoded but from a key frame on: whoever sends this camera is to be asked for one.
  virtual void need_keyframe(const std::string& camera) = 0;
  /// The sender's clock, when it is known.
  virtual std::optional<latency::ClockEstimate> sender_clock(const std::string& camera) const = 0;
  /// To the screen. Player::shown() is told when it is there; a picture that another one overtook is never.
  virtual void show(const std::string& camera, const media::DecodedPicture& picture) = 0;
  /// A decoder that there is not, or that breaks: for the person in front of the screen.
  virtual void decoder_fault(const std::string& camera, const Error& error) = 0;
  /// That broke, and another is opened in its place; and gave its first picture, so long after the last one before.
  virtual void decoder_replaced(const std::string& camera) = 0;
  virtual void decoder_recovered(const std::string& camera, Nanos took) = 0;
  /// Trial after trial nothing here was found to decode H.264. Once.
  virtual void no_decoder(const Error& why) = 0;
  /// A whole frame, for the recorder.
  virtual void received(const std::string& camera, const h264::AccessUnit& unit, std::int64_t ticks) = 0;
};

/// Loop thread.
class Player final : private media::DecoderPartListener {
 public:
  Player(Loop& loop, std::string camera, Nanos smooth, const DecoderMaker& make, PlayerOwner& owner, const Log& log);
  ~Player() override;
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;

  /// A row for each picture from here on (--measure). Before start().
  void measure() { rows_.emplace(); }
  void start() { decoder_->start(); }
  void stop();
  void end() { decoder_->end(); }
  bool stopped() const { return decoder_->stopped(); }

  /// Frames of another session follow; those of the last one that are still on their way say nothing of it.
  void begin_session();
  void on_frame(const Frame& frame);
  /// On the screen since `at`.
  void shown(std::uint64_t id, Timestamp at);
  /// What is to be tried for it now; of that a decoder is replaced here. At every look while the session has a way.
  CameraStep treat();
  /// Several times a second.
  void watch() { decoder_->watch(); }

  const std::string& camera() const { return camera_; }
  /// A player that was made before anybody knew which cameras come.
  void name(std::string camera) { camera_ = std::move(camera); }
  const Freeze& freeze() const { return freeze_; }
  /// A picture of this session is new.
  bool fresh(Timestamp now) const { return shown_in_session_ && freeze_.fresh(now); }
  /// So long ago the newest picture that was shown was whole; --smooth and the decoder may have held it back since.
  Nanos arrived(Timestamp now) const { return now - newest_arrival_; }
  /// The decoder was given frames since the last picture that it gave, and in this session.
  bool fed() const { return last_fed_ > std::max(last_decoded_, settled_); }
  CameraStats& stats() { return stats_; }
  PictureReports& reports() { return reports_; }
  /// All that is known here of the last second.
  CameraSecond second(Timestamp now);

 private:
  struct Pending {
    std::uint64_t id = 0;
    bool show = true;
    std::optional<latency::PeerTime> captured;
    Timestamp first_arrival, last_arrival, fed, decoded;
  };
  struct Held {
    h264::AccessUnit unit;
    std::uint64_t id;
    Timestamp at;
  };
  static constexpr std::size_t frames_max = 512;
  /// One may fail where the machine is busy.
  static constexpr int trials_max = 3;

  void on_picture(media::DecodedPicture picture) override;
  void on_keyframe_needed() override;
  void on_decode_error(const std::string& what) override;
  void on_decoder_fault(const Error& error, Nanos pause) override;
  void on_decoder_replaced() override;
  void on_decoder_recovered(Nanos took) override;
  void on_no_decoder(const Error& why) override;
  void on_decoder_open() override { trials_failed_ = 0; }

  void begin_stream(std::uint64_t stream);
  void note_whole(const Frame& frame, std::uint64_t id);
  void feed(h264::AccessUnit unit, std::uint64_t id);
  void feed_due();
  std::optional<Pending> take(std::uint64_t id, std::deque<Pending>& frames);

  Loop& loop_;
  std::string camera_;
  PlayerOwner& owner_;
  const Log log_;
  Playout playout_;
  Freeze freeze_;
  CameraStats stats_;
  std::optional<PictureRows> rows_;
  PictureReports reports_;
  Size size_;
  int trials_failed_ = 0;  ///< in a row
  std::optional<std::uint64_t> stream_;
  std::uint64_t last_id_ = 0, last_fed_ = 0, last_decoded_ = 0;
  std::uint64_t before_session_ = 0;  ///< ids up to it are another session's
  std::uint64_t settled_ = 0;         ///< ids up to it went into a decoder or a session that is no more
  bool shown_in_session_ = false;
  bool replaced_in_session_ = false;  ///< its decoder, which gave no picture yet
  Timestamp newest_arrival_{};
  CameraLife life_;
  std::deque<Held> held_;       ///< for --smooth
  std::deque<Pending> frames_;  ///< given to the decoder, or held
  std::deque<Pending> shown_;   ///< given to the screen
  Subscription due_;
  std::unique_ptr<Decoder> decoder_;  ///< last: it calls
};

}  // namespace bigfoot::view
