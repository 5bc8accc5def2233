#include "h264/depacketizer.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "h264/nal.hpp"
#include "h264/testing.hpp"

namespace bigfoot::h264 {
namespace {

using ::testing::HasSubstr;

const Bytes sps{0x67, 0x42, 0xc0, 0x1f, 0xda};
const Bytes pps{0x68, 0xce, 0x3c, 0x80};

std::vector<ReceivedUnit> drain(Depacketizer& depacketizer) {
  std::vector<ReceivedUnit> units;
  while (auto unit = depacketizer.take()) units.push_back(std::move(*unit));
  return units;
}

/// Feeds payloads with rising sequence numbers; those in `lost` are left out.
class Sender {
 public:
  explicit Sender(std::uint16_t first) : sequence_(first) {}
  void send(const PacketizedFrame& frame, std::uint32_t timestamp, Depacketizer& to, Random* loss = nullptr) {
    for (const Payload& payload : frame.payloads) {
      const std::uint16_t sequence = sequence_++;
      if (loss != nullptr && loss->below(10) == 0) {
        ++lost;
        continue;
      }
      Bytes bytes(payload.size());
      payload.write(bytes.data());
      EXPECT_TRUE(to.push(sequence, timestamp, payload.marker, bytes) || loss != nullptr);
    }
  }
  int lost = 0;

