#include "transport/peer_connection.hpp"

#include <array>
#include <cstdio>
#include <utility>

#include "base/check.hpp"
#include "transport/burst.hpp"
#include "transport/dtls.hpp"
#include "transport/ice_path.hpp"
#include "transport/sender.hpp"
#include "transport/srtp.hpp"

namespace bigfoot::transport {
namespace {

constexpr Nanos retire_after = 1s;           // packets that were on their way when a new path took over still count
constexpr std::size_t early_datagrams = 16;  // DTLS output that waits for ICE: one flight is at most 4
constexpr std::size_t rtcp_max = 1200;

// RFC 7983 and RFC 5761: who a datagram is for, by its first two bytes.
enum class Kind { dtls, rtp, rtcp, other };
Kind kind_of(BytesView datagram) {
  if (datagram.size() < 2) return Kind::other;
  if (datagram[0] >= 20 && datagram[0] <= 63) return Kind::dtls;
  if (datagram[0] < 128 || datagram[0] > 191) return Kind::other;
  return datagram[1] >= 192 && datagram[1] <= 223 ? Kind::rtcp : Kind::rtp;
}

/// "15 s", "0.3 s".
std::string seconds_text(Nanos time) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%g s", to_seconds(time));
  return text.data();
}

std::string refused_candidates(const CandidateFilter& filter) {
  std::string text;
  for (std::size_t i = 1; i < candidate_verdicts; ++i) {
    const auto verdict = static_cast<CandidateVerdict>(i);
    if (verdict == CandidateVerdict::duplicate) continue;  // it was checked: told in the SDP and again by trickle
    if (const auto count = filter.counted(verdict); count > 0) {
      text += (text.empty() ? "" : " ") + std::string(to_string(verdict)) + "=" + std::to_string(count);
    }
  }
  return text;
}

}  // namespace

const char* to_string(PeerState state) {
  switch (state) {
    case PeerState::idle: return "idle";
    case PeerState::connecting_ice: return "connecting_ice";
    case PeerState::handshaking: return "handshaking";
    case PeerState::connected: return "connected";
    case PeerState::disconnected: return "disconnected";
    case PeerState::closed: return "closed";
  }
  return "closed";
}

struct PeerConnection::Impl final : IcePathEvents {
  Impl(Loop& l, const IceConfig& c, const Certificate& cert, PeerListener& who, Log own_log)
      : loop(l), config(c), certificate(cert), listener(who), log(std::move(own_log)), sender(l, who, traffic) {}

  // Borrowed.
  Loop& loop;
  IceConfig config;
  const Certificate& certificate;
  PeerListener& listener;
  Log log;

  // Owned. `next` is negotiated beside `current`, which sends until `next` has a pair (make before break).
  std::shared_ptr<IcePath> current;
  std::shared_ptr<IcePath> next;
  std::shared_ptr<IcePath> retiring;
  std::unique_ptr<Dtls> dtls;
  std::optional<Srtp> srtp;
  std::unique_ptr<DataChannels> channels;
  std::shared_ptr<Burst> burst = burst_of_this_thread();
  bool silent = false;  ///< after close(): no callback follows

  // State.
  PeerState state = PeerState::idle;
  Traffic traffic;
  bool controlling = false;
  std::uint32_t generation = 0;
  sdp::Setup setup = sdp::Setup::actpass;
  std::vector<sdp::Fingerprint> fingerprints;
  std::vector<Bytes> early;  ///< DTLS output before there is a path
  Sender sender;
  Subscription dtls_timer;
  Subscription deadline;
  Subscription handshake_deadline;
  Subscription retry;
  Subscription retirement;

  IcePath* newest() const { return next ? next.get() : current.get(); }
  bool closed() const { return state == PeerState::closed; }

  Result<> start_path();
  void on_path_candidate(IcePath& path, const std::optional<sdp::Candidate>& candidate) override;
  void on_path_selected(IcePath& path) override;
  void on_path_failed(IcePath& path) override;
  void on_path_datagram(IcePath& path, std::span<std::uint8_t> datagram) override;
  void take_over();
  void lost();
  void renew_path();
  void retry_later();
  void bury(std::shared_ptr<IcePath> path);

  Result<> accept_fingerprints(const std::vector<sdp::Fingerprint>& theirs);
  Result<> choose_role(sdp::Setup theirs);
  void make_dtls();
  void send_dtls(BytesView datagram);
  void pump_dtls();
  void secured();
  void receive_media(std::span<std::uint8_t> datagram, bool rtcp);

  void set_state(PeerState to);
  void teardown();
  void give_up(Error error);
};

// --- Paths -----------------------------------------------------------------------------------------------------------

