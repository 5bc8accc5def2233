#include "base/service_manager.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "base/fake_loop.hpp"

namespace bigfoot {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// systemd's end of NOTIFY_SOCKET, with an abstract name of this process.
class ServiceManagerTest : public testing::Test {
 protected:
  ServiceManagerTest() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    const std::string name = "@bigfoot-service-manager-test-" + std::to_string(getpid());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path + 1, name.size() - 1, 1);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  ~ServiceManagerTest() override {
    close(socket_);
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) unsetenv(name);
  }

  std::vector<std::string> told() {
    std::vector<std::string> all;
    char text[64];
    for (ssize_t size = 0; (size = recv(socket_, text, sizeof text, 0)) >= 0;)
      all.emplace_back(text, static_cast<std::size_t>(size));
    return all;
  }

  /// Until no more goes in, as it is while systemd is busy.
  void fill() {
    sockaddr_un address{};
    socklen_t size = sizeof address;
    ASSERT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    for (ssize_t sent = 1; sent == 1;) {
      const int other = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);  // one would be full itself
      sent = sendto(other, "x", 1, 0, reinterpret_cast<const sockaddr*>(&address), size);
      close(other);
    }
  }

  int socket_;
  FakeLoop loop_;
};

TEST_F(ServiceManagerTest, SaysWhenTheProgramIsReadyAndWhenItEnds) {
  ServiceManager manager(loop_);
  EXPECT_THAT(told(), IsEmpty());
  manager.ready();
  EXPECT_THAT(told(), ElementsAre("READY=1"));
  manager.stopping();
  EXPECT_THAT(told(), ElementsAre("STOPPING=1"));
}

TEST_F(ServiceManagerTest, FeedsTheWatchdogTwiceInItsTime) {
  setenv("WATCHDOG_USEC", "10000000", 1);
  ServiceManager manager(loop_);
  loop_.advance(4900ms);
  EXPECT_THAT(told(), IsEmpty());
  loop_.advance(15s);
  EXPECT_THAT(told(), ElementsAre("WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"));
}

TEST_F(ServiceManagerTest, FeedsItUntilTheProgramHasEnded) {
  setenv("WATCHDOG_USEC", "2000000", 1);
  ServiceManager manager(loop_);
  manager.stopping();
  EXPECT_THAT(told(), ElementsAre("STOPPING=1"));
  loop_.advance(1s);
  EXPECT_THAT(told(), ElementsAre("WATCHDOG=1"));
}

TEST_F(ServiceManagerTest, ANobodyWhoReadsHoldsNothingUp) {
  setenv("WATCHDOG_USEC", "2000000", 1);
  ServiceManager manager(loop_);
  loop_.advance(1000s);  // more than any socket holds
  manager.ready();
  EXPECT_THAT(told(), testing::Each("WATCHDOG=1"));
  loop_.advance(3s);
  EXPECT_THAT(told(), testing::Contains("READY=1")) << "it is said when there is room";
}

TEST_F(ServiceManagerTest, ASignOfLifeThatFoundNoRoomComesWellWithinTheTime) {
  const struct {
    const char* wait_us;
    Nanos period, again;
  } rows[] = {{"20000000", 10s, 1s}, {"2000000", 1s, 250ms}};
  for (const auto& row : rows) {
    setenv("WATCHDOG_USEC", row.wait_us, 1);
    ServiceManager manager(loop_);
    fill();
    loop_.advance(row.period + row.again);  // the second finds none, too
    EXPECT_THAT(told(), testing::Each("x"));
    loop_.advance(row.again);
    EXPECT_THAT(told(), ElementsAre("WATCHDOG=1"));
    loop_.advance(row.period - row.again * 2 - 1ms);
    EXPECT_THAT(told(), IsEmpty()) << "once";
    loop_.advance(1ms);
    EXPECT_THAT(told(), ElementsAre("WATCHDOG=1")) << "the next is not moved";
  }
}

TEST_F(ServiceManagerTest, FeedsNothingThatWasNotAskedFor) {
  ServiceManager manager(loop_);
  loop_.advance(60s);
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(ServiceManagerTest, AWatchdogOfAnotherProcessIsNotFed) {
  setenv("WATCHDOG_USEC", "2000000", 1);
  setenv("WATCHDOG_PID", std::to_string(getppid()).c_str(), 1);
  ServiceManager manager(loop_);
  loop_.advance(60s);
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(ServiceManagerTest, WithoutSystemdNothingHappens) {
  unsetenv("NOTIFY_SOCKET");
  setenv("WATCHDOG_USEC", "2000000", 1);
  ServiceManager manager(loop_);
  manager.ready();
  loop_.advance(10s);
  manager.stopping();
  EXPECT_THAT(told(), IsEmpty());
}

}  // namespace
}  // namespace bigfoot
