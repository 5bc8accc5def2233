#include "sdp/receive_offer.hpp"

#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "sdp/answered.hpp"
#include "sdp/media_view.hpp"
#include "sdp/receivable.hpp"
#include "sdp/remote.hpp"
#include "sdp/sections.hpp"

namespace bigfoot::sdp {
namespace {

constexpr std::uint8_t first_payload_type = 96;
constexpr std::uint8_t level_3_1 = 31;
constexpr std::array profiles{h264::Profile::constrained_baseline, h264::Profile::baseline, h264::Profile::main,
                              h264::Profile::constrained_high, h264::Profile::high};

void check_offer(const ReceiveOffer& offer) {
  BIGFOOT_CHECK(offer.tracks >= 1 && offer.tracks <= tracks_max, "an offer has 1 to 16 tracks");
}

// The same numbers in every section: under BUNDLE one number means one configuration (RFC 9143 9.1), and it is one.
std::vector<Receivable> offered_formats() {
  std::vector<Receivable> all;
  auto next = first_payload_type;
  for (const auto profile : profiles) {
    Receivable one;
    one.format.payload_type = next++;
    one.format.rtx_payload_type = next++;
    one.format.feedback = {.nack = true, .pli = true, .fir = true, .transport_cc = true};
    one.fmtp =
        "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=" + h264::profile_level_id(profile, level_3_1);
    all.push_back(std::move(one));
  }
  return all;
}

std::vector<std::string_view> types_of(const ReceiveOffer& offer) {
  std::vector<std::string_view> types(offer.tracks, "video");
  if (offer.data) types.emplace_back("application");
  return types;
}

Result<> take(const Description& answer, ReceivedTrack& track) {
  const Media& media = answer.media[track.m_line];
  if (is_rejected(media)) return fail("the sender has no camera for it");
  const auto formats = receivable_h264(answer, media);
  if (!formats) return tl::unexpected(formats.error());
  bool numbered = false;
  for (const auto& [format, fmtp] : *formats) {
    numbered |= format.feedback.transport_cc;
    track.formats.push_back(format);
  }
  if (!numbered) track.extensions.transport_cc = 0;
  const Direction way = direction(answer, media);
  track.accepted = way == Direction::sendonly || way == Direction::sendrecv;
  if (!track.accepted) track.reason = "the sender paused it";
  return {};
}

}  // namespace

std::string make_receive_offer(const ReceiveOffer& offer) {
  check_offer(offer);
  const auto types = types_of(offer);
  std::vector<std::string> mids;
  for (std::size_t line = 0; line < types.size(); ++line) mids.push_back(std::to_string(line));
  Description description = make_head(offer.origin, mids);
  const auto formats = offered_formats();
  for (std::size_t line = 0; line < types.size(); ++line) {
    ReceivedTrack track;
    track.accepted = true;
    track.mid = mids[line];
    track.extensions = {.transport_cc = 1, .abs_capture_time = 2, .mid = 3};
    track.reduced_size_rtcp = true;
    Media media = line < offer.tracks ? make_receiving({track, formats}) : make_data(mids[line], *offer.data);
    add_transport(media, offer.transport, Setup::actpass, line == 0);
    description.media.push_back(std::move(media));
  }
  return to_string(description);
}

Result<Receiving> read_sender_answer(const ReceiveOffer& offer, std::string_view text) {
  check_offer(offer);
  const auto answer = parse_description(text);
  if (!answer) return tl::unexpected(answer.error());
  if (auto same = check_sections(*answer, types_of(offer)); !same) return tl::unexpected(std::move(same.error()));
  Receiving receiving;
  std::vector<std::size_t> living;
  for (std::size_t line = 0; line < offer.tracks; ++line) {
    ReceivedTrack track = read_track(*answer, line, receiving.tracks);
    track.mid = std::to_string(line);
    if (auto taken = take(*answer, track); taken)
      living.push_back(line);
    else
      track.reason = taken.error().what;
    receiving.tracks.push_back(std::move(track));
  }
  receiving.data = take_data(*answer, offer.data ? std::optional(offer.tracks) : std::nullopt);
  const auto tagged = answered_transport(*answer, living, receiving.data);
  if (!tagged) return tl::unexpected(tagged.error());
  if (!*tagged)
    return fail("no common codec: the sender gives none of its cameras as H.264 (" + receiving.tracks[0].reason + ")",
                "let the sender encode as H.264");
  receiving.bundle_m_line = **tagged;
  receiving.bundle_mid = std::to_string(**tagged);
  auto remote = read_remote(*answer, answer->media[**tagged], Side::answer);
  if (!remote) return tl::unexpected(std::move(remote.error()));
  receiving.remote = std::move(*remote);
  receiving.setup = role_against(receiving.remote.setup, Setup::passive);
  return receiving;
}

}  // namespace bigfoot::sdp
