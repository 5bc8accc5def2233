#include "transport/sctp_gate.hpp"

#include <gtest/gtest.h>

namespace bigfoot::transport {
namespace {

Bytes chunk(std::uint8_t type, std::size_t size) {
  Bytes bytes((size + 3) / 4 * 4);
  bytes[0] = type;
  store_be16(&bytes[2], static_cast<std::uint32_t>(size));
  return bytes;
}

Bytes packet(std::initializer_list<Bytes> chunks) {
  Bytes bytes(12);
  for (const auto& one : chunks) bytes.insert(bytes.end(), one.begin(), one.end());
  return bytes;
}

TEST(SctpGate, LetsDataChannelsThrough) {
  EXPECT_TRUE(sctp_packet_passes(packet({chunk(1, 20)}))) << "INIT";
  EXPECT_TRUE(sctp_packet_passes(packet({chunk(11, 4), chunk(3, 16), chunk(0, 21)}))) << "COOKIE ACK, SACK, DATA";
  EXPECT_TRUE(sctp_packet_passes(packet({chunk(192, 8), chunk(130, 20)}))) << "FORWARD-TSN, RE-CONFIG";
  Bytes unpadded = packet({chunk(0, 17)});
  unpadded.resize(12 + 17);
  EXPECT_TRUE(sctp_packet_passes(unpadded));
}

TEST(SctpGate, StopsExtensionsThatNobodyAskedFor) {
  for (const int type : {12, 13, 15, 16, 64, 128, 129, 193, 194, 255})
    EXPECT_FALSE(sctp_packet_passes(packet({chunk(3, 16), chunk(static_cast<std::uint8_t>(type), 24)}))) << type;
}

TEST(SctpGate, StopsWhatIsNoPacket) {
  EXPECT_FALSE(sctp_packet_passes({}));
  EXPECT_FALSE(sctp_packet_passes(Bytes(11)));
  EXPECT_FALSE(sctp_packet_passes(packet({}))) << "a header alone";
  EXPECT_FALSE(sctp_packet_passes(packet({chunk(1, 20), chunk(0, 17)}))) << "INIT stands alone";
  Bytes longer = packet({chunk(0, 40)});
  store_be16(&longer[14], 41);
  EXPECT_FALSE(sctp_packet_passes(longer)) << "a chunk that goes on behind the end";
  Bytes empty = packet({chunk(0, 20)});
  store_be16(&empty[14], 0);
  EXPECT_FALSE(sctp_packet_passes(empty)) << "a chunk without a header";
  Bytes half = packet({chunk(3, 16)});
  half.push_back(0);
  EXPECT_FALSE(sctp_packet_passes(half));
}

}  // namespace
}  // namespace bigfoot::transport
