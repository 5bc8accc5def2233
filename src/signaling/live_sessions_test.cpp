#include "signaling/live_sessions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::signaling {
namespace {

using Fate = LiveSessions::Fate;
using protocol::EndSession;
using protocol::FromPeer;
using protocol::IceCandidate;
using protocol::PeerMessage;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

protocol::FromServer asked(const std::string& session, std::optional<std::string> token) {
  return protocol::StartSession{"viewer", session, std::nullopt, {}, std::nullopt, std::move(token)};
}
FromPeer candidate(const std::string& session, int number) {
  return PeerMessage{session, IceCandidate{"candidate:" + std::to_string(number), 0}};
}
FromPeer goodbye(const std::string& session) { return EndSession{session, "the camera is gone", true}; }

TEST(LiveSessions, KnowsTheTokensOfBothSides) {
  LiveSessions sessions;
  sessions.received(asked("a", "token-a"));
  sessions.received(protocol::SessionStarted{"robot", "b", "token-b"});
  sessions.received(asked("c", std::nullopt));
  EXPECT_THAT(sessions.tokens(), UnorderedElementsAre("token-a", "token-b"));
  sessions.received(EndSession{"a", std::nullopt, false});
  EXPECT_EQ(sessions.sending(goodbye("b"), true), Fate::now);
  EXPECT_THAT(sessions.tokens(), IsEmpty());
}

TEST(LiveSessions, WhatWasSaidMeanwhileGoesOutInOrderAfterTheResume) {
  LiveSessions sessions;
  sessions.received(asked("a", "token-a"));
  sessions.received(asked("b", "token-b"));
  EXPECT_EQ(sessions.sending(candidate("a", 0), true), Fate::now);
  sessions.disconnected();
  EXPECT_EQ(sessions.sending(candidate("a", 1), false), Fate::kept);
  EXPECT_EQ(sessions.sending(candidate("b", 2), false), Fate::kept);
  EXPECT_EQ(sessions.sending(candidate("a", 3), true), Fate::kept) << "online again, but not resumed yet";
  EXPECT_THAT(sessions.received(protocol::SessionResumed{"viewer", "a"}),
              ElementsAre(candidate("a", 1), candidate("a", 3)));
  EXPECT_EQ(sessions.sending(candidate("a", 4), true), Fate::now);
  EXPECT_EQ(sessions.kept(), 1u);
}

TEST(LiveSessions, KeepsTheNewest64) {
  LiveSessions sessions;
  sessions.received(asked("a", "token"));
  sessions.disconnected();
  for (int i = 0; i < 100; ++i) sessions.sending(candidate("a", i), false);
  EXPECT_EQ(sessions.kept(), 64u);
  EXPECT_EQ(sessions.dropped(), 36u);
  const auto kept = sessions.received(protocol::SessionResumed{"viewer", "a"});
  ASSERT_EQ(kept.size(), 64u);
  EXPECT_EQ(kept.front(), candidate("a", 36));
  EXPECT_EQ(kept.back(), candidate("a", 99));
}

TEST(LiveSessions, ASessionThatEndedMeanwhileIsTakenLeaveOf) {
  LiveSessions sessions;
  sessions.received(asked("a", "token-a"));
  sessions.received(asked("b", "token-b"));
  sessions.disconnected();
  sessions.sending(candidate("a", 1), false);
  EXPECT_EQ(sessions.sending(goodbye("a"), false), Fate::kept);
  EXPECT_EQ(sessions.kept(), 0u) << "nobody needs the candidates of an ended session";
  EXPECT_THAT(sessions.tokens(), UnorderedElementsAre("token-a", "token-b")) << "the server must know whose end it is";
  EXPECT_THAT(sessions.take_farewells(), ElementsAre(goodbye("a")));
  EXPECT_THAT(sessions.tokens(), ElementsAre("token-b"));
  EXPECT_THAT(sessions.take_farewells(), IsEmpty());
}

TEST(LiveSessions, WithoutATokenASessionEndsWithItsSocket) {
  LiveSessions sessions;
  sessions.received(asked("a", std::nullopt));
  EXPECT_EQ(sessions.sending(candidate("a", 1), true), Fate::now);
  sessions.disconnected();
  EXPECT_EQ(sessions.size(), 0u);
  EXPECT_EQ(sessions.sending(candidate("a", 2), false), Fate::lost);
  EXPECT_EQ(sessions.sending(protocol::List{}, false), Fate::lost);
  EXPECT_EQ(sessions.sending(protocol::List{}, true), Fate::now);
}

TEST(LiveSessions, ATokenThatTheServerRefusesIsNotShownAgain) {
  LiveSessions sessions;
  sessions.received(asked("a", "token"));
  sessions.received(protocol::ErrorMessage{"the other side speaks GStreamer's protocol only", "unsupported", "a"});
  EXPECT_EQ(sessions.size(), 1u) << "another error does not end it";
  sessions.received(protocol::ErrorMessage{"expired", "bad-token", "a"});
  EXPECT_EQ(sessions.size(), 0u);
}

}  // namespace
}  // namespace bigfoot::signaling
