#pragma once
// Small files that a person wrote: configuration, secrets.

#include <cstddef>
#include <string>

#include "base/result.hpp"

namespace bigfoot::config {

/// The bytes of a file. Errors, none of which repeats a byte of it: missing, not readable, a directory, a device or a
/// pipe, larger than `bytes_max`.
[[nodiscard]] Result<std::string> read_text_file(const std::string& path, std::size_t bytes_max);

/// A secret that stands in a file of its own: its text without the line ends behind it, 4096 bytes at most. Errors: as
/// above, each with the path, and an empty file.
[[nodiscard]] Result<std::string> read_secret_file(const std::string& path);

}  // namespace bigfoot::config
