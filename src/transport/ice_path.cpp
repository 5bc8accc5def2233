#include "transport/ice_path.hpp"

#include <netinet/in.h>
#include <nice/agent.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.hpp"
#include "base/gobject.hpp"
#include "transport/candidate_priority.hpp"
#include "transport/ice_context.hpp"
#include "transport/ice_server.hpp"
#include "transport/local_addresses.hpp"

namespace bigfoot::transport {
namespace {

constexpr guint component = NICE_COMPONENT_TYPE_RTP;
constexpr int dscp_af41 = 34 << 2;  // the TOS byte of RFC 8837's interactive video
// A check that is lost is repeated soon and often: 200, 400, … 3200 ms (libnice's own 500 ms, 3 times, give up at RTT 2
// s).
constexpr guint check_timeout_ms = 200;
constexpr guint check_retransmissions = 5;
// libnice goes on ticking at the pace for this long after the last check (its own: 5 s, 1000 wake-ups a viewer).
constexpr guint check_idle_ms = 300;
constexpr guint check_pacing_ms = 5;  // RFC 8445 14.2 allows no less; libnice's 20 costs the first picture 15 ms

std::string address_text(const NiceAddress& address) {
  char text[INET6_ADDRSTRLEN] = "";
  nice_address_to_string(&address, text);
  return text;
}

std::string endpoint_text(const NiceAddress& address) {
  const std::string port = std::to_string(nice_address_get_port(&address));
  return nice_address_ip_version(&address) == 6 ? "[" + address_text(address) + "]:" + port
                                                : address_text(address) + ":" + port;
}

const char* type_text(NiceCandidateType type) {
  switch (type) {
    case NICE_CANDIDATE_TYPE_HOST: return "host";
    case NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE: return "srflx";
    case NICE_CANDIDATE_TYPE_PEER_REFLEXIVE: return "prflx";
    case NICE_CANDIDATE_TYPE_RELAYED: return "relay";
  }
  return "host";
}

NiceCandidateType type_of(const std::string& text) {
  if (text == "srflx") return NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE;
  if (text == "relay") return NICE_CANDIDATE_TYPE_RELAYED;
  return NICE_CANDIDATE_TYPE_HOST;
}

sdp::Candidate from_nice(const NiceCandidate& nice) {
  sdp::Candidate candidate;
  candidate.foundation = nice.foundation;
  candidate.priority = nice.priority;
  candidate.address = address_text(nice.addr);
  candidate.port = static_cast<std::uint16_t>(nice_address_get_port(&nice.addr));
  candidate.type = type_text(nice.type);
  if (nice.type != NICE_CANDIDATE_TYPE_HOST) {
    candidate.related_address = address_text(nice.base_addr);
    candidate.related_port = static_cast<std::uint16_t>(nice_address_get_port(&nice.base_addr));
  }
  return candidate;
}

struct CandidateDeleter {
  void operator()(NiceCandidate* candidate) const { nice_candidate_free(candidate); }
};
using CandidatePtr = std::unique_ptr<NiceCandidate, CandidateDeleter>;

}  // namespace

// The C side. Signals are declared after the agent: they disconnect before its last reference goes.
struct IcePath::Agent {
  std::unique_ptr<IceContext> context = std::make_unique<IceContext>();
  GRef<NiceAgent> nice;
  guint stream = 0;
  std::vector<SignalConnection> signals;
  GRef<GSocket> socket;  // of the selected pair, when it is direct
  sockaddr_storage remote{};
  socklen_t remote_size = 0;

