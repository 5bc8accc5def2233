#include "robot/viewers.hpp"

#include <algorithm>

#include "base/random.hpp"

namespace bigfoot::robot {
namespace {

void add_traffic(ViewerMetrics& counters, const transport::Traffic& now, const transport::Traffic& before,
                 bool relayed) {
  const auto more = [](std::uint64_t a, std::uint64_t b) { return static_cast<double>(a - b); };
  counters.bytes_sent.add(more(now.bytes_sent, before.bytes_sent));
  counters.packets_sent.add(more(now.packets_sent, before.packets_sent));
  counters.gso_batches.add(more(now.gso_batches, before.gso_batches));
  counters.nice_sends.add(more(now.nice_sends, before.nice_sends));
  counters.blocked.add(more(now.blocked, before.blocked));
  counters.gso_failures.add(more(now.gso_failures, before.gso_failures));
  counters.send_errors.add(more(now.send_errors, before.send_errors));
  counters.srtp_rejected.add(more(now.srtp_rejected, before.srtp_rejected));
  if (relayed) counters.relay_bytes.add(more(now.bytes_sent, before.bytes_sent));
}

}  // namespace

Viewers::Viewers(Loop& loop, PeerMaker make_peer, std::vector<CameraTrack> cameras, const ViewerMetrics& metrics,
                 ViewerLimits limits, Send send, Log log)
    : context_{loop,
               *this,
               std::move(make_peer),
               metrics,
               rtp::WallOffset(loop.now(), loop.clock().wall()),
               random_token(16),
               limits.buffers},
      cameras_(std::move(cameras)),
      limits_(limits),
      send_(std::move(send)),
      log_(std::move(log)),
      self_(std::make_shared<Viewers*>(this)) {
  tick_timer_ = loop.every(250ms, [this] {
    for (const auto& [id, session] : sessions_) session->tick();
  });
  report_timer_ = loop.every(1s, [this] { report(); });
}

Viewers::~Viewers() = default;

Result<std::vector<CameraTrack>> Viewers::wanted(const std::vector<std::string>& names) const {
  if (names.empty()) return cameras_;
  if (names.size() > sdp::tracks_max)
    return fail("malformed request: " + std::to_string(names.size()) + " cameras in one session (at most " +
                std::to_string(sdp::tracks_max) + ")");
  std::vector<CameraTrack> tracks;
  for (const std::string& name : names) {
    const auto same = [&](const CameraTrack& track) { return track.rung->name() == name; };
    if (std::any_of(tracks.begin(), tracks.end(), same))
      return fail("malformed request: camera \"" + name + "\" is asked for twice");
    const auto found = std::find_if(cameras_.begin(), cameras_.end(), same);
    if (found == cameras_.end()) return fail("unknown camera \"" + name + "\"");
    tracks.push_back(*found);
  }
  return tracks;
}

Result<> Viewers::may_join() const {
  if (static_cast<int>(sessions_.size()) >= limits_.sessions_max)
    return fail("too many viewers: " + std::to_string(sessions_.size()) + " are connected (raise --max-viewers)");
  const auto half_open =
      std::count_if(sessions_.begin(), sessions_.end(), [](const auto& entry) { return entry.second->half_open(); });
  if (half_open >= limits_.half_open_max)
    return fail("too many viewers are still connecting: try again in a few seconds");
  return {};
}

void Viewers::on(const protocol::StartSession& request) {
  const std::string id = request.session_id.value_or("");
  if (id.empty() || sessions_.contains(id)) return;
  if (const auto may = may_join(); !may) return refuse(id, may.error().what);
  auto cameras = wanted(request.cameras);
  if (!cameras) return refuse(id, cameras.error().what);
  SessionRequest wish{id,
                      request.resume_token.value_or(""),
                      request.offer,
                      request.client.value_or(""),
                      std::move(*cameras),
                      request.channels};
  auto session = std::make_unique<Session>(context_, std::move(wish), log_);
  if (const auto started = session->start(); !started) return refuse(id, started.error().text());
  context_.metrics.joined.add();
  sessions_.emplace(id, std::move(session));
}

void Viewers::refuse(const std::string& session_id, const std::string& reason) {
  log_.warn("session.refused", {{"session", session_id}, {"why", reason}});
  tell_end(session_id, reason);
}

void Viewers::tell_end(const std::string& session_id, const std::string& reason) {
  protocol::EndSession end;
  end.session_id = session_id;
  end.error = reason;
  end.v1_1 = true;
  send_(end);
}

void Viewers::on(const protocol::PeerMessage& message) {
  const auto found = sessions_.find(message.session_id);
  if (found == sessions_.end()) return;
  Session& session = *found->second;
  if (const auto* sdp = std::get_if<protocol::Sdp>(&message.content))
    session.on_sdp(*sdp);
  else if (const auto* candidate = std::get_if<protocol::IceCandidate>(&message.content))
    session.on_candidate(*candidate);
  else if (std::holds_alternative<protocol::RestartIce>(message.content))
    session.on_restart();
  else if (const auto* report = std::get_if<protocol::ViewerReport>(&message.content))
    session.on_viewer_report(*report);
  else if (const auto* watch = std::get_if<protocol::Watch>(&message.content))
    session.on_watch(*watch);
  else if (const auto* fragment = std::get_if<protocol::Fragment>(&message.content)) {
    const auto reply = session.on_fragment(fragment->sdpfrag);
    protocol::Fragment answer{fragment->request_id, reply.value_or(""), {}};
    if (!reply) answer.error = reply.error().text();
    send({message.session_id, std::move(answer)});
  }
}

void Viewers::on(const protocol::EndSession& message) {
  const auto found = sessions_.find(message.session_id);
  if (found != sessions_.end()) found->second->viewer_left(message.error.value_or("the viewer left"));
}

void Viewers::address_changed(const transport::AddressChange& change) {
  for (const auto& [id, session] : sessions_) session->address_changed(change);
}

std::vector<ViewerStatus> Viewers::status() const {
  std::vector<ViewerStatus> all;
  for (const auto& [id, session] : sessions_) all.push_back(session->status());
  return all;
}

void Viewers::streams_changed() {
  for (const auto& [id, session] : sessions_) session->streams_changed();
}

void Viewers::signaling_lost() {
  for (const auto& [id, session] : sessions_) session->signaling_lost();
}

void Viewers::send(const protocol::PeerMessage& message) { send_(message); }

void Viewers::session_ended(const std::string& session_id, const std::string& reason, bool tell) {
  if (tell) tell_end(session_id, reason);
  context_.metrics.ended.add();
  // The session is still on the stack.
  context_.loop.post([self = std::weak_ptr(self_), session_id] {
    if (const auto viewers = self.lock()) (*viewers)->forget(session_id);
  });
}

void Viewers::forget(const std::string& session_id) {
  const auto found = sessions_.find(session_id);
  if (found == sessions_.end()) return;
  count_traffic(*found->second);
  reported_.erase(session_id);
  sessions_.erase(found);
}

void Viewers::count_traffic(const Session& session) {
  transport::Traffic& reported = reported_[session.id()];
  add_traffic(context_.metrics, session.traffic(), reported, session.relayed());
  reported = session.traffic();
}

void Viewers::report() {
  ViewerMetrics& metrics = context_.metrics;
  double rtt = 0, loss = 0, trend = 0;
  int live = 0;
  for (const auto& [id, session] : sessions_) {
    session->report();
    count_traffic(*session);
    if (session->state() != SessionState::live) continue;
    ++live;
    const PathQuality quality = session->quality();
    rtt = std::max(rtt, to_seconds(quality.rtt.value_or(Nanos{0})));
    loss = std::max(loss, quality.loss_ratio);
    trend = std::max(trend, quality.delay_trend_ms_per_second.value_or(0));
  }
  metrics.sessions.set(live);
  metrics.rtt.set(rtt);
  metrics.loss.set(loss);
  metrics.delay_trend.set(trend);
}

}  // namespace bigfoot::robot
