#include "server/pages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/random.hpp"

namespace bigfoot::server {
namespace {
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

class PagesTest : public ::testing::Test {
 protected:
  PagesTest() {
    fs::create_directories(dir + "/web/js");
    fs::create_directories(dir + "/web/node_modules/x");
    write("web/index.html", "<title>Bigfoot</title>");
    write("web/js/main.js", "export {};");
    write("web/.secret.js", "secret");
    write("web/node_modules/x/index.js", "npm");
    write("web/notes.cpp", "source");
    write("outside.js", "outside");
    fs::create_symlink("../outside.js", dir + "/web/link.js");
  }
  ~PagesTest() override { fs::remove_all(dir); }
  void write(const std::string& path, const std::string& text) const { std::ofstream(dir + "/" + path) << text; }
  HttpResponse get(const std::string& path, std::vector<Header> headers = {}) {
    return pages.get({.method = "GET", .target = "/" + path, .headers = std::move(headers)}, path);
  }

  std::string dir = ::testing::TempDir() + "/pages-" + random_token(8);
  Pages pages{dir + "/web"};
};

TEST_F(PagesTest, ServesAFileWithItsTypeAndAStrictPolicy) {
  const HttpResponse page = get("index.html", {{"Host", "fleet.example:8080"}});
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.body, "<title>Bigfoot</title>");
  EXPECT_EQ(*page.header("content-type"), "text/html; charset=utf-8");
  const std::string& policy = *page.header("Content-Security-Policy");
  EXPECT_THAT(policy, HasSubstr("default-src 'none'; script-src 'self';"));
  EXPECT_THAT(policy, HasSubstr("connect-src 'self' ws://fleet.example:8080 wss://fleet.example:8080;"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  EXPECT_EQ(*get("js/main.js").header("Content-Type"), "text/javascript; charset=utf-8");
}

TEST_F(PagesTest, AHostThatIsNoHostDoesNotReachThePolicy) {
  EXPECT_THAT(*get("index.html", {{"Host", "x; script-src *"}}).header("Content-Security-Policy"), Not(HasSubstr("*")));
}

TEST_F(PagesTest, AnUnchangedFileIsNotSentAgainAndAChangedOneIs) {
  const std::string etag = *get("js/main.js").header("ETag");
  EXPECT_EQ(get("js/main.js", {{"If-None-Match", etag}}).status, 304);
  EXPECT_EQ(get("js/main.js", {{"If-None-Match", etag}}).body, "");
  write("web/js/main.js", "export const a = 1;");
  const HttpResponse changed = get("js/main.js", {{"If-None-Match", etag}});
  EXPECT_EQ(changed.status, 200);
  EXPECT_EQ(changed.body, "export const a = 1;");
}

TEST_F(PagesTest, WhatIsNotThePagesIsNotThere) {
  for (const char* path :
       {"missing.js", "js", "", ".secret.js", "node_modules/x/index.js", "notes.cpp", "link.js", "../outside.js"})
    EXPECT_EQ(get(path).status, 404) << path;
}

TEST_F(PagesTest, OnlyReads) {
  const HttpResponse refused = pages.get({.method = "PUT"}, "index.html");
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(*refused.header("Allow"), "GET, HEAD");
}

TEST_F(PagesTest, TheInstalledPagesWinOverTheSourceTrees) {
  fs::create_directories(dir + "/bin");
  EXPECT_EQ(find_web_dir("", dir + "/bin/bigfoot-server", "/src/web"), "/src/web");
  fs::create_directories(dir + "/share/bigfoot/web");
  write("share/bigfoot/web/index.html", "");
  EXPECT_EQ(find_web_dir("", dir + "/bin/bigfoot-server", "/src/web"), dir + "/share/bigfoot/web");
  EXPECT_EQ(find_web_dir("/mine", dir + "/bin/bigfoot-server", "/src/web"), "/mine");
}

}  // namespace
}  // namespace bigfoot::server
