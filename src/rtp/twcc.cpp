#include "rtp/twcc.hpp"

#include <algorithm>
#include <cstdlib>

namespace bigfoot::rtp {
namespace {

constexpr Nanos tick = 250us;
constexpr Nanos reference_unit = 64ms;
// 4.4 years. Feedbacks that leap on purpose would otherwise reach the end of 64-bit nanoseconds.
constexpr std::int64_t reference_max = std::int64_t{1} << 31;

/// Continues the 24-bit reference time, which wraps after 12.4 days.
std::int64_t continue_reference(std::int64_t last, std::int32_t field) {
  const auto step =
      static_cast<std::int32_t>((static_cast<std::uint32_t>(field) - static_cast<std::uint32_t>(last)) << 8) >> 8;
  return std::abs(last + step) < reference_max ? last + step : field;
}

}  // namespace

TwccSender::TwccSender() : records_(records_max) {}

void TwccSender::on_sent(std::uint16_t sequence, std::size_t size, Timestamp at) {
  const std::int64_t number = unwrapper_.unwrap(sequence);
  Record& record = records_[static_cast<std::uint64_t>(number) % records_max];
  record = {at, number, static_cast<std::uint16_t>(std::min<std::size_t>(size, 0xffff)), State::sent};
}

std::span<const PacketResult> TwccSender::on_feedback(const TransportFeedback& feedback) {
  results_.clear();
  reference_ = last_reference_ ? continue_reference(reference_, feedback.reference) : feedback.reference;
  last_reference_ = feedback.reference;
  const std::int64_t base = unwrapper_.peek(feedback.base);
  auto arrival = feedback.received.begin();
  // 24 bytes can tell of 65535 packets. Only the newest that we have a record of are looked at.
  std::size_t i = feedback.count - std::min<std::size_t>(feedback.count, records_max);
  while (arrival != feedback.received.end() && static_cast<std::uint16_t>(arrival->sequence - feedback.base) < i)
    ++arrival;
  for (; i < feedback.count; ++i) {
    const auto sequence = static_cast<std::uint16_t>(feedback.base + i);
    const bool received = arrival != feedback.received.end() && arrival->sequence == sequence;
    const std::int64_t ticks = received ? arrival++->ticks : 0;
    Record& record = records_[static_cast<std::uint64_t>(base + static_cast<std::int64_t>(i)) % records_max];
    if (record.number != base + static_cast<std::int64_t>(i) || record.state == State::empty) continue;
    const State becomes = received ? State::received : State::lost;
    if (record.state == State::received || record.state == becomes) continue;
    record.state = becomes;
    results_.push_back({.sequence = sequence,
                        .size = record.size,
                        .received = received,
                        .sent = record.sent,
                        .arrival = received ? reference_ * reference_unit + ticks * tick : Nanos{0}});
  }
  return results_;
}

void TwccReceiver::on_packet(std::uint16_t sequence, Timestamp arrival) {
  const std::int64_t number = unwrapper_.unwrap(sequence);
  if (arrivals_.size() == arrivals_max) arrivals_.erase(arrivals_.begin());
  const auto after = std::upper_bound(arrivals_.begin(), arrivals_.end(), number,
                                      [](std::int64_t n, const Arrival& a) { return n < a.number; });
  if (after != arrivals_.begin() && (after - 1)->number == number) return;  // a duplicate
  arrivals_.insert(after, {number, arrival});
}

std::optional<TransportFeedback> TwccReceiver::take() {
  if (arrivals_.empty()) return std::nullopt;
  const std::int64_t first = arrivals_.front().number;
  // Holes since the last feedback are told too, as far as one feedback reaches; a late packet begins its own range.
  std::int64_t base = first;
  if (next_base_ && *next_base_ <= first && first - *next_base_ < static_cast<std::int64_t>(statuses_max))
    base = *next_base_;
  const std::int64_t start_ticks = arrivals_.front().at.time_since_epoch() / tick;
  const std::int64_t reference = start_ticks / (reference_unit / tick);
  TransportFeedback feedback{.sender_ssrc = sender_ssrc_,
                             .media_ssrc = media_ssrc_,
                             .base = static_cast<std::uint16_t>(base),
                             .reference = static_cast<std::int32_t>(static_cast<std::uint32_t>(reference) << 8) >> 8,
                             .number = number_++};
  std::int64_t last_ticks = 0;
  std::size_t used = 0;
  for (const Arrival& arrival : arrivals_) {
    const std::int64_t ticks = arrival.at.time_since_epoch() / tick - reference * (reference_unit / tick);
    const bool near = ticks - last_ticks >= INT16_MIN && ticks - last_ticks <= INT16_MAX;
    if (!near || arrival.number - base >= static_cast<std::int64_t>(statuses_max)) break;
    feedback.received.push_back({static_cast<std::uint16_t>(arrival.number), ticks});
    feedback.count = static_cast<std::uint16_t>(arrival.number - base + 1);
    last_ticks = ticks;
    ++used;
  }
  next_base_ = std::max(next_base_.value_or(0), base + feedback.count);
  arrivals_.erase(arrivals_.begin(), arrivals_.begin() + static_cast<std::ptrdiff_t>(used));
  return feedback;
}

}  // namespace bigfoot::rtp
