#include "view/freeze.hpp"

#include <gtest/gtest.h>

namespace bigfoot::view {
namespace {

const Timestamp start{1h};

TEST(Freeze, BeforeTheFirstPictureItIsNeitherFreshNorFrozen) {
  const Freeze freeze(start);
  EXPECT_FALSE(freeze.fresh(start + 10s));
  EXPECT_FALSE(freeze.frozen(start + 10s));
  EXPECT_EQ(freeze.age(start + 10s), Nanos(10s));
  EXPECT_EQ(freeze.freezes(start + 10s), 0u);
}

TEST(Freeze, FreshUpTo300msThenFrozen) {
  Freeze freeze(start);
  freeze.shown(start);
  EXPECT_TRUE(freeze.fresh(start + 299ms));
  EXPECT_FALSE(freeze.frozen(start + 299ms));
  EXPECT_FALSE(freeze.fresh(start + 300ms));
  EXPECT_TRUE(freeze.frozen(start + 300ms));
}

TEST(Freeze, FreezesAreCountedAndTimedWhileTheyLastAndAfter) {
  Freeze freeze(start);
  freeze.shown(start);
  freeze.shown(start + 100ms);
  EXPECT_EQ(freeze.freezes(start + 1100ms), 1u);
  EXPECT_EQ(freeze.frozen_for(start + 1100ms), Nanos(1s));
  freeze.shown(start + 1200ms);
  EXPECT_EQ(freeze.freezes(start + 1300ms), 1u);
  EXPECT_EQ(freeze.frozen_for(start + 1300ms), Nanos(1100ms));
  freeze.shown(start + 2200ms);
  EXPECT_EQ(freeze.freezes(start + 2200ms), 2u);
  EXPECT_EQ(freeze.frozen_for(start + 2200ms), Nanos(2100ms));
}

}  // namespace
}  // namespace bigfoot::view
