#pragma once
// Whose packet is it? Several cameras come over one transport (RFC 8843 9.2). Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rtp/packet.hpp"
#include "sdp/receiving.hpp"

namespace bigfoot::view {

/// Of one session. By the mid that a packet carries, else by its SSRC (told in the SDP, or learned from packets that
/// said more), else by its payload type where only one track has it.
class Demux {
 public:
  /// Again after each negotiation. What was learned stays, but of tracks that ended.
  void agree(const std::vector<sdp::ReceivedTrack>& tracks);
  /// The index of its track; nothing for strangers and for tracks that were not accepted.
  std::optional<std::size_t> track_of(const rtp::Packet& packet);
  /// Something else told.
  void learn(std::uint32_t ssrc, std::size_t track);
  /// Of an SSRC in RTCP.
  std::optional<std::size_t> track_of(std::uint32_t ssrc) const;

 private:
  struct Known {
    std::uint32_t ssrc = 0;
    std::size_t track = 0;
  };
  struct Line {
    bool accepted = false;
    std::string mid;
    std::vector<std::uint8_t> payload_types;  // rtx too
  };
  // A sender that restarts for ever has a new SSRC each time.
  static constexpr std::size_t learned_max = 4 * sdp::tracks_max;

  std::optional<std::size_t> by_payload_type(std::uint8_t type) const;

  std::vector<Line> lines_;
  std::uint8_t mid_id_ = 0;
  std::vector<Known> told_;
  std::vector<Known> learned_;  // oldest first
};

}  // namespace bigfoot::view
