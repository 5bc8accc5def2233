#include "latency/delay.hpp"

#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace bigfoot::latency {
namespace {

using nlohmann::json;

// Shared with tests/conformance/clock_test.mjs.
json goldens() {
  std::ifstream file(BIGFOOT_SOURCE_DIR "/tests/conformance/clock/delays.json");
  return json::parse(file);
}

Micros micros(const json& value) { return Micros(value.get<std::int64_t>()); }
json grade_text(const std::optional<Delay>& delay) {
  return delay ? json(std::string(to_string(grade_of(*delay)))) : json();
}

TEST(Delay, GoldenPicturesAreAsOldAsThePageSays) {
  const json pictures = goldens()["pictures"];
  ASSERT_GE(pictures.size(), 15u);
  for (const json& golden : pictures) {
    SCOPED_TRACE(golden["name"].get<std::string>());
    const ClockEstimate clock{micros(golden["offset_us"]), micros(golden["error_us"]), false};
    const auto delay = delay_of(PeerTime(micros(golden["captured_us"])), Timestamp(micros(golden["shown_us"])), clock);
    EXPECT_EQ(delay_words(delay), golden["words"].get<std::string>());
    EXPECT_EQ(grade_text(delay), golden["grade"]);
    ASSERT_EQ(delay.has_value(), !golden["delay_us"].is_null());
    if (!delay) continue;
    EXPECT_EQ(delay->value, micros(golden["delay_us"]));
    EXPECT_EQ(delay->error, clock.error);
  }
}

TEST(Delay, GoldenDelaysReadAsOnThePage) {
  const json shown = goldens()["shown"];
  ASSERT_GE(shown.size(), 5u);
  const auto millis = [](double ms) { return Nanos(std::llround(ms * 1e6)); };
  for (const json& golden : shown) {
    SCOPED_TRACE(golden.dump());
    std::optional<Delay> delay;
    if (const json& known = golden["delay"]; !known.is_null())
      delay = Delay{millis(known["ms"]), millis(known.value("error_ms", 0.0)), known["estimated"]};
    EXPECT_EQ(delay_words(delay), golden["words"].get<std::string>());
    EXPECT_EQ(grade_text(delay), golden["grade"]);
  }
}

TEST(Delay, ColoursAreThoseOfThePage) {
  for (const DelayGrade grade : {DelayGrade::good, DelayGrade::slow, DelayGrade::bad}) {
    const json colours = goldens()["colours"];
    const auto found = std::find_if(colours.begin(), colours.end(),
                                    [&](const json& each) { return each["grade"] == std::string(to_string(grade)); });
    ASSERT_NE(found, colours.end());
    EXPECT_EQ(colour_of(grade), (*found)["colour"].get<std::string>());
  }
}

TEST(Delay, AnEstimateStaysOne) {
  const ClockEstimate reports{10s, 500us, true};
  const auto delay = delay_of(PeerTime(10s), Timestamp(84ms), reports);
  EXPECT_EQ(delay, (Delay{84ms, 500us, true}));
  EXPECT_EQ(delay_words(delay), "≈ 84 ms");
}

}  // namespace
}  // namespace bigfoot::latency
