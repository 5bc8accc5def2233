#include "media/x11_window.hpp"

#include <array>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/xvfb_testing.hpp"

namespace bigfoot::media {
namespace {

using testing::HasSubstr;

struct X11WindowTest : testing::Test {
  void SetUp() override { ASSERT_TRUE(server.runs()) << "is xvfb installed?"; }
  Xvfb server;
};

TEST_F(X11WindowTest, WithoutAWindowManagerItIsMadeAsLargeAsTheScreen) {
  const xcb_window_t window = server.make_window({320, 180});
  ASSERT_TRUE(set_x11_fullscreen(window, true));
  EXPECT_EQ(server.size(window), Xvfb::screen);
  ASSERT_TRUE(set_x11_fullscreen(window, false));
  EXPECT_EQ(server.size(window), (Size{Xvfb::screen.width / 2, Xvfb::screen.height / 2}));
}

TEST_F(X11WindowTest, AWindowManagerIsAsked) {
  const xcb_window_t window = server.make_window({320, 180});
  server.be_manager(window);
  for (const bool fullscreen : {true, false}) {
    ASSERT_TRUE(set_x11_fullscreen(window, fullscreen));
    const auto asked = server.asked_as_manager();
    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->window, window);
    EXPECT_EQ(asked->type, server.atom("_NET_WM_STATE"));
    EXPECT_EQ(asked->data.data32[0], fullscreen ? 1U : 0U);
    EXPECT_EQ(asked->data.data32[1], server.atom("_NET_WM_STATE_FULLSCREEN"));
  }
  EXPECT_EQ(server.size(window), (Size{320, 180})) << "that is the manager's to do";
}

TEST_F(X11WindowTest, WhatIsNoWindowOrNoDisplayIsAnError) {
  EXPECT_THAT(set_x11_fullscreen(0x7fffff0, true).error().what, HasSubstr("none of X's"));
  setenv("DISPLAY", ":987654", 1);
  const auto refused = set_x11_fullscreen(1, true);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("does not answer"));
}

}  // namespace
}  // namespace bigfoot::media
