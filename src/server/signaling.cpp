#include "server/signaling.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/random.hpp"
#include "protocol/codec.hpp"

namespace bigfoot::server {
namespace {

using namespace protocol;

constexpr int errors_in_a_row_max = 20;
constexpr std::size_t peer_id_length = 20;  // 119 bits: knowing one is not guessing one

/// Not the sender's fault: it may try again without end.
bool others_fault(const ErrorMessage& error) { return error.code == "peer-busy" || error.code == "peer-away"; }

}  // namespace

const char* to_string(SocketEnd end) {
  switch (end) {
    case SocketEnd::closed: return "closed";
    case SocketEnd::silent: return "silent";
    case SocketEnd::slow_reader: return "slow-reader";
    case SocketEnd::too_large: return "too-large";
    case SocketEnd::binary: return "binary";
  }
  return "closed";
}

/// A peer behind a WebSocket.
class Signaling::Socket final : public WebSocketEvents, public PeerLink {
 public:
  Socket(Signaling& signaling, const std::shared_ptr<WebSocket>& socket) : signaling_(signaling), socket_(socket) {
    id_ = signaling_.attach(*this, true);
  }
  void on_text(std::string_view text) override { signaling_.hear(id_, text); }
  void on_end(SocketEnd end) override { signaling_.ended(id_, end); }
  void deliver(const FromServer& message) override {
    if (const auto socket = socket_.lock()) socket->send(encode(message));
  }
  void close(std::uint16_t code, const std::string& reason) override {
    if (const auto socket = socket_.lock()) socket->close(code, reason);
  }
  bool busy() const override {
    const auto socket = socket_.lock();
    return socket && socket->busy();
  }
  const std::string& id() const { return id_; }

