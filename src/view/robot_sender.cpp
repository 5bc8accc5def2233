#include "view/robot_sender.hpp"

#include <algorithm>
#include <utility>

namespace bigfoot::view {
namespace {

static_assert(protocol::clock_error_weak == latency::clock_error_weak);

/// Answers to startSession other than sessionStarted; GStreamer's own server gives no code.
bool refuses_a_start(const protocol::ErrorMessage& error) {
  static constexpr std::string_view codes[] = {"", "no-peer", "no-camera", "too-many-sessions"};
  return !error.session_id && std::find(std::begin(codes), std::end(codes), error.code.value_or("")) != std::end(codes);
}

}  // namespace

RobotSender::RobotSender(Loop& loop, RobotSenderOptions options, SenderListener& listener, const Log& log)
    : options_(std::move(options)), listener_(listener), log_(log) {
  signaling::Options signaling;
  signaling.urls = options_.servers;
  signaling.roles = {protocol::Role::listener};
  signaling.user_agent = options_.client;
  client_ =
      std::make_unique<signaling::Client>(loop, std::move(signaling), static_cast<signaling::Listener&>(*this), log);
}

RobotSender::~RobotSender() = default;

void RobotSender::stop() {
  end();
  client_->stop();
}

void RobotSender::begin(const std::string&) {
  protocol::StartSession start;
  start.peer_id = options_.robot;
  start.cameras = options_.cameras;
  start.client = options_.client;
  start.channels = true;
  client_->send(start);
  ++asked_;
}

void RobotSender::end() {
  disowned_ = asked_;
  if (!session_.empty()) say_end(std::exchange(session_, {}));
}

void RobotSender::say_end(const std::string& session) { client_->send(protocol::EndSession{session, {}, false}); }

void RobotSender::answer(const std::string& sdp) {
  if (!session_.empty())
    client_->send(protocol::PeerMessage{session_, protocol::Sdp{protocol::Sdp::Type::answer, sdp}});
}

void RobotSender::candidate(const std::string& candidate, std::size_t m_line) {
  if (!session_.empty())
    client_->send(
        protocol::PeerMessage{session_, protocol::IceCandidate{candidate, static_cast<std::uint32_t>(m_line)}});
}

void RobotSender::restart() {
  if (!session_.empty()) client_->send(protocol::PeerMessage{session_, protocol::RestartIce{}});
}

void RobotSender::report(const std::string& camera, const PictureReport& report) {
  if (session_.empty() || !robot_is_ours_) return;
  const auto& [delay, stages] = report;
  protocol::ViewerReport told{camera, delay.value, delay.estimated, {}, stages};
  if (!delay.estimated) told.clock_error = delay.error;
  client_->send(protocol::PeerMessage{session_, std::move(told)});
}

void RobotSender::on_connected(const std::string&) {
  client_->send(protocol::List{});
  listener_.on_server_up();
}

void RobotSender::on_disconnected(const std::string& reason, Nanos) {
  asked_ = disowned_ = 0;
  listener_.on_server_down(reason);
}

void RobotSender::on_message(const protocol::FromServer& message) {
  if (const auto* started = std::get_if<protocol::SessionStarted>(&message))
    on(*started);
  else if (const auto* peer = std::get_if<protocol::PeerMessage>(&message))
    on(*peer);
  else if (const auto* ended = std::get_if<protocol::EndSession>(&message))
    on(*ended);
  else if (const auto* status = std::get_if<protocol::PeerStatusChanged>(&message))
    on(*status);
  else if (const auto* list = std::get_if<protocol::Producers>(&message))
    on(*list);
  else if (const auto* error = std::get_if<protocol::ErrorMessage>(&message))
    on(*error);
  else if (const auto* resumed = std::get_if<protocol::SessionResumed>(&message);
           resumed && is_ours(resumed->session_id))
    listener_.on_resumed();
}

void RobotSender::on(const protocol::SessionStarted& started) {
  if (asked_ > 0) --asked_;
  if (disowned_ > 0) {
    --disowned_;
    return say_end(started.session_id);
  }
  session_ = started.session_id;
}

void RobotSender::on(const protocol::EndSession& ended) {
  if (!is_ours(ended.session_id)) return;
  session_.clear();
  listener_.on_ended(ended.error.value_or(""));
}

void RobotSender::on(const protocol::PeerMessage& message) {
  if (!is_ours(message.session_id)) return;
  if (const auto* sdp = std::get_if<protocol::Sdp>(&message.content)) {
    if (sdp->type == protocol::Sdp::Type::offer) listener_.on_offer(sdp->sdp);
  } else if (const auto* ice = std::get_if<protocol::IceCandidate>(&message.content)) {
    listener_.on_candidate(ice->candidate);
  }
}

void RobotSender::on(const protocol::PeerStatusChanged& status) {
  const std::string peer = status.peer_id.value_or("");
  if (status.has(protocol::Role::producer) && is_robot(peer, status.meta)) {
    robot_peer_ = peer;
    robot_is_ours_ = status.meta.version.has_value();
    return listener_.on_robot(true);
  }
  // One that left has no name any more; one that registered again under its name has another id.
  if (!peer.empty() && peer == robot_peer_) {
    robot_peer_.clear();
    listener_.on_robot(false);
  }
}

void RobotSender::on(const protocol::Producers& list) {
  for (const protocol::Peer& peer : list.peers) {
    if (!is_robot(peer.id, peer.meta)) continue;
    robot_peer_ = peer.id;
    robot_is_ours_ = peer.meta.version.has_value();
  }
}

bool RobotSender::is_robot(const std::string& peer, const protocol::Meta& meta) const {
  return meta.name == options_.robot || peer == options_.robot;
}

void RobotSender::on(const protocol::ErrorMessage& error) {
  const std::string code = error.code.value_or("");
  if (asked_ > 0 && refuses_a_start(error)) {
    --asked_;
    if (disowned_ > 0) {
      --disowned_;
      return;
    }
    return code == "no-peer" ? listener_.on_robot(false) : listener_.on_refused(error.details);
  }
  if (error.session_id && is_ours(*error.session_id) && (code == "no-session" || code == "bad-token")) {
    session_.clear();
    return listener_.on_ended(error.details);
  }
  log_.warn("signaling.error", {{"details", error.details}, {"code", code}});
}

}  // namespace bigfoot::view
