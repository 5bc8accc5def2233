#include "media/attention.hpp"

#include <gtest/gtest.h>

namespace bigfoot::media {
namespace {

using namespace std::chrono_literals;

TEST(Attention, BeginsWithTheFirstLookAndLastsWhileTheLooksGoOn) {
  Attention attention;
  const Timestamp start{1h};
  for (Nanos later = 0s; later < 10s; later += 50ms) EXPECT_EQ(attention.look(start + later), start);
}

TEST(Attention, APauseEndsItAndALateLookDoesNot) {
  Attention attention;
  const Timestamp start{1h};
  attention.look(start);
  EXPECT_EQ(attention.look(start + 250ms), start);
  EXPECT_EQ(attention.look(start + 2s), start + 2s);
  EXPECT_EQ(attention.look(start + 2050ms), start + 2s);
}

}  // namespace
}  // namespace bigfoot::media
