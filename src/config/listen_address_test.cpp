#include "config/listen_address.hpp"

#include <gtest/gtest.h>

namespace bigfoot::config {
namespace {

std::string shown(std::string_view text) {
  const auto address = parse_listen_address(text);
  return address ? to_string(*address) : "refused";
}

TEST(ListenAddress, ReadsWhatPeopleWrite) {
  EXPECT_EQ(shown("127.0.0.1:8080"), "127.0.0.1:8080");
  EXPECT_EQ(shown("[::1]:80"), "[::1]:80");
  EXPECT_EQ(shown(":8080"), "[::]:8080");
  EXPECT_EQ(shown("localhost:0"), "127.0.0.1:0");
}

TEST(ListenAddress, RefusesTheRest) {
  for (const char* text : {"", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:80x", "::1:80",
                           "[::1:80", "[]:80", "a:-1", "no.such.host:80", "1.2.3:80", "[1::2::3]:80"})
    EXPECT_EQ(shown(text), "refused") << text;
}

}  // namespace
}  // namespace bigfoot::config
