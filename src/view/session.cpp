#include "view/session.hpp"

#include <algorithm>
#include <utility>

#include "base/random.hpp"
#include "sdp/receive_answer.hpp"

namespace bigfoot::view {
namespace {

/// An offer by WHEP carries its candidates: host ones are there in a millisecond, those of STUN and TURN servers take a
/// round trip or two.
constexpr Nanos gathering_max = 400ms;

/// 62 bits (RFC 9429 5.2.1).
std::uint64_t random_origin_id() { return (static_cast<std::uint64_t>(random_u32()) << 32 | random_u32()) >> 2; }

}  // namespace

Session::Session(const SessionContext& context, bool we_offer, const Log& log)
    : context_(context),
      we_offer_(we_offer),
      log_(log),
      heard_(context.loop.now()),
      peer_(context.loop, context.ice, context.certificate, *this, log),
      clock_(context.loop) {
  origin_.session_id = random_origin_id();
  origin_.version = 0;
}

Session::~Session() { close(); }

void Session::close() {
  gathering_.reset();
  if (receiving_) receiving_->stop();
  peer_.close();
}

Result<> Session::start() {
  auto started = peer_.start(we_offer_);
  if (started && we_offer_) offer_when_gathered();
  return started;
}

void Session::offer_when_gathered() {
  // Posted: the owner does not have this session yet.
  if (peer_.local().gathering_complete)
    gathering_ = context_.loop.after(Nanos{0}, [this] { offer(); });
  else
    gathering_ = context_.loop.after(gathering_max, [this] { offer(); });
}

void Session::offer() {
  gathering_.reset();
  if (offered_) return;
  ++origin_.version;
  offered_ = sdp::ReceiveOffer{origin_, peer_.local(), context_.tracks_max, sdp::DataSide{}};
  context_.owner.session_offers(sdp::make_receive_offer(*offered_));
}

Result<> Session::on_offer(const std::string& sdp) {
  sdp::ReceivingSide side{origin_, peer_.local(), sdp::DataSide{}, context_.tracks_max};
  ++side.origin.version;
  auto answer = sdp::answer_sender(sdp, side);
  if (!answer) return tl::unexpected<Error>(answer.error());
  const bool restarts = !remote_ufrag_.empty() && answer->receiving.remote.ufrag != remote_ufrag_;
  if (restarts && !std::exchange(own_path_, false)) {
    if (auto restarted = peer_.restart_ice(); !restarted) return restarted;
    side.transport = peer_.local();
    answer = sdp::answer_sender(sdp, side);
    if (!answer) return tl::unexpected<Error>(answer.error());
  }
  origin_ = side.origin;
  if (auto set = described(answer->receiving); !set) return set;
  context_.owner.session_answers(answer->text);
  context_.owner.session_described(cameras_);
  return {};
}

Result<> Session::on_answer(const std::string& sdp) {
  if (!offered_) return fail("an answer came to no offer");
  const auto agreed = sdp::read_sender_answer(*offered_, sdp);
  if (!agreed) return tl::unexpected<Error>(agreed.error());
  if (auto set = described(*agreed); !set) return set;
  context_.owner.session_described(cameras_);
  return {};
}

Result<> Session::described(const sdp::Receiving& agreed) {
  m_line_ = agreed.bundle_m_line;
  remote_ufrag_ = agreed.remote.ufrag;
  if (auto set = peer_.set_remote(agreed.remote); !set) return set;
  cameras_.clear();
  m_lines_.clear();
  for (const sdp::ReceivedTrack& track : agreed.tracks) {
    cameras_.push_back(track.accepted ? track.name : "");
    m_lines_.push_back(track.m_line);
  }
  if (receiving_) {
    receiving_->renegotiated(agreed);
    return {};
  }
  ReceivingListener& listener = *this;
  receiving_ = std::make_unique<Receiving>(
      context_.loop, agreed, context_.cname, [this](BytesView packet) { peer_.send_rtcp(packet); }, listener);
  if (agreed.data)
    if (const auto opened = clock_.open(peer_, agreed.data->remote); !opened)
      log_.warn("view.no_clock", {{"why", opened.error().what}, {"then", "the delay is estimated"}});
  return {};
}

void Session::on_candidate(const std::string& candidate) {
  if (candidate.empty()) return;  // no more will come: ICE ends by itself
  const auto parsed = sdp::parse_candidate(candidate);
  if (!parsed) return log_.debug("session.bad_candidate", {{"why", parsed.error().what}});
  peer_.add_remote_candidate(*parsed);
}

void Session::on_local_candidate(const std::string& candidate) {
  if (!we_offer_) return context_.owner.session_candidate(candidate, m_line_);
  if (candidate.empty() && !offered_) gathering_ = context_.loop.after(Nanos{0}, [this] { offer(); });
}

void Session::on_state(transport::PeerState state) {
  log_.debug("view.transport", {{"state", transport::to_string(state)}});
  if (state == transport::PeerState::connected) {
    heard_ = context_.loop.now();
    if (receiving_) receiving_->start();
    context_.owner.session_connected();
  }
  if (state == transport::PeerState::disconnected) context_.owner.session_disconnected();
  if (state == transport::PeerState::closed) context_.owner.session_failed("the other side closed the connection");
}

void Session::on_rtcp(BytesView packet) {
  if (receiving_) receiving_->on_rtcp(packet);
}

void Session::on_rtp(BytesView packet) {
  if (receiving_) receiving_->on_rtp(packet);
}

void Session::on_frame(std::size_t track, Frame frame) {
  if (track < cameras_.size()) context_.owner.session_frame(cameras_[track], std::move(frame));
}

void Session::on_renegotiate() {
  own_path_ = true;
  context_.owner.session_renegotiates();
}

void Session::on_failed(const Error& error) { context_.owner.session_failed(error.text()); }

std::optional<std::size_t> Session::track_of(const std::string& camera) const {
  const auto found = std::find(cameras_.begin(), cameras_.end(), camera);
  if (camera.empty() || found == cameras_.end() || !receiving_) return std::nullopt;
  return static_cast<std::size_t>(found - cameras_.begin());
}

void Session::ask_keyframe(const std::string& camera) {
  if (const auto track = track_of(camera)) receiving_->ask_keyframe(*track);
}

void Session::need_keyframe(const std::string& camera) {
  if (const auto track = track_of(camera)) receiving_->need_keyframe(*track);
}

void Session::look() {
  const std::uint64_t packets = peer_.traffic().packets_received;
  if (std::exchange(packets_, packets) != packets) heard_ = context_.loop.now();
  if (receiving_) receiving_->set_rtt(clock_.rtt());
}

Nanos Session::silence() const { return context_.loop.now() - heard_; }

std::optional<latency::ClockEstimate> Session::sender_clock(const std::string& camera) const {
  if (const auto by_pings = clock_.estimate()) return by_pings;
  const auto track = track_of(camera);
  return track ? receiving_->report_clock(*track) : std::nullopt;
}

std::optional<latency::SenderStages> Session::sender_stages(const std::string& camera) const {
  const auto track = track_of(camera);
  return track ? clock_.stages(m_lines_[*track]) : std::nullopt;
}

std::optional<Nanos> Session::rtt() const { return receiving_ ? receiving_->rtt() : std::nullopt; }

std::optional<TrackFigures> Session::figures(const std::string& camera) const {
  const auto track = track_of(camera);
  return track ? std::optional(receiving_->figures(*track)) : std::nullopt;
}

}  // namespace bigfoot::view
