#pragma once
// The window of a viewer: which picture lies where, what stands over an old or missing one, the figures, the keys.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/loop.hpp"
#include "media/display.hpp"
#include "view/freeze.hpp"
#include "view/session_state.hpp"
#include "view/stats.hpp"

namespace bigfoot::view {

/// What stands over a camera's picture: nothing while it is new; FROZEN, as the page has it, while it is not, and below
/// it what is waited for where the session is lost; that alone where there is no picture. Pure. `age`: of the newest
/// picture; nothing: there was none.
std::optional<media::Notice> notice_of(const ViewLife& life, const std::string& words, const std::string& robot,
                                       std::optional<Nanos> age, Timestamp now);
/// A camera's lines of the overlay, the delay in its colour. Pure.
std::vector<media::OverlayLine> lines_of(const CameraSecond& camera, const ViewSecond& second);

class ScreenListener {
 public:
  virtual ~ScreenListener() = default;
  virtual void screen_shown(const std::string& camera, std::uint64_t id, Timestamp at) = 0;
  /// `q`, or the window was closed.
  virtual void screen_quit() = 0;
  /// It does not open, or it broke: for the log.
  virtual void screen_fault(const Error& error) = 0;
  /// For the person: that it broke and is tried again, that it is back.
  virtual void screen_says(const std::string& line) = 0;
  /// It never opened; or it broke, and did not open again for Screen::patience.
  virtual void screen_gone(const Error& why) = 0;
  /// `s`: of this camera, what was shown last.
  virtual void screen_snapshot(const std::string& camera, media::ImagePtr image) = 0;
};

/// Loop thread.
class Screen final : private media::DisplayListener {
 public:
  /// For an X server, or whatever shows windows here, that is started anew. One that ends with the user's session does
  /// not come back, and nobody would see that pictures are still received.
  static constexpr Nanos patience = 8s;
  struct Settings {
    std::string sink;
    std::string title;
    bool fullscreen = false;
    bool overlay = false;
  };
  Screen(Loop& loop, Settings settings, ScreenListener& listener, const Log& log);

  /// The cameras side by side; another list is another window. Until there is any the title stands for the one camera.
  void set_cameras(std::vector<std::string> cameras);
  void show(const std::string& camera, const media::DecodedPicture& picture);
  void set_notice(const std::string& camera, std::optional<media::Notice> notice);
  /// Nothing is drawn while the overlay is off.
  void set_figures(const ViewSecond& second);
  void stop();
  /// It was open and is not: no picture can be seen, whatever comes.
  bool lost() const { return static_cast<bool>(giving_up_); }

 private:
  void on_shown(std::size_t camera, std::uint64_t id, Timestamp at) override;
  void on_key(const std::string& key) override;
  void on_window_closed() override { listener_.screen_quit(); }
  void on_display_fault(const Error& error, Nanos pause) override;
  void on_display_open() override;

  void open();
  std::optional<std::size_t> tile_of(const std::string& camera) const;

  Loop& loop_;
  Settings settings_;
  ScreenListener& listener_;
  const Log log_;
  std::vector<std::string> cameras_;
  std::vector<std::optional<media::Notice>> notices_;
  bool ever_open_ = false, cameras_known_ = false;
  Error fault_;             ///< the last one
  Subscription giving_up_;  ///< runs while it was open and is not
  std::unique_ptr<media::Display> display_;
};

}  // namespace bigfoot::view
