#include "transport/srtp.hpp"

#include <srtp2/srtp.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/bytes.hpp"
#include "base/check.hpp"

namespace bigfoot::transport {
namespace {

constexpr unsigned long replay_window = 1024;  // packets; at 4 Mbit/s about two seconds of reordering

// libsrtp wants one srtp_init a process. It is never shut down: sessions may outlive any order of destruction.
void init_library() {
  static const srtp_err_status_t status = srtp_init();
  BIGFOOT_CHECK(status == srtp_err_status_ok, "libsrtp2 fails its self-test");
}

std::size_t key_size(std::string_view profile) {
  return profile == "AEAD_AES_128_GCM" ? 16 + 12 : profile == "AEAD_AES_256_GCM" ? 32 + 12 : 16 + 14;
}

void set_crypto(std::string_view profile, srtp_policy_t& policy) {
  if (profile == "AEAD_AES_128_GCM") {
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
  } else if (profile == "AEAD_AES_256_GCM") {
    srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp);
    srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtcp);
  } else {
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
  }
}

Result<srtp_ctx_t*> make_context(const std::string& profile, Bytes key, srtp_ssrc_type_t direction) {
  if (key.size() != key_size(profile)) return fail("the keys do not fit " + profile);
  srtp_policy_t policy{};
  set_crypto(profile, policy);
  policy.ssrc.type = direction;
  policy.key = key.data();
  policy.window_size = replay_window;
  policy.allow_repeat_tx = 0;
  srtp_t context = nullptr;
  const srtp_err_status_t status = srtp_create(&context, &policy);
  if (status != srtp_err_status_ok) {
    return fail("libsrtp2 refuses the keys for " + profile + " (status " + std::to_string(status) + ")");
  }
  return context;
}

using Operation = srtp_err_status_t (*)(srtp_t, void*, int*);

std::size_t apply(Operation operation, srtp_t context, std::uint8_t* packet, std::size_t size) {
  int length = static_cast<int>(size);
  return operation(context, packet, &length) == srtp_err_status_ok ? static_cast<std::size_t>(length) : 0;
}

}  // namespace

Result<Srtp> Srtp::make(const SrtpKeys& keys) {
  init_library();
  Srtp srtp;
  const auto outbound = make_context(keys.profile, keys.send, ssrc_any_outbound);
  if (!outbound) return tl::unexpected(outbound.error());
  srtp.outbound_ = *outbound;
  const auto inbound = make_context(keys.profile, keys.receive, ssrc_any_inbound);
  if (!inbound) return tl::unexpected(inbound.error());
  srtp.inbound_ = *inbound;
  return srtp;
}

Srtp::Srtp(Srtp&& other) noexcept
    : outbound_(std::exchange(other.outbound_, nullptr)),
      inbound_(std::exchange(other.inbound_, nullptr)),
      inbound_ssrcs_(std::move(other.inbound_ssrcs_)) {}

Srtp::~Srtp() {
  if (outbound_ != nullptr) srtp_dealloc(outbound_);
  if (inbound_ != nullptr) srtp_dealloc(inbound_);
}

std::size_t Srtp::protect_rtp(std::uint8_t* packet, std::size_t size) {
  return size < 12 ? 0 : apply(&srtp_protect, outbound_, packet, size);
}

std::size_t Srtp::protect_rtcp(std::uint8_t* packet, std::size_t size) {
  return size < 8 ? 0 : apply(&srtp_protect_rtcp, outbound_, packet, size);
}

std::size_t Srtp::unprotect_rtp(std::span<std::uint8_t> packet) {
  if (packet.size() < 12) return 0;
  const std::uint32_t ssrc = load_be32(packet.data() + 8);
  if (!room_for(ssrc)) return 0;
  const std::size_t size = apply(&srtp_unprotect, inbound_, packet.data(), packet.size());
  if (size > 0) remember(ssrc);
  return size;
}

std::size_t Srtp::unprotect_rtcp(std::span<std::uint8_t> packet) {
  if (packet.size() < 8) return 0;
  const std::uint32_t ssrc = load_be32(packet.data() + 4);
  if (!room_for(ssrc)) return 0;
  const std::size_t size = apply(&srtp_unprotect_rtcp, inbound_, packet.data(), packet.size());
  if (size > 0) remember(ssrc);
  return size;
}

bool Srtp::room_for(std::uint32_t ssrc) const {
  return inbound_ssrcs_.size() < ssrcs_max ||
         std::find(inbound_ssrcs_.begin(), inbound_ssrcs_.end(), ssrc) != inbound_ssrcs_.end();
}

void Srtp::remember(std::uint32_t ssrc) {
  if (std::find(inbound_ssrcs_.begin(), inbound_ssrcs_.end(), ssrc) == inbound_ssrcs_.end()) {
    inbound_ssrcs_.push_back(ssrc);
  }
}

}  // namespace bigfoot::transport
