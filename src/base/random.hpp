#pragma once
// Unpredictable bytes from the kernel: session ids, SSRCs, ICE credentials. (Keys and certificates come from OpenSSL.)

#include <cstdint>
#include <string>

#include "base/bytes.hpp"

namespace bigfoot {

/// A kernel that gives none ends the program: there is no safe way on.
void fill_random(std::span<std::uint8_t> out);
std::uint32_t random_u32();
/// `length` characters of a-zA-Z0-9 (5.95 bits each): ids and ICE credentials.
std::string random_token(std::size_t length);

}  // namespace bigfoot
