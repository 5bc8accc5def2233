// What a session does about addresses of this machine that come and go.

#include "robot/session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "robot/session_lab.hpp"

namespace bigfoot::robot {
namespace {

using testing::Ge;
using testing::IsEmpty;
using testing::SizeIs;

class SessionAddressTest : public SessionTest {};

// An address of ours goes, comes, or loses its default route.
transport::AddressChange change(const std::vector<std::string>& added, const std::vector<std::string>& removed,
                                const std::vector<std::string>& unrouted = {}) {
  transport::AddressChange all;
  for (const auto& address : added) all.added.push_back({.interface = "eth0", .address = address});
  for (const auto& address : removed) all.removed.push_back({.interface = "eth0", .address = address});
  all.unrouted = unrouted;
  return all;
}

TEST_F(SessionAddressTest, TheLossOfTheAddressInUseIsAnsweredAtOnce) {
  go_live();
  session->address_changed(change({}, {"198.51.100.1"}));
  EXPECT_THAT(offers(), SizeIs(1)) << "another's";
  session->address_changed(change({}, {"192.0.2.7"}));
  EXPECT_THAT(offers(), SizeIs(2));
  EXPECT_EQ(session->state(), SessionState::path_lost);
  const std::size_t before = seen().pictures.size();
  answer("renewed");
  peer->new_path_is_up();
  film(30);
  EXPECT_EQ(session->state(), SessionState::live);
  ASSERT_THAT(seen().pictures, SizeIs(Ge(before + 29)));
  EXPECT_TRUE(seen().pictures[before].keyframe);
}

TEST_F(SessionAddressTest, AnAddressThatComesBackBeforeTheTransportMissedItBringsThePicturesBack) {
  ASSERT_TRUE(ask(player_offer(), ""));
  peer->connect();
  film(10);
  session->address_changed(change({}, {"192.0.2.7"}));
  ASSERT_EQ(session->state(), SessionState::path_lost);
  session->address_changed(change({"198.51.100.1"}, {}));
  EXPECT_EQ(session->state(), SessionState::path_lost) << "another's";
  const std::size_t before = seen().pictures.size();
  session->address_changed(change({"192.0.2.7"}, {}));
  EXPECT_EQ(session->state(), SessionState::live);
  film(30);
  ASSERT_THAT(seen().pictures, SizeIs(Ge(before + 29)));
  EXPECT_TRUE(seen().pictures[before].keyframe);
  session->address_changed(change({"192.0.2.7"}, {"192.0.2.7"}));
  EXPECT_EQ(session->state(), SessionState::live) << "on another interface, or renewed between two looks";
}

TEST_F(SessionAddressTest, AnAddressThatComesBackTooLateWaitsForTheTransport) {
  go_live();
  session->address_changed(change({}, {"192.0.2.7"}));
  peer->lose_path();
  session->address_changed(change({"192.0.2.7"}, {}));
  EXPECT_EQ(session->state(), SessionState::path_lost);
  peer->path_comes_back();
  EXPECT_EQ(session->state(), SessionState::live);
}

TEST_F(SessionAddressTest, AnAddressWithoutARouteIsLeftWhileItStillCarries) {
  go_live();
  session->address_changed(change({}, {}, {"192.0.2.7"}));
  EXPECT_THAT(offers(), SizeIs(2));
  EXPECT_EQ(session->state(), SessionState::live);
  film(10);
  EXPECT_EQ(seen().keyframes(), 1u);
}

TEST_F(SessionAddressTest, ANewAddressIsOfferedOnlyToThoseWhoCanFollow) {
  go_live();
  session->address_changed(change({"198.51.100.1"}, {}));
  EXPECT_THAT(offers(), SizeIs(2));
  ASSERT_TRUE(ask({}, ""));  // knows GStreamer's protocol only
  answer();
  peer->connect();
  const std::size_t before = offers().size();
  session->address_changed(change({"198.51.100.2"}, {}));
  EXPECT_THAT(offers(), SizeIs(before));
}

}  // namespace
}  // namespace bigfoot::robot
