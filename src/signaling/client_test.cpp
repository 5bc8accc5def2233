// The client against real WebSockets on loopback: libsoup's server for what a good server does, a bare TCP socket for
// what only a broken one does.

#include "signaling/client.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libsoup/soup.h>

#include "base/glib_loop.hpp"
#include "base/gobject.hpp"
#include "protocol/codec.hpp"

namespace bigfoot::signaling {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A signaling server that says what a test tells it to.
class TestServer {
 public:
  explicit TestServer(std::uint16_t port = 0)
      : server_(GRef<SoupServer>::adopt(soup_server_new("server-header", "test", nullptr))) {
    soup_server_add_websocket_handler(server_.get(), "/ws", nullptr, nullptr, &TestServer::accepted, this, nullptr);
    soup_server_add_handler(server_.get(), "/busy", &TestServer::busy, this, nullptr);
    GError* error = nullptr;
    EXPECT_TRUE(soup_server_listen_local(server_.get(), port, SOUP_SERVER_LISTEN_IPV4_ONLY, &error)) << error->message;
    GSList* uris = soup_server_get_uris(server_.get());
    port_ = static_cast<std::uint16_t>(g_uri_get_port(static_cast<GUri*>(uris->data)));
    g_slist_free_full(uris, reinterpret_cast<GDestroyNotify>(g_uri_unref));
  }
  /// The way a killed program ends: its sockets just go.
  ~TestServer() {
    on_message_.reset();
    if (connection_) g_io_stream_close(soup_websocket_connection_get_io_stream(connection_.get()), nullptr, nullptr);
    connection_.reset();
    soup_server_disconnect(server_.get());
  }
  std::string url(const char* path = "") const { return "ws://127.0.0.1:" + std::to_string(port_) + path; }
  std::uint16_t port() const { return port_; }

  void send(const protocol::FromServer& message) { send_text(protocol::encode(message)); }
  void send_text(const std::string& text) { soup_websocket_connection_send_text(connection_.get(), text.c_str()); }
  void send_binary() { soup_websocket_connection_send_binary(connection_.get(), "\0\1", 2); }
  /// Byte by byte, because libsoup itself cannot send 1012: it ends with 1002 instead.
  void close(std::uint16_t code, const std::string& reason) {
    const std::string frame = std::string("\x88") + static_cast<char>(reason.size() + 2) +
                              static_cast<char>(code >> 8) + static_cast<char>(code & 0xff) + reason;
    GIOStream* stream = soup_websocket_connection_get_io_stream(connection_.get());
    g_output_stream_write_all(g_io_stream_get_output_stream(stream), frame.data(), frame.size(), nullptr, nullptr,
                              nullptr);
  }

  std::vector<std::string> features = {"resume"};
  bool welcomes = true;
  int connections = 0;
  std::vector<protocol::FromPeer> received;
  std::string user_agent;
  std::string extensions;

  template <class Message>
  const Message* last() const {
    return received.empty() ? nullptr : std::get_if<Message>(&received.back());
  }

 private:
  static void accepted(SoupServer*, SoupServerMessage* message, const char*, SoupWebsocketConnection* connection,
                       gpointer user) {
    auto& self = *static_cast<TestServer*>(user);
    SoupMessageHeaders* headers = soup_server_message_get_request_headers(message);
    const auto header = [&](const char* name) {
      const char* value = soup_message_headers_get_list(headers, name);
      return std::string(value ? value : "");
    };
    self.user_agent = header("User-Agent");
    self.extensions = header("Sec-WebSocket-Extensions");
    self.on_message_.reset();
    self.connection_ = GRef<SoupWebsocketConnection>::share(connection);
    self.on_message_ = SignalConnection(connection, "message", G_CALLBACK(&TestServer::on_text), user);
    self.received.clear();
    ++self.connections;
    if (self.welcomes) self.send(protocol::Welcome{"peer-" + std::to_string(self.connections), self.features});
  }
  static void on_text(SoupWebsocketConnection*, SoupWebsocketDataType, GBytes* bytes, gpointer user) {
    gsize size = 0;
    const auto* data = static_cast<const char*>(g_bytes_get_data(bytes, &size));
    const auto message = protocol::decode_from_peer({data, size});
    ASSERT_TRUE(message) << message.error().text();
    static_cast<TestServer*>(user)->received.push_back(*message);
  }
  static void busy(SoupServer*, SoupServerMessage* message, const char*, GHashTable*, gpointer) {
    soup_message_headers_replace(soup_server_message_get_response_headers(message), "Retry-After", "7");
    soup_server_message_set_status(message, SOUP_STATUS_SERVICE_UNAVAILABLE, nullptr);
  }