 private:
  Signaling& signaling_;
  std::weak_ptr<WebSocket> socket_;  // the connection owns this half, not the other way round
  std::string id_;
};

Signaling::Signaling(Loop& loop, Rooms rooms, const Limits& limits, telemetry::Metrics& metrics, Log log)
    : loop_(loop), limits_(limits), log_(std::move(log)), rooms_(std::move(rooms)), viewer_delays_(metrics) {
  messages_total_ = metrics.counter("bigfoot_signaling_messages_total", "Signaling messages by type and direction");
  errors_total_ = metrics.counter("bigfoot_signaling_errors_total", "Refused messages and cut connections by code");
  connections_ = metrics.gauge("bigfoot_signaling_connections", "Signaling connections by what the peer registered as");
  sessions_ = metrics.gauge("bigfoot_sessions", "Sessions, those of WHEP included").with();
  metrics.before_exposition([this] { count_roles(); });
  rooms_.refuse_for_busy([this](const std::string& peer) {
    const auto at = members_.find(peer);
    return at != members_.end() && at->second.link->busy();
  });
  ticking_ = loop_.every(1s, [this] { tick(); });
}

Signaling::~Signaling() = default;

void Signaling::tick() {
  perform(rooms_.tick(now()));
  viewer_delays_.tick(loop_.now(), [this](const std::string& robot, const std::string& camera) {
    const RobotEntry* entry = rooms_.fleet().find(robot);
    return entry && entry->online &&
           std::find(entry->cameras.begin(), entry->cameras.end(), camera) != entry->cameras.end();
  });
}

std::unique_ptr<WebSocketEvents> Signaling::accept(const std::shared_ptr<WebSocket>& socket,
                                                   const std::string& remote) {
  auto peer = std::make_unique<Socket>(*this, socket);
  log_.info("peer.joined", {{"peer", peer->id()}, {"remote", remote}});
  return peer;
}

std::string Signaling::attach(PeerLink& link, bool has_socket) {
  std::string id = random_token(peer_id_length);
  const TokenBucket rate(limits_.message_rate, limits_.message_burst);
  members_.emplace(id, Member{&link, rate, has_socket});
  if (!has_socket)
    rooms_.join_virtual(id);
  else
    // The link learns its id only when this returns, so the welcome leaves through it and not through a callback.
    for (const Action& action : rooms_.join(id)) link.deliver(std::get<Send>(action).message);
  return id;
}

std::string Signaling::attach_virtual(PeerLink& link) { return attach(link, false); }

void Signaling::detach(const std::string& peer) {
  if (members_.erase(peer) > 0) perform(rooms_.leave(peer, now()));
}

void Signaling::ended(const std::string& peer, SocketEnd end) {
  if (end != SocketEnd::closed) errors_total_.with({{"code", to_string(end)}}).add();
  log_.info("peer.left", {{"peer", peer}, {"why", to_string(end)}});
  detach(peer);
}

void Signaling::hear(const std::string& peer, std::string_view text) {
  const auto at = members_.find(peer);
  if (at == members_.end()) return;
  if (!at->second.rate.take(loop_.now())) {
    refuse(peer, {"more than " + std::to_string(limits_.message_rate) + " messages a second: send less", "rate", {}});
    return judge(peer, false);
  }
  const auto message = decode_from_peer(text);
  if (!message) {
    messages_total_.with({{"direction", "in"}, {"type", "invalid"}}).add();
    refuse(peer, to_message(message.error()));
    return judge(peer, false);
  }
  say(peer, *message);
}

void Signaling::say(const std::string& peer, const FromPeer& message) {
  messages_total_.with({{"direction", "in"}, {"type", std::string(type_of(message))}}).add();
  const Actions actions = rooms_.receive(peer, message, now());
  bool good = true;
  for (const Action& action : actions) {
    const auto* sent = std::get_if<Send>(&action);
    const auto* error = sent && sent->peer == peer ? std::get_if<ErrorMessage>(&sent->message) : nullptr;
    if (error && !others_fault(*error)) good = false;
  }
  perform(actions);
  judge(peer, good);
}

/// A client gone mad is cut before it fills our log and its own.
void Signaling::judge(const std::string& peer, bool good) {
  const auto at = members_.find(peer);
  if (at == members_.end()) return;
  at->second.errors_in_a_row = good ? 0 : at->second.errors_in_a_row + 1;
  if (at->second.errors_in_a_row == errors_in_a_row_max) {
    errors_total_.with({{"code", "too-many-errors"}}).add();
    close(peer, close_code::too_many_errors, "20 messages in a row were refused; the error messages say why");
  }
}

void Signaling::refuse(const std::string& peer, const ErrorMessage& error) { perform({Send{peer, error}}); }

void Signaling::perform(const Actions& actions) {
  for (const Action& action : actions) {
    if (const auto* close_it = std::get_if<Close>(&action)) {
      log_.warn("peer.cut", {{"peer", close_it->peer}, {"code", close_it->code}, {"reason", close_it->reason}});
      close(close_it->peer, close_it->code, close_it->reason);
      continue;
    }
    if (const auto* answer = std::get_if<Answer>(&action)) {
      if (const auto at = members_.find(answer->peer); at != members_.end())
        at->second.link->on_configured(answer->configured);
      continue;
    }
    if (const auto* seen = std::get_if<Seen>(&action)) {
      viewer_delays_.count(seen->robot, seen->report, loop_.now());
      continue;
    }
    const Send& sent = std::get<Send>(action);
    if (const auto* error = std::get_if<ErrorMessage>(&sent.message)) {
      errors_total_.with({{"code", error->code.value_or("other")}}).add();
      log_.debug("message.refused",
                 {{"peer", sent.peer}, {"code", error->code.value_or("")}, {"details", error->details}});
    }
    const auto at = members_.find(sent.peer);
    if (at == members_.end()) continue;
    messages_total_.with({{"direction", "out"}, {"type", std::string(type_of(sent.message))}}).add();
    at->second.link->deliver(sent.message);
  }
}

void Signaling::configure(const std::string& peer, const std::string& robot, std::string camera,
                          std::vector<Setting> values) {
  perform(rooms_.configure(peer, robot, std::move(camera), std::move(values)));
}

std::vector<std::string> Signaling::sockets() const {
  std::vector<std::string> ids;
  for (const auto& [id, member] : members_)
    if (member.has_socket) ids.push_back(id);
  return ids;
}

void Signaling::close(const std::string& peer, std::uint16_t code, const std::string& reason) {
  if (const auto at = members_.find(peer); at != members_.end()) at->second.link->close(code, reason);
}

void Signaling::count_roles() {
  for (const auto& [role, count] : rooms_.peers_by_role())
    connections_.with({{"role", role}}).set(static_cast<double>(count));
  sessions_.set(static_cast<double>(rooms_.sessions()));
}

}  // namespace bigfoot::server
