#pragma once
// The configuration of a running robot: read again (SIGHUP) or changed from afar, and applied as far as that goes
// without a restart. Whatever has a fault changes nothing.

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "media/presence.hpp"
#include "robot/camera_patch.hpp"
#include "robot/difference.hpp"
#include "robot/rung.hpp"
#include "robot/viewers.hpp"

namespace bigfoot::robot {

/// Loop thread.
class LiveConfig final : private SettingsListener {
 public:
  /// All borrowed things outlive it. `options` is what is in force, and is kept up to date.
  /// `lack` is asked whether an encoder is on this machine, for the GPU of the options.
  using Lack = std::function<std::optional<Error>(const std::string& encoder, int gpu)>;
  LiveConfig(Loop& loop, RobotOptions& options, const std::vector<std::unique_ptr<Rung>>& rungs, Viewers& viewers,
             Log log, Lack lack = lack_here);
  ~LiveConfig() override;
  LiveConfig(const LiveConfig&) = delete;
  LiveConfig& operator=(const LiveConfig&) = delete;

  /// Takes what `read` says, or says every fault in the log and leaves all as it is.
  void reread(const ReadOptions& read);

  using Answer = std::function<void(protocol::Configured)>;
  /// Other values for one camera, asked from afar. They hold until the configuration is read again. The answer comes
  /// when the camera has tried them, `answer_within` at the latest.
  void configure(const protocol::Configure& asked, Answer answer);

  /// Nothing when it may be tried; GStreamer must have been started.
  static std::optional<Error> encoder_lack(const std::string& encoder, int gpu, const media::Host& host);
  static std::optional<Error> lack_here(const std::string& encoder, int gpu);
  /// Less than the server waits.
  static constexpr Nanos answer_within = 3s;
  /// Of those that wait for their cameras: the next is answered at once.
  static constexpr std::size_t waiting_max = 32;

 private:
  /// A `configure` whose camera is trying it.
  struct Waiting {
    protocol::Configure asked;
    CameraOption before;
    std::vector<std::string> keys;  ///< that it changed, as the answer names them
    std::vector<protocol::Setting> not_applied;
    Answer answer;
    Subscription deadline;
  };
  void on_refused(const std::string& camera, const std::vector<media::Refusal>& refused) override;
  void on_settled(const std::string& camera) override;

  void apply(const Difference& difference, const RobotOptions& wanted);
  void apply_camera(const CameraOption& wanted);
  void say(const Difference& difference);
  void say_faults(const std::string& camera);
  void say_refused(const std::vector<config::Fault>& faults) const;
  PatchedCamera patched(const CameraOption& camera, const protocol::Configure& asked) const;
  void wait_for_camera(Waiting waiting);
  void give_up(Waiting& waiting);
  void answer(Waiting& waiting);
  void add_faults(Waiting& waiting) const;
  /// Whose new bit rate `key` is, where that camera will not take one.
  const Rung* keeps_own_rate(const std::string& key) const;
  CameraOption* option(const std::string& camera) const;
  Rung* rung(const std::string& camera) const;

  Loop& loop_;
  RobotOptions& options_;
  const std::vector<std::unique_ptr<Rung>>& rungs_;
  Viewers& viewers_;
  Log log_;
  const Lack lack_;
  std::list<Waiting> waiting_;
  std::map<std::string, std::set<std::string>> trying_;  ///< camera → its changed keys of which the log owes a word
};

}  // namespace bigfoot::robot
