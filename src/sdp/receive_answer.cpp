#include "sdp/receive_answer.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "sdp/answer.hpp"
#include "sdp/bundle.hpp"
#include "sdp/data_section.hpp"
#include "sdp/media_view.hpp"
#include "sdp/receivable.hpp"
#include "sdp/remote.hpp"
#include "sdp/sections.hpp"

namespace bigfoot::sdp {
namespace {

/// What becomes of one m-line of the offer; none of these: port 0.
struct Place {
  std::optional<std::size_t> track;
  std::vector<Receivable> formats;  ///< of a track that lives: the one that we take
  bool data = false;
  bool shell = false;
  bool lives() const { return !formats.empty() || data || shell; }
};

/// Goes through the sender's m-lines once and takes what we can receive.
class Matching {
 public:
  Matching(const Description& offer, const ReceivingSide& side) : offer_(offer), side_(side), bundle_(offer) {
    places_.resize(offer.media.size());
    for (std::size_t line = 0; line < places_.size(); ++line)
      if (offer.media[line].type == "video") place(line);
    place_data();
    if (const auto line = bundle_.shell(); line && !places_[*line].lives()) places_[*line].shell = true;
  }

  /// None when no camera found a place.
  std::optional<std::size_t> tagged() const {
    if (taken_ == 0) return {};
    return bundle_.tagged(lives());
  }

  tl::unexpected<Error> why_none() const {
    for (const auto& error : refusals_)
      if (is_no_common_codec(error)) return tl::unexpected(error);
    if (!refusals_.empty()) return tl::unexpected(refusals_.front());
    const std::string types = types_of(offer_);
    return fail("the sender offers no video" + (types.empty() ? types : " (only " + types + ")"),
                "give the sender a video track");
  }

  std::vector<bool> lives() const {
    std::vector<bool> all;
    for (const Place& each : places_) all.push_back(each.lives());
    return all;
  }
  const std::vector<Place>& places() const { return places_; }
  const OfferedBundle& bundle() const { return bundle_; }
  std::vector<ReceivedTrack>& tracks() { return tracks_; }
  const std::optional<DataNegotiated>& data() const { return data_; }

 private:
  void place(std::size_t line) {
    ReceivedTrack track = read_track(offer_, line, tracks_);
    if (auto taken = take(line, track); !taken) {
      track.reason = taken.error().what;
      if (sends(line)) refusals_.push_back(std::move(taken.error()));
    }
    places_[line].track = tracks_.size();
    tracks_.push_back(std::move(track));
  }

  // An inactive section keeps its place: its camera is off for a while.
  bool sends(std::size_t line) const {
    return !is_rejected(offer_.media[line]) && direction(offer_, offer_.media[line]) != Direction::recvonly;
  }

  Result<> take(std::size_t line, ReceivedTrack& track) {
    if (!sends(line)) return fail("the sender sends nothing there");
    if (taken_ == side_.tracks) return fail("more cameras than wanted");
    auto formats = receivable_h264(offer_, offer_.media[line]);
    if (!formats) return fail("no common codec: " + formats.error().what, "let the sender encode as H.264");
    if (auto usable = bundle_.check(line, taken_ == 0); !usable) return usable;
    ++taken_;
    formats->resize(1);
    ReceivedFormat& format = formats->front().format;
    if (!format.feedback.transport_cc) track.extensions.transport_cc = 0;
    if (!format.rtx_payload_type) track.rtx_ssrc.reset();
    track.formats = {format};
    track.accepted = direction(offer_, offer_.media[line]) != Direction::inactive;
    if (!track.accepted) track.reason = "the sender paused it";
    places_[line].formats = std::move(*formats);
    return {};
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

  const Description& offer_;
  const ReceivingSide& side_;
  OfferedBundle bundle_;
  std::vector<Place> places_;
  std::vector<ReceivedTrack> tracks_;
  std::optional<DataNegotiated> data_;
  std::vector<Error> refusals_;
  std::size_t taken_ = 0;
};

Media make_section(const Media& offered, const ReceivingSide& side, const Place& place, const Receiving& agreed) {
  if (!place.formats.empty()) return make_receiving({agreed.tracks[*place.track], place.formats, &offered});
  if (place.data) return make_data(std::string(mid_of(offered)), *side.data);
  return place.shell ? make_shell(offered) : make_rejected(offered);
}

std::string write_answer(const Description& offer, const ReceivingSide& side, const Matching& matching,
                         const Receiving& agreed) {
  Description answer = make_head(side.origin, matching.bundle().answered(matching.lives(), agreed.bundle_m_line));
  for (std::size_t line = 0; line < offer.media.size(); ++line) {
    Media media = make_section(offer.media[line], side, matching.places()[line], agreed);
    media.protocol = offer.media[line].protocol;
    // Refused sections too: webrtcbin 1.22 fails on an answer whose sections do not all have credentials and
    // fingerprint.
    add_transport(media, side.transport, agreed.setup, line == agreed.bundle_m_line);
    answer.media.push_back(std::move(media));
  }
  return to_string(answer);
}

}  // namespace

Result<ReceiveAnswer> answer_sender(std::string_view text, const ReceivingSide& side) {
  BIGFOOT_CHECK(side.tracks >= 1, "a viewer takes at least one camera");
  const auto offer = parse_description(text);
  if (!offer) return tl::unexpected(offer.error());
  if (auto mids = check_mids(*offer); !mids) return tl::unexpected(std::move(mids.error()));
  Matching matching(*offer, side);
  const auto tagged = matching.tagged();
  if (!tagged) return matching.why_none();
  auto remote = read_remote(*offer, offer->media[*tagged], Side::offer);
  if (!remote) return tl::unexpected(std::move(remote.error()));

  ReceiveAnswer answer;
  Receiving& agreed = answer.receiving;
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
