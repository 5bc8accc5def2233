// Against a real HTTP server on loopback.

#include "view/whep_sender.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/glib_loop.hpp"
#include "sdp/fragment.hpp"
#include "sdp/receive_offer.hpp"
#include "signaling/fake_server.hpp"
#include "signaling/fake_whep.hpp"

namespace bigfoot::view {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class WhepSenderTest : public testing::Test, public SenderListener {
 protected:
  void on_server_up() override { heard.emplace_back("up"); }
  void on_server_down(const std::string& why) override { heard.push_back("down: " + why); }
  void on_robot(bool here) override { heard.emplace_back(here ? "here" : "gone"); }
  void on_refused(const std::string& why) override { heard.push_back("refused: " + why); }
  void on_ended(const std::string& why) override { heard.push_back("ended: " + why); }
  void on_resumed() override { heard.emplace_back("resumed"); }
  void on_offer(const std::string&) override { heard.emplace_back("offer"); }
  void on_answer(const std::string& sdp) override { heard.push_back("answer: " + sdp); }
  void on_candidate(const std::string& candidate) override { heard.push_back(candidate); }

  WhepSender& start(const std::string& url) {
    WhepSenderOptions options;
    options.url = url;
    options.client = "bigfoot-view/test";
    options.on_ice_servers = [this](const auto& servers) { told = servers; };
    SenderListener& listener = *this;
    sender.emplace(loop, std::move(options), listener, log);
    const auto started = sender->start();
    EXPECT_TRUE(started) << started.error().text();
    return *sender;
  }
  /// The server is up, and whatever it is asked next it answers with this.
  WhepSender& start_and_say(signaling::Said said) {
    server.says = {{204, {}, ""}, std::move(said)};
    start(server.url());
    EXPECT_TRUE(hears(1));
    return *sender;
  }
  testing::AssertionResult hears(std::size_t count) {
    if (loop.run_until([&] { return heard.size() >= count; }, 30s)) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "not in time; " << testing::PrintToString(heard);
  }
  bool asked(std::size_t count) {
    return loop.run_until([&] { return server.asked.size() >= count; }, 30s);
  }
  static signaling::Said created() { return {201, {{"Location", "/session/secret"}, {"ETag", "\"1\""}}, "v=0 answer"}; }
  void TearDown() override {
    sender.reset();
    loop.run_until([] { return false; }, 20ms);  // libsoup lets go of what was cancelled
  }

