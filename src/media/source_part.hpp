#pragma once
// The source of a camera, kept running; and while it gives nothing, a placeholder with the reason.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "base/news.hpp"
#include "media/attention.hpp"
#include "media/capture.hpp"
#include "media/dmabuf_trust.hpp"
#include "media/part_runner.hpp"
#include "media/placeholder.hpp"
#include "media/rate_judge.hpp"
#include "media/slow_modes.hpp"

namespace bigfoot::media {

class SourcePartListener {
 public:
  virtual ~SourcePartListener() = default;
  virtual void on_source_fault(const Error& error, Nanos pause) = 0;
  /// Its own H.264 is sent as it is, or no more, or says something else of itself.
  virtual void on_source_stream() {}
  /// What a change asked and the camera does not take; `now` are those that are wanted from now on. What it refused of
  /// the others is in the log only: they are asked again at each opening. Those of a camera that is gone stay in `now`.
  virtual void on_controls_refused(const std::vector<ControlRefusal>& /*refused*/,
                                   const std::vector<ControlSetting>& /*now*/) {}
};

/// Loop thread.
class SourcePart final : private PartListener {
 public:
  /// As set_v4l2_controls, in the worker's thread.
  using SetControls = std::function<Result<std::vector<ControlRefusal>>(const SourceUri& source, V4l2Cameras& cameras)>;
  SourcePart(Loop& loop, CaptureSettings settings, std::shared_ptr<Feed> feed, std::shared_ptr<FrameLedger> ledger,
             SourcePartListener& listener, Log log, Decoders::Choose choose_decoder = Decoders::from_table(),
             std::shared_ptr<Junction> junction = nullptr, SetControls set_controls = set_v4l2_controls);

  /// Pictures as `takes` says, an encoder's input; `dmabuf`: it takes a camera's memory as it is.
  void start(std::string_view takes, bool dmabuf = false);
  void stop();
  /// Its workers are asked to end, for a destructor that has more to wait for.
  void end();
  /// Opened anew with them, or when it is next started; controls alone are set while it plays.
  void change(CaptureSettings settings);
  /// Called every 50 ms or so: do pictures come?
  void watch();

  bool stopped() const { return runner_.stopped(); }
  /// What change() asked has been tried: nothing of it is under way. Of what needs another opening pictures came, or a
  /// fault: many cameras refuse a mode only when they are to stream.
  bool settled() const {
    return !runner_.wanted() || !(unopened_ || untried_ || (runner_.open() && (setting_ || ask_again_)));
  }
  /// Why its last try came to nothing, until pictures come of another.
  std::optional<Error> fault() const {
    return runner_.wanted() && settled() && broken_ ? std::optional(trouble_) : std::nullopt;
  }
  const PartRunner& runner() const { return runner_; }
  /// What a `v4l2:` camera is open with.
  std::optional<V4l2Choice> mode() const { return capture_ ? capture_->mode() : std::nullopt; }
  /// Why there is no picture, for people; empty while there is.
  const std::string& trouble() const { return trouble_.what; }
  /// Of the H.264 that the source encodes itself and that is sent as it is; empty: none is.
  const std::string& passed_profile() const { return passed_profile_; }
  /// How long each time without pictures was, of those that ended since the last call.
  std::vector<Nanos> take_recoveries() { return std::exchange(recoveries_, {}); }

 private:
  Open how_to_open() override;
  void on_open() override;
  void on_closing() override;
  void on_fault(Error error, bool in_use) override;
  void on_hang(const std::string& what, Error error, bool in_use) override;
  void on_left(const std::string& what, bool broken) override;
  bool lacks_what_hangs() const override { return decoders_->lacks(); }

  void say_decoder();
  void play_again();
  bool may_pass() const;
  void let_pass(CaptureSettings& settings);
  void look_at_passing();
  void transcode(const Error& why);
  void say_transcoded(const Error& why);
  void stop_passing();
  void end_passing();
  void set_controls();
  void controls_tried(const std::vector<ControlSetting>& asked, const std::vector<ControlRefusal>& refused);
  void controls_unanswered(const std::vector<ControlSetting>& asked, const Error& why);
  bool ask_again(const std::vector<ControlRefusal>& refused);
  void say_refused(const Error& why, const std::string& then, bool news);
  void take_back(const std::vector<ControlRefusal>& refused, std::vector<ControlSetting> before);
  void judge_rate(Timestamp now, Timestamp attentive_since);
  void miss_picture(Error why);
  void have_picture();
  void show_placeholder();

  Loop& loop_;
  CaptureSettings settings_;
  const std::shared_ptr<Feed> feed_;
  const std::shared_ptr<FrameLedger> ledger_;
  SourcePartListener& listener_;
  const Log log_;
  const std::shared_ptr<Decoders> decoders_;
  const std::shared_ptr<Junction> junction_;  ///< none: whatever comes is decoded
  const SetControls set_controls_;
  Placeholder placeholder_;
  std::shared_ptr<std::shared_ptr<Capture>> opening_;  ///< filled by the worker
  std::shared_ptr<Capture> capture_;
  std::shared_ptr<gst::PoolWatch> pools_ = std::make_shared<gst::PoolWatch>();  ///< of the capture that was opened last
  std::shared_ptr<Passing> passing_;  ///< of the capture that was opened last; none: it gives raw pictures
  std::optional<Error> misfit_;       ///< why the source's H.264 is decoded
  std::string passed_profile_;
  bool transcoded_said_ = false;
  bool at_end_ = false;  ///< a file that is still being opened
  DmabufTrust dmabuf_;
  std::vector<ControlSetting> held_;  ///< controls that stay wanted, whatever the camera says; the others are on trial
  std::vector<ControlSetting> opening_with_;
  Subscription ask_again_;
  int asks_left_ = 0;
  bool unopened_ = false;        ///< since start() or change(): neither open yet nor a fault
  bool untried_ = false;         ///< since change(): neither a picture yet nor a fault
  bool broken_ = false;          ///< a fault, and no picture since
  bool setting_ = false;         ///< controls are being set
  bool other_controls_ = false;  ///< meanwhile others were asked
  Error trouble_;                ///< nothing in `what`: pictures come
  Timestamp missing_since_{};
  Attention attention_;
  std::optional<RateJudge> judge_;  ///< of the mode that is open
  SlowModes slow_modes_;
  bool slowness_said_ = false;            ///< that no mode gives what is wanted
  News news_, back_news_, refusal_news_;  ///< of a camera that comes and goes
  std::vector<Nanos> recoveries_;
  std::shared_ptr<SourcePart*> self_;
  PartRunner runner_;  ///< last: it closes what the others hold
};

}  // namespace bigfoot::media
