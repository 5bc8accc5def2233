#pragma once
// A window for the pictures of one or several cameras, kept open: what is newest is shown as soon as it is decoded.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "media/part_runner.hpp"
#include "media/showing.hpp"
#include "media/stage.hpp"
#include "media/video_sinks.hpp"
#include "media/x11_loss.hpp"

namespace bigfoot::media {

/// Loop thread, all of it.
class DisplayListener {
 public:
  virtual ~DisplayListener() = default;
  /// A picture was handed to the screen at `at`: what the sink can know of it. Not each is: newer ones go first.
  virtual void on_shown(std::size_t /*camera*/, std::uint64_t /*id*/, Timestamp /*at*/) {}
  /// Pressed in the window, as X names it: `q`, `o`, `Escape`, `F11`.
  virtual void on_key(const std::string& /*key*/) {}
  /// By the user. It stays closed.
  virtual void on_window_closed() = 0;
  /// There is no display, or it broke; tried again after `pause`, or when the listener stops and starts it.
  virtual void on_display_fault(const Error& error, Nanos pause) = 0;
  virtual void on_display_open() {}
  /// Neither GStreamer's sink nor the window can do it.
  virtual void on_fullscreen_refused(const Error& /*why*/) {}
};

/// Loop thread. Without a window (`none`) it takes pictures and shows nothing: nothing is copied and no thread is made.
class Display final : private PartListener {
 public:
  struct Settings {
    std::string sink = automatic_sink;  ///< as of parse_display()
    std::vector<std::string> cameras;   ///< their names, at least one; several lie in a grid
    std::string title = {};
    bool fullscreen = false;
  };
  Display(Loop& loop, Settings settings, DisplayListener& listener, Log log);
  ~Display() override;
  Display(const Display&) = delete;
  Display& operator=(const Display&) = delete;

  void start();
  void stop();
  /// Its workers are asked to end, for a destructor that has more to wait for.
  void end();

  /// The newest picture of a camera; the window opens with the first, or with the first notice.
  void show(std::size_t camera, ImagePtr image, std::uint64_t id);
  /// Over a dimmed picture, or in place of one. None: the picture is live again.
  void set_notice(std::size_t camera, std::optional<Notice> notice);
  /// Over a camera's picture. Empty: none.
  void set_overlay(std::size_t camera, std::vector<OverlayLine> lines);
  void set_title(const std::string& title);
  void set_fullscreen(bool fullscreen);

  bool none() const { return settings_.sink == no_sink; }
  bool open() const { return runner_.open(); }
  bool stopped() const { return runner_.stopped(); }
  bool fullscreen() const { return settings_.fullscreen; }
  /// The newest of a camera, without what is written over it; nothing: none came.
  ImagePtr picture(std::size_t camera) const { return stage_->picture(camera); }
  /// The sink that shows them; empty: none does.
  std::string element() const { return showing_ ? showing_->element() : std::string(); }
  /// Pictures that were never painted, for a newer one of their camera came first.
  std::uint64_t overtaken() const { return stage_->overtaken(); }
  const PartRunner& runner() const { return runner_; }

 private:
  struct Hand;
  Open how_to_open() override;
  void on_open() override;
  void on_closing() override;
  void on_fault(Error error, bool in_use) override;
  void on_message(GstMessage& message) override;

  void seen(const Seen& seen);
  void lose_x11();
  void apply_fullscreen();

  Loop& loop_;
  Settings settings_;
  DisplayListener& listener_;
  const Log log_;
  const std::shared_ptr<Stage> stage_;
  std::shared_ptr<Hand> hand_;  ///< between the streaming threads and the loop; of this generation
  std::shared_ptr<std::shared_ptr<Showing>> opening_;  ///< filled by the worker
  std::shared_ptr<Showing> showing_;
  std::uint64_t window_ = 0;  ///< X11's number of it; 0: not known, or another system's
  std::optional<X11Loss> x11_loss_;
  PartRunner runner_;  ///< last: it closes what the others hold
};

}  // namespace bigfoot::media