  GlibLoop loop;
  signaling::FakeWhep server;
  Log log;
  std::vector<std::string> heard;
  std::vector<transport::IceServer> told;
  std::optional<WhepSender> sender;
};

TEST_F(WhepSenderTest, IsAskedAndAnswersAndIsLeft) {
  start_and_say(created());
  EXPECT_THAT(heard, ElementsAre("up"));
  EXPECT_TRUE(sender->we_offer());
  EXPECT_FALSE(sender->can_restart());
  EXPECT_EQ(sender->session(), "");
  sender->begin("v=0 offer");
  ASSERT_TRUE(hears(2));
  EXPECT_EQ(heard[1], "answer: v=0 answer");
  EXPECT_EQ(sender->session(), "whep-1") << "not its URL, which is as good as a password";
  sender->end();
  ASSERT_TRUE(asked(3));
  EXPECT_THAT(server.methods(), ElementsAre("OPTIONS", "POST", "DELETE"));
  EXPECT_EQ(sender->session(), "");
}

TEST_F(WhepSenderTest, TellsTheServersOfIceFirst) {
  server.says = {{204, {{"Link", "<turn:relay:3478>; rel=\"ice-server\"; username=\"u\"; credential=\"p\""}}, ""}};
  start(server.url());
  ASSERT_TRUE(hears(1));
  EXPECT_THAT(told, ElementsAre(transport::IceServer{"turn:relay:3478", "u", "p"}));
}

TEST_F(WhepSenderTest, AServerOfIceThatCannotBeUsedIsLeftOutAndNamedOnce) {
  const signaling::HttpHeaders links{
      {"Link", "<turns:relay:5349?transport=tcp>; rel=\"ice-server\"; username=\"u\"; credential=\"p\""},
      {"Link", "<turn:relay:3478>; rel=\"ice-server\""},
      {"Link", "<stun:relay:3478>; rel=\"ice-server\""}};
  testing::internal::CaptureStderr();
  log = Log(std::make_shared<LogWriter>(LogWriter::Options{LogFormat::text, LogLevel::info}));
  server.says = {{204, links, ""}, {503, {{"Retry-After", "0.2"}}, ""}, {204, links, ""}, created()};
  start(server.url());
  ASSERT_TRUE(hears(1));
  EXPECT_THAT(told, ElementsAre(transport::IceServer{"stun:relay:3478", "", ""}));
  sender->begin("v=0 offer");
  ASSERT_TRUE(hears(3));
  EXPECT_EQ(heard.back(), "up");
  sender->begin("v=0 offer");
  ASSERT_TRUE(hears(4));
  EXPECT_THAT(heard.back(), StartsWith("answer: "));
  sender.reset();
  log = Log{};  // writes what is queued
  const std::string written = testing::internal::GetCapturedStderr();
  EXPECT_THAT(written, testing::ContainsRegex("ice_server_left_out url=[^ ]*turns:relay:5349.*over TLS"));
  EXPECT_THAT(written, testing::ContainsRegex("ice_server_left_out url=[^ ]*turn:relay:3478.*no user name"));
  EXPECT_EQ(std::count(written.begin(), written.end(), '\n'), 2) << "once each: " << written;
}

TEST_F(WhepSenderTest, LateCandidatesFollowAsFragments) {
  start_and_say(created());
  server.says.push_back({204, {}, ""});
  server.says.push_back({204, {}, ""});
  sdp::ReceiveOffer offer;
  offer.transport.ufrag = "v9Wq";
  offer.transport.pwd = "Yb2nWk8sTq4xRv6zLm1cHd3g";
  sender->begin(sdp::make_receive_offer(offer));
  sender->candidate("candidate:1 1 udp 2015363327 192.0.2.30 50010 typ host", 0);
  sender->candidate("nonsense", 0);
  sender->candidate("", 0);
  ASSERT_TRUE(asked(4));
  const auto fragment = sdp::parse_fragment(server.asked[2].body);
  ASSERT_TRUE(fragment) << fragment.error().text();
  EXPECT_EQ(fragment->ufrag, "v9Wq");
  ASSERT_EQ(fragment->candidates().size(), 1u);
  EXPECT_EQ(fragment->candidates()[0].address, "192.0.2.30");
  EXPECT_EQ(fragment->sections[0].mid, "0");
  EXPECT_THAT(server.asked[3].body, HasSubstr("a=end-of-candidates"));
}

TEST_F(WhepSenderTest, ARefusalSaysWhatToChange) {
  start_and_say({401, {}, ""}).begin("v=0 offer");
  ASSERT_TRUE(hears(2));
  EXPECT_THAT(heard[1], testing::AllOf(StartsWith("refused: "), HasSubstr("give a token")));
}

TEST_F(WhepSenderTest, AServerThatNeverAnsweredIsNotUpAndIsAskedAgain) {
  const signaling::ReservedPort nobody;
  start("http://127.0.0.1:" + std::to_string(nobody.number()) + "/whep/x");
  ASSERT_TRUE(hears(3));
  EXPECT_THAT(heard, testing::Each(testing::AllOf(StartsWith("down: "), HasSubstr("connection refused"))));
}

TEST_F(WhepSenderTest, AServerThatWentAwayIsUpOnlyWhenItAnswersAgain) {
  std::optional<signaling::FakeWhep> mortal(std::in_place);
  mortal->says = {{405, {}, ""}};
  start(mortal->url());
  ASSERT_TRUE(hears(1));
  EXPECT_EQ(heard[0], "up") << "any status will do";
  mortal.reset();
  sender->begin("v=0 offer");
  ASSERT_TRUE(hears(4));
  EXPECT_THAT(std::vector(heard.begin() + 1, heard.end()), testing::Each(StartsWith("down: ")));
}

TEST_F(WhepSenderTest, ABusyServerIsAskedAgainWhenItSaid) {
  start_and_say({503, {{"Retry-After", "0.2"}}, "the robot is offline"});
  server.says.push_back({204, {}, ""});
  sender->begin("v=0 offer");
  ASSERT_TRUE(hears(3));
  EXPECT_THAT(heard[1], testing::AllOf(StartsWith("down: "), HasSubstr("the robot is offline")));
  EXPECT_EQ(heard[2], "up");
}

TEST_F(WhepSenderTest, ABusyServerThatNamesNoPauseIsNotAskedWithoutOne) {
  start_and_say({503, {{"Retry-After", "0"}}, ""});
  const Timestamp began = loop.now();
  for (std::size_t i = 0; i < 3; ++i) {
    sender->begin("v=0 offer");
    ASSERT_TRUE(hears(2 + 2 * i));
    server.says.push_back({204, {}, ""});
    server.says.push_back({503, {{"Retry-After", "0"}}, ""});
    ASSERT_TRUE(hears(3 + 2 * i));
    EXPECT_EQ(heard.back(), "up");
  }
  EXPECT_GE(loop.now() - began, 3 * 250ms) << "half of the first pause is the least";
}

TEST_F(WhepSenderTest, IsSilentOnceItIsStopped) {
  server.says = {{204, {}, ""}};
  start(server.url()).stop();
  ASSERT_TRUE(asked(1));
  EXPECT_FALSE(loop.run_until([&] { return !heard.empty(); }, 50ms));
}

TEST_F(WhepSenderTest, AServerThatForgotTheSessionEndsIt) {
  start_and_say(created());
  server.says.push_back({404, {}, ""});
  sdp::ReceiveOffer offer;
  offer.transport.ufrag = "v9Wq";
  offer.transport.pwd = "Yb2nWk8sTq4xRv6zLm1cHd3g";
  sender->begin(sdp::make_receive_offer(offer));
  ASSERT_TRUE(hears(2));
  sender->candidate("", 0);
  ASSERT_TRUE(hears(3));
  EXPECT_THAT(heard[2], StartsWith("ended: "));
}

TEST_F(WhepSenderTest, ABadAddressIsNoStart) {
  WhepSenderOptions options;
  options.url = "media.example.org";
  SenderListener& listener = *this;
  const auto started = WhepSender(loop, std::move(options), listener, Log{}).start();
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().text(), HasSubstr("https://media.example.org/whep/gate"));
}

}  // namespace
}  // namespace bigfoot::view
