#include "sdp/parameter_sets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace bigfoot::sdp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ParameterSets, AreNalUnitsInTheirOrder) {
  EXPECT_THAT(parse_parameter_sets("Z0LA,aM48gA=="),
              ElementsAre(Bytes{0x67, 0x42, 0xc0}, Bytes{0x68, 0xce, 0x3c, 0x80}));
  EXPECT_THAT(parse_parameter_sets(" Z0LA , aM48gA"),
              ElementsAre(Bytes{0x67, 0x42, 0xc0}, Bytes{0x68, 0xce, 0x3c, 0x80}))
      << "blanks and no padding";
  EXPECT_THAT(parse_parameter_sets("+/+/"), ElementsAre(Bytes{0xfb, 0xff, 0xbf}));
}

TEST(ParameterSets, AreAllOrNone) {
  EXPECT_THAT(parse_parameter_sets(""), IsEmpty());
  EXPECT_THAT(parse_parameter_sets("Z0LA,a"), IsEmpty()) << "one digit is no byte";
  EXPECT_THAT(parse_parameter_sets("Z0LA,aM4-"), IsEmpty()) << "not base64";
  EXPECT_THAT(parse_parameter_sets("Z0LA,===="), IsEmpty());
  EXPECT_THAT(parse_parameter_sets(std::string(5000, 'A')), IsEmpty()) << "too long";
  std::string many = "Z0LA";
  for (int i = 0; i < 16; ++i) many += ",Z0LA";
  EXPECT_THAT(parse_parameter_sets(many), IsEmpty()) << "too many";
}

}  // namespace
}  // namespace bigfoot::sdp
