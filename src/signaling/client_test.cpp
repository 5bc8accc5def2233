// The client against real WebSockets on loopback.

#include "signaling/client.hpp"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/glib_loop.hpp"
#include "protocol/codec.hpp"
#include "signaling/fake_server.hpp"

namespace bigfoot::signaling {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

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
    options.route = [this](const std::string& remote) { return remote == "127.0.0.1" ? source : ""; };
    client.emplace(loop, options, *this, Log{});
    const auto started = client->start();
    EXPECT_TRUE(started) << started.error().text();
    return *client;
  }
  testing::AssertionResult until(const std::function<bool()>& done, Nanos at_most = 30s) {
    if (loop.run_until(done, at_most)) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "not in time; the client is " << client->state_in_words();
  }
  bool online_at(const FakeServer& server, int connections) const {
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
  std::string source = "127.0.0.1";  // where packets to the server leave from
};

TEST_F(ClientTest, SaysWhoItIsAndPassesMessagesBothWays) {
  FakeServer server(loop);
  connect({server.url()});
  ASSERT_TRUE(until([&] { return online_at(server, 1); }));
  EXPECT_THAT(peers, ElementsAre("peer-1"));
  EXPECT_THAT(server.request, HasSubstr("User-Agent: bigfoot-test/1\r\n"));
  EXPECT_THAT(server.request, Not(HasSubstr("Extensions")))
      << "compression would let a small message grow without limit";
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
  const ReservedPort port;
  auto server = std::make_unique<FakeServer>(loop, port.number());
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

  server = std::make_unique<FakeServer>(loop, port.number());
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
  const ReservedPort port;
  auto server = std::make_unique<FakeServer>(loop, port.number());
  connect({server->url()});
  ASSERT_TRUE(until([&] { return online_at(*server, 1); }));
  server->send(protocol::StartSession{"viewer", "s", std::nullopt, {}, std::nullopt, "token"});
  ASSERT_TRUE(until([&] { return messages.size() == 1; }));
  server = nullptr;
  server = std::make_unique<FakeServer>(loop, port.number());
  server->features.clear();
  ASSERT_TRUE(until([&] { return online_at(*server, 1) && client->connections() == 2; }));
  EXPECT_THAT(server->last<protocol::SetPeerStatus>()->resume, IsEmpty());
}

TEST_F(ClientTest, TakesTheFirstServerThatAnswers) {
  const ReservedPort nobody;
  FakeServer server(loop);
  connect({nobody.url(), server.url()});
  ASSERT_TRUE(until([&] { return online_at(server, 1); }));
  EXPECT_THAT(losses, ElementsAre("connection refused"));
  EXPECT_EQ(pauses.at(0), 0s);
}

TEST_F(ClientTest, ReturnsAfterADrainWhenTheServerSaid) {
  FakeServer server(loop);
  connect({server.url()});
  ASSERT_TRUE(until([&] { return online_at(server, 1); }));
  const Timestamp sent_away = loop.now();
  server.close(1012, "retry-after=0.6");
  ASSERT_TRUE(until([&] { return !losses.empty(); }));
  EXPECT_EQ(losses[0], "the server restarts: retry-after=0.6");
  EXPECT_EQ(pauses[0], 600ms);
  ASSERT_TRUE(until([&] { return online_at(server, 2); }));
  EXPECT_GE(loop.now() - sent_away, 590ms);
}

TEST_F(ClientTest, MovesAtOnceWhenTheNetworkChanges) {
  FakeServer server(loop);
  connect({server.url()});
  ASSERT_TRUE(until([&] { return online_at(server, 1); }));
  server.send(protocol::StartSession{"viewer", "s", std::nullopt, {}, std::nullopt, "token"});
  ASSERT_TRUE(until([&] { return messages.size() == 1; }));
  source = "127.0.0.2";
  client->network_changed();
  ASSERT_TRUE(until([&] { return online_at(server, 2); }));
  EXPECT_THAT(losses, ElementsAre("the network changed"));
  EXPECT_THAT(server.last<protocol::SetPeerStatus>()->resume, ElementsAre("token"));
}

TEST_F(ClientTest, StaysWhenTheNetworkChangesElsewhere) {
  FakeServer server(loop);
  connect({server.url()});
  ASSERT_TRUE(until([&] { return online_at(server, 1); }));
  client->network_changed();  // some other interface came or went
  EXPECT_FALSE(loop.run_until([&] { return !losses.empty(); }, 100ms));
  EXPECT_TRUE(client->online());
}

