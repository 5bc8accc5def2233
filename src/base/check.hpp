#pragma once
// A bug is not an error value: BIGFOOT_CHECK holds in release builds too and ends the program with the place and the
// reason.

namespace bigfoot {
[[noreturn]] void check_failed(const char* expression, const char* file, int line, const char* why) noexcept;
}

#define BIGFOOT_CHECK(expression, why) \
  (static_cast<bool>(expression) ? void(0) : ::bigfoot::check_failed(#expression, __FILE__, __LINE__, why))
