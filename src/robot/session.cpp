#include "robot/session.hpp"

#include <algorithm>

#include "base/random.hpp"
#include "h264/profile_level_id.hpp"
#include "sdp/fragment.hpp"

namespace bigfoot::robot {
namespace {

/// WHEP has no way for us to trickle, so an answer waits for candidates: host ones are there in a millisecond, those of
/// STUN and TURN servers take a round trip or two.
constexpr Nanos gathering_max = 400ms;
/// Signaling takes a round trip or two.
constexpr Nanos answer_usual_max = 3s;
/// More offers than that without an answer come from a viewer that asks for restarts and never answers.
constexpr std::size_t offers_waiting_max = 16;
/// ICE and DTLS, once both sides are described. The transport's clock starts with the session: an offer's answer comes
/// on top.
constexpr Nanos connecting_max = 15s;
Nanos connect_max(bool viewer_offers) { return viewer_offers ? connecting_max : answer_max + connecting_max; }

constexpr sdp::DataSide data_side{.max_message_size = channel_message_max};

/// 62 bits (RFC 9429 5.2.1).
std::uint64_t random_origin_id() { return (static_cast<std::uint64_t>(random_u32()) << 32 | random_u32()) >> 2; }

std::vector<std::string> names_of(const std::vector<CameraTrack>& cameras) {
  std::vector<std::string> names;
  names.reserve(cameras.size());
  for (const CameraTrack& camera : cameras) names.push_back(camera.rung->name());
  return names;
}

/// What its encoder is known to make; nothing before it was tried.
std::optional<h264::ProfileLevelId> profile_of(const Rung& rung) {
  const auto id = h264::parse_profile_level_id(rung.stats().profile_level_id);
  return id ? std::optional(*id) : std::nullopt;
}

}  // namespace

Session::Session(const SessionContext& context, SessionRequest request, const Log& log)
    : context_(context),
      request_(std::move(request)),
      viewer_reports_(names_of(request_.cameras)),
      log_(log.with("session", request_.session_id)),
      life_{SessionState::offered, context.loop.now(), {}},
      asked_(context.loop.now()),
      taken_(request_.cameras.size(), true),
      watched_(request_.cameras.size(), true),
      awake_(request_.cameras.size()),
      self_(std::make_shared<Session*>(this)),
      peer_(context.make_peer(*this, connect_max(viewer_offers()), log_)) {
  for (std::size_t i = 0; i < 2 * request_.cameras.size(); ++i) ssrcs_.push_back(random_u32());
  offer_.origin.session_id = random_origin_id();
  offer_.origin.version = 0;
  offer_.cname = context.cname;
  if (request_.channels) offer_.data = {data_side, request_.cameras.size()};
}

Session::~Session() {
  sending_.reset();
  peer_->close();
}

Result<> Session::start() {
  if (!viewer_offers()) {
    if (auto started = peer_->start(true); !started) return started;
    keep_awake();
    send_offer();
    return {};
  }
  answer_to_ = *request_.offer;
  // Refused before a socket is opened: an offer that can never be answered.
  const sdp::AnswerSide probe{offer_.origin, {}, context_.cname, tracks(), data_side};
  const auto possible = sdp::answer_offer(answer_to_, probe);
  if (!possible)
    return fail(
        sdp::is_no_common_codec(possible.error()) ? possible.error().what : "malformed offer: " + possible.error().what,
        possible.error().fix);
  if (const auto fits = check_streams(possible->negotiated); !fits)
    return fail("no common codec: " + fits.error().what, fits.error().fix);
  if (auto started = peer_->start(false); !started) return started;
  keep_awake();
  answer_when_gathered();
  return {};
}

void Session::keep_awake() {
  for (std::size_t i = 0; i < awake_.size(); ++i)
    if (!taken_[i] || !watched_[i])
      awake_[i].reset();
    else if (!awake_[i])
      awake_[i] = request_.cameras[i].rung->keep_awake();
}

Result<> Session::check_streams(const sdp::Negotiated& negotiated) const {
  for (std::size_t i = 0; i < request_.cameras.size(); ++i) {
    const sdp::TrackNegotiated& track = negotiated.tracks.at(i);
    const auto stream = profile_of(*request_.cameras[i].rung);
    if (!track.accepted || !stream) continue;
    if (const auto fits = h264::check_fits(*stream, track.profile_level_id); !fits)
      return fail("camera " + request_.cameras[i].rung->name() + ": " + fits.error().what, fits.error().fix);
  }
  return {};
}

bool Session::offer_is_outdated() const {
  for (std::size_t i = 0; i < offer_.tracks.size(); ++i) {
    const auto stream = profile_of(*request_.cameras[i].rung);
    if (stream && !h264::check_fits(*stream, offer_.tracks[i].profile_level_id)) return true;
  }
  return false;
}

std::vector<sdp::Track> Session::tracks() const {
  std::vector<sdp::Track> tracks;
  for (std::size_t i = 0; i < request_.cameras.size(); ++i) {
    sdp::Track track;
    track.name = request_.cameras[i].rung->name();
    if (const auto id = h264::parse_profile_level_id(request_.cameras[i].rung->profile_level_id()))
      track.profile_level_id = *id;
    track.ssrc = ssrcs_[2 * i];
    track.rtx_ssrc = ssrcs_[2 * i + 1];
    tracks.push_back(std::move(track));
  }
  return tracks;
}

void Session::send_offer() {
  ++offer_.origin.version;
  offers_sent_.push_back(context_.loop.now());
  if (offers_sent_.size() > offers_waiting_max) offers_sent_.pop_front();
  offer_.transport = peer_->local();
  offer_.tracks = tracks();
  send_sdp(protocol::Sdp::Type::offer, sdp::make_offer(offer_));
}

void Session::answer_when_gathered() {
  if (peer_->local().gathering_complete) return send_answer();
  answer_timer_ = context_.loop.after(gathering_max, [this] { send_answer(); });
}

void Session::send_answer() {
  answer_timer_.reset();
  const std::string offer = std::exchange(answer_to_, {});
  if (offer.empty()) return;
  ++offer_.origin.version;
  sdp::AnswerSide side{offer_.origin, peer_->local(), context_.cname, tracks(), data_side};
  side.transport.setup =
      sdp::Setup::passive;  // as DTLS server browsers agree on AES-GCM with us; as client Chromium picks AES-CM
  const auto answer = sdp::answer_offer(offer, side);
  if (!answer) return apply(SessionEvent::failed, answer.error().text());
  if (const auto fits = check_streams(answer->negotiated); !fits)
    return apply(SessionEvent::failed, fits.error().text());
  viewer_ = sdp::peer_kind(offer, request_.client);
  send_sdp(protocol::Sdp::Type::answer, answer->text);
  described(answer->negotiated);
}

void Session::on_sdp(const protocol::Sdp& sdp) {
  if (sdp.type == protocol::Sdp::Type::offer) {
    log_.warn("session.unexpected_offer", {{"why", "over signaling the robot offers"}});
    return;
  }
  if (!answers_newest_offer()) return;
  const auto negotiated = sdp::read_answer(offer_, sdp.sdp);
  if (!negotiated) return apply(SessionEvent::failed, negotiated.error().text());
  if (const auto fits = check_streams(*negotiated); !fits) {
    // What we offered was a guess from the settings, and the viewer may well take the truth.
    if (offer_is_outdated()) return send_offer();
    return apply(SessionEvent::failed, fits.error().text());
  }
  viewer_ = sdp::peer_kind(sdp.sdp, request_.client);
  described(*negotiated);
}

/// Answers come in the order of the offers, so with two on their way the first answer is of an offer that is replaced.
/// An offer that went into a dead socket has no answer: it does not count for long, and then the last answer decides.
bool Session::answers_newest_offer() {
  while (offers_sent_.size() > 1 && context_.loop.now() - offers_sent_.front() > answer_usual_max)
    offers_sent_.pop_front();
  const bool newest = offers_sent_.size() <= 1;
  if (!offers_sent_.empty()) offers_sent_.pop_front();
  return newest;
}

void Session::streams_changed() {
  if (life_.state == SessionState::ended || !agreed_) return;  // an answer that is under way is judged when it comes
  if (!viewer_offers()) {
    if (offer_is_outdated()) send_offer();
    return;
  }
  if (const auto fits = check_streams(*agreed_); !fits) apply(SessionEvent::failed, fits.error().text());
}

void Session::described(const sdp::Negotiated& negotiated) {
  agreed_ = negotiated;
  bundle_m_line_ = negotiated.bundle_m_line;
  bundle_mid_ = negotiated.bundle_mid;
  remote_ = negotiated.remote;
  if (const auto set = peer_->set_remote(negotiated.remote); !set)
    return apply(SessionEvent::failed, set.error().text());
  if (negotiated.data && !clock_channel_) {
    clock_channel_.emplace(context_.loop, context_.wall,
                           [this] { return sending_ ? sending_->stages() : std::vector<latency::SenderStages>(); });
    if (const auto opened = peer_->open_channels(negotiated.data->remote, *clock_channel_); !opened)
      return apply(SessionEvent::failed, opened.error().text());
  }
  for (std::size_t i = 0; i < taken_.size(); ++i) taken_[i] = negotiated.tracks.at(i).accepted;
  keep_awake();
  if (sending_) {
    sending_->renegotiated(negotiated);
  } else {
    sending_ = std::make_unique<Sending>(context_.loop, *peer_, request_.cameras, negotiated, viewer_, context_.cname,
                                         context_.wall, context_.metrics, context_.buffers);
    sending_->watch(watched_);
  }
  apply(SessionEvent::described);
}

void Session::send_sdp(protocol::Sdp::Type type, std::string text) {
  context_.owner.send({request_.session_id, protocol::Sdp{type, std::move(text)}});
}

void Session::on_candidate(const protocol::IceCandidate& candidate) {
  if (candidate.candidate.empty()) return;  // no more will come: ICE ends by itself
  const auto parsed = sdp::parse_candidate(candidate.candidate);
  if (!parsed) {
    log_.debug("session.bad_candidate", {{"why", parsed.error().what}});
    return;
  }
  peer_->add_remote_candidate(*parsed);
}

void Session::on_restart() {
  if (viewer_offers()) return;
  if (const auto restarted = peer_->restart_ice(); !restarted)
    return apply(SessionEvent::failed, restarted.error().text());
  send_offer();
}

void Session::on_viewer_report(const protocol::ViewerReport& report) {
  if (life_.state != SessionState::live) return;
  const auto camera = viewer_reports_.admit(report.camera, context_.loop.now());
  if (!camera) return;
  CameraMetrics& metrics = request_.cameras[*camera].metrics;
  metrics.glass_latency[report.certainty()].observe(report.delay);
  if (report.clock_error && !report.estimated) metrics.clock_error.observe(*report.clock_error);
  for (const auto& [stage, time] : report.stages) metrics.viewer_stages[stage].observe(time);
}

void Session::on_watch(const protocol::Watch& watch) {
  if (life_.state == SessionState::ended) return;
  for (std::size_t i = 0; i < watched_.size(); ++i)
    watched_[i] =
        std::find(watch.cameras.begin(), watch.cameras.end(), request_.cameras[i].rung->name()) != watch.cameras.end();
  log_.debug("session.watches", {{"cameras", std::count(watched_.begin(), watched_.end(), true)}});
  keep_awake();  // first: an encoder that wakes begins with a key frame
  if (sending_) sending_->watch(watched_);
}

Result<std::string> Session::on_fragment(const std::string& sdpfrag) {
  const auto fragment = sdp::parse_fragment(sdpfrag);
  if (!fragment) return fail("malformed fragment: " + fragment.error().what, fragment.error().fix);
  const bool restart = !fragment->ufrag.empty() && fragment->ufrag != remote_.ufrag;
  if (restart) {
    if (auto restarted = peer_->restart_ice(); !restarted) return tl::unexpected<Error>(restarted.error());
    remote_.ufrag = fragment->ufrag;
    remote_.pwd = fragment->pwd;
    if (auto set = peer_->set_remote(remote_); !set) return tl::unexpected<Error>(set.error());
  }
  for (const sdp::Candidate& candidate : fragment->candidates()) peer_->add_remote_candidate(candidate);
  if (!restart) return std::string();
  const sdp::LocalTransport local = peer_->local();
  sdp::Fragment reply;
  reply.ufrag = local.ufrag;
  reply.pwd = local.pwd;
  sdp::FragmentSection section;
  section.mid = bundle_mid_;
  for (const std::string& line : local.candidates)
    if (auto candidate = sdp::parse_candidate(line)) section.candidates.push_back(std::move(*candidate));
  section.end_of_candidates = local.gathering_complete;
  reply.sections.push_back(std::move(section));
  return sdp::to_string(reply);
}

void Session::viewer_left(const std::string& reason) { apply(SessionEvent::viewer_left, reason); }

void Session::address_changed(const transport::AddressChange& change) {
  if (life_.state != SessionState::live && life_.state != SessionState::path_lost) return;
  const auto path = peer_->path();
  const auto used = [&path](const transport::LocalAddress& local) { return path && path->base == local.address; };
  const auto unrouted = [&path](const std::string& address) { return path && path->base == address; };
  const bool back = std::any_of(change.added.begin(), change.added.end(), used);
  const bool gone = !back && std::any_of(change.removed.begin(), change.removed.end(), used);
  stranded_ |= gone || std::any_of(change.unrouted.begin(), change.unrouted.end(), unrouted);
  if (back && life_.state == SessionState::path_lost && transport_ == transport::PeerState::connected) {
    // Before consent ran out the socket works again, so the transport has nothing to tell: no on_state, no on_path.
    stranded_ = false;
    apply(SessionEvent::connected);
  }
  // A new address is worth an offer only where the viewer can follow: over WHEP we cannot offer, and stock webrtcbin
  // has no ICE restart. Those move when the path they have is gone.
  const bool can_follow = !viewer_offers() && !request_.resume_token.empty();
  const bool better = can_follow && (!change.added.empty() || !change.routed.empty());
  if (gone && life_.state == SessionState::live) return apply(SessionEvent::disconnected);  // what is sent now is lost
  if (stranded_ || better) peer_->new_path();
}

void Session::tick() { apply(SessionEvent::tick); }

ViewerStatus Session::status() const {
  ViewerStatus status;
  status.session = request_.session_id;
  status.state = to_string(life_.state);
  status.client = request_.client;
  for (std::size_t i = 0; i < awake_.size(); ++i)
    if (awake_[i]) status.cameras.push_back(request_.cameras[i].rung->name());
  status.pair = peer_->path();
  const PathQuality path = quality();
  status.rtt = path.rtt;
  status.loss_ratio = path.loss_ratio;
  status.sent = {static_cast<std::int64_t>(sent_.per_second() * 8)};
  status.since = asked_;
  status.last_recovery = last_recovery_;
  return status;
}

void Session::report() {
  sent_.count(traffic().bytes_sent, context_.loop.now());
  if (sending_ && sending_->started()) sending_->send_reports();
}

void Session::on_local_candidate(const std::string& candidate) {
  if (candidate.empty()) {
    if (!answer_to_.empty()) send_answer();
    return;
  }
  if (answer_to_.empty() && !viewer_offers())
    context_.owner.send(
        {request_.session_id, protocol::IceCandidate{candidate, static_cast<std::uint32_t>(bundle_m_line_)}});
}

void Session::on_state(transport::PeerState state) {
  transport_ = state;
  log_.info("session.transport",
            {{"state", transport::to_string(state)}, {"ms", to_millis(context_.loop.now() - asked_)}});
  if (state == transport::PeerState::connected) apply(SessionEvent::connected);
  if (state == transport::PeerState::disconnected) apply(SessionEvent::disconnected);
  if (state == transport::PeerState::closed) on_closed();
}

void Session::on_path(const transport::PathInfo& path) {
  stranded_ = false;
  // Noticed here before consent ran out: the transport was connected all the time.
  if (life_.state == SessionState::path_lost) apply(SessionEvent::connected);
  log_.info("session.path", {{"local", path.local},
                             {"local_type", path.local_type},
                             {"remote", path.remote},
                             {"remote_type", path.remote_type},
                             {"generation", path.generation}});
}

void Session::on_rtcp(BytesView packet) {
  if (sending_) sending_->on_rtcp(packet);
}

void Session::on_packet_sent(std::uint16_t transport_sequence, std::size_t bytes, Timestamp at) {
  sending_->on_packet_sent(transport_sequence, bytes, at);
  if (first_frame_timed_ || !sending_->first_frame_sent()) return;
  first_frame_timed_ = true;
  context_.metrics.first_frame_seconds.observe(at - asked_);
}

void Session::on_writable() {
  if (sending_) sending_->on_writable();
}

void Session::on_renegotiate() {
  if (!viewer_offers()) send_offer();  // a WHEP viewer restarts ICE by itself when it hears nothing more
}

void Session::on_failed(const Error& error) { failure_ = error.text(); }  // on_state(closed) came just before

void Session::on_closed() {
  // Posted: this may come out of the middle of sending a frame to all viewers. The server hears of it, whoever closed:
  // it cannot see that a viewer's transport is gone.
  context_.loop.post([self = std::weak_ptr(self_)] {
    const auto session = self.lock();
    if (!session) return;
    const std::string& failure = (*session)->failure_;
    (*session)->apply(SessionEvent::failed, failure.empty() ? "the viewer closed the connection" : failure);
  });
}

void Session::apply(SessionEvent event, const std::string& reason) {
  const SessionLife before = life_;
  SessionStep next = step(before, event, context_.loop.now(), reason);
  life_ = next.life;
  if (life_.state != before.state)
    log_.info("session.state", {{"state", to_string(life_.state)},
                                {"was", to_string(before.state)},
                                {"ms", to_millis(life_.since - before.since)},
                                {"why", life_.reason}});
  bool tell = false;
  bool release = false;
  for (const SessionAction action : next.actions) {
    tell |= action == SessionAction::tell_peer;
    release |= action == SessionAction::release;
    act(action, before);
  }
  if (release) context_.owner.session_ended(request_.session_id, life_.reason, tell);
}

void Session::act(SessionAction action, const SessionLife& before) {
  switch (action) {
    case SessionAction::start_media:
      context_.metrics.connect_seconds.observe(context_.loop.now() - asked_);
      if (sending_) sending_->start();
      break;
    case SessionAction::resume_media:
      last_recovery_ = {context_.loop.now() - before.since, context_.loop.now()};
      context_.metrics.recovery_path.observe(last_recovery_->took);
      if (sending_) {
        sending_->stop();
        sending_->start();
      }
      break;
    case SessionAction::stop_media:
      if (sending_) sending_->stop();
      break;
    case SessionAction::new_path: peer_->new_path(); break;
    case SessionAction::release:
      peer_->close();
      awake_.clear();
      break;
    case SessionAction::tell_peer: break;  // the owner's, with the end
  }
}

}  // namespace bigfoot::robot
