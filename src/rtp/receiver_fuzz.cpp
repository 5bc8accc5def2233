// Input: events, each an action and what it needs: a packet of the stream (a step of its number and of its time, flags,
// length, payload), a repeat, a raw datagram, time that passes. Whatever comes, what is held stays within its limits,
// what comes out was put in, and no timer is due in the past.
#include "rtp/receiver.hpp"

#include <algorithm>

namespace {

using namespace bigfoot;

rtp::ReceiverConfig config() {
  return {
      .payload_types = {96}, .rtx_payload_types = {97}, .abs_capture_time = 3, .packets_max = 400, .bytes_max = 20'000};
}

class Stream {
 public:
  explicit Stream(BytesView input) : reader_(input) {}
  void play() {
    while (reader_.left() >= 2) {
      const std::uint8_t action = reader_.u8();
      switch (action % 8) {
        case 0: pass(Micros(std::int64_t{reader_.u8()} * 400)); break;
        case 1: repeat(); break;
        case 2: raw(); break;
        case 3: jump(); break;
        case 4: receiver_.need_keyframe(); break;
        default: packet(action); break;
      }
      step();
    }
    pass(3s);
  }

 private:
  Bytes write(const rtp::Header& header, BytesView front) {
    Bytes wire(rtp::header_bytes);
    rtp::write_header(header, false, wire.data());
    wire.insert(wire.end(), front.begin(), front.end());
    const BytesView payload = reader_.view(std::min<std::size_t>(reader_.u8(), reader_.left()));
    wire.insert(wire.end(), payload.begin(), payload.end());
    return wire;
  }
  void give(BytesView wire) {
    const auto packet = rtp::parse_packet(wire);
    if (!packet) return;
    fed_ += packet->payload.size();
    receiver_.on_packet(*packet, now_);
  }
  // Bits of the action: marker, next picture; the low ones of the next byte: numbers skipped, or a step back.
  void packet(std::uint8_t action) {
    const std::uint8_t gap = reader_.u8();
    header_.marker = (action & 8) != 0;
    if ((action & 16) != 0) header_.timestamp += 3000;
    rtp::Header header = header_;
    if ((gap & 1) != 0)
      header.sequence = static_cast<std::uint16_t>(header.sequence - (gap >> 1));
    else
      header.sequence = header_.sequence = static_cast<std::uint16_t>(header_.sequence + 1 + (gap >> 5));
    give(write(header, {}));
  }
  void repeat() {
    rtp::Header header = header_;
    header.payload_type = 97;
    header.ssrc = 8;
    std::uint8_t number[2];
    store_be16(number, static_cast<std::uint16_t>(header_.sequence - reader_.u8()));
    give(write(header, number));
  }
  void raw() { give(reader_.view(std::min<std::size_t>(reader_.u8(), reader_.left()))); }
  void jump() {
    header_.sequence = reader_.be16();
    header_.timestamp += std::uint32_t{reader_.u8()} << 20;
    header_.ssrc = reader_.u8() % 4;
  }
  void pass(Nanos time) {
    const Timestamp end = now_ + time;
    while (receiver_.next_due() && *receiver_.next_due() <= end) {
      now_ = std::max(now_, *receiver_.next_due());
      step();
    }
    now_ = end;
  }
  void step() {
    const rtp::ReceiverStep step = receiver_.step(now_, 40ms, 3ms);
    for (const rtp::ReceivedFrame& frame : step.frames) {
      came_ += frame.bytes.size();
      if (frame.bytes.empty() || frame.last_arrival < frame.first_arrival || frame.last_arrival > now_)
        __builtin_trap();
    }
    // A start code of four bytes for a NAL unit of one; no byte comes out twice.
    if (came_ > fed_ * 5) __builtin_trap();
    if (step.nack.size() > rtp::Repair::missing_max + 1) __builtin_trap();
    if (receiver_.held() > config().packets_max) __builtin_trap();
    if (receiver_.next_due() && *receiver_.next_due() <= now_) __builtin_trap();
  }

  ByteReader reader_;
  rtp::Receiver receiver_{config()};
  rtp::Header header_{.payload_type = 96, .sequence = 65'500, .timestamp = 0xfffff000, .ssrc = 1};
  Timestamp now_{std::chrono::hours(1)};
  std::size_t fed_ = 0, came_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size <= 20'000) Stream({data, size}).play();
  return 0;
}