  ~Agent();
  void connect(IcePath& path);
  void read_pair(PathInfo& info);
};

// A relay's allocation is freed by an exchange with its server, for which the agent needs its context a little longer.
IcePath::Agent::~Agent() {
  signals.clear();
  if (stream != 0) nice_agent_attach_recv(nice.get(), stream, component, nullptr, nullptr, nullptr);
  socket.reset();
  const auto closed = +[](GObject*, GAsyncResult*, gpointer last) { delete static_cast<IceContext*>(last); };
  nice_agent_close_async(nice.get(), closed, context.release());
}

void IcePath::Agent::connect(IcePath& path) {
  NiceAgent* agent = nice.get();
  const auto on_candidate = +[](NiceAgent*, NiceCandidate* candidate, gpointer self) {
    static_cast<IcePath*>(self)->on_candidate(from_nice(*candidate));
  };
  const auto on_gathered = +[](NiceAgent*, guint, gpointer self) { static_cast<IcePath*>(self)->on_gathered(); };
  const auto on_selected = +[](NiceAgent*, guint, guint, NiceCandidate*, NiceCandidate*, gpointer self) {
    static_cast<IcePath*>(self)->on_selected();
  };
  const auto on_state = +[](NiceAgent*, guint, guint, guint state, gpointer self) {
    if (state == NICE_COMPONENT_STATE_FAILED) static_cast<IcePath*>(self)->on_component_failed();
  };
  const NiceAgentRecvFunc on_data = +[](NiceAgent*, guint, guint, guint size, gchar* data, gpointer self) {
    auto& to = *static_cast<IcePath*>(self);
    if (to.events_ != nullptr) to.events_->on_path_datagram(to, {reinterpret_cast<std::uint8_t*>(data), size});
  };
  signals.emplace_back(agent, "new-candidate-full", G_CALLBACK(on_candidate), &path);
  signals.emplace_back(agent, "candidate-gathering-done", G_CALLBACK(on_gathered), &path);
  signals.emplace_back(agent, "new-selected-pair-full", G_CALLBACK(on_selected), &path);
  signals.emplace_back(agent, "component-state-changed", G_CALLBACK(on_state), &path);
  nice_agent_attach_recv(agent, stream, component, context->get(), on_data, &path);
}

void IcePath::Agent::read_pair(PathInfo& info) {
  NiceCandidate* local = nullptr;
  NiceCandidate* peer = nullptr;
  if (!nice_agent_get_selected_pair(nice.get(), stream, component, &local, &peer)) return;
  // The pair's addresses are the agent's own: copied here, read again at every change (the fd changes with them).
  socket = GRef<GSocket>::adopt(nice_agent_get_selected_socket(nice.get(), stream, component));
  nice_address_copy_to_sockaddr(&peer->addr, reinterpret_cast<sockaddr*>(&remote));
  remote_size = remote.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  info.local = endpoint_text(local->addr);
  info.base = address_text(local->base_addr);
  info.remote = endpoint_text(peer->addr);
  info.local_type = type_text(local->type);
  info.remote_type = type_text(peer->type);
}

IcePath::IcePath(std::uint32_t generation, const IceConfig& config, bool controlling, IcePathEvents& events, Log log)
    : generation_(generation),
      config_(config),
      controlling_(controlling),
      events_(&events),
      log_(std::move(log)),
      filter_(config.loopback),
      agent_(std::make_unique<Agent>()) {
  const auto flags = static_cast<NiceAgentOption>(NICE_AGENT_OPTION_ICE_TRICKLE | NICE_AGENT_OPTION_CONSENT_FRESHNESS);
  agent_->nice = GRef<NiceAgent>::adopt(nice_agent_new_full(agent_->context->get(), NICE_COMPATIBILITY_RFC5245, flags));
  BIGFOOT_CHECK(agent_->nice, "libnice makes no agent");
  g_object_set(agent_->nice.get(), "controlling-mode", controlling, "upnp", FALSE, "ice-tcp", FALSE, "force-relay",
               config.relay_only, "stun-pacing-timer", check_pacing_ms, "stun-initial-timeout", check_timeout_ms,
               "stun-max-retransmissions", check_retransmissions, "idle-timeout", check_idle_ms, nullptr);
}

IcePath::~IcePath() = default;

void IcePath::stop() { events_ = nullptr; }

Result<> IcePath::start() {
  NiceAgent* nice = agent_->nice.get();
  agent_->stream = nice_agent_add_stream(nice, 1);
  BIGFOOT_CHECK(agent_->stream != 0, "libnice adds no stream");
  if (config_.ports.first != 0) {
    nice_agent_set_port_range(nice, agent_->stream, component, config_.ports.first, config_.ports.last);
  }
  if (auto added = add_servers(); !added) return added;
  if (auto added = add_addresses(); !added) return added;
  agent_->connect(*this);
  starting_ = true;
  const bool gathering = nice_agent_gather_candidates(nice, agent_->stream);
  starting_ = false;
  if (!gathering) {
    return fail(
        "no UDP port of " + std::to_string(config_.ports.first) + "-" + std::to_string(config_.ports.last) + " is free",
        "widen ice.ports, or allow fewer viewers", Next::retry);
  }
  if (config_.mark_packets) nice_agent_set_stream_tos(nice, agent_->stream, dscp_af41);
  read_credentials();
  return {};
}

Result<> IcePath::add_servers() {
  bool has_stun = false;
  for (const auto& server : config_.servers) {
    const auto parsed = parse_ice_server(server);
    if (!parsed) return tl::unexpected(parsed.error());
    if (parsed->kind == ServerKind::stun) {
      if (std::exchange(has_stun, true)) continue;  // libnice asks one; a second tells the same address
      g_object_set(agent_->nice.get(), "stun-server", parsed->host.c_str(), "stun-server-port",
                   static_cast<guint>(parsed->port), nullptr);
      continue;
    }
    const auto type = parsed->kind == ServerKind::turn_tcp ? NICE_RELAY_TYPE_TURN_TCP : NICE_RELAY_TYPE_TURN_UDP;
    nice_agent_set_relay_info(agent_->nice.get(), agent_->stream, component, parsed->host.c_str(), parsed->port,
                              server.username.c_str(), server.credential.c_str(), type);
  }
  return {};
}

Result<> IcePath::add_addresses() {
  const auto usable = usable_addresses(list_addresses(), config_);
  if (usable.empty()) {
    return fail("no network address that ICE may use", "check ice.interfaces and ice.exclude, or connect a network",
                Next::retry);
  }
  for (const auto& local : usable) {
    NiceAddress address;
    nice_address_init(&address);
    if (nice_address_set_from_string(&address, local.address.c_str())) {
      nice_agent_add_local_address(agent_->nice.get(), &address);
    }
  }
  return {};
}

void IcePath::read_credentials() {
  gchar* ufrag = nullptr;
  gchar* pwd = nullptr;
  const bool got = nice_agent_get_local_credentials(agent_->nice.get(), agent_->stream, &ufrag, &pwd);
  BIGFOOT_CHECK(got, "libnice has no credentials for its stream");
  ufrag_ = ufrag;
  pwd_ = pwd;
  g_free(ufrag);
  g_free(pwd);
}

Result<> IcePath::restart() {
  if (!nice_agent_restart_stream(agent_->nice.get(), agent_->stream)) return fail("libnice cannot restart ICE");
  remote_ufrag_.clear();
  waiting_.clear();
  filter_.restart();
  read_credentials();
  return {};
}

Result<> IcePath::set_remote(const std::string& ufrag, const std::string& pwd, bool ice_lite) {
  if (ice_lite)
    g_object_set(agent_->nice.get(), "controlling-mode", TRUE, nullptr);  // RFC 8445 6.1.1: a lite peer never is
  if (!nice_agent_set_remote_credentials(agent_->nice.get(), agent_->stream, ufrag.c_str(), pwd.c_str())) {
    return fail("libnice refuses the peer's ICE credentials");
  }
  remote_ufrag_ = ufrag;
  for (const auto& candidate : std::exchange(waiting_, {})) add_remote_candidate(candidate);
  return {};
}

void IcePath::add_remote_candidate(const sdp::Candidate& candidate) {
  if (!has_remote()) {
    if (waiting_.size() < 2 * CandidateFilter::limit) {
      waiting_.push_back(candidate);
    } else {
      filter_.count(CandidateVerdict::over_limit);
    }
    return;
  }
  if (!candidate.ufrag.empty() && candidate.ufrag != remote_ufrag_) {
    filter_.count(CandidateVerdict::other_generation);
    return;
  }
  if (filter_.admit(candidate) == CandidateVerdict::usable) check(candidate);
}

void IcePath::check(const sdp::Candidate& candidate) {
  const CandidatePtr nice(nice_candidate_new(type_of(candidate.type)));
  nice->transport = NICE_CANDIDATE_TRANSPORT_UDP;
  nice->stream_id = agent_->stream;
  nice->component_id = component;
  nice->priority = candidate.priority;
  g_strlcpy(nice->foundation, candidate.foundation.c_str(), sizeof nice->foundation);
  if (!nice_address_set_from_string(&nice->addr, candidate.address.c_str())) return;
  nice_address_set_port(&nice->addr, candidate.port);
  if (!candidate.related_address.empty() &&
      nice_address_set_from_string(&nice->base_addr, candidate.related_address.c_str())) {
    nice_address_set_port(&nice->base_addr, candidate.related_port);
  }
  GSList list{nice.get(), nullptr};
  nice_agent_set_remote_candidates(agent_->nice.get(), agent_->stream, component, &list);
}

std::vector<sdp::Candidate> IcePath::candidates() const {
  std::vector<sdp::Candidate> all = local_;
  for (auto& candidate : all) candidate.ufrag = ufrag_;
  return all;
}

void IcePath::on_candidate(const sdp::Candidate& candidate) {
  sdp::Candidate told = candidate;
  told.priority = told_priority(candidate.priority, candidate.type, generation_);
  local_.push_back(told);
  if (starting_ || events_ == nullptr) return;
  told.ufrag = ufrag_;
  events_->on_path_candidate(*this, told);
}

void IcePath::on_gathered() {
  gathered_ = true;
  if (!starting_ && events_ != nullptr) events_->on_path_candidate(*this, std::nullopt);
}

void IcePath::on_selected() {
  PathInfo info;
  info.generation = generation_;
  agent_->read_pair(info);
  if (info.local.empty()) return;
  info_ = std::move(info);
  failed_ = false;
  if (events_ != nullptr) events_->on_path_selected(*this);
}

void IcePath::on_component_failed() {
  failed_ = true;
  log_.debug("path.failed", {{"generation", generation_}});
  if (events_ != nullptr) events_->on_path_failed(*this);
}

int IcePath::fd() const {
  GSocket* socket = agent_->socket.get();
  // libnice closes a socket by itself after an error; its number may be another file by now.
  return socket == nullptr || g_socket_is_closed(socket) ? -1 : g_socket_get_fd(socket);
}

const sockaddr* IcePath::remote() const { return reinterpret_cast<const sockaddr*>(&agent_->remote); }
socklen_t IcePath::remote_size() const { return agent_->remote_size; }

std::optional<std::size_t> IcePath::send_relayed(const std::uint8_t* base, std::span<const WirePacket> packets) {
  std::array<GOutputVector, Burst::packets_max> vectors;
  std::array<NiceOutputMessage, Burst::packets_max> messages;
  const std::size_t count = std::min(packets.size(), vectors.size());
  for (std::size_t i = 0; i < count; ++i) {
    vectors[i] = {base + packets[i].offset, packets[i].size};
    messages[i] = {&vectors[i], 1};
  }
  GError* error = nullptr;
  const gint sent = nice_agent_send_messages_nonblocking(agent_->nice.get(), agent_->stream, component, messages.data(),
                                                         static_cast<guint>(count), nullptr, &error);
  const bool full = error != nullptr && g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  g_clear_error(&error);
  if (sent < 0) return full ? std::optional<std::size_t>(0) : std::nullopt;
  return static_cast<std::size_t>(sent);
}

}  // namespace bigfoot::transport
