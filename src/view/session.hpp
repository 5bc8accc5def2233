#pragma once
// One session with a sender: descriptions on one side, transport, received frames and the sender's clock on the other.
// What it is for is view/viewer's to say; what is to be done when it fails view/session_state's.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/loop.hpp"
#include "latency/clock_estimate.hpp"
#include "sdp/receive_offer.hpp"
#include "sdp/receiving.hpp"
#include "transport/address_watch.hpp"
#include "transport/peer_connection.hpp"
#include "view/receiving.hpp"
#include "view/sender_clock.hpp"

namespace bigfoot::view {

/// What the session needs of its surroundings; outlives it. Nothing of it may destroy the session within the call.
class SessionOwner {
 public:
  virtual ~SessionOwner() = default;
  /// Our offer is complete (only where we offer).
  virtual void session_offers(const std::string& sdp) = 0;
  virtual void session_answers(const std::string& sdp) = 0;
  virtual void session_candidate(const std::string& candidate, std::size_t m_line) = 0;
  /// Both sides are described; the cameras that come, by name.
  virtual void session_described(const std::vector<std::string>& cameras) = 0;
  virtual void session_connected() = 0;
  virtual void session_disconnected() = 0;
  virtual void session_path(const transport::PathInfo& path) = 0;
  virtual void session_failed(const std::string& why) = 0;
  /// A new path is being made: the sender must be asked for new credentials.
  virtual void session_renegotiates() = 0;
  virtual void session_frame(const std::string& camera, Frame frame) = 0;
};

struct SessionContext {
  Loop& loop;
  SessionOwner& owner;
  const transport::IceConfig& ice;
  const transport::Certificate& certificate;
  std::string cname;
  std::size_t tracks_max = sdp::tracks_max;
};

class Session final : private transport::PeerListener, private ReceivingListener {
 public:
  Session(const SessionContext& context, bool we_offer, const Log& log);
  ~Session() override;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Says goodbye; nothing of it calls any more.
  void close();

  /// Begins to gather. Errors: no usable address, a STUN or TURN server that we cannot use.
  [[nodiscard]] Result<> start();
  // From the sender. Errors: nothing in it that we could take, or not what was agreed before.
  [[nodiscard]] Result<> on_offer(const std::string& sdp);
  [[nodiscard]] Result<> on_answer(const std::string& sdp);
  void on_candidate(const std::string& candidate);

  /// Another way, under the same DTLS; session_renegotiates() follows.
  void new_path() { peer_.new_path(); }
  /// A key frame of `camera`, without giving up what comes meanwhile.
  void ask_keyframe(const std::string& camera);
  /// Nothing of `camera` is of use before a key frame.
  void need_keyframe(const std::string& camera);
  /// Several times a second.
  void look();

  /// Since when nothing at all came.
  Nanos silence() const;
  /// By pings, else by the reports of `camera`.
  std::optional<latency::ClockEstimate> sender_clock(const std::string& camera) const;
  std::optional<Nanos> rtt() const;
  /// Where the sender says the pictures of `camera` spend their time before they leave.
  std::optional<latency::SenderStages> sender_stages(const std::string& camera) const;
  std::optional<transport::PathInfo> path() const { return peer_.path(); }
  std::uint64_t bytes_received() const { return peer_.traffic().bytes_received; }
  /// Nothing for a camera that is none of the session's.
  std::optional<TrackFigures> figures(const std::string& camera) const;

 private:
  void on_local_candidate(const std::string& candidate) override;
  void on_state(transport::PeerState state) override;
  void on_path(const transport::PathInfo& path) override { context_.owner.session_path(path); }
  void on_rtcp(BytesView packet) override;
  void on_rtp(BytesView packet) override;
  void on_packet_sent(std::uint16_t, std::size_t, Timestamp) override {}
  void on_writable() override {}
  void on_renegotiate() override;
  void on_failed(const Error& error) override;

  void offer_when_gathered();
  void offer();
  [[nodiscard]] Result<> described(const sdp::Receiving& agreed);
  void on_frame(std::size_t track, Frame frame) override;
  std::optional<std::size_t> track_of(const std::string& camera) const;

  const SessionContext context_;
  const bool we_offer_;
  const Log log_;
  sdp::Origin origin_;
  std::optional<sdp::ReceiveOffer> offered_;
  std::string remote_ufrag_;
  std::size_t m_line_ = 0;
  bool own_path_ = false;  ///< new credentials of ours wait for the sender's
  std::uint64_t packets_ = 0;
  Timestamp heard_{};
  Subscription gathering_;
  transport::PeerConnection peer_;
  SenderClock clock_;
  std::vector<std::string> cameras_;  ///< by track; empty: refused
  std::vector<std::size_t> m_lines_;  ///< by track
  std::unique_ptr<Receiving> receiving_;
};

}  // namespace bigfoot::view