  GRef<SoupServer> server_;
  GRef<SoupWebsocketConnection> connection_;
  SignalConnection on_message_;
  std::uint16_t port_ = 0;
};

/// Accepts one connection and then does as little as it is told: nothing, or an upgrade and a welcome but never a pong.
class DeadServer {
 public:
  DeadServer(GlibLoop& loop, bool upgrades) : upgrades_(upgrades) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(listening_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(listening_, 8), 0);
    accepting_ = loop.watch(listening_, Io::readable, [this, &loop] {
      const int fd = accept4(listening_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      fds_.push_back(fd);
      reading_.push_back(loop.watch(fd, Io::readable, [this, fd, index = reading_.size()] { read_from(fd, index); }));
    });
  }
  ~DeadServer() {
    accepting_.reset();
    reading_.clear();
    for (const int fd : fds_) ::close(fd);
    ::close(listening_);
  }
  std::string url() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size);
    return "ws://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }

 private:
  void read_from(int fd, std::size_t index) {
    char bytes[4096];
    const ssize_t got = ::read(fd, bytes, sizeof bytes - 1);
    if (got <= 0) return reading_[index].reset();
    if (upgrades_) answer(fd, std::string(bytes, static_cast<std::size_t>(got)));
  }
  static void answer(int fd, const std::string& request) {
    const std::string name = "Sec-WebSocket-Key: ";
    const auto at = request.find(name);
    if (at == std::string::npos) return;  // a ping: stay silent
    const std::string key =
        request.substr(at + name.size(), 24) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455 4.2.2
    guint8 digest[20];
    gsize size = sizeof digest;
    GChecksum* sha1 = g_checksum_new(G_CHECKSUM_SHA1);
    g_checksum_update(sha1, reinterpret_cast<const guchar*>(key.data()), static_cast<gssize>(key.size()));
    g_checksum_get_digest(sha1, digest, &size);
    g_checksum_free(sha1);
    gchar* accept = g_base64_encode(digest, size);
    const std::string welcome = protocol::encode(protocol::FromServer(protocol::Welcome{"p", {}}));
    const std::string reply =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
        std::string(accept) + "\r\n\r\n\x81" + static_cast<char>(welcome.size()) + welcome;
    g_free(accept);
    EXPECT_EQ(::write(fd, reply.data(), reply.size()), static_cast<ssize_t>(reply.size()));
  }

  bool upgrades_;
  int listening_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::vector<int> fds_;
  Subscription accepting_;
  std::vector<Subscription> reading_;
};

class ClientTest : public testing::Test, public Listener {
 protected:
  void on_connected(const std::string& peer_id) override { peers.push_back(peer_id); }
  void on_disconnected(const std::string& reason, Nanos retry_in) override {
    losses.push_back(reason);
    pauses.push_back(retry_in);
  }
  void on_message(const protocol::FromServer& message) override {
    messages.push_back(message);
    if (then) then();
  }

  Client& connect(std::vector<std::string> urls, LinkTimes times = {}) {
    Options options;
    options.urls = std::move(urls);
    options.meta = protocol::make_meta("rover-7", {"front"}, "test");
    options.roles = {protocol::Role::producer};
    options.user_agent = "bigfoot-test/1";
    options.times = times;
    options.ping = 1s;
    client.emplace(loop, options, *this, Log{});
    const auto started = client->start();
    EXPECT_TRUE(started) << started.error().text();
    return *client;
  }
  testing::AssertionResult until(const std::function<bool()>& done, Nanos at_most = 10s) {
    if (loop.run_until(done, at_most)) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "not in time; the client is " << client->state_in_words();
  }
  bool online_at(const TestServer& server, int connections) const {
    return client->online() && server.connections == connections && !server.received.empty() &&
           server.last<protocol::SetPeerStatus>();
  }
  void TearDown() override {
    client.reset();
    loop.run_until([] { return false; }, 20ms);  // libsoup lets go of what was cancelled
  }