Result<> PeerConnection::Impl::start_path() {
  auto path = std::make_shared<IcePath>(++generation, config, controlling, *this, log);
  if (auto started = path->start(); !started) return started;
  bury(std::exchange(next, std::move(path)));
  return {};
}

void PeerConnection::Impl::on_path_candidate(IcePath& path, const std::optional<sdp::Candidate>& candidate) {
  if (&path == newest()) listener.on_local_candidate(candidate ? sdp::to_string(*candidate) : std::string());
}

void PeerConnection::Impl::on_path_selected(IcePath& path) {
  if (&path == next.get()) {
    take_over();
  } else if (&path != current.get()) {
    return;
  }
  sender.set_route(current.get());
  if (state == PeerState::connecting_ice) {
    handshake_deadline = loop.after(config.deadlines.handshake, [this] {
      give_up({"ICE is connected, but DTLS is not done after " + seconds_text(config.deadlines.handshake),
               {},
               Next::reconnect});
    });
    set_state(PeerState::handshaking);
  } else if (state == PeerState::disconnected) {
    deadline.reset();
    retry.reset();
    set_state(PeerState::connected);
  }
  if (closed()) return;
  listener.on_path(*current->info());
  if (closed() || !dtls) return;
  for (const auto& datagram : std::exchange(early, {})) sender.send_one(datagram);
  dtls->start();
  pump_dtls();
}

void PeerConnection::Impl::take_over() {
  bury(std::exchange(retiring, std::exchange(current, std::move(next))));
  if (retiring) retirement = loop.after(retire_after, [this] { bury(std::move(retiring)); });
}

void PeerConnection::Impl::on_path_failed(IcePath& path) {
  if (&path != current.get() || state == PeerState::disconnected) return;
  lost();
}

void PeerConnection::Impl::lost() {
  sender.set_route(nullptr);
  sender.drop_pending();
  if (state != PeerState::connected) return;  // the deadline of the handshake is running
  deadline = loop.after(config.deadlines.recover, [this] {
    give_up({"the peer is gone: no answer to ICE consent checks", "check the peer's network", Next::reconnect});
  });
  set_state(PeerState::disconnected);
  if (closed()) return;
  if (next && !next->failed()) {  // one is on its way already
    retry_later();
  } else {
    renew_path();
  }
}

// Also when the peer has said something about the path under way: that one gets the whole time for its checks.
void PeerConnection::Impl::retry_later() {
  if (state == PeerState::disconnected) retry = loop.after(config.deadlines.retry, [this] { renew_path(); });
}

// While disconnected a new path is begun again and again: the first offer may be lost with the network.
void PeerConnection::Impl::renew_path() {
  retry_later();
  if (auto started = start_path(); !started) {
    log.warn("path.start_failed", {{"why", started.error().what}});
  } else {
    listener.on_renegotiate();
  }
}

// Destroyed on the next turn of the loop: the path may be the one that is calling us.
void PeerConnection::Impl::bury(std::shared_ptr<IcePath> path) {
  if (!path) return;
  path->stop();
  loop.post([path = std::move(path)] {});
}

void PeerConnection::Impl::on_path_datagram(IcePath&, std::span<std::uint8_t> datagram) {
  switch (kind_of(datagram)) {
    case Kind::dtls:
      if (!dtls) return;  // no fingerprint yet: nobody to shake hands with
      dtls->receive(datagram);
      return pump_dtls();
    case Kind::rtp: return receive_media(datagram, false);
    case Kind::rtcp: return receive_media(datagram, true);
    case Kind::other: return;
  }
}

void PeerConnection::Impl::receive_media(std::span<std::uint8_t> datagram, bool rtcp) {
  if (!srtp) return;
  const std::size_t plain = rtcp ? srtp->unprotect_rtcp(datagram) : srtp->unprotect_rtp(datagram);
  if (plain == 0) {
    ++traffic.srtp_rejected;
    return;
  }
  ++traffic.packets_received;
  traffic.bytes_received += datagram.size();
  const BytesView packet(datagram.data(), plain);
  rtcp ? listener.on_rtcp(packet) : listener.on_rtp(packet);
}

// --- DTLS ------------------------------------------------------------------------------------------------------------

Result<> PeerConnection::Impl::accept_fingerprints(const std::vector<sdp::Fingerprint>& theirs) {
  if (theirs.empty()) {
    return fail("the peer's SDP has no a=fingerprint", "the peer must offer DTLS-SRTP (RFC 8827)");
  }
  if (srtp ? !dtls->peer_matches(theirs) : (!fingerprints.empty() && fingerprints != theirs)) {
    return fail("the peer's certificate changed within one session", "begin a new session");
  }
  fingerprints = theirs;
  return {};
}

