#pragma once
// Which of the peer's candidates get a connectivity check. A peer chooses these addresses and the robot sends STUN to
// them, so this is where a stranger is kept from probing loopback, link-local or multicast, and from flooding.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sdp/transport.hpp"

namespace bigfoot::transport {

enum class CandidateVerdict {
  usable,
  mdns,       ///< a .local name: never looked up; the peer's own check makes a peer-reflexive pair (RFC 8828)
  tcp,        ///< we have no ICE-TCP
  component,  ///< not component 1: RTCP is multiplexed
  not_an_address,
  port,  ///< 0 or the discard port 9
  loopback,
  link_local,
  multicast,  ///< and IPv4 broadcast
  unspecified,
  duplicate,
  over_limit,
  other_generation,  ///< its ufrag is not that of the description in force
};
constexpr std::size_t candidate_verdicts = 13;
const char* to_string(CandidateVerdict verdict);

/// What the candidate's own text says, without counting; pure.
CandidateVerdict judge(const sdp::Candidate& candidate, bool loopback_allowed);

/// One generation's remote candidates.
class CandidateFilter {
 public:
  static constexpr std::size_t limit = 32;
  explicit CandidateFilter(bool loopback_allowed) : loopback_allowed_(loopback_allowed) {}

  CandidateVerdict admit(const sdp::Candidate& candidate);
  /// Counts a verdict reached elsewhere.
  void count(CandidateVerdict verdict) { ++counts_[static_cast<std::size_t>(verdict)]; }
  /// A new generation: forgets the candidates, keeps the counts.
  void restart() { seen_.clear(); }
  std::uint32_t counted(CandidateVerdict verdict) const { return counts_[static_cast<std::size_t>(verdict)]; }

 private:
  struct Seen {
    std::string address;
    std::uint16_t port;
    bool operator==(const Seen&) const = default;
  };
  bool loopback_allowed_;
  std::vector<Seen> seen_;
  std::array<std::uint32_t, candidate_verdicts> counts_{};
};

}  // namespace bigfoot::transport
