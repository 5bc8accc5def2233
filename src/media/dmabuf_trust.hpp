#pragma once
// Whether a camera's memory is handed to the encoder as it is. Drivers offer to export it and then do not, which shows
// only when the first picture is due.

#include <utility>

namespace bigfoot::media {

/// Pure.
class DmabufTrust {
 public:
  bool trusted() const { return trusted_; }
  /// The source is open, with its memory shared or not.
  void opened(bool shares) { shares_ = shares; }
  /// It broke while it was `in_use`, or did not open, which says nothing. Whether trust ends with that: it was shared,
  /// and no picture has come of it. From then on it is copied.
  bool lost_by_fault(bool in_use, bool any_picture) {
    if (!in_use || !std::exchange(shares_, false) || any_picture) return false;
    return std::exchange(trusted_, false);
  }

 private:
  bool trusted_ = true, shares_ = false;
};

}  // namespace bigfoot::media