  GlibLoop loop;
  std::optional<Client> client;
  std::vector<std::string> peers;
  std::vector<std::string> losses;
  std::vector<Nanos> pauses;
  std::vector<protocol::FromServer> messages;
  std::function<void()> then;
};

TEST_F(ClientTest, SaysWhoItIsAndPassesMessagesBothWays) {
  TestServer server;
  connect({server.url()});
  ASSERT_TRUE(until([&] { return online_at(server, 1); }));
  EXPECT_THAT(peers, ElementsAre("peer-1"));
  EXPECT_EQ(server.user_agent, "bigfoot-test/1");
  EXPECT_EQ(server.extensions, "") << "compression would let a small message grow without limit";
  ASSERT_EQ(server.received.size(), 2u);
  EXPECT_EQ(server.received[0], protocol::FromPeer(protocol::SetProtocolVersion{true}));
  const auto& status = *server.last<protocol::SetPeerStatus>();
  EXPECT_EQ(status.meta.name, "rover-7");
  EXPECT_THAT(status.resume, IsEmpty());
  EXPECT_EQ(client->state_in_words(), "online at " + server.url() + "/ws");

  server.send(protocol::StartSession{"viewer", "s", std::nullopt, {}, "Chrome", "token"});
  ASSERT_TRUE(until([&] { return messages.size() == 1; }));
  EXPECT_EQ(std::get<protocol::StartSession>(messages[0]).session_id, "s");
  EXPECT_TRUE(client->send(protocol::PeerMessage{"s", protocol::Sdp{protocol::Sdp::Type::offer, "v=0\r\n"}}));
  ASSERT_TRUE(until([&] { return server.last<protocol::PeerMessage>(); }));

  client->set_meta(protocol::make_meta("rover-7", {"front", "rear"}, "test"));
  ASSERT_TRUE(until([&] { return server.last<protocol::SetPeerStatus>(); }));
  EXPECT_THAT(server.last<protocol::SetPeerStatus>()->meta.cameras, ElementsAre("front", "rear"));
}

TEST_F(ClientTest, ComesBackToAServerThatWasKilledAndProvesItsSessions) {
  auto server = std::make_unique<TestServer>();
  const std::uint16_t port = server->port();
  connect({server->url()});
  ASSERT_TRUE(until([&] { return online_at(*server, 1); }));
  server->send(protocol::StartSession{"viewer", "s", std::nullopt, {}, std::nullopt, "token-s"});
  server->send(protocol::StartSession{"viewer", "ended", std::nullopt, {}, std::nullopt, "token-e"});
  server->send(protocol::StartSession{"viewer", "leaving", std::nullopt, {}, std::nullopt, "token-l"});
  server->send(protocol::EndSession{"ended", std::nullopt, true});
  ASSERT_TRUE(until([&] { return messages.size() == 4; }));

  server.reset();
  ASSERT_TRUE(until([&] { return losses.size() >= 2; }));
  EXPECT_EQ(losses[0], "connection lost");
  EXPECT_EQ(losses[1], "connection refused");
  EXPECT_THAT(client->state_in_words(), testing::AllOf(HasSubstr("waiting for ws://127.0.0.1:"),
                                                       HasSubstr("(connection refused), next try in ")));
  const protocol::PeerMessage said{"s", protocol::IceCandidate{"candidate:1", 0}};
  const protocol::EndSession farewell{"leaving", "the camera is gone", true};
  EXPECT_TRUE(client->send(said));
  EXPECT_TRUE(client->send(farewell));
  EXPECT_FALSE(client->send(protocol::List{}));

  server = std::make_unique<TestServer>(port);
  ASSERT_TRUE(until([&] { return server->last<protocol::EndSession>(); }));
  const auto& status = std::get<protocol::SetPeerStatus>(server->received.at(1));
  EXPECT_THAT(status.resume, testing::UnorderedElementsAre("token-s", "token-l"));
  EXPECT_EQ(*server->last<protocol::EndSession>(), farewell);
  EXPECT_EQ(client->connections(), 2u);

  server->send(protocol::SessionResumed{"viewer", "s"});
  ASSERT_TRUE(until([&] { return server->last<protocol::PeerMessage>(); }));
  EXPECT_EQ(*server->last<protocol::PeerMessage>(), said);
}