 private:
  std::uint16_t sequence_;
};

std::vector<Bytes> random_nals(Random& random, bool key) {
  std::vector<Bytes> nals;
  if (key) nals = {sps, pps};
  for (auto slices = random.below(4) + 1; slices > 0; --slices)
    nals.push_back(nal_of(key ? 0x65 : 0x41, random.below(5000) + 1, random.below(1u << 20)));
  return nals;
}

TEST(Depacketizer, RandomAccessUnitsComeOutAsTheyWentIn) {
  Random random(5);
  Packetizer packetizer;
  Depacketizer depacketizer;
  Sender sender(65'000);  // wraps on the way
  for (std::uint32_t i = 0; i < 300; ++i) {
    const bool key = i % 30 == 0;
    const Bytes stream = annex_b(random_nals(random, key));
    const auto frame = packetizer.packetize(make_unit(stream));
    ASSERT_TRUE(frame);
    sender.send(**frame, i * 3000, depacketizer);
    const auto units = drain(depacketizer);
    ASSERT_EQ(units.size(), 1u);
    EXPECT_EQ(units[0].bytes, stream);
    EXPECT_EQ(units[0].timestamp, i * 3000);
    EXPECT_EQ(units[0].keyframe, key);
    EXPECT_FALSE(units[0].damaged || units[0].lost_before);
  }
}

TEST(Depacketizer, UnderLossWhatClaimsToBeWholeIsWhole) {
  Random random(6);
  Packetizer packetizer;
  Depacketizer depacketizer;
  Sender sender(0);
  std::vector<Bytes> streams;
  int whole = 0, damaged = 0;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    streams.push_back(annex_b(random_nals(random, i % 30 == 0)));
    sender.send(**packetizer.packetize(make_unit(streams.back())), i, depacketizer, &random);
    for (const ReceivedUnit& unit : drain(depacketizer)) {
      if (!unit.damaged && !unit.lost_before) {
        ++whole;
        EXPECT_EQ(unit.bytes, streams[unit.timestamp]);
      } else {
        ++damaged;
        // Whatever is left is made of whole NAL units of that access unit, in order.
        std::vector<BytesView> sent, got;
        split_annex_b(streams[unit.timestamp], sent);
        split_annex_b(unit.bytes, got);
        auto from = sent.begin();
        for (const BytesView nal : got) {
          from = std::find_if(from, sent.end(), [&](BytesView other) { return std::ranges::equal(other, nal); });
          ASSERT_NE(from, sent.end());
          ++from;
        }
      }
    }
  }
  EXPECT_GT(sender.lost, 100);
  EXPECT_GT(whole, 300);
  EXPECT_GT(damaged, 100);
}

TEST(Depacketizer, WithoutAMarkerTheNextTimestampEndsTheUnit) {
  Depacketizer depacketizer;
  EXPECT_TRUE(depacketizer.push(1, 10, false, Bytes{0x41, 1}));
  EXPECT_TRUE(drain(depacketizer).empty());
  EXPECT_TRUE(depacketizer.push(2, 20, true, Bytes{0x41, 2}));
  const auto units = drain(depacketizer);
  ASSERT_EQ(units.size(), 2u);
  EXPECT_FALSE(units[0].damaged);
  EXPECT_EQ(units[1].last_sequence, 2);
}

TEST(Depacketizer, AGapBetweenUnitsIsToldApartFromOneInside) {
  Depacketizer depacketizer;
  EXPECT_TRUE(depacketizer.push(1, 10, true, Bytes{0x41, 1}));
  EXPECT_TRUE(depacketizer.push(3, 30, true, Bytes{0x41, 2}));
  EXPECT_TRUE(depacketizer.push(4, 40, false, Bytes{0x41, 3}));
  EXPECT_TRUE(depacketizer.push(6, 40, true, Bytes{0x41, 4}));
  const auto units = drain(depacketizer);
  ASSERT_EQ(units.size(), 3u);
  EXPECT_TRUE(units[1].lost_before && !units[1].damaged);
  EXPECT_TRUE(!units[2].lost_before && units[2].damaged);
}

// CVE-2026-119610: rtph264depay read past the end of MTAPs. Nothing that mode 1 does not have is parsed at all.
TEST(Depacketizer, PacketTypesOutsideModeOneAreRefused) {
  for (const int type : {0, 25, 26, 27, 29, 30, 31}) {
    Depacketizer depacketizer;
    const auto refused = depacketizer.push(1, 10, true, Bytes{static_cast<std::uint8_t>(type), 0, 0, 0, 4, 1, 2, 3, 4});
    ASSERT_FALSE(refused) << type;
    EXPECT_THAT(refused.error().text(), HasSubstr("not part of packetization-mode 1"));
    const auto units = drain(depacketizer);
    ASSERT_EQ(units.size(), 1u);
    EXPECT_TRUE(units[0].damaged && units[0].bytes.empty());
  }
}

TEST(Depacketizer, MalformedPayloadsAreRefused) {
  const std::vector<Bytes> bad = {
      {},                     // nothing
      {0x78},                 // STAP-A of nothing
      {0x78, 0, 9, 0x67},     // a size past the end
      {0x78, 0, 0},           // a size of zero
      {0x78, 0},              // half a size
      {0x78, 0, 2, 0x78, 1},  // an aggregate in an aggregate
      {0x7c, 0x85},           // FU-A of nothing
      {0x7c, 0xc5, 1},        // start and end at once (RFC 6184 5.8)
      {0x7c, 0x05, 1},        // a middle without its start
      {0x7c, 0x80, 1},        // fragment of type 0
      {0x7c, 0x9c, 1},        // fragment of a fragment
  };
  for (const Bytes& payload : bad) {
    Depacketizer depacketizer;
    EXPECT_FALSE(depacketizer.push(1, 10, false, payload)) << payload.size();
  }
}

TEST(Depacketizer, AnEndlessAccessUnitIsCutOff) {
  Depacketizer depacketizer;
  const Bytes slice = nal_of(0x41, 60'000, 1);
  bool refused = false;
  for (std::uint16_t i = 0; i < 200; ++i) refused |= !depacketizer.push(i, 10, i == 199, slice);
  EXPECT_TRUE(refused);
  const auto units = drain(depacketizer);
  ASSERT_EQ(units.size(), 1u);
  EXPECT_TRUE(units[0].damaged);
  EXPECT_LE(units[0].bytes.size(), access_unit_bytes_max + 4);
}

}  // namespace
}  // namespace bigfoot::h264