TEST_F(ClientTest, TriesAtOnceWhenANetworkComesBack) {
  const ReservedPort port;
  auto server = std::make_unique<FakeServer>(loop, port.number());
  LinkTimes times;
  times.first_pause = times.longest_pause = 600s;
  connect({server->url()}, times);
  ASSERT_TRUE(until([&] { return online_at(*server, 1); }));
  server.reset();
  ASSERT_TRUE(until([&] { return !losses.empty(); }));
  server = std::make_unique<FakeServer>(loop, port.number());
  client->network_changed();
  ASSERT_TRUE(until([&] { return online_at(*server, 1); }));
}

TEST_F(ClientTest, LeavesAServerThatFellSilent) {
  FakeServer server(loop);
  server.pongs = false;
  LinkTimes times;
  times.silence = 2500ms;
  const Timestamp begun = loop.now();
  connect({server.url()}, times);
  ASSERT_TRUE(until([&] { return client->online(); }));
  ASSERT_TRUE(until([&] { return !losses.empty(); }));
  EXPECT_EQ(losses[0], "silent for 2.5 s");
  EXPECT_GE(loop.now() - begun, 2400ms);
}

TEST_F(ClientTest, StaysWithAServerThatHasNothingToSayButAnswersPings) {
  FakeServer server(loop);
  LinkTimes times;
  times.silence = 6s;  // libsoup's ping of 1 s comes after up to 2; the machine may stand still as long again
  connect({server.url()}, times);
  ASSERT_TRUE(until([&] { return online_at(server, 1); }));
  EXPECT_FALSE(loop.run_until([&] { return !losses.empty(); }, 8s)) << losses[0];
  EXPECT_EQ(server.connections, 1);
}

TEST_F(ClientTest, DoesNotWaitForeverForAServerThatAcceptsAndSaysNothing) {
  FakeServer server(loop);
  server.upgrades = false;
  LinkTimes times;
  times.connect = 300ms;
  connect({server.url()}, times);
  ASSERT_TRUE(until([&] { return !losses.empty(); }));
  EXPECT_EQ(losses[0], "no answer for 0.3 s");
}

TEST_F(ClientTest, DoesNotWaitForeverForAWelcome) {
  FakeServer server(loop);
  server.welcomes = false;
  LinkTimes times;
  times.welcome = 200ms;
  connect({server.url()}, times);
  ASSERT_TRUE(until([&] { return !losses.empty(); }));
  EXPECT_THAT(losses[0], HasSubstr("is it a signaling server?"));
}

TEST_F(ClientTest, SaysWhatAnHttpServerAnswered) {
  FakeServer server(loop);
  connect({server.url("/busy"), server.url("/elsewhere")});
  ASSERT_TRUE(until([&] { return losses.size() == 2; }));
  EXPECT_EQ(losses[0], "the server answered 503 Service Unavailable");
  EXPECT_EQ(losses[1], "the server answered 404 Not Found");
}

TEST_F(ClientTest, WaitsAsLongAsABusyServerAsks) {
  FakeServer server(loop);
  connect({server.url("/busy")});
  ASSERT_TRUE(until([&] { return !pauses.empty(); }));
  EXPECT_EQ(pauses[0], 7s);
}

TEST_F(ClientTest, ABrokenOrNewerServerIsNoReasonToLeave) {
  FakeServer server(loop);
  connect({server.url()});
  ASSERT_TRUE(until([&] { return online_at(server, 1); }));
  server.send_text("{");
  server.send_text(R"({"type":"fromTheFuture"})");
  server.send_binary("\1\2");
  server.send(protocol::Welcome{"again", {}});
  server.send(protocol::ErrorMessage{"last", std::nullopt, std::nullopt});
  ASSERT_TRUE(until([&] { return !messages.empty(); }));
  EXPECT_EQ(messages.size(), 1u);
  EXPECT_TRUE(losses.empty());
}

TEST_F(ClientTest, TakesAListOfAWholeFleet) {
  FakeServer server(loop);
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
  FakeServer server(loop);
  connect({server.url()});
  ASSERT_TRUE(until([&] { return online_at(server, 1); }));
  server.send(protocol::StartSession{"viewer", "s", std::nullopt, {}, std::nullopt, "token"});
  then = [&] {
    client->send(protocol::EndSession{"s", std::nullopt, true});
    client->stop();
  };
  ASSERT_TRUE(until([&] { return server.last<protocol::EndSession>(); }));
  EXPECT_EQ(client->state_in_words(), "stopped");
  ASSERT_TRUE(until([&] { return server.closed_with != 0; }));
  EXPECT_EQ(server.closed_with, 1000);
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
  FakeServer server(loop);
  server.upgrades = false;
  connect({server.url()});
  loop.run_until([] { return false; }, 50ms);
  client.reset();
  EXPECT_FALSE(loop.run_until([&] { return !losses.empty() || !peers.empty(); }, 100ms));
}

}  // namespace
}  // namespace bigfoot::signaling
