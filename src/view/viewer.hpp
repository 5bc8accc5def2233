#pragma once
// `bigfoot view`, wired: whoever gives the pictures, a session with it after the other, a player for each camera, the
// screen, and what is told of all that. What to do when is view/session_state's to say.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/loop.hpp"
#include "media/snapshot.hpp"
#include "transport/address_watch.hpp"
#include "transport/certificate.hpp"
#include "view/options.hpp"
#include "view/player.hpp"
#include "view/recordings.hpp"
#include "view/screen.hpp"
#include "view/sender.hpp"
#include "view/session.hpp"
#include "view/session_state.hpp"
#include "view/stats.hpp"

namespace bigfoot::view {

// Exit codes besides 0 and 2 (docs/view.md). The third is the robot's own.
inline constexpr int exit_no_decoder = 4;
inline constexpr int exit_no_display = 5;

class Viewer final : private SenderListener, private SessionOwner, private PlayerOwner, private ScreenListener {
 public:
  struct Hooks {
    std::function<void(const std::string& line)> say;  ///< what it waits for, when that changes
    /// --json. Gives how many lines so far nobody read, and went.
    std::function<std::uint64_t(const std::string& line)> stats;
    std::function<void(int code)> end;  ///< it cannot go on, or the user quits (0)
  };
  /// `options` are complete() ones; where they record, the file was reserved.
  Viewer(Loop& loop, ViewOptions options, std::string version, Hooks hooks, const Log& log);
  ~Viewer() override;
  Viewer(const Viewer&) = delete;
  Viewer& operator=(const Viewer&) = delete;

  /// Errors that only a person can mend: a bad address.
  [[nodiscard]] Result<> start();
  /// Says goodbye to the sender; the destructor frees the rest. The goodbye needs the loop for farewell() more.
  void stop();
  Nanos farewell() const { return sender_->farewell(); }

 private:
  // SenderListener
  void on_server_up() override { apply({ViewEventKind::server_up}); }
  void on_server_down(const std::string& why) override { apply({ViewEventKind::server_down, why}); }
  void on_robot(bool here) override { apply({here ? ViewEventKind::robot_here : ViewEventKind::robot_gone}); }
  void on_refused(const std::string& why) override { apply({ViewEventKind::refused, why}); }
  void on_ended(const std::string& why) override { apply({ViewEventKind::ended, why}); }
  void on_resumed() override { apply({ViewEventKind::resumed}); }
  void on_offer(const std::string& sdp) override;
  void on_answer(const std::string& sdp) override;
  void on_candidate(const std::string& candidate) override;

  // SessionOwner
  void session_offers(const std::string& sdp) override { sender_->begin(sdp); }
  void session_answers(const std::string& sdp) override { sender_->answer(sdp); }
  void session_candidate(const std::string& candidate, std::size_t m_line) override;
  void session_described(const std::vector<std::string>& cameras) override;
  void session_connected() override { apply({ViewEventKind::connected}); }
  void session_disconnected() override { apply({ViewEventKind::disconnected, {}, sight()}); }
  void session_path(const transport::PathInfo& path) override;
  void session_failed(const std::string& why) override { apply({ViewEventKind::failed, why}); }
  void session_renegotiates() override { sender_->restart(); }
  void session_frame(const std::string& camera, Frame frame) override;

  // PlayerOwner
  void need_keyframe(const std::string& camera) override;
  std::optional<latency::ClockEstimate> sender_clock(const std::string& camera) const override;
  void show(const std::string& camera, const media::DecodedPicture& picture) override;
  void decoder_fault(const std::string& camera, const Error& error) override;
  void decoder_replaced(const std::string& camera) override { count_try(Remedy::decoder, camera); }
  void decoder_recovered(const std::string& camera, Nanos took) override;
  void no_decoder(const Error& why) override;
  void received(const std::string& camera, const h264::AccessUnit& unit, std::int64_t ticks) override;

  // ScreenListener
  void screen_shown(const std::string& camera, std::uint64_t id, Timestamp at) override;
  void screen_quit() override;
  void screen_fault(const Error& error) override;
  void screen_says(const std::string& line) override;
  void screen_gone(const Error& why) override;
  void screen_snapshot(const std::string& camera, media::ImagePtr image) override;

  std::unique_ptr<Sender> make_sender();
  void open_screen();
  void apply(const ViewEvent& event);
  void act(ViewAction action);
  void note(const ViewLife& before, const std::optional<Recovery>& recovered);
  void tell_in_words();
  void begin_session();
  void end_session();
  void ask_keyframe(const std::string& camera);
  void ask_keyframes();
  void ask_keyframes_of_all();
  void count(const Recovery& recovered, const std::string& camera);
  void count_try(Remedy remedy, const std::string& camera);
  /// True: for one of them only another session may help.
  bool treat_cameras();
  void address_changed(const transport::AddressChange& change);
  std::unique_ptr<Player> make_player(const std::string& camera);
  void stop_players_of_gone_cameras();
  std::unique_ptr<Player> next_player(const std::string& camera);
  Sight sight() const;
  Nanos next_look() const;
  void look();
  void tell();
  void tell_json(const ViewSecond& now);
  void tell_screen();
  void report();
  ViewSecond second();
  /// A step of the session's failed: it is over.
  void check(const Result<>& done);

  Loop& loop_;
  const ViewOptions options_;
  const std::string version_;
  const Hooks hooks_;
  const Log log_;
  const transport::Certificate certificate_;
  std::vector<transport::IceServer> told_servers_;  ///< by whom it asks
  transport::IceConfig ice_;                        ///< of the session
  const std::string cname_;
  const DecoderMaker make_decoder_;
  const Timestamp started_;
  ViewLife life_;
  std::string said_;
  std::map<Remedy, RemedyCount> remedies_;
  std::optional<Nanos> first_picture_;
  std::uint64_t sessions_ = 0;
  std::uint64_t bytes_before_ = 0;
  std::uint64_t lines_dropped_ = 0;
  std::optional<Timestamp> told_;
  std::map<std::string, std::unique_ptr<Player>> players_;
  std::vector<std::unique_ptr<Player>> leaving_;  ///< of cameras that are gone, until they are stopped
  std::unique_ptr<Player> spare_;                 ///< its decoder is ready before the first camera is known
  std::vector<std::string> cameras_;              ///< of the session, in its order
  Recordings recordings_;
  media::Snapshots snapshots_;
  std::unique_ptr<Screen> screen_;  ///< nothing: no display
  std::unique_ptr<Sender> sender_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<transport::AddressWatch> address_watch_;
  Subscription look_timer_, tell_timer_, report_timer_;
};

}  // namespace bigfoot::view
