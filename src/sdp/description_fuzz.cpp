// Any bytes as SDP. What is accepted comes out of writing and reading again as it was; what can be negotiated gives an
// answer that reads as SDP with the same m-lines.

#include <cstdlib>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "sdp/answer.hpp"
#include "sdp/description.hpp"
#include "sdp/offer.hpp"
#include "sdp/peer_kind.hpp"
#include "sdp/receive_answer.hpp"
#include "sdp/receive_offer.hpp"

// The fuzz build takes only headers from base.
void bigfoot::check_failed(const char*, const char*, int, const char*) noexcept { std::abort(); }

namespace {

using namespace bigfoot::sdp;

void demand(bool holds) {
  if (!holds) std::abort();
}

Offer our_offer() {
  Offer offer;
  offer.origin = {4711, 1};
  offer.cname = "rover-7";
  offer.transport.ufrag = "k3Rq";
  offer.transport.pwd = "Zp0aYw7nQm3sVt9xLb5cEd2f";
  offer.transport.fingerprint = "sha-256 00:11";
  offer.tracks = {{"front", {0x42, 0xe0, 0x1f}, 11, 12, true}, {"rear", {0x42, 0xe0, 0x28}, 21, 22, true}};
  offer.data = OfferedData{{}, 2};
  return offer;
}

void check_tracks(const Negotiated& negotiated, std::size_t tracks) {
  demand(negotiated.tracks.size() == tracks);
  demand(!negotiated.remote.fingerprints.empty());
  demand(negotiated.setup != Setup::actpass);
  demand(!negotiated.data || negotiated.data->remote.sctp_port != 0);
  for (const auto& track : negotiated.tracks) {
    demand(track.accepted == track.reason.empty());
    demand(!track.accepted || track.m_line.has_value());
    demand(!track.accepted || track.payload_type < 64 || track.payload_type > 95);
    demand(track.extensions.mid < 15 && track.extensions.transport_cc < 15);
  }
}

void check_answer(std::string_view text, const Description& offer) {
  const Offer ours = our_offer();
  const auto answer = answer_offer(text, {ours.origin, ours.transport, ours.cname, ours.tracks, ours.data->side});
  if (!answer) return demand(!answer.error().what.empty());
  check_tracks(answer->negotiated, ours.tracks.size());
  demand(answer->negotiated.bundle_m_line < offer.media.size());
  const auto written = parse_description(answer->text);
  demand(written.has_value() && written->media.size() == offer.media.size());
  for (std::size_t i = 0; i < offer.media.size(); ++i) demand(written->media[i].type == offer.media[i].type);
}

void check_received(const Receiving& receiving, const Description& description) {
  demand(!receiving.remote.fingerprints.empty());
  demand(receiving.setup != Setup::actpass);
  demand(receiving.bundle_m_line < description.media.size());
  demand(!receiving.data || receiving.data->remote.sctp_port != 0);
  std::vector<std::string> names;
  for (const auto& track : receiving.tracks) {
    demand(track.accepted == track.reason.empty());
    demand(!track.accepted || !track.formats.empty());
    demand(track.m_line < description.media.size() && description.media[track.m_line].type == "video");
    demand(track.extensions.playout_delay == 0 && track.extensions.mid < 15);
    demand(!track.name.empty() && track.name.size() <= 64 && track.name.find('/') == std::string::npos &&
           track.name[0] != '.');
    for (const auto& name : names) demand(name != track.name);
    names.push_back(track.name);
    for (const auto& format : track.formats) {
      demand(format.payload_type < 64 || (format.payload_type > 95 && format.payload_type < 128));
      demand(format.parameter_sets.size() <= 16);
    }
  }
}

// From the viewer's place: as a sender's offer, and as the answer to an offer of ours.
void check_as_a_sender(std::string_view text, const Description& offer) {
  const LocalTransport transport = our_offer().transport;
  if (const auto answer = answer_sender(text, {{4712, 1}, transport, DataSide{}})) {
    check_received(answer->receiving, offer);
    const auto written = parse_description(answer->text);
    demand(written.has_value() && written->media.size() == offer.media.size());
    for (std::size_t i = 0; i < offer.media.size(); ++i) demand(written->media[i].type == offer.media[i].type);
  } else {
    demand(!answer.error().what.empty());
  }
  for (const std::size_t tracks : {1, 2}) {
    const ReceiveOffer ours{{4712, 1}, transport, tracks, DataSide{}};
    if (const auto receiving = read_sender_answer(ours, text)) check_received(*receiving, offer);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto description = parse_description(text);
  if (!description) {
    demand(!description.error().what.empty());
    demand(!answer_offer(text, {{}, {}, {}, our_offer().tracks}));
    return 0;
  }
  const auto written = to_string(*description);
  const auto again = parse_description(written);
  demand(again.has_value() && *again == *description);
  peer_kind(text);
  check_answer(text, *description);
  check_as_a_sender(text, *description);
  if (const auto negotiated = read_answer(our_offer(), text)) check_tracks(*negotiated, 2);
  Offer without_data = our_offer();
  without_data.data.reset();
  if (const auto negotiated = read_answer(without_data, text)) check_tracks(*negotiated, 2);
  return 0;
}
