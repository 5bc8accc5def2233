#include "transport/ice_context.hpp"

#include <glib-unix.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <list>

#include "base/glib_loop.hpp"

namespace bigfoot::transport {
namespace {

gboolean count_once(gpointer counter) {
  ++*static_cast<int*>(counter);
  return G_SOURCE_REMOVE;
}

/// A pipe whose reading end is watched by a context.
struct Pipe {
  explicit Pipe(IceContext& context) {
    EXPECT_EQ(pipe(ends), 0);
    source = g_unix_fd_source_new(ends[0], G_IO_IN);
    const GUnixFDSourceFunc on_byte = [](int fd, GIOCondition, gpointer self) -> gboolean {
      char byte = 0;
      static_cast<Pipe*>(self)->bytes += static_cast<int>(read(fd, &byte, 1));
      return G_SOURCE_CONTINUE;
    };
    g_source_set_callback(source, G_SOURCE_FUNC(on_byte), this, nullptr);
    g_source_attach(source, context.get());
  }
  ~Pipe() {
    g_source_destroy(source);
    g_source_unref(source);
    close(ends[0]);
    close(ends[1]);
  }
  void say() { EXPECT_EQ(write(ends[1], "x", 1), 1); }
  int ends[2] = {};
  int bytes = 0;
  GSource* source = nullptr;
};

class IceContextTest : public ::testing::Test {
 protected:
  bool until(const std::function<bool()>& done) { return loop.run_until(done, 30s); }
  GlibLoop loop;
};

TEST_F(IceContextTest, TimersAndIdleSourcesRun) {
  IceContext context;
  int fired = 0;
  for (const guint delay : {0u, 5u, 20u}) {
    GSource* source = g_timeout_source_new(delay);
    g_source_set_callback(source, &count_once, &fired, nullptr);
    g_source_attach(source, context.get());
    g_source_unref(source);
  }
  GSource* idle = g_idle_source_new();
  g_source_set_callback(idle, &count_once, &fired, nullptr);
  g_source_attach(idle, context.get());
  g_source_unref(idle);
  EXPECT_TRUE(until([&] { return fired == 4; }));
}

TEST_F(IceContextTest, EachContextHearsItsOwnDescriptors) {
  IceContext first;
  IceContext second;
  Pipe one(first);
  Pipe two(second);
  Pipe three(second);
  for (int i = 0; i < 10; ++i) three.say();
  one.say();
  EXPECT_TRUE(until([&] { return one.bytes == 1 && three.bytes == 10; }));
  EXPECT_EQ(two.bytes, 0);
}

TEST_F(IceContextTest, ANumberThatIsUsedAgainBelongsToItsNewOwner) {
  IceContext first;
  IceContext second;
  for (int round = 0; round < 20; ++round) {
    auto old = std::make_unique<Pipe>(first);
    old->say();
    ASSERT_TRUE(until([&] { return old->bytes == 1; }));
    old.reset();  // closed behind the back of `first`, as libnice does
    Pipe again(second);
    again.say();
    ASSERT_TRUE(until([&] { return again.bytes == 1; })) << round;
  }
}

TEST_F(IceContextTest, NothingRunsAfterTheContextIsGone) {
  int fired = 0;
  {
    IceContext context;
    GSource* source = g_timeout_source_new(1);
    g_source_set_callback(source, &count_once, &fired, nullptr);
    g_source_attach(source, context.get());
    g_source_unref(source);
  }
  IceContext other;
  Pipe pipe(other);
  pipe.say();
  EXPECT_TRUE(until([&] { return pipe.bytes == 1; }));
  loop.run_until([] { return false; }, 10ms);
  EXPECT_EQ(fired, 0);
}

}  // namespace
}  // namespace bigfoot::transport
