#include "config/variables.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Variables, NamesOfAnEnvironment) {
  const char* const environment[] = {"HOME=/root", "BIGFOOT_NAME=a=b", "EMPTY=", "ODD", nullptr};
  EXPECT_THAT(variable_names(environment), ElementsAre("HOME", "BIGFOOT_NAME", "EMPTY", "ODD"));
  EXPECT_THAT(variable_names(nullptr), IsEmpty());
}

TEST(Variables, AMisspeltOneIsNamedWithTheNearest) {
  const std::vector<std::string> known{"BIGFOOT_CONFIG", "BIGFOOT_METRICS", "BIGFOOT_RESOURCES_CPU_AFFINITY"};
  const auto ignored = ignored_variables({"HOME", "BIGFOOT_METRCS", "BIGFOOT_METRICS", "BIGFOOT_BIN_DIR"}, known);
  ASSERT_EQ(ignored.size(), 2u);
  EXPECT_EQ(ignored[0].text(), "BIGFOOT_METRCS: nothing reads this variable\n    did you mean BIGFOOT_METRICS?");
  EXPECT_EQ(ignored[1].text(), "BIGFOOT_BIN_DIR: nothing reads this variable");
}

TEST(Variables, ANameOfAnyLengthIsShort) {
  const auto ignored = ignored_variables({"BIGFOOT_" + std::string(100'000, 'A')}, {"BIGFOOT_NAME"});
  ASSERT_EQ(ignored.size(), 1u);
  EXPECT_EQ(ignored[0].where.size(), 8u + 64u);
}

}  // namespace
}  // namespace bigfoot::config
