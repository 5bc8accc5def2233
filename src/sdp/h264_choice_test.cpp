#include "sdp/h264_choice.hpp"

#include <gtest/gtest.h>

namespace bigfoot::sdp {
namespace {

std::string agreed(std::string_view ours, std::string_view theirs, bool level_asymmetry_allowed) {
  return agree(h264::parse_profile_level_id(ours).value(), h264::parse_profile_level_id(theirs).value(),
               level_asymmetry_allowed)
      .text();
}

TEST(Agree, KeepsTheirProfileAndTheLevelThatBothAllow) {
  EXPECT_EQ(agreed("42e028", "42e01f", true), "42e028");
  EXPECT_EQ(agreed("42e028", "42e01f", false), "42e01f");
  EXPECT_EQ(agreed("42e01f", "42e034", false), "42e01f");
  EXPECT_EQ(agreed("42e028", "640c1f", true), "640c28");
  EXPECT_EQ(agreed("42c015", "4d001f", true), "4d0015");
}

TEST(Agree, SpellsLevelOneBTheWayOfTheProfile) {
  EXPECT_EQ(agreed("42f00b", "64001f", true), "640009");
  EXPECT_EQ(agreed("640009", "42e01f", true), "42f00b");
  EXPECT_EQ(agreed("42e01f", "42f00b", true), "42e01f");
}

}  // namespace
}  // namespace bigfoot::sdp
