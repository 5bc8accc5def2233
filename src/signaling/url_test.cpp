#include "signaling/url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::signaling {
namespace {

TEST(Url, IsReadTheWayPeopleWriteIt) {
  const std::pair<const char*, const char*> rows[] = {
      {"ws://127.0.0.1:8080", "ws://127.0.0.1:8080/ws"},
      {"ws://127.0.0.1:8080/", "ws://127.0.0.1:8080/ws"},
      {"ws://gst.example:8443/signalling", "ws://gst.example:8443/signalling"},
      {"wss://fleet.example.org", "wss://fleet.example.org/ws"},
      {"https://fleet.example.org/", "wss://fleet.example.org/ws"},
      {"https://fleet.example.org/robots/", "wss://fleet.example.org/robots/ws"},
      {"http://fleet:8080/ws", "ws://fleet:8080/ws"},
      {"http://fleet:80", "ws://fleet/ws"},
      {"ws://[2001:db8::7]:9000", "ws://[2001:db8::7]:9000/ws"},
      {"wss://fleet.example.org/ws?ticket=aB3", "wss://fleet.example.org/ws?ticket=aB3"},
      {"WSS://Fleet.Example.org", "wss://Fleet.Example.org/ws"},
  };
  for (const auto& [written, meant] : rows) {
    const auto url = parse_server_url(written);
    ASSERT_TRUE(url) << written << ": " << url.error().text();
    EXPECT_EQ(url->text(), meant);
  }
}

TEST(Url, SaysWhatIsWrongWithABadOne) {
  const std::pair<const char*, const char*> rows[] = {
      {"", "is not a server address"},
      {"localhost:8080", "is not a server address"},
      {"fleet.example.org", "not a server"},
      {"ftp://fleet", "ftp:// leads to no signaling server"},
      {"ws://", "names no host"},
      {"ws://:8080", "names no host"},
      {"ws://fleet:99999", "not a server"},
      {"ws://fleet:port", "not a server"},
      {"ws://fleet:0", "port 0"},
      {"wss://me:secret@fleet", "user name or password"},
      {"wss://fleet/#top", "behind #"},
      {"ws://fleet host/", "holds a space"},
  };
  for (const auto& [written, why] : rows) {
    const auto url = parse_server_url(written);
    ASSERT_FALSE(url) << written << " became " << url->text();
    EXPECT_THAT(url.error().what, testing::HasSubstr(why)) << written;
    EXPECT_FALSE(url.error().fix.empty()) << written;
    EXPECT_THAT(url.error().text(), testing::Not(testing::HasSubstr("secret"))) << written;
  }
}

}  // namespace
}  // namespace bigfoot::signaling
