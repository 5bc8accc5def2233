#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sdp/transport.hpp"

namespace bigfoot::sdp {
namespace {

using ::testing::HasSubstr;

TEST(Candidate, ReadsAndWritesWhatPeersSend) {
  for (const auto* text : {
           "candidate:574228269 1 udp 2113937151 4f04879f-c241-4204-a269-b211f5a48722.local 39385 typ host",
           "candidate:842163049 1 udp 1677729535 198.51.100.7 52200 typ srflx raddr 192.0.2.9 rport 52200",
           "candidate:3 1 tcp 1010827519 192.0.2.10 42863 typ host tcptype passive",
           "candidate:d1b8e55cf9b6fe88384699bd29e169c7 1 udp 2130706431 2001:db8::7 42736 typ host",
           "candidate:7 1 udp 41819902 203.0.113.5 61000 typ relay raddr 198.51.100.7 rport 52200 ufrag wNNG",
       }) {
    const auto candidate = parse_candidate(text);
    ASSERT_TRUE(candidate) << candidate.error().text();
    EXPECT_EQ(to_string(*candidate), text);
  }
}

TEST(Candidate, FieldsAreWhereTheyBelong) {
  const auto candidate = parse_candidate(
      "a=candidate:842163049 2 UDP 1677729535 198.51.100.7 52200 typ srflx raddr 192.0.2.9 rport 7 generation 0 "
      "ufrag aB+/ network-cost 999\r\n");
  ASSERT_TRUE(candidate) << candidate.error().text();
  EXPECT_EQ(candidate->foundation, "842163049");
  EXPECT_EQ(candidate->component, 2);
  EXPECT_EQ(candidate->protocol, "udp");
  EXPECT_EQ(candidate->priority, 1677729535u);
  EXPECT_EQ(candidate->address, "198.51.100.7");
  EXPECT_EQ(candidate->port, 52200);
  EXPECT_EQ(candidate->type, "srflx");
  EXPECT_EQ(candidate->related_address, "192.0.2.9");
  EXPECT_EQ(candidate->related_port, 7);
  EXPECT_EQ(candidate->ufrag, "aB+/");
}

TEST(Candidate, KnowsAnMdnsName) {
  EXPECT_TRUE(parse_candidate("candidate:1 1 udp 1 4f04879f-c241.local 9 typ host")->is_mdns());
  EXPECT_FALSE(parse_candidate("candidate:1 1 udp 1 192.0.2.1 9 typ host")->is_mdns());
  EXPECT_FALSE(parse_candidate("candidate:1 1 udp 1 .local 9 typ host")->is_mdns());
}

TEST(Candidate, ARelatedPortWithoutItsAddressIsNothing) {
  const auto candidate = parse_candidate("candidate:1 1 udp 1 192.0.2.1 9 typ srflx rport 7");
  ASSERT_TRUE(candidate);
  EXPECT_EQ(candidate->related_port, 0);
}

TEST(Candidate, RefusalsSayWhichFieldIsWrong) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "does not begin with candidate:"},
      {"candidate:1 1 udp 1 192.0.2.1 9", "foundation component protocol"},
      {"candidate:1 1 udp 1 192.0.2.1 9 type host", "foundation component protocol"},
      {"candidate:1 0 udp 1 192.0.2.1 9 typ host", "component"},
      {"candidate:1 257 udp 1 192.0.2.1 9 typ host", "component"},
      {"candidate:1 1 u-p 1 192.0.2.1 9 typ host", "protocol"},
      {"candidate:1 1 udp 4294967296 192.0.2.1 9 typ host", "priority"},
      {"candidate:1 1 udp -1 192.0.2.1 9 typ host", "priority"},
      {"candidate:1 1 udp 1 192.0.2.1;rm 9 typ host", "address"},
      {"candidate:1 1 udp 1 192.0.2.1 65536 typ host", "port"},
      {"candidate:1 1 udp 1 192.0.2.1 9 typ other", "type"},
      {"candidate:1 1 udp 1 192.0.2.1 9 typ srflx raddr 192.0.2.2 rport x", "rport"},
      {"candidate:1 1 udp 1 192.0.2.1 9 typ host tcptype maybe", "malformed"},
      {"candidate:1 1 udp 1 192.0.2.1 9 typ host\r\na=ice-lite", "more than one line"},
      {"candidate:" + std::string(33, '1') + " 1 udp 1 192.0.2.1 9 typ host", "foundation"},
      {"candidate:1 1 udp 1 192.0.2.1 9 typ host " + std::string(1024, 'x'), "1024 bytes"},
  };
  for (const auto& [text, why] : cases) {
    const auto candidate = parse_candidate(text);
    ASSERT_FALSE(candidate) << text;
    EXPECT_THAT(candidate.error().text(), HasSubstr(why)) << text;
  }
}

TEST(Candidate, AnErrorShowsNoControlCharacters) {
  const auto candidate = parse_candidate("candidate:\x1b[2J\n\n 1 udp");
  ASSERT_FALSE(candidate);
  EXPECT_THAT(candidate.error().text(), HasSubstr("candidate:?[2J??"));
}

}  // namespace
}  // namespace bigfoot::sdp
