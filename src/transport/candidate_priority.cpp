#include "transport/candidate_priority.hpp"

namespace bigfoot::transport {
namespace {

// RFC 8445 5.1.2.1: type preference (7 bits), local preference (16), 256 - component (8).
constexpr std::uint32_t highest_type = 126u << 24;
constexpr std::uint32_t component_bits = 0xff;
// Of libnice's local preference the lowest bits tell TURN servers (8) and addresses (64) apart.
constexpr std::uint32_t order_bits = 0x1ff << 8;
constexpr unsigned type_shift = 8 + 9;
constexpr unsigned generation_shift = type_shift + 2;
constexpr std::uint32_t generations = 32;  // what is left; when they begin anew one change is as slow as without

std::uint32_t rank(const std::string& type) {
  return type == "host" ? 3 : type == "prflx" ? 2 : type == "srflx" ? 1 : 0;
}

}  // namespace

std::uint32_t told_priority(std::uint32_t priority, const std::string& type, std::uint32_t generation) {
  if (generation <= 1) return priority;
  return highest_type | ((generation % generations) << generation_shift) | (rank(type) << type_shift) |
         (priority & (order_bits | component_bits));
}

}  // namespace bigfoot::transport
