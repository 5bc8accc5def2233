#include "signaling/reach.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include <gio/gio.h>

namespace bigfoot::signaling {
namespace {

using Bytes = std::span<const std::uint8_t>;

struct Range {
  std::array<std::uint8_t, 12> first;
  std::size_t bits;
  Reach reach = Reach::world;
};

constexpr std::array ranges_of_4{
    Range{{0}, 8, Reach::machine},   // "any", and what ::1 is as an IPv4 address; Linux connects 0.0.0.0 to itself
    Range{{10}, 8, Reach::network},  // RFC 1918
    Range{{100, 64}, 10, Reach::network},   // RFC 6598
    Range{{127}, 8, Reach::machine},        //
    Range{{169, 254}, 16, Reach::network},  // RFC 3927
    Range{{172, 16}, 12, Reach::network},   // RFC 1918
    Range{{192, 168}, 16, Reach::network},  // RFC 1918
};
constexpr std::array ranges_of_6{
    Range{{0xfc}, 7, Reach::network},         // RFC 4193
    Range{{0xfe, 0x80}, 10, Reach::network},  // link-local
    Range{{0xfe, 0xc0}, 10, Reach::network},  // site-local, of old
};
/// The last four bytes of these are an IPv4 address.
constexpr std::array ranges_with_4{
    Range{{0}, 96},                                            // RFC 4291 2.5.5.1; :: and ::1, too
    Range{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96},     // RFC 4291 2.5.5.2
    Range{{0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0}, 96},  // RFC 6052
};

bool holds(const Range& range, Bytes address) {
  const std::size_t whole = range.bits / 8;
  if (!std::equal(range.first.begin(), range.first.begin() + whole, address.begin())) return false;
  const std::size_t shift = 8 - range.bits % 8;
  return shift == 8 || (range.first[whole] ^ address[whole]) >> shift == 0;
}

template <std::size_t N>
const Range* find(const std::array<Range, N>& ranges, Bytes address) {
  const auto* found =
      std::find_if(ranges.begin(), ranges.end(), [&](const Range& range) { return holds(range, address); });
  return found == ranges.end() ? nullptr : found;
}

Reach reach_of(Bytes address) {
  if (address.size() == 16 && find(ranges_with_4, address)) address = address.last(4);
  const Range* range = address.size() == 4 ? find(ranges_of_4, address) : find(ranges_of_6, address);
  return range ? range->reach : Reach::world;
}

}  // namespace

Reach reach_of(GInetAddress* address) {
  return reach_of(Bytes(g_inet_address_to_bytes(address), g_inet_address_get_native_size(address)));
}

std::optional<Reach> reach_of(GSocketAddress* address) {
  if (!G_IS_INET_SOCKET_ADDRESS(address)) return std::nullopt;
  return reach_of(g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(address)));
}

const char* to_string(Reach reach) {
  switch (reach) {
    case Reach::machine: return "this machine";
    case Reach::network: return "in this machine's network";
    case Reach::world: return "out in the world";
  }
  return "";
}

}  // namespace bigfoot::signaling
