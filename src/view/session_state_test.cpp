#include "view/session_state.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::view {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using A = ViewAction;
using K = ViewEventKind;
using S = ViewState;

/// A viewer whose actions a test reads.
class Life {
 public:
  std::vector<A> on(K kind, std::string why = {}) { return take({kind, std::move(why), {}}); }
  std::vector<A> loses_its_way(Sight sight) { return take({K::disconnected, {}, sight}); }
  std::vector<A> look(Sight sight, Nanos after = 100ms) {
    now_ += after;
    return take({K::look, {}, sight});
  }
  /// Looks until one of them does something; nothing within `most`.
  std::vector<A> look_on(Sight sight, Nanos most) {
    for (const Timestamp end = now_ + most; now_ < end;)
      if (auto actions = look(sight); !actions.empty()) return actions;
    return {};
  }
  Life& live() {
    on(K::server_up);
    on(K::offered);
    on(K::connected);
    look({.fresh = true});
    return *this;
  }
  S state() const { return life.state; }
  Timestamp now() const { return now_; }

  ViewLife life;
  std::optional<Recovery> recovered;

 private:
  std::vector<A> take(const ViewEvent& event) {
    ViewStep next = step(life, event, now_);
    life = next.life;
    if (next.recovered) recovered = next.recovered;
    return next.actions;
  }
  Timestamp now_{1h};
};

TEST(ViewSessionState, AServerThatStaysAwayIsWaitedForSinceItWent) {
  Life life;
  life.on(K::server_up);
  life.on(K::server_down, "connection refused");
  const Timestamp went = life.life.since;
  life.look({}, 5s);
  EXPECT_THAT(life.on(K::server_down, "host unreachable"), IsEmpty());
  EXPECT_EQ(life.life.since, went);
  EXPECT_THAT(in_words(life.life, "ws://s", "rover-7"), HasSubstr("host unreachable"));
}

TEST(ViewSessionState, FromTheServerToThePicture) {
  Life life;
  EXPECT_THAT(in_words(life.life, "ws://s", "rover-7"), HasSubstr("waiting for the server ws://s"));
  EXPECT_THAT(life.on(K::server_up), ElementsAre(A::begin_session));
  EXPECT_EQ(life.state(), S::offer);
  EXPECT_THAT(life.on(K::offered), IsEmpty());
  EXPECT_EQ(life.state(), S::connecting);
  life.on(K::connected);
  EXPECT_EQ(life.state(), S::first_picture);
  life.look({.fresh = false});
  EXPECT_EQ(life.state(), S::first_picture);
  EXPECT_THAT(life.look({.fresh = true}), IsEmpty());
  EXPECT_EQ(life.state(), S::live);
  EXPECT_FALSE(life.recovered) << "the first picture is no recovery";
}

TEST(ViewSessionState, ARobotThatIsNotThereIsWaitedForAndAskedForAgain) {
  Life life;
  life.on(K::server_up);
  EXPECT_THAT(life.on(K::robot_gone), ElementsAre(A::end_session));
  EXPECT_EQ(life.state(), S::robot);
  EXPECT_THAT(in_words(life.life, "", "rover-7"), HasSubstr("no robot of that name online"));
  EXPECT_THAT(life.look_on({}, robot_pause + 1s), ElementsAre(A::begin_session)) << "the news may be lost";
  life.on(K::robot_gone);
  EXPECT_THAT(life.on(K::robot_here), ElementsAre(A::begin_session));
}

TEST(ViewSessionState, ARefusalSaysWhyAndIsAskedAgain) {
  Life life;
  life.on(K::server_up);
  EXPECT_THAT(life.on(K::ended, "too many viewers"), ElementsAre(A::end_session));
  EXPECT_EQ(life.state(), S::refused);
  EXPECT_THAT(in_words(life.life, "", "rover-7"), HasSubstr("refused, asking again every 5 s: too many viewers"));
  EXPECT_THAT(life.look_on({}, refused_pause - 500ms), IsEmpty());
  EXPECT_THAT(life.look_on({}, 1s), ElementsAre(A::begin_session));
}

TEST(ViewSessionState, AnOfferOrAWayThatNeverComesIsTriedAgainWithLongerPauses) {
  Life life;
  life.on(K::server_up);
  Nanos last{0};
  for (int i = 0; i < 8; ++i) {
    ASSERT_THAT(life.look_on({}, offer_max + 1s), ElementsAre(A::end_session));
    const Timestamp ended = life.now();
    ASSERT_THAT(life.look_on({}, 10s), ElementsAre(A::begin_session));
    const Nanos pause = life.now() - ended;
    EXPECT_GE(pause, last);
    last = pause;
  }
  EXPECT_EQ(last, pauses.back());
  life.on(K::offered);
  EXPECT_THAT(life.look_on({}, connect_max + 1s), ElementsAre(A::end_session));
  EXPECT_THAT(life.life.why, HasSubstr("no way to the robot"));
}

