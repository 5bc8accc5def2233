#pragma once
// Shortening a text that people or a protocol read, without breaking a letter in two. Pure.

#include <cstddef>
#include <string>
#include <string_view>

namespace bigfoot {

/// The first letters of `text` that fit into `bytes`. Half a letter is no UTF-8: a close reason that ends with one is
/// answered with 1007 (RFC 6455 5.5.1, 8.1). Where `text` is no UTF-8 at the cut it is cut at `bytes`.
std::string cut_utf8(std::string_view text, std::size_t bytes);

}  // namespace bigfoot
