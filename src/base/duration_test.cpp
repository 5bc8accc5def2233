#include "base/duration.hpp"

#include <gtest/gtest.h>

namespace bigfoot {
namespace {

TEST(Duration, IsReadTheWayPeopleWriteIt) {
  EXPECT_EQ(parse_duration("50ms"), Nanos(50ms));
  EXPECT_EQ(parse_duration("1s"), Nanos(1s));
  EXPECT_EQ(parse_duration("1.5s"), Nanos(1500ms));
  EXPECT_EQ(parse_duration("0ms"), Nanos(0));
  for (const char* bad : {"", "50", "s", "-1s", "-0s", "1 s", "1e3ms", "nan s", "infs", "1m", "86401s", "0x1s"})
    EXPECT_FALSE(parse_duration(bad)) << bad;
  EXPECT_EQ(parse_duration("50").error().fix, "write it like 50ms or 1.5s");
}

TEST(Duration, ANumberAloneIsInTheUnitThatItsKeyHas) {
  EXPECT_EQ(parse_duration("2", "s"), Nanos(2s));
  EXPECT_EQ(parse_duration("0.5", "s"), Nanos(500ms));
  EXPECT_EQ(parse_duration("50", "ms"), Nanos(50ms));
  EXPECT_EQ(parse_duration("50ms", "s"), Nanos(50ms));
  for (const char* bad : {"", "s", "-1", "2m", "86401"}) EXPECT_FALSE(parse_duration(bad, "s")) << bad;
}

TEST(Duration, InASentenceItHasOneDecimal) {
  EXPECT_EQ(seconds_text(15s), "15.0 s");
  EXPECT_EQ(seconds_text(300ms), "0.3 s");
}

TEST(Duration, AgesReadAsThePageHasThem) {
  EXPECT_EQ(age_text(0ms), "0.0 s");
  EXPECT_EQ(age_text(850ms), "0.8 s");
  EXPECT_EQ(age_text(12'900ms), "12 s");
  EXPECT_EQ(age_text(200s), "3 min");
  EXPECT_EQ(age_text(3h), "3 h");
}

TEST(Duration, ItsTextReadsBack) {
  EXPECT_EQ(duration_text(50ms), "50ms");
  EXPECT_EQ(duration_text(1s), "1s");
  EXPECT_EQ(duration_text(1500ms), "1.5s");
  EXPECT_EQ(duration_text(1234ms), "1234ms");
  for (const Nanos each : {Nanos(0), Nanos(1500us), Nanos(999ms), Nanos(10s), Nanos(24h)})
    EXPECT_EQ(parse_duration(duration_text(each)), each);
}

}  // namespace
}  // namespace bigfoot
