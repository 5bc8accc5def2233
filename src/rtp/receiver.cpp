#include "rtp/receiver.hpp"

#include <algorithm>
#include <utility>

namespace bigfoot::rtp {
namespace {

constexpr std::int64_t dropout_max = 3000;  // RFC 3550 A.1: a larger leap is another stream until proven
constexpr int strays_max = 64;              // late packets in a row, a mere sign
constexpr Nanos strays_silence = 1s;        // and a left path's queue, unless nothing newer came for so long
constexpr std::uint32_t late_ticks_max = 90'000 * 10;
constexpr std::size_t holes_before_key = 2;  // SPS and PPS, where they are not one packet

constexpr Nanos pli_first = 150ms;
constexpr Nanos pli_most = 1s;
constexpr Nanos pli_of_another = 100ms;  // streams that take turns make no storm

constexpr Nanos standstill = 20ms;
constexpr Nanos standstill_hold = 5ms;

std::optional<Timestamp> earlier(std::optional<Timestamp> a, std::optional<Timestamp> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

bool has(const std::vector<std::uint8_t>& types, std::uint8_t type) {
  return std::ranges::find(types, type) != types.end();
}

bool is_late(std::uint32_t timestamp, std::uint32_t newest) { return newest - timestamp <= late_ticks_max; }

}  // namespace

Receiver::Receiver(ReceiverConfig config) : config_(std::move(config)), repair_(config_.nack), assembly_(repair_) {}

WindowPacket Receiver::keep(const Packet& packet, BytesView payload, bool repeat, Timestamp arrival) const {
  WindowPacket kept{.here = true,
                    .marker = packet.header.marker,
                    .padding = payload.empty(),
                    .repeat = repeat,
                    .timestamp = packet.header.timestamp,
                    .peek = h264::peek_payload(payload),
                    .arrival = arrival,
                    .payload = Bytes(payload.begin(), payload.end())};
  if (const auto value = packet.extension(config_.abs_capture_time)) kept.captured = parse_abs_capture_time(*value);
  return kept;
}

void Receiver::on_packet(const Packet& packet, Timestamp arrival) {
  if (has(config_.payload_types, packet.header.payload_type))
    on_media(packet, arrival);
  else if (has(config_.rtx_payload_types, packet.header.payload_type))
    on_repeat(packet, arrival);
}

std::int64_t Receiver::number_of(std::uint16_t sequence) const {
  const std::int64_t newest = assembly_.next() - 1;
  return newest + static_cast<std::int16_t>(static_cast<std::uint16_t>(sequence - static_cast<std::uint16_t>(newest)));
}

bool Receiver::is_stray(const Header& header) const {
  if (header.ssrc != ssrc_) return true;
  const std::int64_t number = number_of(header.sequence);
  if (number >= assembly_.next()) return number - assembly_.next() > dropout_max;
  // Behind what is wanted: late, if its time is as well.
  return number < assembly_.first() && !is_late(header.timestamp, newest_timestamp_);
}

// Two in a row prove another stream. A row of late packets (a path that changed) proves nothing, unless it is long and
// the stream stands still.
bool Receiver::begins_anew(const Header& header, const WindowPacket& packet) {
  const bool stray = is_stray(header);
  const bool late = !stray && number_of(header.sequence) < assembly_.first();
  if (!stray && !late) {
    stray_.reset();
    return false;
  }
  const bool follows = stray_ && stray_->header.ssrc == header.ssrc &&
                       header.sequence == static_cast<std::uint16_t>(stray_->header.sequence + 1);
  const int count = follows ? stray_->count + 1 : 1;
  if (stray ? count >= 2 : count >= strays_max && packet.arrival - last_came_ >= strays_silence) {
    const Stray first = std::move(*stray_);
    stray_.reset();
    begin(first.header, first.packet);
    return true;
  }
  stray_ = Stray{header, packet, count};
  return false;
}

void Receiver::begin(const Header& header, const WindowPacket& first) {
  ++stats_.streams;
  ssrc_ = header.ssrc;
  reception_ = {};
  cadence_ = {};
  repair_.clear();
  plis_ = 0;
  if (pli_at_ && first.arrival - *pli_at_ >= pli_of_another) pli_at_.reset();
  // One wrap up, so that numbers in front of the first one are not negative.
  const std::int64_t number = std::int64_t{0x10000} + header.sequence;
  assembly_.begin(number);
  if (first.peek.idr && !first.peek.sps && !first.peek.fragment) {
    // A key frame whose parameter sets were lost or overtaken.
    assembly_.prepend_holes(holes_before_key);
    for (std::size_t i = holes_before_key; i > 0; --i)
      repair_.miss(number - static_cast<std::int64_t>(i), first.arrival);
  }
  reception_.on_packet(header, first.arrival);
  ++stats_.packets;
  accept(number, first);
}

void Receiver::on_media(const Packet& packet, Timestamp arrival) {
  WindowPacket kept = keep(packet, packet.payload, false, arrival);
  if (!ssrc_) {
    begin(packet.header, kept);
    return;
  }
  if (!begins_anew(packet.header, kept) && is_stray(packet.header)) return;
  reception_.on_packet(packet.header, arrival);
  ++stats_.packets;
  accept(number_of(packet.header.sequence), std::move(kept));
}

bool Receiver::is_near(std::uint32_t timestamp) const {
  return is_late(timestamp, newest_timestamp_) || is_late(newest_timestamp_, timestamp);
}

bool Receiver::awaits(const Packet& repeat) const {
  return ssrc_ && has(config_.rtx_payload_types, repeat.header.payload_type) && repeat.payload.size() >= 3 &&
         is_near(repeat.header.timestamp) && repair_.awaited(number_of(load_be16(repeat.payload.data())));
}

void Receiver::on_repeat(const Packet& packet, Timestamp arrival) {
  ++stats_.repeats;
  // Padding on the RTX stream probes the path. A repeat of a stream that has ended has another time.
  if (!ssrc_ || packet.payload.size() < 3) return;
  if (!is_near(packet.header.timestamp)) return;
  const std::int64_t number = number_of(load_be16(packet.payload.data()));
  if (number - assembly_.next() > dropout_max) return;
  accept(number, keep(packet, packet.payload.subspan(2), true, arrival));
}

void Receiver::accept(std::int64_t number, WindowPacket packet) {
  if (number < assembly_.first()) {
    ++stats_.late;
    return;
  }
  last_came_ = packet.arrival;
  if (number >= assembly_.next()) {
    append(number, std::move(packet));
  } else if (assembly_.has(number)) {
    ++stats_.duplicates;
    return;
  } else {
    repair_.came(number, packet.repeat, packet.arrival);
    assembly_.put(number, std::move(packet));
  }
  if (assembly_.packets() > config_.packets_max || assembly_.bytes() > config_.bytes_max) overflow(assembly_.next());
}

void Receiver::append(std::int64_t number, WindowPacket packet) {
  const std::int64_t holes = number - assembly_.next();
  if (holes + static_cast<std::int64_t>(repair_.missing()) > static_cast<std::int64_t>(Repair::missing_max)) {
    overflow(number);
  } else {
    for (std::int64_t hole = assembly_.next(); hole < number; ++hole) repair_.miss(hole, packet.arrival);
  }
  repair_.came(number, packet.repeat, packet.arrival);
  newest_timestamp_ = packet.timestamp;
  if (!packet.padding) {
    const bool in_order = holes == 0 && !packet.repeat;
    cadence_.on_newest(packet.timestamp, packet.marker, in_order, packet.arrival);
  }
  assembly_.put(number, std::move(packet));
}

void Receiver::overflow(std::int64_t number) {
  ++stats_.overflows;
  repair_.clear();
  assembly_.skip_to(number);
}

void Receiver::note_standstill(Timestamp now) {
  // A machine that is late each time is not waited for each time.
  if (due_ && due_ != hold_until_ && now - *due_ > standstill) hold_until_ = now + standstill_hold;
}

ReceiverStep Receiver::step(Timestamp now, Nanos rtt, Nanos jitter) {
  ReceiverStep step;
  if (!ssrc_) return step;
  repair_.set_path(rtt, jitter);
  note_standstill(now);
  assembly_.take(step.frames);
  if (now < hold_until_) {
    due_ = hold_until_;
    return step;
  }
  due_ = ask(now, step);
  due_ = earlier(due_, ask_ahead(now, step));
  due_ = earlier(due_, ask_keyframe(now, step));
  return step;
}

std::optional<Timestamp> Receiver::ask(Timestamp now, ReceiverStep& step) {
  repair_.step(now, step.nack);
  while (const auto lost = repair_.lost()) {
    assembly_.give_up(*lost);
    assembly_.take(step.frames);
  }
  // Who waits for nothing but a key frame asks for nothing else: what was skipped is out of the list again.
  std::erase_if(step.nack, [this](std::uint16_t sequence) { return number_of(sequence) < assembly_.first(); });
  return repair_.next_due();
}

std::optional<Timestamp> Receiver::ask_ahead(Timestamp now, ReceiverStep& step) {
  const auto overdue = cadence_.overdue();
  if (!overdue || (assembly_.needs_key() && !assembly_.key_coming())) return std::nullopt;
  return repair_.ask_ahead(assembly_.next(), overdue->inside, overdue->at, now, step.nack);
}

std::optional<Timestamp> Receiver::ask_keyframe(Timestamp now, ReceiverStep& step) {
  if (!assembly_.needs_key()) plis_ = 0;
  if (!assembly_.needs_key()) return std::nullopt;
  if (assembly_.key_coming()) {
    if (repair_.missing() > 0) return std::nullopt;  // until it is filled or given up
    const Timestamp silence = last_came_ + repair_.rtt() + pli_first;
    if (now < silence) return silence;
  }
  const Nanos wait = repair_.rtt() + std::min(pli_first * std::max(plis_, 1), pli_most);
  if (pli_at_ && now < *pli_at_ + wait) return *pli_at_ + wait;
  pli_at_ = now;
  ++plis_;
  ++stats_.plis;
  step.keyframe = true;
  return now + repair_.rtt() + std::min(pli_first * plis_, pli_most);
}

Receiver::Stats Receiver::stats() const {
  Stats stats = stats_;
  stats.frames = assembly_.stats();
  stats.repair = repair_.stats();
  return stats;
}

void append_requests(const ReceiverStep& step, std::uint32_t own_ssrc, std::uint32_t media_ssrc, Bytes& out) {
  if (!step.nack.empty()) append_rtcp(Nack{own_ssrc, media_ssrc, step.nack}, out);
  if (step.keyframe) append_rtcp(Pli{own_ssrc, media_ssrc}, out);
}

}  // namespace bigfoot::rtp
