#include "sdp/offer.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "sdp/answer.hpp"
#include "sdp/h264_choice.hpp"
#include "sdp/media_view.hpp"
#include "sdp/remote.hpp"
#include "sdp/sections.hpp"

namespace bigfoot::sdp {
namespace {

constexpr std::uint8_t first_payload_type = 96;
constexpr rtp::ExtensionIds offered_extensions{.transport_cc = 1, .playout_delay = 2, .abs_capture_time = 3, .mid = 4};

// Each track its own payload types: under BUNDLE one number means one configuration (RFC 9143 9.1), and levels differ.
TrackNegotiated offered(const Offer& offer, std::size_t index) {
  const Track& track = offer.tracks[index];
  TrackNegotiated wish;
  wish.accepted = track.active;
  wish.m_line = index;
  wish.mid = std::to_string(index);
  wish.payload_type = static_cast<std::uint8_t>(first_payload_type + 2 * index);
  wish.rtx_payload_type = static_cast<std::uint8_t>(wish.payload_type + 1);
  wish.extensions = offered_extensions;
  wish.feedback = {.nack = true, .pli = true, .fir = true, .transport_cc = true, .remb = true};
  wish.reduced_size_rtcp = true;
  wish.profile_level_id = track.profile_level_id;
  wish.ssrc = track.ssrc;
  wish.rtx_ssrc = track.rtx_ssrc;
  return wish;
}

bool receives(Direction way) { return way == Direction::recvonly || way == Direction::sendrecv; }

/// What the answer says about the track of one m-line; `paused` when it lives on without media.
struct Taken {
  TrackNegotiated track;
  bool living = false;
};

Taken take(const Offer& offer, const Description& answer, std::size_t index) {
  const Media& media = answer.media[index];
  Taken taken{offered(offer, index)};
  TrackNegotiated& track = taken.track;
  track.accepted = false;
  if (is_rejected(media)) {
    track.reason = "the viewer rejected it";
    return taken;
  }
  const auto choice = choose_h264(media, offer.tracks[index].profile_level_id, Side::answer);
  if (!choice) {
    track.reason = choice.error().what;
    return taken;
  }
  taken.living = true;
  track.accepted = offer.tracks[index].active && receives(direction(answer, media));
  if (!track.accepted) track.reason = offer.tracks[index].active ? "the viewer paused it" : "the camera is off";
  track.payload_type = choice->payload_type;
  track.rtx_payload_type = choice->rtx_payload_type;
  track.profile_level_id = choice->profile_level_id;
  track.extensions = extensions(answer, media);
  track.feedback = choice->feedback;
  track.reduced_size_rtcp = media.has("rtcp-rsize");
  // Numbers nobody reports on, or reports that nobody numbers, are of no use.
  if (!track.feedback.transport_cc) track.extensions.transport_cc = 0;
  if (track.extensions.transport_cc == 0) track.feedback.transport_cc = false;
  return taken;
}

Result<> check_sections(const Offer& offer, const Description& answer) {
  if (answer.media.size() != offer.tracks.size())
    return fail("the answer has " + std::to_string(answer.media.size()) + " m-lines, the offer had " +
                std::to_string(offer.tracks.size()));
  for (std::size_t i = 0; i < answer.media.size(); ++i) {
    const auto mid = mid_of(answer.media[i]);
    if (answer.media[i].type != "video")
      return fail("m-line " + std::to_string(i) + " of the answer is not video as in the offer");
    if (!mid.empty() && mid != std::to_string(i))
      return fail("m-line " + std::to_string(i) + " of the answer has another a=mid than the offer");
  }
  return {};
}

// The first living section of the BUNDLE; a single one needs no group.
Result<std::size_t> tagged_section(const Description& answer, const std::vector<Taken>& taken) {
  const auto group = bundle_of(answer);
  std::optional<std::size_t> tagged;
  std::size_t living = 0;
  for (std::size_t i = 0; i < taken.size(); ++i) {
    if (!taken[i].living) continue;
    ++living;
    if (!answer.media[i].has("rtcp-mux"))
      return fail("the answer has no a=rtcp-mux", "RTCP on its own port is not supported");
    const bool bundled = std::find(group.begin(), group.end(), mid_of(answer.media[i])) != group.end();
    if (!tagged) tagged = i;
    if (living > 1 && !bundled)
      return fail("the answer has several cameras without BUNDLE",
                  "all media has to use one transport (a=group:BUNDLE)");
  }
  if (!group.empty())
    for (std::size_t i = 0; i < taken.size(); ++i)
      if (taken[i].living && mid_of(answer.media[i]) == group[0]) return i;
  if (tagged) return *tagged;
  const std::string reason = taken[0].track.reason;
  return fail("no common codec: the viewer took none of the cameras, which are offered as H.264 (" + reason + ")",
              "use a browser with an H.264 decoder");
}

}  // namespace

std::string make_offer(const Offer& offer) {
  BIGFOOT_CHECK(!offer.tracks.empty() && offer.tracks.size() <= tracks_max, "an offer has 1 to 16 tracks");
  std::vector<std::string> mids;
  for (std::size_t i = 0; i < offer.tracks.size(); ++i) mids.push_back(std::to_string(i));
  Description description = make_head(offer.origin, mids);
  for (std::size_t i = 0; i < offer.tracks.size(); ++i) {
    Media media = make_sending({offered(offer, i), offer.tracks[i], offer.cname});
    add_transport(media, offer.transport, Setup::actpass, i == 0);
    description.media.push_back(std::move(media));
  }
  return to_string(description);
}

Result<Negotiated> read_answer(const Offer& offer, std::string_view text) {
  BIGFOOT_CHECK(!offer.tracks.empty() && offer.tracks.size() <= tracks_max, "an offer has 1 to 16 tracks");
  const auto answer = parse_description(text);
  if (!answer) return tl::unexpected(answer.error());
  if (auto same = check_sections(offer, *answer); !same) return tl::unexpected(std::move(same.error()));
  std::vector<Taken> taken;
  for (std::size_t i = 0; i < offer.tracks.size(); ++i) taken.push_back(take(offer, *answer, i));
  const auto tagged = tagged_section(*answer, taken);
  if (!tagged) return tl::unexpected(tagged.error());
  auto remote = read_remote(*answer, answer->media[*tagged], Side::answer);
  if (!remote) return tl::unexpected(std::move(remote.error()));

  Negotiated negotiated;
  for (auto& one : taken) negotiated.tracks.push_back(std::move(one.track));
  negotiated.remote = std::move(*remote);
  negotiated.setup = role_against(negotiated.remote.setup, Setup::passive);
  negotiated.bundle_m_line = *tagged;
  negotiated.bundle_mid = std::to_string(*tagged);
  return negotiated;
}

}  // namespace bigfoot::sdp
