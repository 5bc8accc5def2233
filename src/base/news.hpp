#pragma once
// What is said again and again while nothing changes: once is news, each repetition hides the rest of the log.

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.hpp"

namespace bigfoot {

/// Tells the first time, and every further `repeat`, from mere repetition. Pure.
class News {
 public:
  explicit News(Nanos repeat = std::chrono::seconds(60)) : repeat_(repeat) {}

  /// Whether `text` is worth a line at `now`: it is another one than last time, or the last line is `repeat` old.
  bool tell(std::string text, Timestamp now) {
    if (said_ == text && now - at_ < repeat_) return false;
    said_ = std::move(text);
    at_ = now;
    return true;
  }
  /// It is over: the same text is news when it comes back.
  void forget() { said_.reset(); }

 private:
  Nanos repeat_;
  std::optional<std::string> said_;
  Timestamp at_{};
};

}  // namespace bigfoot
