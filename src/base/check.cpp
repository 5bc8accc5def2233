#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace bigfoot {

void check_failed(const char* expression, const char* file, int line, const char* why) noexcept {
  std::fprintf(stderr, "bug: %s:%d: %s (%s)\n", file, line, why, expression);
  std::abort();
}

}  // namespace bigfoot
