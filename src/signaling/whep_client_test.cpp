// The WHEP client against a real HTTP server on loopback, libsoup's.

#include "signaling/whep_client.hpp"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/glib_loop.hpp"
#include "signaling/fake_server.hpp"
#include "signaling/fake_whep.hpp"
#include "signaling/socket.hpp"

namespace bigfoot::signaling {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class WhepClientTest : public testing::Test, public WhepListener {
 protected:
  void on_ice_servers(const Result<std::vector<IceLink>>& servers) override {
    if (servers)
      ice_servers.push_back(*servers);
    else
      silence.push_back(servers.error().text());
  }
  void on_answer(const WhepAnswer& answer) override { answers.push_back(answer); }
  void on_refused(const WhepRefusal& refusal) override { refusals.push_back(refusal); }
  void on_ended(const std::string& why) override { ended.push_back(why); }

  WhepClient& make(const std::string& url, const std::string& token = "") {
    WhepOptions options;
    options.url = url;
    options.token = token;
    options.answer_max = answer_max;
    options.leads_max = leads_max;
    client.emplace(loop, options, *this, Log{});
    const auto checked = client->check();
    EXPECT_TRUE(checked) << checked.error().text();
    return *client;
  }
  Said created(HttpHeaders headers = {{"Location", "/session/1"}, {"ETag", "\"g1\""}}) const {
    return {201, std::move(headers), "v=0 answer"};
  }
  /// In a session.
  WhepClient& begin(const std::string& token = "") {
    server.says = {created()};
    make(server.url(), token).offer("v=0 offer");
    EXPECT_TRUE(until([&] { return answers.size() == 1; }));
    return *client;
  }
  WhepRefusal refused_with(Said said) {
    server.says = {std::move(said)};
    const auto before = refusals.size();
    make(server.url()).offer("v=0 offer");
    EXPECT_TRUE(until([&] { return refusals.size() > before; }));
    return refusals.empty() ? WhepRefusal{} : refusals.back();
  }
  bool until(const std::function<bool()>& done, Nanos at_most = 30s) { return loop.run_until(done, at_most); }
  bool asked(std::size_t count) {
    return until([&] { return server.asked.size() == count; });
  }
  void TearDown() override {
    client.reset();
    loop.run_until([] { return false; }, 20ms);  // libsoup lets go of what was cancelled
  }

