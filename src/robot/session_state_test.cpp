#include "robot/session_state.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::robot {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using A = SessionAction;
using E = SessionEvent;
using S = SessionState;

const Timestamp start{1h};

TEST(SessionState, EveryStateMeetsEveryEvent) {
  struct Row {
    S from;
    E event;
    S to;
    std::vector<A> actions;
  };
  const Row table[] = {
      {S::offered, E::described, S::connecting, {}},
      {S::offered, E::connected, S::live, {A::start_media}},
      {S::offered, E::disconnected, S::offered, {}},
      {S::offered, E::failed, S::ended, {A::tell_peer, A::release}},
      {S::offered, E::viewer_left, S::ended, {A::release}},
      {S::connecting, E::described, S::connecting, {}},
      {S::connecting, E::connected, S::live, {A::start_media}},
      {S::connecting, E::disconnected, S::connecting, {}},
      {S::connecting, E::failed, S::ended, {A::tell_peer, A::release}},
      {S::connecting, E::viewer_left, S::ended, {A::release}},
      {S::live, E::described, S::live, {}},
      {S::live, E::connected, S::live, {}},
      {S::live, E::disconnected, S::path_lost, {A::new_path}},
      {S::live, E::failed, S::ended, {A::stop_media, A::tell_peer, A::release}},
      {S::live, E::viewer_left, S::ended, {A::stop_media, A::release}},
      {S::path_lost, E::described, S::path_lost, {}},
      {S::path_lost, E::connected, S::live, {A::resume_media}},
      {S::path_lost, E::disconnected, S::path_lost, {}},
      {S::path_lost, E::failed, S::ended, {A::stop_media, A::tell_peer, A::release}},
      {S::path_lost, E::viewer_left, S::ended, {A::stop_media, A::release}},
      {S::ended, E::connected, S::ended, {}},
      {S::ended, E::viewer_left, S::ended, {}},
  };
  for (const Row& row : table) {
    const SessionStep after = step({row.from, start, {}}, row.event, start + 1ms);
    EXPECT_EQ(after.life.state, row.to) << to_string(row.from) << " event " << static_cast<int>(row.event);
    EXPECT_EQ(after.actions, row.actions) << to_string(row.from) << " event " << static_cast<int>(row.event);
  }
}

TEST(SessionState, AnOfferWithoutAnAnswerEndsInTimeAndSaysWhy) {
  const SessionLife life{S::offered, start, {}};
  EXPECT_THAT(step(life, E::tick, start + answer_max - 1ns).actions, IsEmpty());
  const SessionStep over = step(life, E::tick, start + answer_max);
  EXPECT_EQ(over.life.state, S::ended);
  EXPECT_EQ(over.life.reason, "the viewer never answered the offer");
  EXPECT_THAT(over.actions, ElementsAre(A::tell_peer, A::release));
}

TEST(SessionState, TheTransportEndsAllOtherWaits) {
  for (const S state : {S::connecting, S::live, S::path_lost, S::ended}) {
    const SessionStep later = step({state, start, {}}, E::tick, start + 1h);
    EXPECT_EQ(later.life.state, state);
    EXPECT_THAT(later.actions, IsEmpty()) << to_string(state);
  }
}

TEST(SessionState, ARenegotiationDoesNotRestartTheClockOfALiveSession) {
  EXPECT_EQ(step({S::live, start, {}}, E::described, start + 5s).life.since, start);
}

}  // namespace
}  // namespace bigfoot::robot