Result<> PeerConnection::Impl::choose_role(sdp::Setup theirs) {
  // To be the server costs us nothing and makes both browsers choose AES-GCM (as client Chromium chose AES-CM-SHA1).
  const sdp::Setup ours = theirs == sdp::Setup::passive ? sdp::Setup::active : sdp::Setup::passive;
  if (dtls && theirs != sdp::Setup::actpass && dtls->server() != (ours == sdp::Setup::passive)) {
    return fail("the peer changed its DTLS role within one session", "begin a new session");
  }
  if (!dtls) setup = ours;
  return {};
}

void PeerConnection::Impl::make_dtls() {
  dtls = std::make_unique<Dtls>(
      certificate.context(), setup == sdp::Setup::passive, fingerprints,
      [this](BytesView datagram) { send_dtls(datagram); },
      [this](BytesView packet) {
        if (srtp && channels) channels->receive(packet);
      });
  if (!sender.has_route()) return;
  dtls->start();
  pump_dtls();
}

void PeerConnection::Impl::send_dtls(BytesView datagram) {
  if (sender.has_route()) {
    sender.send_one(datagram);
  } else if (early.size() < early_datagrams) {
    early.emplace_back(datagram.begin(), datagram.end());
  }
}

void PeerConnection::Impl::pump_dtls() {
  dtls_timer.reset();
  switch (dtls->state()) {
    case Dtls::State::handshaking:
      if (const auto wait = dtls->timeout()) {
        dtls_timer = loop.after(*wait, [this] {
          dtls->handle_timeout();
          pump_dtls();
        });
      }
      return;
    case Dtls::State::connected:
      if (!srtp) secured();
      return;
    case Dtls::State::closed: teardown(); return set_state(PeerState::closed);
    case Dtls::State::failed: return give_up(dtls->error());
  }
}

void PeerConnection::Impl::secured() {
  auto made = Srtp::make(dtls->keys());
  if (!made) return give_up(made.error());
  srtp.emplace(std::move(*made));
  deadline.reset();
  handshake_deadline.reset();
  log.info("peer.secured", {{"srtp", dtls->keys().profile}, {"dtls_role", dtls->server() ? "server" : "client"}});
  if (channels) channels->start();
  if (closed()) return;
  if (sender.has_route()) return set_state(PeerState::connected);
  state = PeerState::connected;  // ICE was lost during the handshake
  lost();
}

// --- Ends ------------------------------------------------------------------------------------------------------------

void PeerConnection::Impl::set_state(PeerState to) {
  if (state == to) return;
  state = to;
  listener.on_state(to);
}

void PeerConnection::Impl::teardown() {
  for (Subscription* timer : {&dtls_timer, &deadline, &handshake_deadline, &retry, &retirement}) timer->reset();
  sender.set_route(nullptr);
  sender.drop_pending();
  if (burst->owned_by(this)) burst->clear();
  for (auto* path : {&current, &next, &retiring}) bury(std::exchange(*path, nullptr));
  early.clear();
  if (channels) channels->close();
}

void PeerConnection::Impl::give_up(Error error) {
  if (closed()) return;
  log.warn("peer.failed", {{"why", error.what}, {"next", to_string(error.next)}});
  teardown();
  set_state(PeerState::closed);
  if (!silent) listener.on_failed(error);
}

// --- The public face -------------------------------------------------------------------------------------------------

PeerConnection::PeerConnection(Loop& loop, const IceConfig& config, const Certificate& certificate,
                               PeerListener& listener, Log log)
    : impl_(std::make_unique<Impl>(loop, config, certificate, listener, std::move(log))) {}

PeerConnection::~PeerConnection() { close(); }

Result<> PeerConnection::start(bool controlling) {
  BIGFOOT_CHECK(impl_->state == PeerState::idle, "a PeerConnection starts once");
  impl_->controlling = controlling;
  if (auto started = impl_->start_path(); !started) return started;
  impl_->deadline = impl_->loop.after(impl_->config.deadlines.connect, [impl = impl_.get()] {
    const IcePath* path = impl->newest();
    const std::string refused = path == nullptr ? "" : refused_candidates(path->filter());
    impl->give_up({"not connected after " + seconds_text(impl->config.deadlines.connect) +
                       (refused.empty() ? "" : "; candidates of the peer left out: " + refused),
                   "no address pair works: allow UDP between the two, or configure a TURN server", Next::reconnect});
  });
  impl_->set_state(PeerState::connecting_ice);
  return {};
}

sdp::LocalTransport PeerConnection::local() const {
  sdp::LocalTransport local;
  local.fingerprint = impl_->certificate.fingerprint();
  local.setup = impl_->setup;
  if (const IcePath* path = impl_->newest()) {
    local.ufrag = path->ufrag();
    local.pwd = path->pwd();
    for (const auto& candidate : path->candidates()) local.candidates.push_back(sdp::to_string(candidate));
    local.gathering_complete = path->gathered();
  }
  return local;
}

