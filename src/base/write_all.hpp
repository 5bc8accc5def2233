#pragma once

#include <string_view>

namespace bigfoot {

/// Waits for whoever reads, also where somebody made the descriptor non-blocking (that holds for all who share a
/// terminal or a pipe). False: it cannot be written to any more.
bool write_all(int fd, std::string_view text);

}  // namespace bigfoot
