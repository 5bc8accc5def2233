#include "signaling/link.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::signaling {
namespace {

using namespace link_event;
using link_action::Connect;
using link_action::Drop;
using link_action::TellLost;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

/// Drives one link by hand.
struct Driver {
  explicit Driver(std::size_t urls = 1) : state(LinkTimes{}, urls, 7) {}
  std::vector<LinkAction> on(const LinkEvent& event) {
    LinkStep next = step(state, event, now);
    state = std::move(next.state);
    return next.actions;
  }
  std::vector<LinkAction> after(Nanos span) {
    now += span;
    return on(TimePassed{});
  }
  void go_online() {
    on(Start{});
    on(Opened{});
    on(Welcomed{});
    ASSERT_EQ(state.phase, Phase::online);
  }
  Nanos pause() const { return state.deadline - now; }

  Timestamp now{std::chrono::hours(1)};
  LinkState state;
};

/// The phases are reached the way a connection reaches them.
Driver in(Phase phase) {
  Driver driver;
  if (phase == Phase::stopped) return driver;
  driver.on(Start{});
  if (phase == Phase::waiting) driver.on(Lost{"connection refused", 0, std::nullopt});
  if (phase == Phase::welcoming || phase == Phase::online) driver.on(Opened{});
  if (phase == Phase::online) driver.on(Welcomed{});
  EXPECT_EQ(driver.state.phase, phase);
  return driver;
}

TEST(Link, EveryEventInEveryPhaseLeadsWhereItShould) {
  const LinkEvent start = Start{}, opened = Opened{}, welcomed = Welcomed{}, heard = Heard{}, stop = Stop{};
  const LinkEvent lost = Lost{"gone", 0, std::nullopt}, passed = TimePassed{};
  struct Row {
    Phase from;
    LinkEvent event;
    Phase to;
  };
  using enum Phase;
  const Row rows[] = {
      {stopped, start, connecting},    {stopped, opened, stopped},
      {stopped, lost, stopped},        {stopped, passed, stopped},
      {stopped, stop, stopped},        {connecting, start, connecting},
      {connecting, opened, welcoming}, {connecting, welcomed, connecting},
      {connecting, lost, waiting},     {connecting, stop, stopped},
      {welcoming, welcomed, online},   {welcoming, lost, waiting},
      {welcoming, heard, welcoming},   {welcoming, stop, stopped},
      {online, opened, online},        {online, heard, online},
      {online, welcomed, online},      {online, lost, waiting},
      {online, passed, online},        {online, stop, stopped},
      {waiting, lost, waiting},        {waiting, opened, waiting},
      {waiting, passed, waiting},      {waiting, stop, stopped},
  };
  for (const Row& row : rows) {
    Driver driver = in(row.from);
    driver.on(row.event);
    EXPECT_EQ(driver.state.phase, row.to) << to_string(row.from) << " event " << row.event.index();
  }
}

TEST(Link, ConnectsAndStaysForAsLongAsTheServerIsHeard) {
  Driver link;
  EXPECT_THAT(link.on(Start{}), ElementsAre(LinkAction(Connect{0})));
  EXPECT_THAT(link.on(Opened{}), IsEmpty());
  EXPECT_THAT(link.on(Welcomed{}), IsEmpty());
  for (int i = 0; i < 10; ++i) {
    EXPECT_THAT(link.after(9s), IsEmpty());
    link.on(Heard{});
  }
  EXPECT_THAT(link.after(9s), IsEmpty());
  const auto actions = link.after(1s);
  ASSERT_EQ(actions.size(), 2u);
  EXPECT_EQ(actions[0], LinkAction(Drop{1001, "silent"}));
  EXPECT_EQ(std::get<TellLost>(actions[1]).reason, "silent for 10 s");
}

TEST(Link, TriesTheNextServerAtOnceAndPausesAfterTheLast) {
  Driver link(3);
  link.on(Start{});
  EXPECT_THAT(link.on(Lost{"connection refused", 0, std::nullopt}),
              ElementsAre(LinkAction(TellLost{0, "connection refused", 0s}), LinkAction(Connect{1})));
  EXPECT_THAT(link.on(Lost{"no answer", 0, std::nullopt}),
              ElementsAre(LinkAction(TellLost{1, "no answer", 0s}), LinkAction(Connect{2})));
  const auto last = link.on(Lost{"host name not found", 0, std::nullopt});
  ASSERT_EQ(last.size(), 1u);
  EXPECT_EQ(std::get<TellLost>(last[0]).url, 2u);
  EXPECT_GT(std::get<TellLost>(last[0]).retry_in, 0s);
  EXPECT_THAT(link.after(link.pause()), ElementsAre(LinkAction(Connect{0})));
}

TEST(Link, GoesBackToTheServerThatWorked) {
  Driver link(2);
  link.on(Start{});
  link.on(Lost{"connection refused", 0, std::nullopt});
  link.on(Opened{});
  link.on(Welcomed{});
  link.on(Lost{"connection lost", 0, std::nullopt});
  EXPECT_THAT(link.after(link.pause()), ElementsAre(LinkAction(Connect{1})));
}

TEST(Link, PausesGrowToFiveSecondsAndNeverEnd) {
  Driver link;
  link.on(Start{});
  Nanos longest{};
  for (int i = 0; i < 200; ++i) {
    link.on(Lost{"connection refused", 0, std::nullopt});
    ASSERT_EQ(link.state.phase, Phase::waiting);
    EXPECT_GE(link.pause(), 125ms);
    EXPECT_LE(link.pause(), i == 0 ? 250ms : 5s);
    longest = std::max(longest, link.pause());
    link.after(link.pause());
    ASSERT_EQ(link.state.phase, Phase::connecting);
  }
  EXPECT_GT(longest, 3s);
}

TEST(Link, AServerThatThrowsUsOutAtOnceIsNotAskedFourTimesASecond) {
  Driver link;
  link.on(Start{});
  Nanos all{};
  for (int i = 0; i < 20; ++i) {
    link.on(Opened{});
    link.on(Welcomed{});
    link.on(Lost{"refused", 1008, std::nullopt});
    all += link.pause();
    link.after(link.pause());
  }
  EXPECT_GT(all, 20s);
  link.on(Opened{});
  link.on(Welcomed{});
  link.now += 6s;
  link.on(Lost{"connection lost", 0, std::nullopt});
  EXPECT_LE(link.pause(), 250ms) << "a connection that held starts the backoff anew";
}

TEST(Link, ComesBackWhenTheServerSaid) {
  Driver link;
  link.go_online();
  link.on(Lost{"the server restarts", 1012, read_retry_after("retry-after=1.8")});
  EXPECT_EQ(link.pause(), 1800ms);
  Driver sent_away;
  sent_away.go_online();
  sent_away.on(Lost{"the server restarts", 1012, 3600s});
  EXPECT_EQ(sent_away.pause(), 60s) << "no server keeps a robot away for an hour";
}

TEST(Link, TwoRobotsOfOneNameDoNotThrowEachOtherOutAllTheTime) {
  Driver link;
  link.go_online();
  link.on(Lost{"replaced", 4002, std::nullopt});
  EXPECT_GE(link.pause(), 30s);
  EXPECT_LE(link.pause(), 35s);
}

TEST(Link, AServerThatAnswersNothingIsLeft) {
  Driver link;
  link.on(Start{});
  EXPECT_THAT(link.after(4900ms), IsEmpty());
  auto actions = link.after(100ms);
  ASSERT_EQ(actions.size(), 2u);
  EXPECT_EQ(std::get<TellLost>(actions[1]).reason, "no answer for 5 s");
  link.after(link.pause());
  link.on(Opened{});
  actions = link.after(5s);
  ASSERT_EQ(actions.size(), 2u);
  EXPECT_THAT(std::get<TellLost>(actions[1]).reason, HasSubstr("is it a signaling server?"));
}

TEST(Link, AChangeOfTheNetworkMakesANewConnectionAtOnce) {
  Driver online;
  online.go_online();
  EXPECT_THAT(online.on(NetworkChanged{}),
              ElementsAre(LinkAction(Drop{1001, "network changed"}), LinkAction(TellLost{0, "the network changed", 0s}),
                          LinkAction(Connect{0})));
  Driver waiting = in(Phase::waiting);
  EXPECT_THAT(waiting.on(NetworkChanged{}), ElementsAre(LinkAction(Connect{0})));
  Driver connecting = in(Phase::connecting);
  EXPECT_THAT(connecting.on(NetworkChanged{}),
              ElementsAre(LinkAction(Drop{1001, "network changed"}), LinkAction(Connect{0})));
  Driver stopped;
  EXPECT_THAT(stopped.on(NetworkChanged{}), IsEmpty());
}

TEST(Link, StopClosesOnceAndStartsAgain) {
  Driver link;
  link.go_online();
  EXPECT_THAT(link.on(Stop{}), ElementsAre(LinkAction(Drop{1000, "stopped"})));
  EXPECT_THAT(link.on(Stop{}), IsEmpty());
  EXPECT_THAT(link.after(1h), IsEmpty());
  EXPECT_THAT(link.on(Start{}), ElementsAre(LinkAction(Connect{0})));
}

TEST(Link, SaysItsStateInWords) {
  Driver link;
  EXPECT_EQ(in_words(link.state, "ws://a/ws", link.now), "stopped");
  link.on(Start{});
  EXPECT_EQ(in_words(link.state, "ws://a/ws", link.now), "connecting to ws://a/ws");
  link.on(Lost{"connection refused", 0, 1200ms});
  EXPECT_EQ(in_words(link.state, "ws://a/ws", link.now),
            "waiting for ws://a/ws (connection refused), next try in 1.2 s");
  link.after(link.pause());
  EXPECT_EQ(in_words(link.state, "ws://a/ws", link.now), "connecting to ws://a/ws (connection refused)");
  link.on(Opened{});
  EXPECT_EQ(in_words(link.state, "ws://a/ws", link.now), "waiting for the welcome of ws://a/ws");
  link.on(Welcomed{});
  EXPECT_EQ(in_words(link.state, "ws://a/ws", link.now), "online at ws://a/ws");
}

TEST(Link, ReadsWhenToComeBack) {
  EXPECT_EQ(read_retry_after("retry-after=1.8"), 1800ms);
  EXPECT_EQ(read_retry_after("the server restarts; retry-after=12, please"), 12s);
  EXPECT_EQ(read_retry_after("retry-after=0"), 0s);
  for (const char* bad : {"", "retry-after=", "retry-after=soon", "retry-after=-1", "retry-after=nan",
                          "retry-after=inf", "retry-after=3601", "1.8"})
    EXPECT_EQ(read_retry_after(bad), std::nullopt) << bad;
}

TEST(Link, CloseCodesAreSaidInWords) {
  EXPECT_EQ(close_in_words(0, ""), "connection lost");
  EXPECT_EQ(close_in_words(1006, ""), "connection lost");
  EXPECT_EQ(close_in_words(1008, "too many connections"), "the server refused us: too many connections");
  EXPECT_THAT(close_in_words(4002, ""), StartsWith("another robot registered under the same name"));
  EXPECT_EQ(close_in_words(4999, ""), "the server closed with code 4999");
}

}  // namespace
}  // namespace bigfoot::signaling