TEST(ViewSessionState, AFreezeThatEndsByItselfIsNoRecoveryOfTheSessions) {
  Life life;
  life.live();
  EXPECT_THAT(life.look({.fresh = false, .age = 300ms}), IsEmpty()) << "each camera is treated by itself";
  EXPECT_EQ(life.state(), S::frozen);
  EXPECT_THAT(life.look({.fresh = false}, 500ms), IsEmpty());
  life.look({.fresh = true});
  EXPECT_EQ(life.state(), S::live);
  EXPECT_FALSE(life.recovered);
}

TEST(ViewSessionState, WhereACameraIsStuckThoughOthersAreLiveASessionIsBegun) {
  Life life;
  life.live();
  EXPECT_THAT(life.look({.fresh = true}), IsEmpty());
  EXPECT_THAT(life.look({.fresh = true, .stuck = true}), ElementsAre(A::end_session, A::begin_session));
  life.on(K::offered);
  life.on(K::connected);
  life.look({.fresh = true}, 400ms);
  ASSERT_TRUE(life.recovered);
  EXPECT_EQ(life.recovered->by, Remedy::session);
  EXPECT_EQ(life.recovered->took, Nanos(400ms));

  Life dark;
  dark.live();
  dark.look({});
  EXPECT_THAT(dark.look({.stuck = true}), ElementsAre(A::end_session, A::begin_session));
}

TEST(ViewSessionState, WhatLivesIsNotGivenUpForASessionThatCannotBeHad) {
  Life life;
  life.live();
  life.on(K::server_down, "x");
  EXPECT_THAT(life.look({.fresh = true, .stuck = true}), IsEmpty());
  EXPECT_EQ(life.state(), S::live);
  EXPECT_THAT(life.look_on({}, 60s), IsEmpty()) << "the camera may come back by itself";
  EXPECT_EQ(life.state(), S::frozen);
}

TEST(ViewSessionState, WhereNothingComesASessionIsTriedNowAndThen) {
  Life life;
  life.live();
  life.look({});
  EXPECT_THAT(life.look_on({}, unfed_max - 500ms), IsEmpty());
  EXPECT_THAT(life.look_on({}, 1s), ElementsAre(A::end_session, A::begin_session));
  life.on(K::offered);
  life.on(K::connected);
  EXPECT_THAT(life.look_on({}, 2 * unfed_max - 500ms), IsEmpty()) << "the second one has twice the time";
  EXPECT_THAT(life.look_on({}, 1s), ElementsAre(A::end_session, A::begin_session));
}

TEST(ViewSessionState, ALostWayIsLookedForInTheSameSessionThenInANewOne) {
  Life life;
  life.live();
  EXPECT_THAT(life.on(K::disconnected), ElementsAre(A::new_path));
  EXPECT_EQ(life.state(), S::recovering);
  EXPECT_THAT(life.on(K::disconnected), IsEmpty());
  EXPECT_THAT(life.look_on({}, path_max + 1s), ElementsAre(A::end_session, A::begin_session));

  Life other;
  other.live();
  other.look({.fresh = false});
  EXPECT_THAT(other.look({.silent = true}), ElementsAre(A::new_path)) << "noticed before consent runs out";
  other.on(K::offered);
  EXPECT_THAT(other.on(K::connected), ElementsAre(A::ask_keyframe));
  other.look({.fresh = true});
  EXPECT_EQ(other.state(), S::live);
  ASSERT_TRUE(other.recovered);
  EXPECT_EQ(other.recovered->by, Remedy::path);
}

TEST(ViewSessionState, WhereNoNewCredentialsCanBeAskedForALostWayIsANewSession) {
  Life life;
  life.life.can_restart = false;
  life.live();
  EXPECT_THAT(life.on(K::disconnected), ElementsAre(A::end_session, A::begin_session));
}

TEST(ViewSessionState, MediaGoesOnWithoutTheServer) {
  Life life;
  life.live();
  EXPECT_THAT(life.on(K::server_down, "connection refused"), IsEmpty());
  EXPECT_THAT(life.look_on({.fresh = true}, 60s), IsEmpty());
  EXPECT_EQ(life.state(), S::live);
  EXPECT_THAT(life.on(K::server_up), IsEmpty());
  EXPECT_THAT(life.on(K::resumed), IsEmpty());
  EXPECT_EQ(life.state(), S::live);
}

