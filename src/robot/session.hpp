#pragma once
// One viewer: signaling on one side, transport and media on the other, the life of session_state.hpp between them.

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/loop.hpp"
#include "protocol/message.hpp"
#include "robot/clock_channel.hpp"
#include "robot/peer.hpp"
#include "robot/rate_meter.hpp"
#include "robot/sending.hpp"
#include "robot/session_state.hpp"
#include "robot/status.hpp"
#include "robot/viewer_reports.hpp"
#include "sdp/answer.hpp"
#include "sdp/negotiated.hpp"
#include "sdp/offer.hpp"
#include "transport/address_watch.hpp"

namespace bigfoot::robot {

/// What the session needs of its surroundings; outlives it.
class SessionOwner {
 public:
  virtual ~SessionOwner() = default;
  virtual void send(const protocol::PeerMessage& message) = 0;
  /// It is over and may be destroyed, but not before this returns. `tell`: the viewer should hear the reason.
  virtual void session_ended(const std::string& session_id, const std::string& reason, bool tell) = 0;
};

/// What all sessions of a robot share.
struct SessionContext {
  Loop& loop;
  SessionOwner& owner;
  PeerMaker make_peer;
  ViewerMetrics metrics;  ///< handles, cheap to copy
  rtp::WallOffset wall;
  std::string cname;
  SendBuffers buffers{};
};

struct SessionRequest {
  std::string session_id;
  std::string
      resume_token;  ///< given by a server and viewer of ours; empty from those that know only GStreamer's protocol
  std::optional<std::string> offer;  ///< the viewer offers (WHEP), else we do
  std::string client;                ///< User-Agent, may be empty
  std::vector<CameraTrack> cameras;
  bool channels = false;  ///< the viewer takes data channels where we offer; one that offers says so itself
};

class Session final : private transport::PeerListener {
 public:
  Session(const SessionContext& context, SessionRequest request, const Log& log);
  ~Session() override;

  /// Offers or answers. Errors end the session: an offer we cannot answer ("no common codec: …"), no network interface.
  [[nodiscard]] Result<> start();

  // From signaling.
  void on_sdp(const protocol::Sdp& sdp);
  void on_candidate(const protocol::IceCandidate& candidate);
  void on_restart();
  /// How old the viewer sees our pictures: into the metrics of the camera, when it counts (viewer_reports.hpp).
  void on_viewer_report(const protocol::ViewerReport& report);
  /// Which cameras the viewer looks at, for as long as the session lives or until it says otherwise; names that are
  /// none of its cameras' mean nothing. The others' encoders may sleep.
  void on_watch(const protocol::Watch& watch);
  /// A WHEP PATCH: the reply's sdpfrag, empty when there is nothing to say.
  [[nodiscard]] Result<std::string> on_fragment(const std::string& sdpfrag);
  void viewer_left(const std::string& reason);

  void address_changed(const transport::AddressChange& change);
  /// An encoder makes another profile or level than before: agreed anew where the robot offers. A viewer that offers
  /// and agreed to less must ask again.
  void streams_changed();
  /// Offers that went into a socket that died may have no answer: no answer is held for one of theirs any more.
  void signaling_lost() { offers_sent_.clear(); }
  void tick();
  /// Once a second: SR, and what metrics read.
  void report();

  ViewerStatus status() const;
  const std::string& id() const { return request_.session_id; }
  SessionState state() const { return life_.state; }
  bool half_open() const { return life_.state == SessionState::offered || life_.state == SessionState::connecting; }
  PathQuality quality() const { return sending_ ? sending_->quality() : PathQuality(); }
  const transport::Traffic& traffic() const { return peer_->traffic(); }
  bool relayed() const { return peer_->path() && peer_->path()->local_type == "relay"; }

 private:
  void on_local_candidate(const std::string& candidate) override;
  void on_state(transport::PeerState state) override;
  void on_path(const transport::PathInfo& path) override;
  void on_rtcp(BytesView packet) override;
  void on_rtp(BytesView) override {}  // we ask for none
  void on_packet_sent(std::uint16_t transport_sequence, std::size_t bytes, Timestamp at) override;
  void on_writable() override;
  void on_renegotiate() override;
  void on_failed(const Error& error) override;

  void on_closed();
  /// Of the cameras that the viewer takes and watches. While the first answer is awaited it may take any.
  void keep_awake();
  /// Do the streams keep within the profile and level that was agreed? Of encoders that ran: others are not known yet.
  [[nodiscard]] Result<> check_streams(const sdp::Negotiated& negotiated) const;
  /// The last offer promised less than what the encoder, since it ran, is known to make.
  bool offer_is_outdated() const;
  bool answers_newest_offer();
  std::vector<sdp::Track> tracks() const;
  void send_offer();
  void send_answer();
  void answer_when_gathered();
  void described(const sdp::Negotiated& negotiated);
  void send_sdp(protocol::Sdp::Type type, std::string text);
  void apply(SessionEvent event, const std::string& reason = {});
  void act(SessionAction action, const SessionLife& before);
  bool viewer_offers() const { return request_.offer.has_value(); }

  SessionContext context_;
  SessionRequest request_;
  ViewerReports viewer_reports_;
  Log log_;
  SessionLife life_;
  Timestamp asked_;      ///< when the viewer asked
  std::string failure_;  ///< why the transport gave up
  bool first_frame_timed_ = false;
  transport::PeerState transport_ = transport::PeerState::idle;  ///< as last heard
  bool stranded_ = false;  ///< the address that carried us is gone or has no route, and no path came up since
  std::vector<std::uint32_t> ssrcs_;   ///< per camera: media, RTX
  std::deque<Timestamp> offers_sent_;  ///< and not answered
  sdp::Offer offer_;                   ///< ours, the last one sent
  std::string answer_to_;              ///< the viewer's offer that waits for our candidates
  sdp::RemoteTransport remote_;
  std::optional<sdp::Negotiated> agreed_;
  RateMeter sent_;
  std::optional<Recovery> last_recovery_;
  sdp::PeerKind viewer_ = sdp::PeerKind::unknown;
  std::size_t bundle_m_line_ = 0;
  std::string bundle_mid_;
  std::vector<bool> taken_, watched_;                ///< per camera, by the viewer
  std::vector<std::shared_ptr<Rung::Awake>> awake_;  ///< per camera; empty where the viewer does not look
  Subscription answer_timer_;
  std::shared_ptr<Session*> self_;
  std::optional<ClockChannel> clock_channel_;
  std::unique_ptr<Peer> peer_;
  std::unique_ptr<Sending> sending_;
};

}  // namespace bigfoot::robot
