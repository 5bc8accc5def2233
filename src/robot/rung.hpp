#pragma once
// Encoder + packetiser of one camera. A picture is encoded once and cut into payloads once, for all viewers.

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/loop.hpp"
#include "base/news.hpp"
#include "congestion/keyframe_policy.hpp"
#include "h264/packetizer.hpp"
#include "robot/encoded_camera.hpp"
#include "robot/metrics.hpp"
#include "robot/rate_meter.hpp"
#include "robot/status.hpp"

namespace bigfoot::robot {

/// A viewer's side of a rung.
class RungSubscriber {
 public:
  virtual ~RungSubscriber() = default;
  virtual void on_frame(std::size_t track, const h264::FramePtr& frame) = 0;
  virtual Nanos rtt() const = 0;
  /// The rung's bit rate or frame interval is another one now.
  virtual void on_settings() = 0;
};

/// Who keeps the settings that a camera was given.
class SettingsListener {
 public:
  virtual ~SettingsListener() = default;
  /// The camera goes on without them.
  virtual void on_refused(const std::string& camera, const std::vector<media::Refusal>& refused) = 0;
  /// What apply() asked has been tried.
  virtual void on_settled(const std::string& camera) = 0;
};

/// Loop thread; only on_access_unit runs in GStreamer's.
class Rung final : private media::CameraListener {
 public:
  /// `settings` are those of the camera that `make_camera` makes.
  Rung(Loop& loop, media::CameraSettings settings, const CameraMaker& make_camera, CameraMetrics metrics, Log log);
  ~Rung() override;

  void start();
  /// For who destroys several: their cameras end together.
  void end() { camera_->end(); }
  /// What may change while viewers watch: they see the same stream go on, of another size it may be.
  void apply(media::CameraSettings settings);
  /// Nothing of it is under way any more.
  bool settled() const { return camera_->settled(); }
  /// nullptr: nobody.
  void tell_of_settings(SettingsListener* listener) { settings_listener_ = listener; }
  /// Told when the encoder's profile or level becomes another one than before.
  void on_other_profile(std::function<void()> told) { other_profile_ = std::move(told); }

  /// Keeps the encoder awake while it lives: taken at the offer, so that the encoder is warm when DTLS is up.
  class Awake;
  std::shared_ptr<Awake> keep_awake();

  /// A viewer that is alone is the leader: its key-frame requests are answered at once. Of several nobody is (until one
  /// drives): a spectator must not make everybody's pictures heavier than one key frame in two seconds. `track` comes
  /// back in on_frame: the camera's place among the subscriber's tracks.
  void subscribe(RungSubscriber& subscriber, std::size_t track);
  void unsubscribe(RungSubscriber& subscriber);
  void want_keyframe(RungSubscriber& subscriber);

  const std::string& name() const { return settings_.name; }
  const media::CameraSettings& settings() const { return settings_; }
  /// What viewers' pacers are to let through: what the encoder is asked for, or more where a stream is passed through.
  Bitrate bitrate() const { return std::max(settings_.bitrate, passed_rate_); }
  Nanos frame_interval() const { return settings_.fps.interval(); }
  bool running() const { return camera_->state() == media::CameraState::running; }
  /// Of the encoder's stream, else of its trial; before the camera first ran constrained baseline of the level its
  /// settings need.
  std::string profile_level_id() const;
  media::CameraStats stats() const { return camera_->stats(); }
  CameraStatus status() const;
  /// Copies what the camera counted into the metrics.
  void report();

 private:
  void on_access_unit(h264::AccessUnit unit) override;
  void on_state(media::CameraState state) override;
  void on_fault(const Error& error, Nanos pause) override;
  void on_stream() override { look_at_profile(); }
  void look_at_profile();
  void allow_for_passed(const media::CameraStats& stats, std::size_t keyframe_bytes);
  void on_refused(const std::vector<media::Refusal>& refused) override;
  void on_settled() override;
  void deliver(h264::AccessUnit unit);
  Result<> judge_stream();
  void refuse_stream(Error error);
  void lose_picture(const Error& error);
  void make_good_for_loss();
  void ask_for_due_keyframe();
  void awake_changed(int by);

  struct Subscribed {
    RungSubscriber* subscriber;
    std::size_t track;
  };

  Loop& loop_;
  media::CameraSettings settings_;
  CameraMetrics metrics_;
  Log log_;
  h264::Packetizer packetizer_;
  congestion::KeyframePolicy keyframes_;
  std::vector<Subscribed> subscribers_;
  int awake_ = 0;               ///< how many keep it awake
  bool asleep_ = true;          ///< its encoder is
  std::uint64_t unusable_ = 0;  ///< pictures that could not be packetised, and those that refer to them
  bool lost_ = false;           ///< one was: what follows is held back up to the next key frame
  bool viewer_asked_ = false;   ///< a viewer waits for the next key frame
  News news_;                   ///< of the camera's faults
  News stream_news_;            ///< of streams that are of no use
  std::function<void()> other_profile_;
  SettingsListener* settings_listener_ = nullptr;
  std::string known_profile_;   ///< of the encoder's trial when it last ran
  std::string stream_profile_;  ///< what its stream says since then, where that is another
  Bytes judged_sps_;
  RateMeter captured_, encoded_, bytes_, passed_bytes_;
  Bitrate passed_rate_;         ///< that the source's own stream needs, while it is passed through
  double passed_keyframe_ = 0;  ///< bytes: the largest of late
  std::optional<Recovery> last_recovery_;
  Timestamp faulty_at_{};
  Subscription keyframe_timer_;
  /// Pictures posted and not yet delivered. A loop that stands still must not gather pictures: past the limit they are
  /// dropped and counted, up to the next key frame. Shared with posted tasks.
  struct Backlog {
    std::atomic<int> pictures{0};
    std::atomic<bool> broken{false};
    std::atomic<std::uint64_t> dropped{0};
  };
  std::shared_ptr<Backlog> backlog_ = std::make_shared<Backlog>();
  std::shared_ptr<Rung*> self_;            ///< what posted pictures hold weakly
  std::unique_ptr<EncodedCamera> camera_;  ///< last: it stops before what its pictures touch is gone
};

class Rung::Awake {
 public:
  explicit Awake(std::weak_ptr<Rung*> rung);
  ~Awake();
  Awake(const Awake&) = delete;
  Awake& operator=(const Awake&) = delete;

 private:
  std::weak_ptr<Rung*> rung_;
};

}  // namespace bigfoot::robot
