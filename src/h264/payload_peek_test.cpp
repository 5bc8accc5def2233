#include "h264/payload_peek.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "h264/packetizer.hpp"
#include "h264/testing.hpp"

namespace bigfoot::h264 {
namespace {

TEST(PayloadPeek, SingleUnitsSayWhatTheyAre) {
  EXPECT_EQ(peek_payload(Bytes{0x67, 1}), (PayloadPeek{.sps = true}));
  EXPECT_EQ(peek_payload(Bytes{0x68, 1}), PayloadPeek());
  EXPECT_EQ(peek_payload(Bytes{0x65, 1}), (PayloadPeek{.slice = true, .idr = true}));
  EXPECT_EQ(peek_payload(Bytes{0x41, 1}), (PayloadPeek{.slice = true}));
  EXPECT_EQ(peek_payload(Bytes{0x06, 1}), PayloadPeek());
}

TEST(PayloadPeek, AnAggregateIsLedByItsSpsBehindDelimiterAndSei) {
  EXPECT_EQ(peek_payload(Bytes{0x78, 0, 2, 0x67, 1, 0, 2, 0x68, 1}), (PayloadPeek{.sps = true}));
  EXPECT_EQ(peek_payload(Bytes{0x78, 0, 2, 0x09, 1, 0, 2, 0x06, 1, 0, 2, 0x67, 1, 0, 1, 0x65}),
            (PayloadPeek{.sps = true, .slice = true, .idr = true}));
  EXPECT_EQ(peek_payload(Bytes{0x78, 0, 2, 0x68, 1, 0, 2, 0x67, 1}), PayloadPeek());
}

TEST(PayloadPeek, FragmentsSayTheirUnitAndWhetherTheyBeginIt) {
  EXPECT_EQ(peek_payload(Bytes{0x7c, 0x85, 1}), (PayloadPeek{.slice = true, .idr = true}));
  EXPECT_EQ(peek_payload(Bytes{0x7c, 0x45, 1}), (PayloadPeek{.slice = true, .idr = true, .fragment = true}));
  EXPECT_EQ(peek_payload(Bytes{0x5c, 0x01, 1}), (PayloadPeek{.slice = true, .fragment = true}));
}

TEST(PayloadPeek, TornPayloadsSayLittle) {
  for (const Bytes& torn :
       {Bytes{}, Bytes{0x78}, Bytes{0x78, 0}, Bytes{0x78, 0, 0}, Bytes{0x78, 0, 9, 0x67}, Bytes{0x7c}})
    EXPECT_EQ(peek_payload(torn), PayloadPeek()) << torn.size();
}

TEST(PayloadPeek, WhatThePacketizerMakesOfAKeyFrameBeginsWithItsSps) {
  Packetizer packetizer;
  const Bytes stream = annex_b({{0x67, 0x42, 0xc0, 0x1f, 0xda}, {0x68, 0xce, 0x3c, 0x80}, nal_of(0x65, 5000, 1)});
  const auto frame = packetizer.packetize(make_unit(stream));
  ASSERT_TRUE(frame);
  for (std::size_t i = 0; i < (*frame)->count(); ++i) {
    Bytes payload((*frame)->payloads[i].size());
    (*frame)->payloads[i].write(payload.data());
    const PayloadPeek peek = peek_payload(payload);
    EXPECT_EQ(peek.sps, i == 0) << i;
    EXPECT_EQ(peek.idr, i != 0) << i;
    EXPECT_EQ(peek.fragment, i > 1) << i;
  }
}

}  // namespace
}  // namespace bigfoot::h264