Result<> PeerConnection::set_remote(const sdp::RemoteTransport& remote) {
  IcePath* path = impl_->newest();
  if (path == nullptr) return fail("the session is not running");
  if (auto accepted = impl_->accept_fingerprints(remote.fingerprints); !accepted) return accepted;
  if (auto chosen = impl_->choose_role(remote.setup); !chosen) return chosen;
  if (auto set = path->set_remote(remote.ufrag, remote.pwd, remote.ice_lite); !set) return set;
  for (const auto& candidate : remote.candidates) path->add_remote_candidate(candidate);
  if (!impl_->dtls) impl_->make_dtls();
  impl_->retry_later();
  return {};
}

void PeerConnection::add_remote_candidate(const sdp::Candidate& candidate) {
  if (IcePath* path = impl_->newest()) path->add_remote_candidate(candidate);
}

Result<> PeerConnection::restart_ice() {
  IcePath* path = impl_->newest();
  if (path == nullptr) return fail("the session is not running");
  impl_->retry_later();
  return path->restart();
}

void PeerConnection::new_path() {
  if (impl_->newest() == nullptr) return;
  if (auto started = impl_->start_path(); !started) {
    impl_->log.warn("path.start_failed", {{"why", started.error().text()}});
  } else {
    impl_->listener.on_renegotiate();
  }
}

std::uint8_t* PeerConnection::reserve(std::size_t max_size) {
  if (!writable()) return nullptr;
  BIGFOOT_CHECK(impl_->burst->owned_by(impl_.get()) || impl_->burst->empty(),
                "another session's burst was not flushed");
  impl_->burst->own(impl_.get());
  return impl_->burst->reserve(max_size + Srtp::rtp_trailer);
}

void PeerConnection::commit(std::size_t size, std::optional<std::uint16_t> transport_sequence) {
  std::uint8_t* packet = impl_->burst->reserve(size + Srtp::rtp_trailer);
  BIGFOOT_CHECK(impl_->burst->owned_by(impl_.get()) && packet != nullptr, "commit without reserve");
  if (const std::size_t wire = impl_->srtp->protect_rtp(packet, size); wire > 0) {
    impl_->burst->commit(wire, transport_sequence);
  } else {
    ++impl_->traffic.send_errors;  // a sequence number for the second time: never on the wire
  }
}

Sent PeerConnection::flush() {
  if (impl_->burst->owned_by(impl_.get())) return impl_->sender.send(*impl_->burst);
  return !connected() ? Sent::no_path : impl_->sender.blocked() ? Sent::blocked : Sent::all;
}

bool PeerConnection::writable() const { return connected() && !impl_->sender.blocked(); }

Sent PeerConnection::send_rtcp(BytesView packet) {
  std::array<std::uint8_t, rtcp_max + Srtp::rtcp_trailer> wire;
  if (!connected() || packet.size() > rtcp_max) return Sent::no_path;
  std::copy(packet.begin(), packet.end(), wire.begin());
  const std::size_t size = impl_->srtp->protect_rtcp(wire.data(), packet.size());
  return size == 0 ? Sent::no_path : impl_->sender.send_one({wire.data(), size});
}

void PeerConnection::close() {
  impl_->silent = true;
  if (impl_->closed()) return;
  if (impl_->channels) impl_->channels->close();
  if (impl_->dtls && impl_->sender.has_route()) impl_->dtls->close();
  impl_->state = PeerState::closed;
  impl_->teardown();
}

Result<DataChannels*> PeerConnection::open_channels(const sdp::RemoteData& remote, ChannelListener& listener,
                                                    const ChannelLimits& limits) {
  if (impl_->closed() || !impl_->dtls) return fail("the session is not running");
  BIGFOOT_CHECK(!impl_->channels, "data channels are opened once");
  // What was lost with its path is sent again by SCTP itself: nothing is kept for the next one.
  auto output = [impl = impl_.get()](BytesView packet) {
    if (impl->sender.has_route()) impl->dtls->send(packet);
  };
  impl_->channels = std::make_unique<DataChannels>(impl_->loop, !impl_->dtls->server(), remote, limits, listener,
                                                   std::move(output), impl_->log);
  if (impl_->srtp) impl_->channels->start();
  return impl_->channels.get();
}

DataChannels* PeerConnection::channels() { return impl_->channels.get(); }
PeerState PeerConnection::state() const { return impl_->state; }
std::optional<PathInfo> PeerConnection::path() const { return impl_->current ? impl_->current->info() : std::nullopt; }
const Traffic& PeerConnection::traffic() const { return impl_->traffic; }
std::string PeerConnection::srtp_profile() const { return impl_->srtp ? impl_->dtls->keys().profile : std::string(); }

}  // namespace bigfoot::transport
