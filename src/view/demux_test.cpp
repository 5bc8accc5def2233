#include "view/demux.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtp/test_stream.hpp"

namespace bigfoot::view {
namespace {

sdp::ReceivedTrack line(const std::string& mid, std::uint8_t payload_type, std::optional<std::uint32_t> ssrc = {}) {
  sdp::ReceivedTrack track;
  track.accepted = true;
  track.mid = mid;
  track.formats = {{.payload_type = payload_type, .rtx_payload_type = static_cast<std::uint8_t>(payload_type + 1)}};
  track.extensions.mid = 4;
  track.ssrc = ssrc;
  return track;
}

std::optional<std::size_t> track_of(Demux& demux, std::uint8_t payload_type, std::uint32_t ssrc,
                                    const std::string& mid = {}) {
  rtp::TestPacket packet{{.payload_type = payload_type, .ssrc = ssrc}, {1}};
  if (!mid.empty()) packet.extensions = {{4, Bytes(mid.begin(), mid.end())}};
  std::optional<std::size_t> found;
  packet.parsed([&](const rtp::Packet& parsed) { found = demux.track_of(parsed); });
  return found;
}

TEST(Demux, ByPayloadTypeWhereOneTrackHasIt) {
  Demux demux;
  demux.agree({line("a", 96), line("b", 98)});
  EXPECT_EQ(track_of(demux, 96, 1), 0u);
  EXPECT_EQ(track_of(demux, 99, 2), 1u);
  EXPECT_EQ(track_of(demux, 100, 3), std::nullopt);
  EXPECT_EQ(demux.track_of(1u), 0u);
  EXPECT_EQ(demux.track_of(2u), 1u) << "reports of the repair stream are the track's";
  EXPECT_EQ(demux.track_of(3u), std::nullopt);
}

TEST(Demux, ByMidOnceForAllPacketsOfItsSsrc) {
  Demux demux;
  demux.agree({line("a", 96), line("b", 96)});
  EXPECT_EQ(track_of(demux, 96, 7), std::nullopt) << "both have the payload type";
  EXPECT_EQ(track_of(demux, 96, 7, "b"), 1u);
  EXPECT_EQ(track_of(demux, 96, 7), 1u);
  EXPECT_EQ(track_of(demux, 96, 8, "unknown"), std::nullopt);
  EXPECT_EQ(track_of(demux, 96, 7, "a"), 0u) << "a sender may move a stream";
  EXPECT_EQ(track_of(demux, 96, 7), 0u);
}

TEST(Demux, BySsrcAsToldUnlessThePacketKnowsBetter) {
  Demux demux;
  sdp::ReceivedTrack first = line("a", 96, 100);
  first.rtx_ssrc = 101;
  demux.agree({first, line("b", 96, 200)});
  EXPECT_EQ(track_of(demux, 96, 100), 0u);
  EXPECT_EQ(track_of(demux, 97, 101), 0u);
  EXPECT_EQ(track_of(demux, 96, 200), 1u);
  EXPECT_EQ(track_of(demux, 96, 200, "a"), 0u);
  EXPECT_EQ(track_of(demux, 96, 200), 0u);
}

TEST(Demux, RefusedTracksGetNothing) {
  Demux demux;
  sdp::ReceivedTrack refused = line("a", 96, 100);
  refused.accepted = false;
  demux.agree({refused, line("b", 96)});
  EXPECT_EQ(track_of(demux, 96, 100), 1u) << "only one takes this payload type";
  EXPECT_EQ(track_of(demux, 96, 5, "a"), std::nullopt);
}

TEST(Demux, WhatWasLearnedOutlivesARenegotiationButNotItsTrack) {
  Demux demux;
  std::vector<sdp::ReceivedTrack> tracks{line("a", 96), line("b", 96), line("c", 96)};
  demux.agree(tracks);
  EXPECT_EQ(track_of(demux, 96, 1, "a"), 0u);
  EXPECT_EQ(track_of(demux, 96, 2, "b"), 1u);
  tracks[1].accepted = false;
  demux.agree(tracks);
  EXPECT_EQ(track_of(demux, 96, 1), 0u);
  EXPECT_EQ(track_of(demux, 96, 2), std::nullopt);
}

TEST(Demux, ASenderWithEverNewSsrcsTakesNoMoreMemory) {
  Demux demux;
  demux.agree({line("a", 96), line("b", 98)});
  for (std::uint32_t ssrc = 1; ssrc <= 1000; ++ssrc) EXPECT_EQ(track_of(demux, 98, ssrc), 1u);
  EXPECT_EQ(demux.track_of(1000u), 1u);
  EXPECT_EQ(demux.track_of(1u), std::nullopt) << "the oldest are forgotten";
}

}  // namespace
}  // namespace bigfoot::view