TEST_F(ClientTest, ShowsNoTokensToAServerThatKnowsOnlyGStreamersProtocol) {
  auto server = std::make_unique<TestServer>();
  const std::uint16_t port = server->port();
  connect({server->url()});
  ASSERT_TRUE(until([&] { return online_at(*server, 1); }));
  server->send(protocol::StartSession{"viewer", "s", std::nullopt, {}, std::nullopt, "token"});
  ASSERT_TRUE(until([&] { return messages.size() == 1; }));
  server = nullptr;
  server = std::make_unique<TestServer>(port);
  server->features.clear();
  ASSERT_TRUE(until([&] { return online_at(*server, 1) && client->connections() == 2; }));
  EXPECT_THAT(server->last<protocol::SetPeerStatus>()->resume, IsEmpty());
}

TEST_F(ClientTest, TakesTheFirstServerThatAnswers) {
  const std::string nobody = TestServer().url();
  TestServer server;
  connect({nobody, server.url()});
  ASSERT_TRUE(until([&] { return online_at(server, 1); }));
  EXPECT_THAT(losses, ElementsAre("connection refused"));
  EXPECT_EQ(pauses.at(0), 0s);
}

TEST_F(ClientTest, ReturnsAfterADrainWhenTheServerSaid) {
  TestServer server;
  connect({server.url()});
  ASSERT_TRUE(until([&] { return online_at(server, 1); }));
  server.close(1012, "retry-after=0.6");
  ASSERT_TRUE(until([&] { return !losses.empty(); }));
  EXPECT_EQ(losses[0], "the server restarts: retry-after=0.6");
  EXPECT_EQ(pauses[0], 600ms);
  const Timestamp lost_at = loop.now();
  ASSERT_TRUE(until([&] { return online_at(server, 2); }));
  EXPECT_GE(loop.now() - lost_at, 590ms);
}

TEST_F(ClientTest, LeavesAServerThatFellSilent) {
  DeadServer server(loop, true);
  LinkTimes times;
  times.silence = 2500ms;
  connect({server.url()}, times);
  ASSERT_TRUE(until([&] { return client->online(); }));
  const Timestamp online_at = loop.now();
  ASSERT_TRUE(until([&] { return !losses.empty(); }));
  EXPECT_EQ(losses[0], "silent for 2.5 s");
  EXPECT_GE(loop.now() - online_at, 2400ms);
}

TEST_F(ClientTest, StaysWithAServerThatHasNothingToSayButAnswersPings) {
  TestServer server;
  LinkTimes times;
  times.silence = 2500ms;  // libsoup's ping of 1 s comes after up to 2
  connect({server.url()}, times);
  ASSERT_TRUE(until([&] { return online_at(server, 1); }));
  EXPECT_FALSE(loop.run_until([&] { return !losses.empty(); }, 5s)) << losses[0];
  EXPECT_EQ(server.connections, 1);
}

TEST_F(ClientTest, DoesNotWaitForeverForAServerThatAcceptsAndSaysNothing) {
  DeadServer server(loop, false);
  LinkTimes times;
  times.connect = 300ms;
  connect({server.url()}, times);
  ASSERT_TRUE(until([&] { return !losses.empty(); }));
  EXPECT_EQ(losses[0], "no answer for 0.3 s");
}

TEST_F(ClientTest, DoesNotWaitForeverForAWelcome) {
  TestServer server;
  server.welcomes = false;
  LinkTimes times;
  times.welcome = 200ms;
  connect({server.url()}, times);
  ASSERT_TRUE(until([&] { return !losses.empty(); }));
  EXPECT_THAT(losses[0], HasSubstr("is it a signaling server?"));
}

