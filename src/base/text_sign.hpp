#pragma once
// A text sign by sign, so that what steers the terminal that shows it can be told from what is read. Texts of strangers
// stand in logs and in `bigfoot status`. Pure.

#include <cstddef>
#include <string_view>

namespace bigfoot {

struct TextSign {
  std::size_t bytes;
  unsigned code;  ///< of Unicode
  bool utf8;      ///< else it is one byte that means nothing (RFC 3629 3: overlong forms and surrogates, too)
};

/// The one that begins at text[at], which must be there. A byte that is no UTF-8 is the character of its number:
/// terminals that do not read UTF-8 take it for that.
TextSign sign_at(std::string_view text, std::size_t at);

/// Control characters, those above ASCII too (U+009B does what ESC [ does), separators of lines, and marks that turn
/// the direction of writing (CVE-2021-42574).
bool steers(unsigned code);

/// What a log may show as it is: UTF-8 that steers nothing. Readers of JSON refuse a whole line for one other byte
/// (RFC 8259 8.1), and names that cameras give themselves are bytes.
bool harmless(const TextSign& sign);
/// All of `text`.
bool harmless(std::string_view text);

}  // namespace bigfoot
