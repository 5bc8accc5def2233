#include "transport/candidate_priority.hpp"

#include <gtest/gtest.h>

namespace bigfoot::transport {
namespace {

// As libnice gave them on a machine with two interfaces, a STUN and a TURN server.
constexpr std::uint32_t first_host = 2015363583;
constexpr std::uint32_t second_host = 2015363327;
constexpr std::uint32_t srflx = 1679819007;
constexpr std::uint32_t relay = 8340991;

TEST(CandidatePriority, TheFirstGenerationIsAsLibniceHasIt) {
  EXPECT_EQ(told_priority(first_host, "host", 1), first_host);
  EXPECT_EQ(told_priority(relay, "relay", 1), relay);
}

TEST(CandidatePriority, AnyCandidateAfterAnAddressChangeIsAboveAllBefore) {
  EXPECT_GT(told_priority(second_host, "host", 2), first_host);
  EXPECT_GT(told_priority(relay, "relay", 2), first_host);
  EXPECT_GT(told_priority(relay, "relay", 3), told_priority(first_host, "host", 2));
}

TEST(CandidatePriority, InsideAGenerationLibnicesOrderStays) {
  for (const std::uint32_t generation : {2u, 3u, 31u, 32u, 1000u}) {
    const auto told = [&](std::uint32_t priority, const char* type) {
      return told_priority(priority, type, generation);
    };
    EXPECT_GT(told(first_host, "host"), told(second_host, "host"));
    EXPECT_GT(told(second_host, "host"), told(srflx, "srflx"));
    EXPECT_GT(told(srflx, "srflx"), told(relay, "relay"));
    EXPECT_LE(told(first_host, "host"), 0x7fffffffu) << "RFC 8445 5.1.2: from 1 to 2^31 - 1";
  }
}

}  // namespace
}  // namespace bigfoot::transport