  GlibLoop loop;
  FakeWhep server;
  Nanos answer_max = 60s;
  Reach leads_max = Reach::machine;  // world: as if the servers on loopback stood there
  std::optional<WhepClient> client;
  std::vector<std::vector<IceLink>> ice_servers;
  std::vector<std::string> silence;  // instead
  std::vector<WhepAnswer> answers;
  std::vector<WhepRefusal> refusals;
  std::vector<std::string> ended;
};

TEST_F(WhepClientTest, OffersTricklesAndLeaves) {
  begin("secret");
  EXPECT_EQ(answers[0].sdp, "v=0 answer");
  EXPECT_TRUE(answers[0].trickles);
  EXPECT_EQ(client->session_url(), server.url("/session/1"));
  EXPECT_EQ(server.asked[0].path, "/whep/gate");
  EXPECT_EQ(server.asked[0].type, "application/sdp");
  EXPECT_EQ(server.asked[0].body, "v=0 offer");
  EXPECT_EQ(server.asked[0].token, "Bearer secret");

  server.says = {{204, {{"ETag", "\"g2\""}}, ""}, {204, {}, ""}, {200, {}, ""}};
  client->trickle("a=candidate:1");
  ASSERT_TRUE(asked(2));
  EXPECT_EQ(server.asked[1].method, "PATCH");
  EXPECT_EQ(server.asked[1].path, "/session/1");
  EXPECT_EQ(server.asked[1].type, "application/trickle-ice-sdpfrag");
  EXPECT_EQ(server.asked[1].if_match, "\"g1\"");
  EXPECT_EQ(server.asked[1].token, "Bearer secret");
  client->trickle("a=candidate:2");
  ASSERT_TRUE(asked(3));
  EXPECT_EQ(server.asked[2].if_match, "\"g2\"");
  client->end();
  ASSERT_TRUE(asked(4));
  EXPECT_EQ(server.asked[3].method, "DELETE");
  EXPECT_EQ(server.asked[3].path, "/session/1");
  EXPECT_EQ(client->session_url(), "");
  EXPECT_THAT(ended, IsEmpty());
}

TEST_F(WhepClientTest, CandidatesWaitForTheAnswerAndGoOneAfterTheOther) {
  make(server.url()).offer("v=0 offer");
  ASSERT_TRUE(asked(1));  // and no answer yet
  client->end();
  server.says = {created(), {204, {}, ""}, {204, {}, ""}};
  client->offer("v=0 offer");
  client->trickle("one");
  client->trickle("two");
  ASSERT_TRUE(asked(4));
  EXPECT_THAT(server.methods(), ElementsAre("POST", "POST", "PATCH", "PATCH"));
  EXPECT_EQ(server.asked[2].body, "one");
  EXPECT_EQ(server.asked[3].body, "two");
}

TEST_F(WhepClientTest, ASessionThatNobodyWaitsForAnyMoreIsLeft) {
  server.says = {created(), {200, {}, ""}};
  make(server.url()).offer("v=0 offer");
  client->end();
  ASSERT_TRUE(asked(2));
  EXPECT_THAT(server.methods(), ElementsAre("POST", "DELETE"));
  EXPECT_THAT(answers, IsEmpty());
}

TEST_F(WhepClientTest, TellsIceServersBeforeAndWithTheAnswer) {
  server.says = {{204,
                  {{"Link", "<stun:a>; rel=\"ice-server\""},
                   {"Link", "<turn:b>; rel=\"ice-server\"; username=\"u\"; credential=\"p\""}},
                  ""},
                 created({{"Location", "session/1"}, {"Link", "<stun:c>; rel=\"ice-server\""}})};
  make(server.url()).ask_ice_servers();
  ASSERT_TRUE(until([&] { return ice_servers.size() == 1; }));
  EXPECT_THAT(ice_servers[0], ElementsAre(IceLink{"stun:a", "", ""}, IceLink{"turn:b", "u", "p"}));
  client->offer("v=0 offer");
  ASSERT_TRUE(until([&] { return answers.size() == 1; }));
  EXPECT_THAT(answers[0].ice_servers, ElementsAre(IceLink{"stun:c", "", ""}));
  EXPECT_EQ(client->session_url(), server.url("/whep/session/1"));
}

TEST_F(WhepClientTest, TakesAFewIceServersHoweverManyHeadersTellThem) {
  HttpHeaders many(600, {"Link", "<stun:a>; rel=\"ice-server\", <stun:b>; rel=\"ice-server\""});
  server.says = {{204, std::move(many), ""}};
  make(server.url()).ask_ice_servers();
  ASSERT_TRUE(until([&] { return ice_servers.size() == 1; }));
  EXPECT_THAT(ice_servers[0], SizeIs(ice_links_max));
}

TEST_F(WhepClientTest, AServerThatTellsNoIceServersIsFine) {
  server.says = {{405, {}, ""}};
  make(server.url()).ask_ice_servers();
  ASSERT_TRUE(until([&] { return ice_servers.size() == 1; }));
  EXPECT_THAT(ice_servers[0], IsEmpty());
}

TEST_F(WhepClientTest, AServerThatDoesNotAnswerIsToldFromOneWithoutIceServers) {
  const ReservedPort nobody;
  make("http://127.0.0.1:" + std::to_string(nobody.number()) + "/whep/gate").ask_ice_servers();
  ASSERT_TRUE(until([&] { return silence.size() == 1; }));
  EXPECT_THAT(silence[0], HasSubstr("connection refused"));
  EXPECT_THAT(ice_servers, IsEmpty());
}

TEST_F(WhepClientTest, AnAnswerWithoutAnAddressOfTheSessionWillDo) {
  server.says = {created({{"ETag", "\"g1\""}})};
  make(server.url()).offer("v=0 offer");
  ASSERT_TRUE(until([&] { return answers.size() == 1; }));
  EXPECT_EQ(answers[0].sdp, "v=0 answer");
  EXPECT_FALSE(answers[0].trickles);
  EXPECT_EQ(client->session_url(), "");
  client->end();
  EXPECT_FALSE(loop.run_until([&] { return server.asked.size() > 1; }, 50ms)) << "nobody to say goodbye to";
}

TEST_F(WhepClientTest, WithoutTrickleNothingIsPatched) {
  server.says = {created({{"Location", "/session/1"}}), {200, {}, ""}};
  make(server.url()).offer("v=0 offer");
  client->trickle("early");
  ASSERT_TRUE(until([&] { return answers.size() == 1; }));
  EXPECT_FALSE(answers[0].trickles);
  client->trickle("late");
  client->end();
  ASSERT_TRUE(asked(2));
  EXPECT_THAT(server.methods(), ElementsAre("POST", "DELETE"));
}

TEST_F(WhepClientTest, AServerThatOnlySeemedToTrickleIsBelievedWhenItRefuses) {
  begin();
  server.says = {{501, {}, ""}, {200, {}, ""}};
  client->trickle("one");
  client->trickle("two");
  ASSERT_TRUE(asked(2));
  client->trickle("three");
  EXPECT_FALSE(loop.run_until([&] { return server.asked.size() > 2; }, 50ms));
  client->end();
  ASSERT_TRUE(asked(3));
  EXPECT_THAT(server.methods(), ElementsAre("POST", "PATCH", "DELETE"));
}

TEST_F(WhepClientTest, AFragmentThatIsRefusedIsLeftOut) {
  begin();
  server.says = {{422, {}, ""}, {204, {}, ""}};
  client->trickle("one");
  client->trickle("two");
  ASSERT_TRUE(asked(3));
  EXPECT_EQ(server.asked[2].body, "two");
  EXPECT_EQ(client->session_url(), server.url("/session/1"));
}

TEST_F(WhepClientTest, ABusyServerGetsTheFragmentAgain) {
  begin();
  server.says = {{503, {{"Retry-After", "0"}}, ""}, {429, {{"Retry-After", "0"}}, ""}, {204, {}, ""}};
  const Timestamp began = loop.now();
  client->trickle("one");
  ASSERT_TRUE(asked(4));
  EXPECT_EQ(server.asked[3].body, "one");
  EXPECT_GE(loop.now() - began, 2 * 250ms) << "but not without a pause, whatever it says";
}

TEST_F(WhepClientTest, ASessionThatTheServerForgotIsOver) {
  begin();
  server.says = {{404, {}, ""}};
  client->trickle("one");
  ASSERT_TRUE(until([&] { return ended.size() == 1; }));
  EXPECT_EQ(client->session_url(), "");
}

TEST_F(WhepClientTest, FollowsRedirectsWithTheOfferAndKeepsTheTokenToItself) {
  FakeWhep other;
  server.says = {{307, {{"Location", "/whep/elsewhere"}}, ""}, {308, {{"Location", other.url("/far")}}, ""}};
  other.says = {created(), {200, {}, ""}};
  make(server.url(), "secret").offer("v=0 offer");
  ASSERT_TRUE(until([&] { return answers.size() == 1; }));
  EXPECT_EQ(server.asked[1].path, "/whep/elsewhere");
  EXPECT_EQ(server.asked[1].body, "v=0 offer");
  EXPECT_EQ(server.asked[1].token, "Bearer secret");
  EXPECT_EQ(other.asked[0].body, "v=0 offer");
  EXPECT_EQ(other.asked[0].token, "") << "it is another server";
  EXPECT_EQ(client->session_url(), other.url("/session/1"));
}

TEST_F(WhepClientTest, DoesNotRunInCircles) {
  for (int i = 0; i < 5; ++i) server.says.push_back({307, {{"Location", "/whep/gate"}}, ""});
  make(server.url()).offer("v=0 offer");
  ASSERT_TRUE(until([&] { return refusals.size() == 1; }));
  EXPECT_EQ(server.asked.size(), 5u);
  EXPECT_THAT(refusals[0].error.what, HasSubstr("from one address to the next"));
  const auto nowhere = refused_with({307, {{"Location", "ftp://x/"}}, ""});
  EXPECT_THAT(nowhere.error.what, HasSubstr("no web address"));
}

TEST_F(WhepClientTest, AServerOutInTheWorldRedirectsNobodyInside) {
  FakeWhep inside;
  const std::string port = inside.origin().substr(inside.origin().rfind(':'));
  leads_max = Reach::world;
  for (const std::string host : {"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0"}) {
    const auto refusal = refused_with({307, {{"Location", "http://" + host + port + "/admin"}}, ""});
    EXPECT_THAT(refusal.error.what, AllOf(HasSubstr("leads to http://" + host + port + "/admin: "),
                                          HasSubstr(" is this machine, where the server is not")));
    EXPECT_THAT(refusal.error.fix, HasSubstr("yourself"));
  }
  EXPECT_THAT(inside.asked, IsEmpty());
}

// Its name stays the same, and means an address inside by now: DNS rebinding.
TEST_F(WhepClientTest, ASessionUrlThatLeadsInsideIsNeitherPatchedNorDeleted) {
  leads_max = Reach::world;
  begin();
  client->trickle("one");
  ASSERT_TRUE(until([&] { return client->session_url().empty(); }));
  EXPECT_THAT(ended, IsEmpty()) << "the picture comes all the same";

  server.says = {created()};
  client->offer("v=0 second");
  ASSERT_TRUE(until([&] { return answers.size() == 2; }));
  client->trickle("two");
  ASSERT_TRUE(until([&] { return client->session_url().empty(); }));

  server.says = {created(), created()};
  client->offer("v=0 third");
  ASSERT_TRUE(until([&] { return answers.size() == 3; }));
  client->end();  // over the connection that there is this would go without a look at an address
  client->offer("v=0 fourth");
  ASSERT_TRUE(until([&] { return answers.size() == 4; }));
  EXPECT_THAT(server.methods(), ElementsAre("POST", "POST", "POST", "POST"));
}

TEST_F(WhepClientTest, SaysWhatARefusalMeans) {
  const auto busy = refused_with({503, {{"Retry-After", "7"}}, "the robot is offline\nmore"});
  EXPECT_EQ(busy.retry_after, 7s);
  EXPECT_EQ(busy.status, 503u);
  EXPECT_THAT(busy.error.what,
              AllOf(HasSubstr("cannot give the picture now (HTTP 503)"), testing::EndsWith(": the robot is offline")));
  EXPECT_EQ(refused_with({503, {{"Retry-After", "3600"}}, ""}).retry_after, 60s);
  const auto unknown = refused_with({404, {}, ""});
  EXPECT_EQ(unknown.error.fix, "check the address");
  EXPECT_THAT(refused_with({401, {}, ""}).error.fix, HasSubstr("--token-file"));
  EXPECT_THAT(refused_with({403, {}, ""}).error.fix, HasSubstr("token"));
  EXPECT_THAT(refused_with({406, {}, ""}).error.fix, HasSubstr("H.264"));
  EXPECT_THAT(refused_with({500, {}, ""}).error.what, HasSubstr("failed (HTTP 500)"));
  EXPECT_THAT(refused_with({302, {{"Location", "http://x/"}}, ""}).error.what, HasSubstr("http://x/"));
  EXPECT_THAT(refused_with({201, {{"Location", "/session/1"}}, ""}).error.what, HasSubstr("without an SDP"));
  for (const auto& refusal : refusals) EXPECT_EQ(refusal.error.next, Next::retry) << refusal.error.what;
}

TEST_F(WhepClientTest, AnAnswerThatIsTooLargeIsNone) {
  const auto refusal = refused_with({201, {{"Location", "/session/1"}}, std::string(70 * 1024, 'x')});
  EXPECT_THAT(refusal.error.what, HasSubstr("larger than 64 KiB"));
}

TEST_F(WhepClientTest, NobodyThereIsSaidAndWorthAnotherTry) {
  const ReservedPort nobody;
  make("http://127.0.0.1:" + std::to_string(nobody.number()) + "/whep/gate").offer("v=0 offer");
  ASSERT_TRUE(until([&] { return refusals.size() == 1; }));
  EXPECT_THAT(refusals[0].error.what, HasSubstr("connection refused"));
  EXPECT_EQ(refusals[0].error.next, Next::retry);
}

TEST_F(WhepClientTest, DoesNotWaitForEverForAnAnswer) {
  answer_max = 200ms;
  make(server.url()).offer("v=0 offer");
  ASSERT_TRUE(until([&] { return refusals.size() == 1; }));
  EXPECT_THAT(refusals[0].error.what, HasSubstr("no answer for 0.2 s"));
}

TEST_F(WhepClientTest, ANewOfferEndsTheOldSession) {
  begin();
  client->offer("v=0 second");
  ASSERT_TRUE(asked(3));
  EXPECT_EQ(client->session_url(), "");
  std::vector<std::string> last{server.asked[1].method + server.asked[1].body,
                                server.asked[2].method + server.asked[2].body};
  EXPECT_THAT(last, testing::UnorderedElementsAre("DELETE", "POSTv=0 second"));
}

TEST_F(WhepClientTest, IsSilentOnceItIsDestroyed) {
  make(server.url()).offer("v=0 offer");
  ASSERT_TRUE(asked(1));
  client.reset();
  EXPECT_FALSE(loop.run_until([&] { return !refusals.empty() || !answers.empty(); }, 50ms));
}

TEST_F(WhepClientTest, KeepsAFewFragmentsOnly) {
  server.says = {created()};
  make(server.url()).offer("v=0 offer");
  for (int i = 0; i < 50; ++i) client->trickle(std::to_string(i));
  for (std::size_t i = 0; i < WhepClient::waiting_max; ++i) server.says.push_back({204, {}, ""});
  ASSERT_TRUE(asked(1 + WhepClient::waiting_max));
  EXPECT_EQ(server.asked.back().body, "49");
  EXPECT_FALSE(loop.run_until([&] { return server.asked.size() > 1 + WhepClient::waiting_max; }, 50ms));
}

TEST_F(WhepClientTest, ChecksWhatItIsGivenWithoutSending) {
  const auto check = [&](const std::string& url, const std::string& token = "") {
    WhepOptions options;
    options.url = url;
    options.token = token;
    const auto checked = WhepClient(loop, options, *this, Log{}).check();
    return checked ? std::string() : checked.error().text();
  };
  EXPECT_EQ(check("http://media.example.org/whep/gate?x=1"), "");
  EXPECT_THAT(check("media.example.org/whep"), HasSubstr("https://media.example.org/whep/gate"));
  EXPECT_THAT(check("ws://media.example.org/whep"), HasSubstr("leads to no WHEP server"));
  EXPECT_THAT(check("http://me:secret@media.example.org/whep"), HasSubstr("password"));
  EXPECT_THAT(check("http://media.example.org/", "two words"), HasSubstr("token"));
}

}  // namespace
}  // namespace bigfoot::signaling
