#include "base/cpu_set.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <thread>

namespace bigfoot {
namespace {

TEST(CpuSet, IsReadTheWayPeopleWriteIt) {
  EXPECT_EQ(parse_cpu_range("3"), (CpuRange{3, 3}));
  EXPECT_EQ(parse_cpu_range("0-3"), (CpuRange{0, 3}));
  EXPECT_EQ(to_string(CpuRange{0, 3}), "0-3");
  EXPECT_EQ(to_string(CpuRange{6, 6}), "6");
  for (const char* bad : {"", "-", "-1", "3-1", "1-", "0-3,6", "1024", "a", "1 ", "99999999999"})
    EXPECT_FALSE(parse_cpu_range(bad)) << bad;
}

/// In a thread of its own: the others of this test keep theirs.
template <class Work>
void apart(Work work) {
  std::thread(work).join();
}

TEST(CpuSet, AThreadAndWhatItMakesRunOnlyThere) {
  apart([] {
    cpu_set_t before;
    ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
    int last = CPU_SETSIZE - 1;
    while (!CPU_ISSET(last, &before)) --last;
    ASSERT_TRUE(pin_to({{last, last}, {1000, 1023}})) << "what is not there counts for nothing";
    apart([last] {
      cpu_set_t now;
      ASSERT_EQ(sched_getaffinity(0, sizeof now, &now), 0);
      EXPECT_EQ(CPU_COUNT(&now), 1);
      EXPECT_TRUE(CPU_ISSET(last, &now));
    });
  });
}

TEST(CpuSet, WithoutAnyOfThemItSaysWhatToChange) {
  apart([] {
    const auto pinned = pin_to({{1022, 1023}});
    ASSERT_FALSE(pinned);
    EXPECT_THAT(pinned.error().text(),
                testing::AllOf(testing::HasSubstr("1022-1023"), testing::HasSubstr("resources.cpu_affinity")));
  });
}

}  // namespace
}  // namespace bigfoot
