#include "transport/ice_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::transport {
namespace {

using ::testing::HasSubstr;

Result<ServerAddress> parse(const std::string& url) { return parse_ice_server({url, "robot", "secret"}); }

TEST(IceServer, ReadsWhatBrowsersAccept) {
  EXPECT_EQ(parse("stun:stun.example.org"), (ServerAddress{ServerKind::stun, "stun.example.org", 3478}));
  EXPECT_EQ(parse("stun:192.0.2.1:19302"), (ServerAddress{ServerKind::stun, "192.0.2.1", 19302}));
  EXPECT_EQ(parse("turn:t.example.org"), (ServerAddress{ServerKind::turn_udp, "t.example.org", 3478}));
  EXPECT_EQ(parse("turn:t.example.org:5349?transport=udp"),
            (ServerAddress{ServerKind::turn_udp, "t.example.org", 5349}));
  EXPECT_EQ(parse("turn:t.example.org?transport=tcp"), (ServerAddress{ServerKind::turn_tcp, "t.example.org", 3478}));
  EXPECT_EQ(parse("turn:[2001:db8::1]:3479"), (ServerAddress{ServerKind::turn_udp, "2001:db8::1", 3479}));
  EXPECT_EQ(parse("stun:[2001:db8::1]"), (ServerAddress{ServerKind::stun, "2001:db8::1", 3478}));
}

TEST(IceServer, SaysWhyTlsIsRefusedAndWhatToUse) {
  const auto refused = parse("turns:t.example.org:5349");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text(), HasSubstr("TLS"));
  EXPECT_THAT(refused.error().fix, HasSubstr("transport=tcp"));
  EXPECT_FALSE(parse("stuns:t.example.org"));
}

TEST(IceServer, RefusesWhatItCannotRead) {
  for (const char* url : {"", "stun", "stun:", "turn:", "http://x", "turn:host:0", "turn:host:65536", "turn:host:12x",
                          "turn:host:", "turn:host?transport=sctp", "stun:host?transport=udp", "turn:2001:db8::1",
                          "turn:[2001:db8::1", "turn:[::1]x"}) {
    EXPECT_FALSE(parse(url)) << url;
  }
}

TEST(IceServer, TurnNeedsCredentials) {
  const auto refused = parse_ice_server({"turn:t.example.org", "", ""});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().fix, HasSubstr("credential"));
  EXPECT_TRUE(parse_ice_server({"stun:t.example.org", "", ""}));
}

}  // namespace
}  // namespace bigfoot::transport
