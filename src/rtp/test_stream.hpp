#pragma once
// Test support: an H.264 stream as packets, without an encoder, and what must come out of it.

#include <cstring>
#include <utility>
#include <vector>

#include "h264/testing.hpp"
#include "rtp/packet.hpp"

namespace bigfoot::rtp {

/// A packet that owns its bytes.
struct TestPacket {
  Header header;
  Bytes payload;
  std::vector<std::pair<std::uint8_t, Bytes>> extensions = {};  ///< id and value

  static constexpr std::uint8_t media_type = 96, rtx_type = 97;

  Bytes wire() const {
    Bytes wire(header_bytes + 64 + payload.size());
    std::size_t size = header_bytes;
    ExtensionWriter writer(std::span<std::uint8_t>(wire).subspan(header_bytes, 64), false);
    for (const auto& [id, value] : extensions) writer.add(id, value);
    size += writer.finish();
    write_header(header, size > header_bytes, wire.data());
    if (!payload.empty()) std::memcpy(wire.data() + size, payload.data(), payload.size());
    wire.resize(size + payload.size());
    return wire;
  }
  /// Writes it and reads it back: f(packet), which refers to the written bytes.
  template <class F>
  void parsed(F f) const {
    const Bytes bytes = wire();
    f(*parse_packet(bytes));
  }
  /// The same as RTX (RFC 4588 4).
  TestPacket repeat(std::uint16_t rtx_sequence = 0) const {
    TestPacket rtx = *this;
    rtx.header.payload_type = rtx_type;
    rtx.header.ssrc = header.ssrc + 1;
    rtx.header.sequence = rtx_sequence;
    rtx.payload.insert(rtx.payload.begin(),
                       {static_cast<std::uint8_t>(header.sequence >> 8), static_cast<std::uint8_t>(header.sequence)});
    return rtx;
  }
};

struct TestPicture {
  std::vector<TestPacket> packets;
  Bytes bytes;  ///< Annex B, as a receiver delivers it
  bool key = false;
};

class TestStream {
 public:
  TestStream(std::uint32_t ssrc, std::uint16_t sequence, std::uint32_t timestamp)
      : header_{.payload_type = TestPacket::media_type, .sequence = sequence, .timestamp = timestamp, .ssrc = ssrc} {}

  /// A slice in `packets` packets; a key frame has its parameter sets in one more, in front.
  TestPicture picture(bool key, std::size_t packets) {
    TestPicture picture{.packets = {}, .bytes = {}, .key = key};
    if (key) {
      add(picture, {0x78, 0, 3, 0x67, 0x42, 0xc0, 0, 2, 0x68, 0xce});
      picture.bytes = {0, 0, 0, 1, 0x67, 0x42, 0xc0, 0, 0, 0, 1, 0x68, 0xce};
    }
    const std::uint8_t nal = key ? 0x65 : 0x41;
    picture.bytes.insert(picture.bytes.end(), {0, 0, 0, 1, nal});
    for (std::size_t i = 0; i < packets; ++i) {
      const Bytes body = body_of(picture.packets.size());
      picture.bytes.insert(picture.bytes.end(), body.begin(), body.end());
      Bytes payload{nal};
      if (packets > 1) {
        const int edge = i == 0 ? 0x80 : i + 1 == packets ? 0x40 : 0;
        payload = {static_cast<std::uint8_t>((nal & 0xe0) | 28), static_cast<std::uint8_t>((nal & 0x1f) | edge)};
      }
      payload.insert(payload.end(), body.begin(), body.end());
      add(picture, std::move(payload));
    }
    picture.packets.back().header.marker = true;
    header_.timestamp += 3000;
    ++number_;
    return picture;
  }
  /// Nothing but padding behind the last picture.
  TestPacket padding() {
    TestPacket packet{header_, {}};
    packet.header.timestamp -= 3000;
    ++header_.sequence;
    return packet;
  }

 private:
  Bytes body_of(std::size_t index) const {
    return {1, static_cast<std::uint8_t>(number_ >> 8 | 0x80), static_cast<std::uint8_t>(number_ | 1),
            static_cast<std::uint8_t>(number_ % 127 + 1), static_cast<std::uint8_t>(index % 255 + 1)};
  }
  void add(TestPicture& picture, Bytes payload) {
    picture.packets.push_back({header_, std::move(payload)});
    ++header_.sequence;
  }
  Header header_;
  std::uint32_t number_ = 0;
};

}  // namespace bigfoot::rtp
