#include "sdp/bundle.hpp"

#include <algorithm>

#include "sdp/media_view.hpp"

namespace bigfoot::sdp {

OfferedBundle::OfferedBundle(const Description& offer) : offer_(offer), group_(bundle_of(offer)) {}

bool OfferedBundle::has(std::size_t line) const {
  return std::find(group_.begin(), group_.end(), mid_of(offer_.media[line])) != group_.end();
}

Result<> OfferedBundle::check(std::size_t line, bool first) const {
  const Media& media = offer_.media[line];
  if (!media.protocol.ends_with("RTP/SAVPF"))
    return fail("the offer's video section is " + media.protocol.substr(0, 40), "UDP/TLS/RTP/SAVPF is needed");
  if (!media.has("rtcp-mux")) return fail("the offer has no a=rtcp-mux", "RTCP on its own port is not supported");
  if (!has(line) && !(group_.empty() && first))
    return fail("the offer's video section is outside BUNDLE", "all media has to use one transport (a=group:BUNDLE)");
  return {};
}

std::optional<std::size_t> OfferedBundle::line_of(std::string_view mid) const {
  for (std::size_t line = 0; line < offer_.media.size(); ++line)
    if (mid_of(offer_.media[line]) == mid) return line;
  return std::nullopt;
}

std::optional<std::size_t> OfferedBundle::shell() const {
  const auto line = group_.empty() ? std::nullopt : line_of(group_.front());
  if (!line) return std::nullopt;
  const Media& media = offer_.media[*line];
  const bool carries_rtp = media.type == "audio" || media.type == "video";
  const bool can = carries_rtp && !is_rejected(media) && media.has("rtcp-mux") && !codecs(media).empty();
  return can ? line : std::nullopt;
}

std::optional<std::size_t> OfferedBundle::tagged(const std::vector<bool>& lives) const {
  for (const auto mid : group_)
    if (const auto line = line_of(mid); line && lives[*line]) return line;
  const auto first = std::find(lives.begin(), lives.end(), true);
  if (first == lives.end()) return std::nullopt;
  return static_cast<std::size_t>(first - lives.begin());
}

std::vector<std::string> OfferedBundle::answered(const std::vector<bool>& lives, std::size_t tagged) const {
  if (group_.empty()) return {};
  std::vector<std::string> mids{std::string(mid_of(offer_.media[tagged]))};
  for (std::size_t line = 0; line < lives.size(); ++line)
    if (lives[line] && line != tagged) mids.emplace_back(mid_of(offer_.media[line]));
  return mids;
}

Result<> check_mids(const Description& offer) {
  std::vector<std::string_view> seen;
  for (const auto& media : offer.media) {
    const auto mid = mid_of(media);
    if (mid.empty()) continue;
    if (std::find(seen.begin(), seen.end(), mid) != seen.end()) return fail("the SDP has the same a=mid twice");
    seen.push_back(mid);
  }
  return {};
}

std::string types_of(const Description& description) {
  std::string types;
  for (const auto& media : description.media)
    if (!is_rejected(media) && types.size() < 60) types += (types.empty() ? "" : ", ") + media.type.substr(0, 20);
  return types;
}

}  // namespace bigfoot::sdp
