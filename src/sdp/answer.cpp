#include "sdp/answer.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "sdp/bundle.hpp"
#include "sdp/data_section.hpp"
#include "sdp/h264_choice.hpp"
#include "sdp/media_view.hpp"
#include "sdp/remote.hpp"
#include "sdp/sections.hpp"

namespace bigfoot::sdp {
namespace {

constexpr std::string_view no_codec = "no common codec";

/// What becomes of one m-line of the offer: a track of ours, the data channels, an empty shell that keeps the BUNDLE's
/// transport, or port 0.
struct Place {
  std::optional<std::size_t> track;
  bool data = false;
  bool shell = false;
  bool level_asymmetry_allowed = false;
  bool lives() const { return track.has_value() || data || shell; }
};

/// Goes through the viewer's m-lines once and gives each of our tracks a place, or a reason.
class Matching {
 public:
  Matching(const Description& offer, const AnswerSide& side) : offer_(offer), side_(side), bundle_(offer) {
    places_.resize(offer.media.size());
    for (const auto& track : side.tracks) tracks_.push_back({.ssrc = track.ssrc, .rtx_ssrc = track.rtx_ssrc});
    for (std::size_t line = 0; line < offer.media.size() && next_ < tracks_.size(); ++line)
      if (asks_for_video(line)) place(line);
    share_levels();
    place_data();
    if (const auto line = bundle_.shell(); line && !places_[*line].lives()) places_[*line].shell = true;
    for (std::size_t i = next_; i < tracks_.size(); ++i) tracks_[i].reason = "the viewer asks for fewer cameras";
  }

  /// The section whose transport carries everything; none when no track found a place.
  std::optional<std::size_t> tagged() const {
    if (std::none_of(places_.begin(), places_.end(), [](const Place& place) { return place.track.has_value(); }))
      return {};
    return bundle_.tagged(lives());
  }

  tl::unexpected<Error> why_none() const {
    for (const auto& error : refusals_)
      if (is_no_common_codec(error)) return tl::unexpected(error);
    if (!refusals_.empty()) return tl::unexpected(refusals_.front());
    const std::string types = types_of(offer_);
    return fail("the offer asks for no video" + (types.empty() ? types : " (only " + types + ")"),
                "offer at least one video section that receives (recvonly)");
  }

  std::vector<bool> lives() const {
    std::vector<bool> all;
    for (const Place& each : places_) all.push_back(each.lives());
    return all;
  }
  const std::vector<Place>& places() const { return places_; }
  const OfferedBundle& bundle() const { return bundle_; }
  std::vector<TrackNegotiated>& tracks() { return tracks_; }
  const std::optional<DataNegotiated>& data() const { return data_; }

 private:
  // An inactive section keeps its camera, so that pausing one does not move the others.
  bool asks_for_video(std::size_t line) const {
    const Media& media = offer_.media[line];
    return media.type == "video" && !is_rejected(media) && direction(offer_, media) != Direction::sendonly;
  }

  void place(std::size_t line) {
    const Media& media = offer_.media[line];
    const std::size_t index = next_++;
    TrackNegotiated& track = tracks_[index];
    track.m_line = line;
    track.mid = mid_of(media);
    const auto choice = acceptable(line, side_.tracks[index].profile_level_id);
    if (!choice) {
      track.reason = choice.error().what;
      refusals_.push_back(choice.error());
      return;
    }
    places_[line] = {.track = index, .level_asymmetry_allowed = choice->level_asymmetry_allowed};
    fill(track, *choice, media);
    const bool receives = direction(offer_, media) != Direction::inactive;
    track.accepted = receives && side_.tracks[index].active;
    if (!track.accepted) track.reason = receives ? "the camera is off" : "the viewer paused it";
  }

  Result<H264Choice> acceptable(std::size_t line, const h264::ProfileLevelId& ours) const {
    const Media& media = offer_.media[line];
    auto choice = choose_h264(media, ours, Side::offer);
    if (!choice) return fail(std::string(no_codec) + ": " + choice.error().what, "use a viewer that can decode H.264");
    const bool first = std::none_of(places_.begin(), places_.end(), [](const Place& p) { return p.track.has_value(); });
    if (auto usable = bundle_.check(line, first); !usable) return tl::unexpected(std::move(usable.error()));
    return choice;
  }

