#pragma once
// Test support: one stream, its receiver and a clock.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "rtp/receiver.hpp"
#include "rtp/test_stream.hpp"

namespace bigfoot::rtp {

inline constexpr Nanos lab_rtt = 40ms;
inline constexpr Nanos lab_interval = 33'333'333ns;

/// A receiver, a stream and a clock. Time moves from one due moment to the next, as a loop would move it.
class ReceiverLab : public ::testing::Test {
 protected:
  void come(const TestPacket& packet) {
    packet.parsed([this](const Packet& parsed) { receiver_.on_packet(parsed, now_); });
    step();
  }
  void come(const TestPicture& picture) {
    for (const TestPacket& packet : picture.packets) come(packet);
  }
  /// All of it but some.
  void come_without(const TestPicture& picture, std::vector<std::size_t> lost) {
    for (std::size_t i = 0; i < picture.packets.size(); ++i)
      if (std::ranges::find(lost, i) == lost.end()) come(picture.packets[i]);
  }
  void step() {
    const ReceiverStep step = receiver_.step(now_, lab_rtt, 0ms);
    for (const ReceivedFrame& frame : step.frames) {
      got_.push_back(frame.bytes);
      frames_.push_back(frame);
    }
    for (const std::uint16_t sequence : step.nack) asked_.emplace_back(now_ - start_, sequence);
    if (step.keyframe) plis_.push_back(now_ - start_);
  }
  void wait(Nanos time) {
    const Timestamp end = now_ + time;
    while (receiver_.next_due() && *receiver_.next_due() <= end) {
      now_ = std::max(now_, *receiver_.next_due());
      step();
    }
    now_ = end;
  }
  /// Sequence numbers asked for so far; forgets them.
  std::vector<std::uint16_t> asked() {
    std::vector<std::uint16_t> sequences;
    for (const auto& [at, sequence] : asked_) sequences.push_back(sequence);
    asked_.clear();
    return sequences;
  }
  std::size_t plis() const { return plis_.size(); }

  /// A key frame, delivered, so that pictures flow; `start_` is then.
  void begin() {
    const TestPicture key = stream_.picture(true, 3);
    come(key);
    ASSERT_THAT(got_, testing::ElementsAre(key.bytes));
    got_.clear();
    frames_.clear();
    start_ = now_;
  }
  /// Steady pictures, until the rhythm is known.
  void flow(int pictures, std::size_t packets) {
    for (int i = 0; i < pictures; ++i) {
      come(stream_.picture(false, packets));
      wait(lab_interval);
    }
    EXPECT_THAT(asked(), testing::IsEmpty());
    EXPECT_EQ(got_.size(), static_cast<std::size_t>(pictures));
    got_.clear();
    start_ = now_;
  }

  static ReceiverConfig config() {
    return {
        .payload_types = {TestPacket::media_type}, .rtx_payload_types = {TestPacket::rtx_type}, .abs_capture_time = 5};
  }
  Timestamp now_{std::chrono::hours(5)};
  Timestamp start_ = now_;
  TestStream stream_{1000, 500, 90'000};
  Receiver receiver_{config()};
  std::vector<Bytes> got_;
  std::vector<ReceivedFrame> frames_;
  std::vector<std::pair<Nanos, std::uint16_t>> asked_;
  std::vector<Nanos> plis_;
};

}  // namespace bigfoot::rtp
