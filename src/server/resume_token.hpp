#pragma once
// A resume token proves, without the server remembering anything, that a peer was one side of a session: so a session
// outlives its socket and its server. HMAC-SHA256 over the claim with the server's key.

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "protocol/message.hpp"

namespace bigfoot::server {

struct ResumeClaim {
  std::string session_id;
  protocol::Role side = protocol::Role::consumer;  ///< producer or consumer
  std::string robot;                               ///< the producer's name: its token works for no other robot
  bool operator==(const ResumeClaim&) const = default;
};

class ResumeTokens {
 public:
  static constexpr std::size_t key_bytes = 32;
  explicit ResumeTokens(Bytes key);

  /// URL-safe text.
  std::string issue(const ResumeClaim& claim) const;
  /// Nothing when the token was not issued with this key, or is not one at all. Compares in constant time.
  std::optional<ResumeClaim> verify(std::string_view token) const;

 private:
  std::string mac(std::string_view payload) const;
  Bytes key_;
};

/// The key in DIR/resume.key, made there (0600) at the first start. Errors: the directory or file cannot be read or
/// written, the file has another size.
[[nodiscard]] Result<Bytes> load_resume_key(const std::string& state_dir);
/// A key for this process alone.
Bytes random_resume_key();

}  // namespace bigfoot::server
