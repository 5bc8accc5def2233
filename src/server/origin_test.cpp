#include "server/origin.hpp"

#include <gtest/gtest.h>

namespace bigfoot::server {
namespace {

TEST(AllowedOrigins, TheServersOwnPagesAreThoseOfTheHostThatWasAsked) {
  const AllowedOrigins own;
  EXPECT_TRUE(own.allow("http://127.0.0.1:8080", "127.0.0.1:8080"));
  EXPECT_TRUE(own.allow("http://[::1]:8080", "[::1]:8080"));
  EXPECT_TRUE(own.allow("https://robots.example.com", "robots.example.com"));
  EXPECT_TRUE(own.allow("https://Robots.Example.com", "robots.example.com:443"));
  EXPECT_TRUE(own.allow("http://robots.example.com:80", "ROBOTS.example.com"));
}

TEST(AllowedOrigins, PagesOfOthersAreNot) {
  const AllowedOrigins own;
  for (const char* origin :
       {"https://evil.example", "http://127.0.0.1:8081", "http://127.0.0.1", "null", "", "127.0.0.1:8080",
        "http://evil@127.0.0.1:8080", "http://127.0.0.1:8080/", "file://", "http://", "ftp://127.0.0.1:8080"})
    EXPECT_FALSE(own.allow(origin, "127.0.0.1:8080")) << origin;
  EXPECT_FALSE(own.allow("http://", ""));
}

TEST(AllowedOrigins, WhatIsListedIsAllowedUnderEveryHost) {
  const AllowedOrigins allowed({parse_allowed_origin("https://Fleet.example.com/").value(),
                                parse_allowed_origin("http://10.0.0.2:3000").value()});
  EXPECT_TRUE(allowed.allow("https://fleet.example.com", "127.0.0.1:8080"));
  EXPECT_TRUE(allowed.allow("http://10.0.0.2:3000", "127.0.0.1:8080"));
  EXPECT_FALSE(allowed.allow("http://fleet.example.com", "127.0.0.1:8080"));
  EXPECT_FALSE(allowed.allow("http://10.0.0.2", "127.0.0.1:8080"));
  EXPECT_FALSE(allowed.allow("https://fleet.example.com.evil.example", "127.0.0.1:8080"));
}

TEST(AllowedOrigins, WhatIsNoOriginIsRefusedWithAnExample) {
  for (const char* text : {"*", "fleet.example.com", "https://a/b", "ws://a", ""}) {
    const auto refused = parse_allowed_origin(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_NE(refused.error().text().find("https://robots.example.com"), std::string::npos);
  }
}

}  // namespace
}  // namespace bigfoot::server
