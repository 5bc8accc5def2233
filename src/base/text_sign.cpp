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
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() - at < bytes) return {1, lead};
  unsigned code = lead & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    const unsigned next = static_cast<unsigned char>(text[at + i]);
    if ((next & 0xC0U) != 0x80U) return {1, lead};
    code = code << 6U | (next & 0x3FU);
  }
  return {bytes, code};
}

bool steers(unsigned code) {
  return std::any_of(std::begin(steering), std::end(steering),
                     [&](const Range& range) { return code >= range.first && code <= range.last; });
}

bool steers(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const TextSign sign = sign_at(text, at);
    if (steers(sign.code)) return true;
    at += sign.bytes;
  }
  return false;
}

}  // namespace bigfoot
