#include "base/text_sign.hpp"

#include <algorithm>
#include <iterator>

namespace bigfoot {
namespace {

struct Range {
  unsigned first, last;
};
/// C0, DEL and C1; line and paragraph separator; Bidi_Control of Unicode's PropList.
constexpr Range steering[] = {{0x00, 0x1f},     {0x7f, 0x9f},     {0x61c, 0x61c},
                              {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069}};

}  // namespace

TextSign sign_at(std::string_view text, std::size_t at) {
  const unsigned lead = static_cast<unsigned char>(text[at]);
  const TextSign byte{1, lead, lead < 0x80};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() - at < bytes) return byte;
  unsigned code = lead & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    const unsigned next = static_cast<unsigned char>(text[at + i]);
    if ((next & 0xC0U) != 0x80U) return byte;
    code = code << 6U | (next & 0x3FU);
  }
  const bool overlong = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (overlong || surrogate || code > 0x10FFFF) return byte;
  return {bytes, code, true};
}

bool steers(unsigned code) {
  return std::any_of(std::begin(steering), std::end(steering),
                     [&](const Range& range) { return code >= range.first && code <= range.last; });
}

bool harmless(const TextSign& sign) { return sign.utf8 && !steers(sign.code); }

bool harmless(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const TextSign sign = sign_at(text, at);
    if (!harmless(sign)) return false;
    at += sign.bytes;
  }
  return true;
}

}  // namespace bigfoot
