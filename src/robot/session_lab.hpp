#pragma once
// One session of a robot without sockets, and what it says and how it ends, for its tests.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "robot/session.hpp"
#include "robot/testing.hpp"

namespace bigfoot::robot {

inline constexpr std::uint32_t frame_ticks = 3'000;  ///< 33 ms, rounded up: 90 kHz

struct End {
  std::string reason;
  bool told;
};

class SessionTest : public RobotLab, protected SessionOwner {
 protected:
  SessionTest() { add_camera("front"); }

  /// A page asks; `offer`: a WHEP player does.
  Result<> ask(std::optional<std::string> offer = {}, const std::string& token = "token", bool channels = false) {
    const SessionContext context{
        loop, *this, transports.maker(), counters.viewers(), {loop.now(), loop.clock().wall()}, "cname"};
    session = std::make_unique<Session>(context, SessionRequest{"7f3", token, std::move(offer), "", tracks(), channels},
                                        Log());
    peer = transports.peers.back();
    wire = transports.wires.back();
    return session->start();
  }
  void answer(const std::string& ufrag = "theirs", const std::vector<std::size_t>& refused = {}) {
    session->on_sdp({protocol::Sdp::Type::answer, answer_to(offers().back(), ufrag, refused)});
  }
  void go_live() {
    ASSERT_TRUE(ask());
    answer();
    peer->connect();
    film(10);
    ASSERT_EQ(session->state(), SessionState::live);
  }
  std::vector<std::string> said(protocol::Sdp::Type type) const {
    std::vector<std::string> texts;
    for (const auto& message : messages)
      if (const auto* sdp = std::get_if<protocol::Sdp>(&message.content); sdp != nullptr && sdp->type == type)
        texts.push_back(sdp->sdp);
    return texts;
  }
  std::vector<std::string> offers() const { return said(protocol::Sdp::Type::offer); }
  std::vector<std::string> answers() const { return said(protocol::Sdp::Type::answer); }
  bool awake() const { return cameras.front()->awake; }
  Watched seen() const { return watch(wire->packets); }

  void send(const protocol::PeerMessage& message) override {
    EXPECT_EQ(message.session_id, "7f3");
    messages.push_back(message);
  }
  void session_ended(const std::string& id, const std::string& reason, bool tell) override {
    EXPECT_EQ(id, "7f3");
    ends.push_back({reason, tell});
  }

  std::vector<protocol::PeerMessage> messages;
  std::vector<End> ends;
  std::unique_ptr<Session> session;
  FakePeer* peer = nullptr;
  std::shared_ptr<Wire> wire;
};

}  // namespace bigfoot::robot
