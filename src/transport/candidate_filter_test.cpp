#include "transport/candidate_filter.hpp"

#include <gtest/gtest.h>

namespace bigfoot::transport {
namespace {

sdp::Candidate at(const std::string& address, std::uint16_t port = 50000, const std::string& protocol = "udp",
                  int component = 1) {
  sdp::Candidate candidate;
  candidate.foundation = "1";
  candidate.component = component;
  candidate.protocol = protocol;
  candidate.priority = 1;
  candidate.address = address;
  candidate.port = port;
  return candidate;
}

TEST(CandidateFilter, Table) {
  struct Row {
    sdp::Candidate candidate;
    CandidateVerdict verdict;
  };
  using enum CandidateVerdict;
  const Row rows[] = {
      {at("192.0.2.1"), usable},
      {at("10.0.0.1"), usable},
      {at("192.168.1.7"), usable},
      {at("2001:db8::1"), usable},
      {at("fd00::2"), usable},
      {at("4f2c8a10-1b2c-4d5e-8f90-abcdef012345.local"), mdns},
      {at("192.0.2.1", 9, "tcp"), tcp},
      {at("192.0.2.1", 50000, "udp", 2), component},
      {at("example.org"), not_an_address},
      {at(""), not_an_address},
      {at("192.0.2.1.7"), not_an_address},
      {at("0300.0.2.1"), not_an_address},
      {at("::ffff:127.0.0.1"), not_an_address},
      {at("::127.0.0.1"), not_an_address},
      {at("fe80::1%eth0"), not_an_address},
      {at("192.0.2.1", 0), port},
      {at("192.0.2.1", 9), port},
      {at("127.0.0.1"), loopback},
      {at("127.8.9.10"), loopback},
      {at("::1"), loopback},
      {at("169.254.1.2"), link_local},
      {at("fe80::1"), link_local},
      {at("febf::1"), link_local},
      {at("224.0.0.1"), multicast},
      {at("239.255.255.250"), multicast},
      {at("255.255.255.255"), multicast},
      {at("ff02::1"), multicast},
      {at("0.0.0.0"), unspecified},
      {at("0.1.2.3"), unspecified},
      {at("::"), unspecified},
  };
  for (const auto& row : rows) {
    EXPECT_STREQ(to_string(judge(row.candidate, false)), to_string(row.verdict))
        << row.candidate.address << " " << row.candidate.port << "/" << row.candidate.protocol;
  }
}

TEST(CandidateFilter, LoopbackOnlyWhenAllowed) {
  EXPECT_EQ(judge(at("127.0.0.1"), true), CandidateVerdict::usable);
  EXPECT_EQ(judge(at("::1"), true), CandidateVerdict::usable);
  EXPECT_EQ(judge(at("169.254.1.2"), true), CandidateVerdict::link_local);
}

TEST(CandidateFilter, ThirtyThirdIsRefusedAndCounted) {
  CandidateFilter filter(false);
  for (int i = 0; i < 32; ++i) {
    EXPECT_EQ(filter.admit(at("192.0.2." + std::to_string(i + 1))), CandidateVerdict::usable);
  }
  EXPECT_EQ(filter.admit(at("192.0.2.200")), CandidateVerdict::over_limit);
  EXPECT_EQ(filter.counted(CandidateVerdict::over_limit), 1u);
  EXPECT_EQ(filter.counted(CandidateVerdict::usable), 32u);
}

TEST(CandidateFilter, UnusableAndRepeatedOnesTakeNoPlace) {
  CandidateFilter filter(false);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(filter.admit(at("127.0.0.1")), CandidateVerdict::loopback);
    EXPECT_EQ(filter.admit(at("192.0.2.1")), i == 0 ? CandidateVerdict::usable : CandidateVerdict::duplicate);
  }
  EXPECT_EQ(filter.admit(at("192.0.2.2")), CandidateVerdict::usable);
  EXPECT_EQ(filter.counted(CandidateVerdict::loopback), 100u);
  EXPECT_EQ(filter.counted(CandidateVerdict::duplicate), 99u);
}

TEST(CandidateFilter, ARestartMakesRoomAgain) {
  CandidateFilter filter(false);
  for (int i = 0; i < 40; ++i) filter.admit(at("192.0.2." + std::to_string(i + 1)));
  filter.restart();
  EXPECT_EQ(filter.admit(at("192.0.2.1")), CandidateVerdict::usable);
  EXPECT_EQ(filter.counted(CandidateVerdict::over_limit), 8u);
}

}  // namespace
}  // namespace bigfoot::transport
