#include "view/demux.hpp"

#include <algorithm>

namespace bigfoot::view {

void Demux::agree(const std::vector<sdp::ReceivedTrack>& tracks) {
  lines_.clear();
  told_.clear();
  mid_id_ = 0;
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    const sdp::ReceivedTrack& track = tracks[i];
    Line line{track.accepted, track.mid, {}};
    for (const sdp::ReceivedFormat& format : track.formats) {
      line.payload_types.push_back(format.payload_type);
      if (format.rtx_payload_type) line.payload_types.push_back(*format.rtx_payload_type);
    }
    lines_.push_back(std::move(line));
    if (!track.accepted) continue;
    // In a bundle an extension has one id (RFC 8843 9.2).
    if (mid_id_ == 0) mid_id_ = track.extensions.mid;
    if (track.ssrc) told_.push_back({*track.ssrc, i});
    if (track.rtx_ssrc) told_.push_back({*track.rtx_ssrc, i});
  }
  std::erase_if(learned_,
                [this](const Known& known) { return known.track >= lines_.size() || !lines_[known.track].accepted; });
}

std::optional<std::size_t> Demux::track_of(const rtp::Packet& packet) {
  const std::uint32_t ssrc = packet.header.ssrc;
  if (const auto value = packet.extension(mid_id_)) {
    const std::string mid(value->begin(), value->end());
    const auto line =
        std::ranges::find_if(lines_, [&mid](const Line& each) { return each.accepted && each.mid == mid; });
    if (line == lines_.end()) return std::nullopt;
    learn(ssrc, static_cast<std::size_t>(line - lines_.begin()));
  }
  if (const auto known = track_of(ssrc)) return known;
  const auto track = by_payload_type(packet.header.payload_type);
  if (track) learn(ssrc, *track);
  return track;
}

// What a packet says counts more than what the SDP said: a sender may take another SSRC.
std::optional<std::size_t> Demux::track_of(std::uint32_t ssrc) const {
  for (const auto* all : {&learned_, &told_}) {
    const auto known = std::ranges::find(*all, ssrc, &Known::ssrc);
    if (known != all->end()) return known->track;
  }
  return std::nullopt;
}

std::optional<std::size_t> Demux::by_payload_type(std::uint8_t type) const {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    if (!lines_[i].accepted || std::ranges::find(lines_[i].payload_types, type) == lines_[i].payload_types.end())
      continue;
    if (found) return std::nullopt;
    found = i;
  }
  return found;
}

void Demux::learn(std::uint32_t ssrc, std::size_t track) {
  if (track_of(ssrc) == track) return;
  std::erase_if(learned_, [ssrc](const Known& known) { return known.ssrc == ssrc; });
  if (learned_.size() == learned_max) learned_.erase(learned_.begin());
  learned_.push_back({ssrc, track});
}

}  // namespace bigfoot::view
