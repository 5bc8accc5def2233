#include "server/request_target.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::server {
namespace {
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;
using Kind = Route::Kind;

TEST(PathSegments, AreDecodedWithoutQueryAndEndingSlash) {
  EXPECT_THAT(path_segments("/"), Optional(IsEmpty()));
  EXPECT_THAT(path_segments("/?a=/b"), Optional(IsEmpty()));
  EXPECT_THAT(path_segments("/r/rover-7/"), Optional(ElementsAre("r", "rover-7")));
  EXPECT_THAT(path_segments("/r/J%C3%BCrgen%20%231?x"), Optional(ElementsAre("r", "J\xc3\xbcrgen #1")));
  EXPECT_THAT(path_segments("http://fleet.example/whep/a"), Optional(ElementsAre("whep", "a")));
  EXPECT_THAT(path_segments("http://fleet.example"), Optional(IsEmpty()));
}

TEST(PathSegments, ThatCouldLeaveADirectoryAreRefused) {
  for (const char* target : {"/..", "/a/../b", "/%2e%2e/etc/passwd", "/a/%2E%2e", "/./a", "/a%2Fb", "/a%5cb", "/a\\b",
                             "/a%00b", "/a%0ab", "//etc/passwd", "/a//b", "/a//", "a/b", "", "*", "/%", "/%4", "/%zz"})
    EXPECT_FALSE(path_segments(target)) << target;
  EXPECT_FALSE(path_segments("/" + std::string(target_bytes_max, 'a')));
}

struct Row {
  const char* target;
  Kind kind;
  const char* robot;
  const char* camera;
  const char* rest;  ///< session or asset
};

class Routes : public ::testing::TestWithParam<Row> {};

TEST_P(Routes, LeadWhereTheTableSays) {
  const auto segments = path_segments(GetParam().target);
  ASSERT_TRUE(segments);
  const Route route = route_of(*segments);
  EXPECT_EQ(route.kind, GetParam().kind);
  EXPECT_EQ(route.robot, GetParam().robot);
  EXPECT_EQ(route.camera, GetParam().camera);
  EXPECT_EQ(route.session + route.asset, GetParam().rest);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Routes,
    ::testing::Values(
        Row{"/", Kind::page, "", "", ""}, Row{"/r/rover", Kind::page, "rover", "", ""},
        Row{"/r/rover/front", Kind::page, "rover", "front", ""}, Row{"/r", Kind::none, "", "", ""},
        Row{"/r/a/b/c", Kind::none, "", "", ""}, Row{"/ws", Kind::signaling, "", "", ""},
        Row{"/version", Kind::version, "", "", ""}, Row{"/api/v1/robots", Kind::robots, "", "", ""},
        Row{"/api/v2/robots", Kind::none, "", "", ""}, Row{"/whep/rover", Kind::whep_endpoint, "rover", "", ""},
        Row{"/whep/rover/front", Kind::whep_endpoint, "rover", "front", ""}, Row{"/whep", Kind::none, "", "", ""},
        Row{"/whep-sessions/abc", Kind::whep_session, "", "", "abc"}, Row{"/whep-sessions", Kind::none, "", "", ""},
        Row{"/js/main.js", Kind::asset, "", "", "js/main.js"},
        Row{"/favicon.ico", Kind::asset, "", "", "favicon.ico"}));

TEST(PathSegments, ReadAnyByteThatIsNoSlashOrControl) {
  std::string name, encoded = "/r/";
  for (int c = 0x20; c < 0x100; ++c) {
    if (c == '/' || c == '\\' || c == 0x7f) continue;
    name += static_cast<char>(c);
    constexpr const char* hex = "0123456789ABCDEF";
    (encoded += '%') += {hex[c >> 4], hex[c & 15]};
  }
  EXPECT_THAT(path_segments(encoded), Optional(ElementsAre("r", name)));
}

}  // namespace
}  // namespace bigfoot::server
