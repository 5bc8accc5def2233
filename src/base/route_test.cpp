#include "base/route.hpp"

#include <gtest/gtest.h>

namespace bigfoot {
namespace {

TEST(Route, NamesTheAddressThatWouldBeSentFrom) {
  EXPECT_EQ(source_towards("127.0.0.1"), "127.0.0.1");
  EXPECT_EQ(source_towards("127.7.7.7"), "127.0.0.1");
}

TEST(Route, NowhereIsEmpty) {
  EXPECT_EQ(source_towards(""), "");
  EXPECT_EQ(source_towards("localhost"), "") << "a name would ask a resolver and block";
}

}  // namespace
}  // namespace bigfoot
