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

std::string whep(std::string_view text) {
  const auto url = parse_whep_url(text);
  return url ? *url : url.error().text();
}

TEST(WhepUrl, IsAnyWebAddress) {
  EXPECT_EQ(whep("https://media.example.org/whep/gate?key=7"), "https://media.example.org/whep/gate?key=7");
  EXPECT_EQ(whep("http://[::1]:8889/gate/whep"), "http://[::1]:8889/gate/whep");
  EXPECT_EQ(whep("https://x:443/gate"), "https://x:443/gate");
}

TEST(WhepUrl, SaysWhatIsWrongAndHowItIsWritten) {
  for (const char* text :
       {"gate", "wss://x/whep", "http://x y/", "https://", "https:///whep", "http://[fe80::1%25eth0]/whep"})
    EXPECT_NE(whep(text).find("write it like https://media.example.org/whep/gate"), std::string::npos) << whep(text);
  EXPECT_NE(whep("https://me:pw@x/").find("password"), std::string::npos);
  EXPECT_NE(whep("https://x/#y").find("#"), std::string::npos);
}

TEST(ResolveUrl, LeadsWhereABrowserWouldGo) {
  const auto from = [](const std::string& base, const std::string& reference) {
    return resolve_url(base, reference).value_or("none");
  };
  EXPECT_EQ(from("http://x:81/whep/gate", "/s/1"), "http://x:81/s/1");
  EXPECT_EQ(from("http://x:81/whep/gate", "s/1"), "http://x:81/whep/s/1");
  EXPECT_EQ(from("http://x/whep", "https://y/s"), "https://y/s");
  EXPECT_EQ(from("https://x/whep", "//y/s"), "https://y/s");
  EXPECT_EQ(from("https://x/whep", "http://x/s"), "none") << "everybody could listen";
  EXPECT_EQ(from("https://x/whep", "file:///etc/passwd"), "none");
  EXPECT_EQ(from("https://x/whep", "https://me:pw@x/s"), "none");
  EXPECT_EQ(from("http://x/whep", "http://[fe80::1%25eth0]/s"), "none") << "the zone is of its own machine";
}

TEST(SameOrigin, IsSchemeHostAndPort) {
  EXPECT_TRUE(same_origin("http://x/a", "http://X:80/b"));
  EXPECT_TRUE(same_origin("https://x/a", "https://x:443/b"));
  EXPECT_FALSE(same_origin("https://x/a", "http://x/a"));
  EXPECT_FALSE(same_origin("http://x/a", "http://x:81/a"));
  EXPECT_FALSE(same_origin("http://x/a", "http://y/a"));
}

}  // namespace
}  // namespace bigfoot::signaling