TEST_F(ClientTest, SaysWhatAnHttpServerAnswered) {
  TestServer server;
  connect({server.url("/busy"), server.url("/elsewhere")});
  ASSERT_TRUE(until([&] { return losses.size() == 2; }));
  EXPECT_EQ(losses[0], "the server answered 503 Service Unavailable");
  EXPECT_EQ(losses[1], "the server answered 404 Not Found");
}

TEST_F(ClientTest, WaitsAsLongAsABusyServerAsks) {
  TestServer server;
  connect({server.url("/busy")});
  ASSERT_TRUE(until([&] { return !pauses.empty(); }));
  EXPECT_EQ(pauses[0], 7s);
}

TEST_F(ClientTest, ABrokenOrNewerServerIsNoReasonToLeave) {
  TestServer server;
  connect({server.url()});
  ASSERT_TRUE(until([&] { return online_at(server, 1); }));
  server.send_text("{");
  server.send_text(R"({"type":"fromTheFuture"})");
  server.send_binary();
  server.send(protocol::Welcome{"again", {}});
  server.send(protocol::ErrorMessage{"last", std::nullopt, std::nullopt});
  ASSERT_TRUE(until([&] { return !messages.empty(); }));
  EXPECT_EQ(messages.size(), 1u);
  EXPECT_TRUE(losses.empty());
}

TEST_F(ClientTest, TakesAListOfAWholeFleet) {
  TestServer server;
  connect({server.url()});
  ASSERT_TRUE(until([&] { return online_at(server, 1); }));
  protocol::Producers fleet;
  for (int i = 0; i < 3000; ++i)
    fleet.peers.push_back({"peer-" + std::to_string(i), protocol::make_meta("rover", {"front", "rear"}, "0.1.0")});
  server.send(fleet);
  ASSERT_TRUE(until([&] { return !messages.empty(); }));
  EXPECT_EQ(std::get<protocol::Producers>(messages[0]).peers.size(), 3000u);
}

TEST_F(ClientTest, StopSaysWhatWasSaidBeforeAndCloses) {
  TestServer server;
  connect({server.url()});
  ASSERT_TRUE(until([&] { return online_at(server, 1); }));
  server.send(protocol::StartSession{"viewer", "s", std::nullopt, {}, std::nullopt, "token"});
  then = [&] {
    client->send(protocol::EndSession{"s", std::nullopt, true});
    client->stop();
  };
  ASSERT_TRUE(until([&] { return server.last<protocol::EndSession>(); }));
  EXPECT_EQ(client->state_in_words(), "stopped");
  EXPECT_FALSE(loop.run_until([&] { return server.connections > 1; }, 500ms));
  EXPECT_TRUE(losses.empty()) << "who stops knows it";

  then = nullptr;
  EXPECT_TRUE(client->start());
  ASSERT_TRUE(until([&] { return online_at(server, 2); }));
  EXPECT_THAT(server.last<protocol::SetPeerStatus>()->resume, IsEmpty());
}

TEST_F(ClientTest, NamesEveryBadAddressAtTheStart) {
  const auto start = [&](std::vector<std::string> urls) {
    Options options;
    options.urls = std::move(urls);
    return Client(loop, options, *this, Log{}).start();
  };
  const auto faults = start({"fleet.example.org", "ws://127.0.0.1:1", "ftp://fleet"});
  ASSERT_FALSE(faults);
  EXPECT_THAT(faults.error().what, HasSubstr("\"fleet.example.org\" is not a server address"));
  EXPECT_THAT(faults.error().what, HasSubstr("ftp:// leads to no signaling server"));
  EXPECT_THAT(faults.error().fix, HasSubstr("write it like"));
  const auto none = start({});
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().fix, HasSubstr("--server"));
}

TEST_F(ClientTest, MayEndInTheMiddleOfConnecting) {
  DeadServer server(loop, false);
  connect({server.url()});
  loop.run_until([] { return false; }, 50ms);
  client.reset();
  EXPECT_FALSE(loop.run_until([&] { return !losses.empty() || !peers.empty(); }, 100ms));
}

}  // namespace
}  // namespace bigfoot::signaling
