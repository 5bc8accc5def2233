#pragma once
// When transport-wide feedback is sent. The sender's pacer and estimator live by its freshness, and a feedback costs
// about 60 bytes with its headers: one for each 25 ms in which something arrived is 20 kbit/s. It goes with the end of
// a picture where that comes first: all of a burst is told while it is news, and nobody wakes up for it a second time.

#include <algorithm>
#include <optional>
#include <vector>

#include "rtp/twcc.hpp"

namespace bigfoot::rtp {

class TwccFeedback {
 public:
  static constexpr Nanos interval = 25ms;
  /// At 30 Mbit/s 25 ms are 85 packets. More are told at once: a feedback stays far below a datagram, even when each
  /// delta takes two bytes.
  static constexpr std::size_t gathered_max = 100;

  /// The SSRCs that the packets carry: our own, and any one of the media (the numbers are of the whole transport).
  TwccFeedback(std::uint32_t sender_ssrc, std::uint32_t media_ssrc) : receiver_(sender_ssrc, media_ssrc) {}

  /// Any packet with a transport-wide number: media, RTX, padding.
  void on_packet(std::uint16_t sequence, Timestamp arrival) {
    receiver_.on_packet(sequence, arrival);
    if (gathered_++ == 0) since_ = arrival;
  }
  /// A picture is whole, so that a pause follows.
  void on_picture(Timestamp now) { rest_ = gathered_ > 0 && now >= again_; }
  /// No arrival waits longer than the interval; nothing while nothing arrived.
  std::optional<Timestamp> next_due() const {
    if (gathered_ == 0) return std::nullopt;
    return rest_ || gathered_ >= gathered_max ? since_ : since_ + interval;
  }
  /// What is to be sent now, each one its own RTCP packet; more than one only after leaps or a long silence.
  std::vector<TransportFeedback> step(Timestamp now) {
    std::vector<TransportFeedback> feedbacks;
    const auto due = next_due();
    if (!due || now < *due) return feedbacks;
    while (auto feedback = receiver_.take()) feedbacks.push_back(std::move(*feedback));
    gathered_ = 0;
    rest_ = false;
    again_ = std::max(std::min(again_, now), since_) +
             interval;  // by the arrival: one that waited for its turn makes no other wait
    return feedbacks;
  }

 private:
  TwccReceiver receiver_;
  std::size_t gathered_ = 0;
  bool rest_ = false;
  Timestamp since_;
  Timestamp again_{};  ///< when the end of a picture may tell
};

}  // namespace bigfoot::rtp
