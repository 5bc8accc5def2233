#include "signaling/client.hpp"

#include <algorithm>
#include <utility>

#include "base/news.hpp"
#include "base/random.hpp"
#include "protocol/codec.hpp"
#include "signaling/live_sessions.hpp"
#include "signaling/socket.hpp"

// libsoup's SoupSession is only named here, so that its headers stay in socket.cpp.

namespace bigfoot::signaling {
namespace {

constexpr Nanos farewell_time = 1s;  // for the close handshake of stop()

}  // namespace

struct Client::Impl final : SocketListener {
  Impl(Loop& its_loop, Options its_options, Listener& its_listener, Log its_log)
      : loop(its_loop),
        options(std::move(its_options)),
        listener(its_listener),
        log(std::move(its_log)),
        link(options.times, 1, random_u32()) {}

  // borrowed
  Loop& loop;
  Options options;
  Listener& listener;
  Log log;
  // owned
  GRef<SoupSession> soup = make_soup_session(options.user_agent);
  std::unique_ptr<Socket> socket;
  std::unique_ptr<Socket> leaving;  // the close of stop() is still being sent
  Subscription deadline;
  Subscription farewell;
  // state
  std::vector<ServerUrl> urls;
  LinkState link;
  LiveSessions sessions;
  std::uint64_t connections = 0;
  std::string source;  // our address of the connection
  News news;

  bool online() const { return link.phase == Phase::online; }
  std::string url_text() const { return urls.empty() ? "" : urls[link.url].text(); }

  void handle(const LinkEvent& event) {
    LinkStep next = step(link, event, loop.now());
    link = std::move(next.state);
    arm();
    for (const LinkAction& action : next.actions) std::visit([this](const auto& each) { act(each); }, action);
  }
  void arm() {
    deadline.reset();
    if (link.phase == Phase::stopped) return;
    deadline = loop.after(std::max(Nanos{0}, link.deadline - loop.now()), [this] { handle(link_event::TimePassed{}); });
  }

  void act(const link_action::Connect& connect) {
    log.debug("signaling.connecting", {{"url", urls[connect.url].text()}});
    socket = std::make_unique<Socket>(soup.get(), urls[connect.url], options.ping, *this);
  }
  void act(const link_action::Drop& drop) {
    if (!socket) return;
    socket->close(drop.code, drop.reason);
    if (link.phase != Phase::stopped) return socket.reset();
    leaving = std::move(socket);
    farewell = loop.after(farewell_time, [this] { leaving.reset(); });
  }
  void act(const link_action::TellLost& lost) {
    socket.reset();
    sessions.disconnected();
    tell(urls[lost.url].text(), lost);
    listener.on_disconnected(lost.reason, lost.retry_in);
  }
  void tell(const std::string& url, const link_action::TellLost& lost) {
    const auto level = news.tell(url + lost.reason, loop.now()) ? &Log::warn : &Log::debug;
    (log.*level)("signaling.disconnected", {{"url", url},
                                            {"reason", lost.reason},
                                            {"retry_s", to_seconds(lost.retry_in)},
                                            {"state", in_words(link, url_text(), loop.now())}});
  }

  void announce(const protocol::Welcome& welcome) {
    ++connections;
    news.forget();
    log.info("signaling.connected", {{"url", url_text()}, {"peer", welcome.peer_id}, {"sessions", sessions.size()}});
    const auto& features = welcome.features;
    if (std::find(features.begin(), features.end(), "resume") == features.end()) sessions.forget_all();
    write(protocol::SetProtocolVersion{true});
    write_status();
    for (const protocol::FromPeer& farewell_message : sessions.take_farewells()) write(farewell_message);
    listener.on_connected(welcome.peer_id);
  }
  void write_status() {
    protocol::SetPeerStatus status;
    status.roles = options.roles;
    status.meta = options.meta;
    status.resume = sessions.tokens();
    write(status);
  }
  void write(const protocol::FromPeer& message) {
    if (socket) socket->send(protocol::encode(message));
  }

  /// A connection stays bound to the address it began with: it is dead when that one is gone, and when packets to the
  /// server leave from another one now.
  bool same_way() const { return online() && !source.empty() && options.route(socket->remote()) == source; }

  void on_open() override {
    source = options.route(socket->remote());
    handle(link_event::Opened{});
  }
  void on_alive() override { handle(link_event::Heard{}); }
  void on_lost(const std::string& reason, std::uint16_t code, std::optional<Nanos> retry_after) override {
    handle(link_event::Lost{reason, code, retry_after});
  }
  void on_text(std::string_view text) override {
    handle(link_event::Heard{});
    const auto message = protocol::decode_from_server(text);
    if (!message) return log.debug("signaling.not_understood", {{"why", message.error().text()}});  // a newer server
    if (const auto* welcome = std::get_if<protocol::Welcome>(&*message)) {
      if (link.phase != Phase::welcoming) return;
      handle(link_event::Welcomed{});
      return announce(*welcome);
    }
    if (!online()) return;
    for (const protocol::FromPeer& kept : sessions.received(*message)) write(kept);
    listener.on_message(*message);
  }
};

Client::Client(Loop& loop, Options options, Listener& listener, Log log)
    : impl_(std::make_unique<Impl>(loop, std::move(options), listener, std::move(log))) {}

Client::~Client() = default;

Result<> Client::start() {
  if (impl_->link.phase != Phase::stopped) return {};
  std::vector<ServerUrl> urls;
  Error faults;
  for (const std::string& text : impl_->options.urls) {
    const auto url = parse_server_url(text);
    if (url) {
      urls.push_back(*url);
      continue;
    }
    faults.what += (faults.what.empty() ? "" : "; ") + url.error().what;
    faults.fix = url.error().fix;
  }
  if (!faults.what.empty()) return tl::unexpected(faults);
  if (urls.empty()) return fail("no signaling server is given", "add --server ws://ADDRESS:PORT");
  if (std::any_of(urls.begin(), urls.end(), [](const ServerUrl& url) { return url.tls; }) && !tls_available())
    return fail("wss needs TLS, which GLib does not find here", "apt install glib-networking");
  impl_->urls = std::move(urls);
  impl_->link = LinkState(impl_->options.times, impl_->urls.size(), random_u32());
  impl_->connections = 0;
  impl_->handle(link_event::Start{});
  return {};
}

void Client::stop() {
  impl_->handle(link_event::Stop{});
  impl_->sessions.forget_all();
}

bool Client::send(const protocol::FromPeer& message) {
  const LiveSessions::Fate fate = impl_->sessions.sending(message, impl_->online());
  if (fate == LiveSessions::Fate::now) impl_->write(message);
  return fate != LiveSessions::Fate::lost;
}

void Client::network_changed() {
  if (!impl_->same_way()) impl_->handle(link_event::NetworkChanged{});
}

void Client::set_meta(protocol::Meta meta) {
  impl_->options.meta = std::move(meta);
  if (impl_->online()) impl_->write_status();
}

bool Client::online() const { return impl_->online(); }
std::string Client::state_in_words() const { return in_words(impl_->link, impl_->url_text(), impl_->loop.now()); }
std::uint64_t Client::connections() const { return impl_->connections; }
std::uint64_t Client::dropped() const { return impl_->sessions.dropped(); }

}  // namespace bigfoot::signaling
