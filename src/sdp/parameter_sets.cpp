#include "sdp/parameter_sets.hpp"

#include <optional>

#include "sdp/text.hpp"

namespace bigfoot::sdp {
namespace {

constexpr std::size_t sets_max = 16;
constexpr std::size_t text_max = 4096;

int digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

// RFC 4648 4; senders that leave the padding out are understood.
std::optional<Bytes> from_base64(std::string_view text) {
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  if (text.empty() || text.size() % 4 == 1) return std::nullopt;
  Bytes bytes;
  std::uint32_t bits = 0;
  int have = 0;
  for (const char c : text) {
    const int value = digit(c);
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    have += 6;
    if (have < 8) continue;
    have -= 8;
    bytes.push_back(static_cast<std::uint8_t>(bits >> have));
  }
  return bytes;
}

}  // namespace

std::vector<Bytes> parse_parameter_sets(std::string_view text) {
  const auto parts = words(text, ',', sets_max + 1);
  if (text.size() > text_max || parts.size() > sets_max) return {};
  std::vector<Bytes> sets;
  for (const auto part : parts) {
    auto set = from_base64(trim(part));
    if (!set) return {};
    sets.push_back(std::move(*set));
  }
  return sets;
}

}  // namespace bigfoot::sdp
