#include "rtp/packet.hpp"

#include <gtest/gtest.h>

namespace bigfoot::rtp {
namespace {

Bytes bytes_of(BytesView view) { return Bytes(view.begin(), view.end()); }

TEST(Packet, TheFixedHeaderIsThatOfRfc3550) {
  Bytes out(header_bytes);
  write_header({.marker = true, .payload_type = 102, .sequence = 0x1234, .timestamp = 0x01020304, .ssrc = 0xaabbccdd},
               false, out.data());
  EXPECT_EQ(out, (Bytes{0x80, 0xe6, 0x12, 0x34, 1, 2, 3, 4, 0xaa, 0xbb, 0xcc, 0xdd}));
  const auto packet = parse_packet(out);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->header, (Header{true, 102, 0x1234, 0x01020304, 0xaabbccdd}));
  EXPECT_TRUE(packet->payload.empty());
}

TEST(Packet, CsrcExtensionAndPaddingAreSteppedOver) {
  const Bytes wire{0xb1, 0x66, 0,    1, 0, 0,    0,    2, 0, 0,   0,   3,   9, 9, 9,
                   9,    0xbe, 0xde, 0, 1, 0x10, 0x77, 0, 0, 'p', 'a', 'y', 0, 2};
  const auto packet = parse_packet(wire);
  ASSERT_TRUE(packet) << packet.error().text();
  EXPECT_EQ(bytes_of(packet->payload), (Bytes{'p', 'a', 'y'}));
  EXPECT_EQ(packet->padding, 2);
  EXPECT_EQ(bytes_of(*packet->extension(1)), (Bytes{0x77}));
}

TEST(Packet, EveryTruncationOfTheHeaderIsAnError) {
  const Bytes wire{0x91, 0x66, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 9, 9, 9, 9, 0xbe, 0xde, 0, 1, 0x10, 0x77, 0, 0};
  for (std::size_t size = 0; size < wire.size(); ++size)
    EXPECT_FALSE(parse_packet(BytesView(wire).first(size))) << size;
  EXPECT_TRUE(parse_packet(wire));
}

TEST(Packet, WrongVersionAndImpossiblePaddingAreErrors) {
  EXPECT_FALSE(parse_packet(Bytes{0x40, 0x66, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3}));
  EXPECT_FALSE(parse_packet(Bytes{0xa0, 0x66, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3}));           // padding flag, nothing there
  EXPECT_FALSE(parse_packet(Bytes{0xa0, 0x66, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 1, 0}));     // padding of zero
  EXPECT_FALSE(parse_packet(Bytes{0xa0, 0x66, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 1, 1, 9}));  // larger than what is there
}

// RFC 8285 4.2: the example with three elements, padding in between.
TEST(Packet, OneByteExtensionsOfRfc8285) {
  Packet packet;
  const Bytes block{0x10, 0xaa, 0x21, 0xbb, 0xbb, 0, 0, 0x33, 0xcc, 0xcc, 0xcc, 0xcc};
  packet.extension_profile = 0xBEDE;
  packet.extensions = block;
  EXPECT_EQ(bytes_of(*packet.extension(1)), (Bytes{0xaa}));
  EXPECT_EQ(bytes_of(*packet.extension(2)), (Bytes{0xbb, 0xbb}));
  EXPECT_EQ(bytes_of(*packet.extension(3)), (Bytes{0xcc, 0xcc, 0xcc, 0xcc}));
  EXPECT_FALSE(packet.extension(4));
  EXPECT_FALSE(packet.extension(0));
}

TEST(Packet, TwoByteExtensionsOfRfc8285) {
  Packet packet;
  const Bytes block{1, 0, 2, 1, 0xbb, 0, 200, 4, 1, 2, 3, 4};
  packet.extension_profile = 0x1005;
  packet.extensions = block;
  EXPECT_EQ(bytes_of(*packet.extension(1)), Bytes{});
  EXPECT_EQ(bytes_of(*packet.extension(2)), (Bytes{0xbb}));
  EXPECT_EQ(bytes_of(*packet.extension(200)), (Bytes{1, 2, 3, 4}));
}

TEST(Packet, BrokenExtensionsGiveNothing) {
  Packet packet;
  packet.extension_profile = 0xBEDE;
  const Bytes past_the_end{0x17, 1, 2};
  packet.extensions = past_the_end;
  EXPECT_FALSE(packet.extension(1));
  const Bytes stop{0xf0, 0, 0x10, 7};  // id 15: what follows is not looked at
  packet.extensions = stop;
  EXPECT_FALSE(packet.extension(1));
  packet.extension_profile = 0x1234;
  EXPECT_FALSE(packet.extension(1));
}

TEST(ExtensionWriter, WhatItWritesIsReadBackInBothForms) {
  for (const bool two_byte : {false, true}) {
    Bytes block(64);
    ExtensionWriter writer(block, two_byte);
    EXPECT_TRUE(writer.add(3, Bytes{1, 2}));
    EXPECT_TRUE(writer.add(14, Bytes(16, 7)));
    const std::size_t size = writer.finish();
    EXPECT_EQ(size % 4, 0u);
    EXPECT_EQ(load_be16(&block[2]) * 4u + 4, size);
    Packet packet;
    packet.extension_profile = load_be16(block.data());
    packet.extensions = BytesView(block).subspan(4, size - 4);
    EXPECT_EQ(bytes_of(*packet.extension(3)), (Bytes{1, 2}));
    EXPECT_EQ(bytes_of(*packet.extension(14)), Bytes(16, 7));
  }
}

TEST(ExtensionWriter, RefusesWhatItsFormCannotCarry) {
  Bytes block(64);
  ExtensionWriter one(block, false);
  EXPECT_FALSE(one.add(15, Bytes{1}));
  EXPECT_FALSE(one.add(0, Bytes{1}));
  EXPECT_FALSE(one.add(1, Bytes(17, 1)));
  EXPECT_FALSE(one.add(1, Bytes{}));
  EXPECT_EQ(one.finish(), 0u);
  ExtensionWriter two(block, true);
  EXPECT_TRUE(two.add(15, Bytes(17, 1)));
  EXPECT_FALSE(two.add(16, Bytes(60, 1)));  // no room
}

TEST(Unwrapper, ContinuesOverWrapsAndToleratesReordering) {
  Unwrapper<std::uint16_t> sequence;
  EXPECT_EQ(sequence.unwrap(65'534), 65'534);
  EXPECT_EQ(sequence.unwrap(1), 65'537);
  EXPECT_EQ(sequence.unwrap(65'535), 65'535);
  EXPECT_EQ(sequence.unwrap(2), 65'538);
  Unwrapper<std::uint32_t> timestamp;
  timestamp.unwrap(0xfffffff0);
  EXPECT_EQ(timestamp.unwrap(0x10), 0x100000010);
  EXPECT_EQ(timestamp.peek(0x20), 0x100000020);
  EXPECT_EQ(timestamp.peek(0xfffffff1), 0xfffffff1);
}

TEST(Packet, NewerIsModulo65536) {
  EXPECT_TRUE(newer(1, 0));
  EXPECT_TRUE(newer(0, 65'535));
  EXPECT_FALSE(newer(65'535, 0));
  EXPECT_FALSE(newer(5, 5));
}

}  // namespace
}  // namespace bigfoot::rtp
