#include "h264/nal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "h264/testing.hpp"

namespace bigfoot::h264 {
namespace {

using ::testing::ElementsAre;

std::vector<Bytes> split(const Bytes& stream) {
  std::vector<BytesView> views;
  split_annex_b(stream, views);
  std::vector<Bytes> nals;
  for (const BytesView view : views) nals.emplace_back(view.begin(), view.end());
  return nals;
}

TEST(Nal, SplitsAtThreeAndFourByteStartCodes) {
  EXPECT_THAT(split({0, 0, 0, 1, 0x67, 1, 2, 0, 0, 1, 0x68, 3, 0, 0, 0, 1, 0x65, 4}),
              ElementsAre(Bytes{0x67, 1, 2}, Bytes{0x68, 3}, Bytes{0x65, 4}));
}

TEST(Nal, TrailingZerosAndLeadingBytesBelongToTheStream) {
  EXPECT_THAT(split({9, 9, 0, 0, 1, 0x65, 7, 0, 0, 0, 0, 1, 0x41, 8, 0, 0}),
              ElementsAre(Bytes{0x65, 7}, Bytes{0x41, 8}));
}

TEST(Nal, StreamsWithoutContentGiveNothing) {
  EXPECT_TRUE(split({}).empty());
  EXPECT_TRUE(split({0, 0, 1}).empty());
  EXPECT_TRUE(split({0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0}).empty());
  EXPECT_TRUE(split({1, 1, 1, 1, 0, 1, 1}).empty());
}

TEST(Nal, RandomStreamsComeApartAsTheyWereJoined) {
  Random random(7);
  for (int round = 0; round < 300; ++round) {
    std::vector<Bytes> nals(random.below(6) + 1);
    Bytes stream;
    for (Bytes& nal : nals) {
      nal.resize(random.below(60) + 1);
      // Ones and small values are frequent, so that the search for 00 00 01 has something to stumble over.
      for (auto& byte : nal) byte = static_cast<std::uint8_t>(random.below(3) == 0 ? 1 : random.below(200) + 2);
      if (random.coin()) stream.push_back(0);
      stream.insert(stream.end(), {0, 0, 1});
      stream.insert(stream.end(), nal.begin(), nal.end());
      for (auto zeros = random.below(3); zeros > 0; --zeros) stream.push_back(0);
    }
    EXPECT_EQ(split(stream), nals);
  }
}

TEST(Nal, EmulationPreventionIsRemoved) {
  EXPECT_EQ(unescape(Bytes{1, 0, 0, 3, 1, 0, 0, 3, 0, 0, 3}, 100), (Bytes{1, 0, 0, 1, 0, 0, 0, 0}));
  EXPECT_EQ(unescape(Bytes{0, 3, 0, 0, 4, 3}, 100), (Bytes{0, 3, 0, 0, 4, 3}));
  EXPECT_EQ(unescape(Bytes{1, 2, 3, 4}, 2), (Bytes{1, 2}));
}

}  // namespace
}  // namespace bigfoot::h264
