#include "sdp/offer.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "sdp/answer.hpp"
#include "sdp/answered.hpp"
#include "sdp/data_section.hpp"
#include "sdp/h264_choice.hpp"
#include "sdp/media_view.hpp"
#include "sdp/remote.hpp"
#include "sdp/sections.hpp"

namespace bigfoot::sdp {
namespace {

constexpr std::uint8_t first_payload_type = 96;
constexpr rtp::ExtensionIds offered_extensions{.transport_cc = 1, .playout_delay = 2, .abs_capture_time = 3, .mid = 4};

std::size_t m_lines(const Offer& offer) { return offer.tracks.size() + (offer.data ? 1 : 0); }

bool is_data(const Offer& offer, std::size_t line) { return offer.data && offer.data->m_line == line; }

/// The m-line of a track; the data section takes one in between.
std::size_t line_of(const Offer& offer, std::size_t track) {
  return offer.data && offer.data->m_line <= track ? track + 1 : track;
}

void check_offer(const Offer& offer) {
  BIGFOOT_CHECK(!offer.tracks.empty() && offer.tracks.size() <= tracks_max, "an offer has 1 to 16 tracks");
  BIGFOOT_CHECK(!offer.data || offer.data->m_line <= offer.tracks.size(), "the data section's place is behind the end");
}

// Each track its own payload types: under BUNDLE one number means one configuration (RFC 9143 9.1), and levels differ.
TrackNegotiated offered(const Offer& offer, std::size_t index) {
  const Track& track = offer.tracks[index];
  TrackNegotiated wish;
  wish.accepted = track.active;
  wish.m_line = line_of(offer, index);
  wish.mid = std::to_string(*wish.m_line);
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
  const Media& media = answer.media[line_of(offer, index)];
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

std::vector<std::string_view> types_of(const Offer& offer) {
  std::vector<std::string_view> types(m_lines(offer), "video");
  if (offer.data) types[offer.data->m_line] = "application";
  return types;
}

Result<std::size_t> tagged_section(const Offer& offer, const Description& answer, const std::vector<Taken>& taken,
                                   const std::optional<DataNegotiated>& data) {
  std::vector<std::size_t> living;
  for (std::size_t i = 0; i < taken.size(); ++i)
    if (taken[i].living) living.push_back(line_of(offer, i));
  const auto tagged = answered_transport(answer, living, data);
  if (!tagged) return tl::unexpected(tagged.error());
  if (*tagged) return **tagged;
  const std::string reason = taken[0].track.reason;
  return fail("no common codec: the viewer took none of the cameras, which are offered as H.264 (" + reason + ")",
              "use a browser with an H.264 decoder");
}

}  // namespace

std::string make_offer(const Offer& offer) {
  check_offer(offer);
  std::vector<std::string> mids;
  for (std::size_t line = 0; line < m_lines(offer); ++line) mids.push_back(std::to_string(line));
  Description description = make_head(offer.origin, mids);
  std::size_t track = 0;
  for (std::size_t line = 0; line < m_lines(offer); ++line) {
    Media media;
    if (is_data(offer, line)) {
      media = make_data(mids[line], offer.data->side);
    } else {
      media = make_sending({offered(offer, track), offer.tracks[track], offer.cname});
      ++track;
    }
    add_transport(media, offer.transport, Setup::actpass, line == 0);
    description.media.push_back(std::move(media));
  }
  return to_string(description);
}

Result<Negotiated> read_answer(const Offer& offer, std::string_view text) {
  check_offer(offer);
  const auto answer = parse_description(text);
  if (!answer) return tl::unexpected(answer.error());
  if (auto same = check_sections(*answer, types_of(offer)); !same) return tl::unexpected(std::move(same.error()));
  std::vector<Taken> taken;
  for (std::size_t i = 0; i < offer.tracks.size(); ++i) taken.push_back(take(offer, *answer, i));
  auto data = take_data(*answer, offer.data ? std::optional(offer.data->m_line) : std::nullopt);
  const auto tagged = tagged_section(offer, *answer, taken, data);
  if (!tagged) return tl::unexpected(tagged.error());
  auto remote = read_remote(*answer, answer->media[*tagged], Side::answer);
  if (!remote) return tl::unexpected(std::move(remote.error()));

  Negotiated negotiated;
  for (auto& one : taken) negotiated.tracks.push_back(std::move(one.track));
  negotiated.remote = std::move(*remote);
  negotiated.setup = role_against(negotiated.remote.setup, Setup::passive);
  negotiated.bundle_m_line = *tagged;
  negotiated.bundle_mid = std::to_string(*tagged);
  negotiated.data = std::move(data);
  return negotiated;
}

}  // namespace bigfoot::sdp