  // Only over the transport of the cameras: outside the BUNDLE it would need ICE and DTLS of its own.
  void place_data() {
    for (std::size_t line = 0; side_.data && !data_ && line < places_.size(); ++line) {
      const auto remote = read_data(offer_.media[line]);
      if (!remote || !bundle_.has(line)) continue;
      places_[line].data = true;
      data_ = DataNegotiated{line, std::string(mid_of(offer_.media[line])), *remote};
    }
  }

  // Under BUNDLE a payload type has one configuration in all sections (RFC 9143 9.1), and browsers offer the same
  // numbers in each: sections that share one all say the highest level.
  void share_levels() {
    for (auto& track : tracks_)
      for (const auto& other : tracks_)
        if (track.payload_type == other.payload_type &&
            track.profile_level_id.level_rank() < other.profile_level_id.level_rank())
          track.profile_level_id = other.profile_level_id;
  }

  void fill(TrackNegotiated& track, const H264Choice& choice, const Media& media) const {
    track.payload_type = choice.payload_type;
    track.rtx_payload_type = choice.rtx_payload_type;
    track.profile_level_id = choice.profile_level_id;
    track.extensions = extensions(offer_, media);
    track.feedback = choice.feedback;
    track.reduced_size_rtcp = media.has("rtcp-rsize");
    if (!track.feedback.transport_cc) track.extensions.transport_cc = 0;
    if (track.extensions.transport_cc == 0) track.feedback.transport_cc = false;
  }

  const Description& offer_;
  const AnswerSide& side_;
  OfferedBundle bundle_;
  std::vector<Place> places_;
  std::vector<TrackNegotiated> tracks_;
  std::optional<DataNegotiated> data_;
  std::vector<Error> refusals_;
  std::size_t next_ = 0;
};

Media make_section(const Media& offered, const AnswerSide& side, const Place& place, const Negotiated& agreed) {
  return make_sending({.agreed = agreed.tracks[*place.track],
                       .track = side.tracks[*place.track],
                       .cname = side.cname,
                       .level_asymmetry_allowed = place.level_asymmetry_allowed,
                       .offered = &offered});
}

std::string write_answer(const Description& offer, const AnswerSide& side, const Matching& matching,
                         const Negotiated& agreed) {
  const std::vector<Place>& places = matching.places();
  Description answer = make_head(side.origin, matching.bundle().answered(matching.lives(), agreed.bundle_m_line));
  for (std::size_t line = 0; line < places.size(); ++line) {
    const Media& offered = offer.media[line];
    Media media = places[line].track   ? make_section(offered, side, places[line], agreed)
                  : places[line].data  ? make_data(std::string(mid_of(offered)), *side.data)
                  : places[line].shell ? make_shell(offered)
                                       : make_rejected(offered);
    media.protocol = offered.protocol;
    // Refused sections too: webrtcbin 1.22 fails on an answer whose sections do not all have credentials and
    // fingerprint.
    add_transport(media, side.transport, agreed.setup, line == agreed.bundle_m_line);
    answer.media.push_back(std::move(media));
  }
  return to_string(answer);
}

}  // namespace

bool is_no_common_codec(const Error& error) { return error.what.starts_with(no_codec); }

Result<Answer> answer_offer(std::string_view text, const AnswerSide& side) {
  BIGFOOT_CHECK(!side.tracks.empty() && side.tracks.size() <= tracks_max, "an answer has 1 to 16 tracks");
  const auto offer = parse_description(text);
  if (!offer) return tl::unexpected(offer.error());
  if (auto mids = check_mids(*offer); !mids) return tl::unexpected(std::move(mids.error()));
  Matching matching(*offer, side);
  const auto tagged = matching.tagged();
  if (!tagged) return matching.why_none();
  auto remote = read_remote(*offer, offer->media[*tagged], Side::offer);
  if (!remote) return tl::unexpected(std::move(remote.error()));

  Answer answer;
  Negotiated& agreed = answer.negotiated;
  agreed.tracks = std::move(matching.tracks());
  agreed.data = matching.data();
  agreed.remote = std::move(*remote);
  agreed.setup = role_against(agreed.remote.setup, side.transport.setup);
  agreed.bundle_m_line = *tagged;
  agreed.bundle_mid = mid_of(offer->media[*tagged]);
  answer.text = write_answer(*offer, side, matching, agreed);
  return answer;
}

}  // namespace bigfoot::sdp
