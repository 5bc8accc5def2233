#include "latency/clock_message.hpp"

#include <algorithm>

namespace bigfoot::latency {
namespace {

constexpr std::uint8_t ping_kind = 1;
constexpr std::uint8_t pong_kind = 2;
constexpr std::size_t ping_bytes = 5;
constexpr std::size_t pong_bytes = 21;

constexpr std::uint64_t micros_end =
    static_cast<std::uint64_t>(std::chrono::floor<Micros>(clock_message_time_end).time_since_epoch().count());

std::uint64_t micros_of(PeerTime time) {
  const std::int64_t micros = std::chrono::floor<Micros>(time).time_since_epoch().count();
  return std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(micros, 0)), micros_end - 1);
}

PeerTime peer_time_of(std::uint64_t micros) { return PeerTime(Micros(static_cast<std::int64_t>(micros))); }

}  // namespace

Bytes write_clock_message(const ClockPing& ping) {
  Bytes bytes(ping_bytes);
  bytes[0] = ping_kind;
  store_be32(&bytes[1], ping.id);
  return bytes;
}

Bytes write_clock_message(const ClockPong& pong) {
  Bytes bytes(pong_bytes);
  bytes[0] = pong_kind;
  store_be32(&bytes[1], pong.id);
  store_be64(&bytes[5], micros_of(pong.received));
  store_be64(&bytes[13], micros_of(pong.sent));
  return bytes;
}

std::optional<ClockMessage> read_clock_message(BytesView bytes) {
  ByteReader reader(bytes);
  const std::uint8_t kind = reader.u8();
  const std::uint32_t id = reader.be32();
  if (kind == ping_kind && reader.ok()) return ClockPing{id};
  if (kind != pong_kind) return std::nullopt;
  const std::uint64_t received = reader.be64();
  const std::uint64_t sent = reader.be64();
  if (!reader.ok() || received >= micros_end || sent >= micros_end) return std::nullopt;
  return ClockPong{id, peer_time_of(received), peer_time_of(sent)};
}

}  // namespace bigfoot::latency
