// Our sender and our receiver over a lossy link: what a viewer sees of the loss.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <queue>

#include "rtp/receiver.hpp"
#include "rtp/sender.hpp"
#include "rtp/test_stream.hpp"

namespace bigfoot::rtp {
namespace {

constexpr Nanos one_way = 20ms;
constexpr Nanos rtt = 2 * one_way;
constexpr Nanos interval = 33'333'333ns;

/// 2.4 Mbit/s at 30 fps over 50 Mbit/s. Loses packets and RTCP alike.
class Link {
 public:
  explicit Link(std::uint32_t loss_percent) : loss_(loss_percent) {}

  void film(int count) {
    for (int i = 0; i < count; ++i) {
      send_picture(i == 0 || std::exchange(keyframe_wanted_, false));
      pass(interval);
    }
    pass(2s);
  }
  /// How much later than without loss, of the repaired ones, in rising order.
  std::vector<Nanos> repaired;
  int delivered = 0, sent = 0;

 private:
  struct Event {
    Timestamp at;
    std::uint64_t order = 0;
    Bytes packet;  ///< RTP to the receiver, or RTCP to the sender
    bool to_sender = false;
    bool operator<(const Event& other) const { return std::tie(other.at, other.order) < std::tie(at, order); }
  };

  void send_picture(bool key) {
    std::vector<Bytes> nals{h264::nal_of(key ? 0x65 : 0x41, (key ? 30'000 : 6'000) + random_.below(8'000), 1)};
    if (key) nals.insert(nals.begin(), {{0x67, 0x42, 0xc0, 0x1f, 0xda}, {0x68, 0xce, 0x3c, 0x80}});
    const auto frame = packetizer_.packetize(h264::make_unit(h264::annex_b(nals), 0, now_));
    ASSERT_TRUE(frame);
    ++sent;
    Nanos after{0};
    for (std::size_t i = 0; i < (*frame)->count(); ++i) {
      Bytes packet(packet_bytes_max);
      packet.resize(sender_.write(*frame, i, 0, now_, packet));
      after += Nanos(packet.size() * 8 * 20);  // 50 Mbit/s
      if (i + 1 == (*frame)->count()) due_[sender_.timestamp_of(now_)] = now_ + after + one_way;
      travel(std::move(packet), false, after);
    }
  }
  void travel(Bytes packet, bool to_sender, Nanos after = 0ms) {
    if (random_.below(1000) < loss_ * 10) return;
    events_.push({now_ + after + one_way, ++order_, std::move(packet), to_sender});
  }
  void pass(Nanos time) {
    const Timestamp end = now_ + time;
    for (;;) {
      const Timestamp timer = receiver_.next_due().value_or(Timestamp::max());
      const Timestamp event = events_.empty() ? Timestamp::max() : events_.top().at;
      if (std::min(timer, event) > end) break;
      now_ = std::min(timer, event);
      if (event <= timer) happen();
      step();
    }
    now_ = end;
  }
  void happen() {
    const Event event = events_.top();
    events_.pop();
    if (!event.to_sender) return receiver_.on_packet(*parse_packet(event.packet), now_);
    const auto packets = parse_rtcp(event.packet);
    for (const RtcpPacket& packet : *packets) {
      if (std::holds_alternative<Pli>(packet)) keyframe_wanted_ = true;
      if (const auto* nack = std::get_if<Nack>(&packet)) repeat(*nack);
    }
  }
  void repeat(const Nack& nack) {
    std::vector<TrackSender::Repeat> repeats;
    sender_.on_nack(nack, rtt, now_, repeats);
    for (const auto& each : repeats) {
      Bytes packet(packet_bytes_max);
      packet.resize(sender_.write_rtx(each.sequence, 0, now_, packet));
      if (!packet.empty()) travel(std::move(packet), false);
    }
  }
  void step() {
    const ReceiverStep step = receiver_.step(now_, rtt, receiver_.reception().jitter());
    for (const ReceivedFrame& frame : step.frames) {
      ++delivered;
      const Timestamp due = due_.at(frame.timestamp);
      if (frame.repaired > 0) repaired.push_back(now_ - due);
    }
    Bytes rtcp;
    append_requests(step, 1, 2, rtcp);
    if (!rtcp.empty()) travel(std::move(rtcp), true);
  }

  std::uint32_t loss_;
  h264::Random random_{11};
  Timestamp now_{std::chrono::hours(5)};
  h264::Packetizer packetizer_;
  TrackSender sender_{{.ssrc = 2, .rtx_ssrc = 3, .payload_type = 96, .rtx_payload_type = 97, .cname = "c"}, {}};
  Receiver receiver_{{.payload_types = {96}, .rtx_payload_types = {97}}};
  std::priority_queue<Event> events_;
  std::uint64_t order_ = 0;
  std::map<std::uint32_t, Timestamp> due_;  // when a picture would be whole without loss
  bool keyframe_wanted_ = false;
};

Nanos quantile(std::vector<Nanos> values, double share) {
  std::ranges::sort(values);
  return values.at(static_cast<std::size_t>(share * static_cast<double>(values.size() - 1)));
}

TEST(ReceiverLink, TwoPercentLossBothWaysCostsARoundTripAndHardlyAPicture) {
  Link link(2);
  link.film(10'000);
  ASSERT_GT(link.repaired.size(), 1'000u);
  EXPECT_LE(quantile(link.repaired, 0.85), rtt * 12 / 10 + 5ms);
  EXPECT_LE(quantile(link.repaired, 0.99), rtt * 25 / 10 + interval);
  EXPECT_GE(link.delivered, link.sent * 98 / 100);
  RecordProperty("p50_ms", std::to_string(to_millis(quantile(link.repaired, 0.5))));
  RecordProperty("p85_ms", std::to_string(to_millis(quantile(link.repaired, 0.85))));
  RecordProperty("p99_ms", std::to_string(to_millis(quantile(link.repaired, 0.99))));
  RecordProperty("delivered", link.delivered);
}

TEST(ReceiverLink, TwentyPercentLossIsStillAPicture) {
  Link link(20);
  link.film(3'000);
  EXPECT_GE(link.delivered, link.sent * 60 / 100);
}

TEST(ReceiverLink, WithoutLossNothingIsAskedFor) {
  Link link(0);
  link.film(1'000);
  EXPECT_EQ(link.delivered, link.sent);
  EXPECT_THAT(link.repaired, testing::IsEmpty());
}

}  // namespace
}  // namespace bigfoot::rtp
