#pragma once
// For tests of what is logged.

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace bigfoot::media {

/// What goes to stderr from now on. A test that fails before it has looked leaves stderr to the next one.
class CapturedStderr {
 public:
  CapturedStderr() { testing::internal::CaptureStderr(); }
  ~CapturedStderr() {
    if (!taken_) testing::internal::GetCapturedStderr();
  }
  CapturedStderr(const CapturedStderr&) = delete;
  CapturedStderr& operator=(const CapturedStderr&) = delete;

  /// All of it, once; what writes it in another thread has ended.
  std::string take() {
    taken_ = true;
    return testing::internal::GetCapturedStderr();
  }

 private:
  bool taken_ = false;
};

}  // namespace bigfoot::media
