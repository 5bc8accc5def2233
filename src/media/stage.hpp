#pragma once
// What a window is to show: the newest picture of each camera, and what is written over it. The loop puts it here, the
// window's streaming thread takes it when it is done with what was before: nothing ever waits in a queue.

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "media/image.hpp"
#include "media/overlay.hpp"

namespace bigfoot::media {

/// A camera's part of it.
struct Tile {
  std::string label;  ///< written where there are several
  ImagePtr image;     ///< none came yet
  std::uint64_t id = 0;
  std::optional<Notice> notice = {};
  std::vector<OverlayLine> overlay = {};
};

/// Any thread.
class Stage {
 public:
  struct Content {
    std::vector<Tile> tiles;
    std::vector<std::size_t> fresh;  ///< tiles whose picture is taken for the first time
    bool same = false;               ///< as it was taken before; nothing came
  };
  explicit Stage(const std::vector<std::string>& cameras);

  void set_picture(std::size_t tile, ImagePtr image, std::uint64_t id);
  /// None: the picture is as new as it seems.
  void set_notice(std::size_t tile, std::optional<Notice> notice);
  /// Empty: none.
  void set_overlay(std::size_t tile, std::vector<OverlayLine> lines);
  Content content() const;
  ImagePtr picture(std::size_t tile) const;

  /// A window begins, in the place of the one before: take() gives it all there is, if anything was set, and then what
  /// is new.
  using Window = std::uint64_t;
  Window open();
  /// Waits for something new, for `at_most`, or for 200 ms where a notice tells a time. Nothing: it is closed, or
  /// another has begun.
  std::optional<Content> take(Window window, Nanos at_most);
  void close(Window window);
  /// Wakes who waits in take(), though nothing is new.
  void wake();
  /// Pictures that gave way to newer ones before they were taken.
  std::uint64_t overtaken() const;

  static constexpr Nanos notice_period = std::chrono::milliseconds(200);

 private:
  bool tells_time() const;
  void changed();

  mutable std::mutex mutex_;
  std::condition_variable news_;
  Content content_;
  std::vector<bool> fresh_;
  Window window_ = 0;  ///< 0 before the first
  bool open_ = false, changed_ = false, anything_ = false, woken_ = false;
  std::uint64_t overtaken_ = 0;
};

}  // namespace bigfoot::media