TEST(ViewSessionState, AWayThatIsLostWhileTheServerIsAwayIsAskedForWhenItIsBack) {
  Life life;
  life.live();
  life.on(K::server_down, "x");
  EXPECT_THAT(life.on(K::disconnected), IsEmpty());
  EXPECT_THAT(life.look_on({}, 60s), IsEmpty()) << "nobody can be asked for another session";
  life.on(K::server_up);
  EXPECT_THAT(life.on(K::resumed), ElementsAre(A::new_path));
}

// This machine's address goes: signaling says it first, the last picture is still new, and its server is back within
// a second.
TEST(ViewSessionState, APictureFromBeforeTheLossIsNoRecoveryAndTheWayIsAskedForAllTheSame) {
  Life life;
  life.live();
  life.on(K::server_down, "the network changed");
  EXPECT_THAT(life.loses_its_way({.fresh = true, .age = 30ms, .arrived = 32ms}), IsEmpty());
  EXPECT_THAT(life.look({.fresh = true, .age = 80ms, .arrived = 82ms}, 50ms), IsEmpty());
  EXPECT_EQ(life.state(), S::recovering);
  EXPECT_THAT(life.look({.fresh = true, .age = 10ms, .arrived = 132ms}, 50ms), IsEmpty()) << "--smooth held it back";
  EXPECT_EQ(life.state(), S::recovering);
  EXPECT_FALSE(life.recovered);
  life.on(K::server_up);
  EXPECT_THAT(life.on(K::resumed), ElementsAre(A::new_path));
  EXPECT_THAT(life.on(K::connected), ElementsAre(A::ask_keyframe));
  EXPECT_THAT(life.look({.fresh = true, .age = 180ms, .arrived = 182ms}, 50ms), IsEmpty());
  EXPECT_EQ(life.state(), S::frozen) << "the way stands, nothing came over it yet";
  life.look({.fresh = true, .age = 5ms, .arrived = 10ms}, 50ms);
  EXPECT_EQ(life.state(), S::live);
  ASSERT_TRUE(life.recovered);
  EXPECT_EQ(life.recovered->by, Remedy::path);
  EXPECT_EQ(life.recovered->took, Nanos(30ms + 200ms)) << "from the last picture on";
}

TEST(ViewSessionState, TheSilenceBeforeAWayWasFoundIsNotHeldAgainstIt) {
  Life life;
  life.live();
  life.look({});
  EXPECT_THAT(life.look({.silent = true}), ElementsAre(A::new_path));
  life.on(K::connected);
  EXPECT_THAT(life.look({.silent = true}, 50ms), IsEmpty()) << "the first packet is under way";
  EXPECT_EQ(life.state(), S::frozen);
  EXPECT_THAT(life.look({.silent = true}, 2s), ElementsAre(A::new_path)) << "nothing comes by this one";
}

TEST(ViewSessionState, AWayThatCameBackUnaskedIsNoRecovery) {
  Life life;
  life.live();
  life.on(K::server_down, "x");
  life.on(K::disconnected);
  life.look({}, 1s);
  life.look({.fresh = true});
  EXPECT_EQ(life.state(), S::live);
  EXPECT_FALSE(life.recovered);
}

TEST(ViewSessionState, ARobotThatRestartedEndsTheSessionAndIsAskedAnew) {
  Life life;
  life.live();
  EXPECT_THAT(life.on(K::ended), ElementsAre(A::end_session));
  EXPECT_EQ(life.state(), S::pause);
  EXPECT_THAT(life.look_on({}, 1s), ElementsAre(A::begin_session));
  EXPECT_THAT(life.on(K::robot_gone), ElementsAre(A::end_session));
  EXPECT_THAT(in_words(life.life, "", "rover-7"), HasSubstr("rover-7, which is away"));
  life.on(K::robot_here);
  life.on(K::offered);
  life.on(K::connected);
  life.look({.fresh = true});
  ASSERT_TRUE(life.recovered);
  EXPECT_EQ(life.recovered->by, Remedy::session);
}

TEST(ViewSessionState, AServerThatIsAwayWhileAskedIsWaitedForAndSaysWhy) {
  Life life;
  life.on(K::server_up);
  EXPECT_THAT(life.on(K::server_down, "connection refused"), ElementsAre(A::end_session));
  EXPECT_EQ(life.state(), S::server);
  EXPECT_THAT(in_words(life.life, "ws://s", "r"), HasSubstr("ws://s: connection refused"));
  EXPECT_THAT(life.on(K::server_up), ElementsAre(A::begin_session));
}

}  // namespace
}  // namespace bigfoot::view
