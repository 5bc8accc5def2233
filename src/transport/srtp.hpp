#pragma once
// SRTP and SRTCP in place (RFC 3711; AES-GCM: RFC 7714) with the keys of one DTLS session. Outlives ICE paths: the keys
// and the replay windows go on when the address changes.

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "transport/dtls.hpp"

typedef struct srtp_ctx_t_ srtp_ctx_t;

namespace bigfoot::transport {

class Srtp {
 public:
  /// A packet grows by at most this much: GCM tag 16 for RTP; tag 16 and index 4 for RTCP.
  static constexpr std::size_t rtp_trailer = 16;
  static constexpr std::size_t rtcp_trailer = 20;
  /// An authenticated peer could still fill our memory with a stream state for each SSRC it makes up.
  static constexpr std::size_t ssrcs_max = 64;

  [[nodiscard]] static Result<Srtp> make(const SrtpKeys& keys);
  Srtp(Srtp&& other) noexcept;
  Srtp& operator=(Srtp&&) = delete;
  ~Srtp();

  /// Encrypt in place; `packet` has room for the trailer. The new size, or 0: malformed, or a sequence number that was
  /// encrypted before (a GCM nonce must never come twice).
  std::size_t protect_rtp(std::uint8_t* packet, std::size_t size);
  std::size_t protect_rtcp(std::uint8_t* packet, std::size_t size);
  /// Decrypt in place. The plain size, or 0: forged, replayed, malformed or one SSRC too many.
  std::size_t unprotect_rtp(std::span<std::uint8_t> packet);
  std::size_t unprotect_rtcp(std::span<std::uint8_t> packet);

 private:
  Srtp() = default;
  bool room_for(std::uint32_t ssrc) const;
  void remember(std::uint32_t ssrc);
  srtp_ctx_t* outbound_ = nullptr;
  srtp_ctx_t* inbound_ = nullptr;
  std::vector<std::uint32_t> inbound_ssrcs_;
};

}  // namespace bigfoot::transport
