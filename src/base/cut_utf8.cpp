#include "base/cut_utf8.hpp"

namespace bigfoot {

std::string cut_utf8(std::string_view text, std::size_t bytes) {
  constexpr std::size_t continuation_bytes_max = 3;  // RFC 3629 3
  if (text.size() <= bytes) return std::string(text);
  const auto continues = [&](std::size_t at) { return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U; };
  std::size_t end = bytes;
  while (end > 0 && bytes - end < continuation_bytes_max && continues(end)) --end;
  return std::string(text.substr(0, continues(end) ? bytes : end));
}

}  // namespace bigfoot
