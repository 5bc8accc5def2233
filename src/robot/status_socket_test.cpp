#include "robot/status_socket.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <list>
#include <thread>

#include "base/fake_loop.hpp"

namespace bigfoot::robot {
namespace {

/// A loop that a test turns: each descriptor that is watched is called once a turn.
class TurnedLoop final : public Loop {
 public:
  void post(Task task) override { time.post(std::move(task)); }
  Subscription after(Nanos delay, Task task) override { return time.after(delay, std::move(task)); }
  Subscription every(Nanos period, Task task) override { return time.every(period, std::move(task)); }
  Subscription watch(int, Io, Task task) override {
    const auto at = watched_.insert(watched_.end(), std::move(task));
    return Subscription([this, at] { watched_.erase(at); });
  }
  const Clock& clock() const override { return time.clock(); }

  std::size_t watched() const { return watched_.size(); }
  void turn() {
    for (const Task& task : std::vector<Task>(watched_.begin(), watched_.end())) task();
    time.run_posted();
  }
  FakeLoop time;

 private:
  std::list<Task> watched_;
};

/// This process may open no more descriptors.
class NoDescriptors {
 public:
  NoDescriptors() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{0, before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

class StatusSocketTest : public testing::Test {
 protected:
  void SetUp() override {
    auto made = StatusSocket::listen(loop, path, [](std::string_view word) { return "heard " + std::string(word); });
    ASSERT_TRUE(made) << made.error().text();
    socket = std::move(*made);
    // UBSan looks at an object of each class through a pipe once: not when there are no descriptors.
    loop.turn();
    static_cast<Loop&>(loop).after(0s, [] {}).reset();
    asking = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, path.size());
    ASSERT_EQ(::connect(asking, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::send(asking, "text\n", 5, MSG_NOSIGNAL), 5);
  }
  void TearDown() override { ::close(asking); }
  std::string answer() {
    char bytes[64];
    const ssize_t got = ::recv(asking, bytes, sizeof bytes, 0);
    return {bytes, static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
  }

  const std::string path = testing::TempDir() + "bigfoot-status-" + std::to_string(getpid()) + ".sock";
  TurnedLoop loop;
  std::unique_ptr<StatusSocket> socket;
  int asking = -1;
};

TEST_F(StatusSocketTest, AnswersTheWordOfWhoAsks) {
  for (int i = 0; i < 3; ++i) loop.turn();  // it connects, is read, is written to
  EXPECT_EQ(answer(), "heard text");
}

/// What `ask_status` makes of a robot that answers so and hangs up.
Result<std::string> asked_of_one_that_says(const std::string& answer) {
  const std::string path = testing::TempDir() + "bigfoot-said-" + std::to_string(getpid()) + ".sock";
  const int listening = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path.size());
  EXPECT_EQ(::bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(::listen(listening, 1), 0);
  std::thread robot([&] {
    const int fd = ::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
    char word[16];
    EXPECT_GT(::recv(fd, word, sizeof word, 0), 0);
    EXPECT_EQ(::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL), static_cast<ssize_t>(answer.size()));
    ::close(fd);
  });
  auto heard = ask_status(path, "json");
  robot.join();
  ::close(listening);
  ::unlink(path.c_str());
  return heard;
}

TEST(AskStatus, AnAnswerThatIsCutIsNone) {
  const auto whole = asked_of_one_that_says("{\"robot\":\"rover-7\"}\n");
  ASSERT_TRUE(whole) << whole.error().text();
  EXPECT_EQ(*whole, "{\"robot\":\"rover-7\"}\n");
  const auto cut = asked_of_one_that_says("{\"robot\":\"rov");
  ASSERT_FALSE(cut);
  EXPECT_THAT(cut.error().what, testing::HasSubstr("hung up before its answer was whole"));
  EXPECT_EQ(cut.error().next, Next::retry);
}

TEST_F(StatusSocketTest, WithoutADescriptorForWhoAsksTheLoopDoesNotTurnForIt) {
  {
    const NoDescriptors none;
    loop.turn();
    EXPECT_EQ(loop.watched(), 0U);
  }
  EXPECT_EQ(answer(), "");
  loop.time.advance(1s);
  EXPECT_EQ(loop.watched(), 1U);
  for (int i = 0; i < 3; ++i) loop.turn();
  EXPECT_EQ(answer(), "heard text") << "who asked waited meanwhile";
}

}  // namespace
}  // namespace bigfoot::robot
