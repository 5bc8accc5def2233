#pragma once
// Which sections of an offer share one transport (RFC 9143), and what that means for our answer.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "sdp/description.hpp"

namespace bigfoot::sdp {

/// Borrows the offer.
class OfferedBundle {
 public:
  explicit OfferedBundle(const Description& offer);

  bool has(std::size_t line) const;
  /// Can RTP go through this section? Errors: another profile than RTP/SAVPF, no rtcp-mux, outside the BUNDLE
  /// (`first`: the first one to live, which needs none where there is no BUNDLE at all).
  [[nodiscard]] Result<> check(std::size_t line, bool first) const;

  /// The audio or video section that comes first in the BUNDLE, when it can live without media. With bundlePolicy
  /// max-bundle the only transport lives there; Chromium 156 cannot apply an answer that refuses it ("Failed to setup
  /// RTCP mux"), so it stays, inactive.
  std::optional<std::size_t> shell() const;
  /// The section whose transport carries everything: the first of the offer's group that lives (RFC 9143 7.3.1).
  std::optional<std::size_t> tagged(const std::vector<bool>& lives) const;
  /// For the answer's group: those that live, the tagged one first, because that is how it says whose transport it is
  /// (RFC 9143 7.3). Empty when the offer has no group.
  std::vector<std::string> answered(const std::vector<bool>& lives, std::size_t tagged) const;

 private:
  std::optional<std::size_t> line_of(std::string_view mid) const;

  const Description& offer_;
  std::vector<std::string_view> group_;
};

/// Errors: the same a=mid twice.
[[nodiscard]] Result<> check_mids(const Description& offer);

/// "video, audio": the types of the sections that were not rejected, cut off where they are many.
std::string types_of(const Description& description);

}  // namespace bigfoot::sdp
