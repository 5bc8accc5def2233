#pragma once
// The scratch buffer in which a burst is built: packets lie end to end, so that a run of equal sizes is one UDP GSO
// train without a copy. One for all sessions of a loop thread: it is empty again when flush() returns.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/bytes.hpp"

namespace bigfoot::transport {

/// A packet as it goes on the wire, inside some buffer.
struct WirePacket {
  std::uint32_t offset = 0;
  std::uint16_t size = 0;
  bool counted = false;  ///< has a transport-wide sequence number
  std::uint16_t transport_sequence = 0;
};

class Burst {
 public:
  static constexpr std::size_t packets_max = 64;  // UDP_MAX_SEGMENTS of Linux < 6.9
  static constexpr std::size_t bytes_max = 64'000;

  /// The session that builds it; another one may begin only when it is empty.
  bool owned_by(const void* session) const { return owner_ == session; }
  void own(const void* session) { owner_ = session; }
  /// Room for one packet, or nullptr when the burst is full.
  std::uint8_t* reserve(std::size_t size) {
    return count_ == packets_max || used_ + size > bytes_max ? nullptr : buffer_.data() + used_;
  }
  /// The reserved packet ended up with `size` bytes.
  void commit(std::size_t size, std::optional<std::uint16_t> transport_sequence) {
    packets_[count_++] = {static_cast<std::uint32_t>(used_), static_cast<std::uint16_t>(size),
                          transport_sequence.has_value(), transport_sequence.value_or(0)};
    used_ += size;
  }
  void clear() {
    count_ = used_ = 0;
    owner_ = nullptr;
  }
  std::span<WirePacket> packets() { return {packets_.data(), count_}; }
  const std::uint8_t* data() const { return buffer_.data(); }
  bool empty() const { return count_ == 0; }

 private:
  std::array<std::uint8_t, bytes_max> buffer_;
  std::array<WirePacket, packets_max> packets_;
  const void* owner_ = nullptr;
  std::size_t count_ = 0;
  std::size_t used_ = 0;
};

/// The burst of the calling (loop) thread. Kept alive by its users, so that nothing is left when the last session ends.
std::shared_ptr<Burst> burst_of_this_thread();

}  // namespace bigfoot::transport
