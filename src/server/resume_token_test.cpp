#include "server/resume_token.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/random.hpp"
#include "server/base64url.hpp"

namespace bigfoot::server {
namespace {

const ResumeClaim claim{"GQNLLaIUBMU4RCf4uKgwjN", protocol::Role::producer, "rover 7 \n\"ü\""};

TEST(ResumeTokens, GiveBackTheClaimAndFitIntoAUrl) {
  const ResumeTokens tokens(Bytes(ResumeTokens::key_bytes, 1));
  const std::string token = tokens.issue(claim);
  EXPECT_EQ(token.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."),
            std::string::npos);
  EXPECT_EQ(tokens.verify(token), claim);
}

TEST(ResumeTokens, AnyChangedCharacterIsRefused) {
  const ResumeTokens tokens(Bytes(ResumeTokens::key_bytes, 1));
  const std::string token = tokens.issue(claim);
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string forged = token;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(tokens.verify(forged)) << i;
    EXPECT_FALSE(tokens.verify(token.substr(0, i))) << i;
  }
  EXPECT_FALSE(tokens.verify(token + "A"));
  EXPECT_FALSE(tokens.verify(std::string(100'000, 'A')));
}

TEST(ResumeTokens, ASideCannotBeSwappedByItsOtherToken) {
  const ResumeTokens tokens(Bytes(ResumeTokens::key_bytes, 1));
  ResumeClaim other = claim;
  other.side = protocol::Role::consumer;
  const std::string a = tokens.issue(claim);
  const std::string b = tokens.issue(other);
  EXPECT_FALSE(tokens.verify(a.substr(0, a.find('.')) + b.substr(b.find('.'))));
}

TEST(ResumeTokens, AnotherKeyRefuses) {
  EXPECT_FALSE(ResumeTokens(Bytes(32, 2)).verify(ResumeTokens(Bytes(32, 1)).issue(claim)));
}

class ResumeKey : public ::testing::Test {
 protected:
  ~ResumeKey() override { std::filesystem::remove_all(dir); }
  std::string dir = ::testing::TempDir() + "/resume-key-" + random_token(8);
};

TEST_F(ResumeKey, IsMadeOnceAndReadBackByTheNextStart) {
  const auto first = load_resume_key(dir + "/deep/er");
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_EQ(first->size(), ResumeTokens::key_bytes);
  EXPECT_EQ(load_resume_key(dir + "/deep/er").value(), *first);
  struct stat status {};
  ASSERT_EQ(stat((dir + "/deep/er/resume.key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(ResumeKey, OfAnotherSizeIsRefusedWithTheWayOut) {
  std::filesystem::create_directories(dir);
  std::ofstream(dir + "/resume.key") << "short";
  const auto key = load_resume_key(dir);
  ASSERT_FALSE(key);
  EXPECT_NE(key.error().fix.find("delete it"), std::string::npos);
}

TEST_F(ResumeKey, ADirectoryThatCannotBeMadeIsAnError) {
  std::ofstream(dir) << "a file in the way";
  EXPECT_FALSE(load_resume_key(dir + "/state"));
}

TEST(Base64Url, GivesBackEveryByteAndHasOneTextForEachValue) {
  for (std::size_t size = 0; size < 70; ++size) {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(i * 37 + size);
    EXPECT_EQ(from_base64url(to_base64url(bytes)), bytes);
  }
  EXPECT_EQ(to_base64url("\xfb\xff"), "-_8");
  EXPECT_FALSE(from_base64url("-_9"));  // the unused bits are not zero
  EXPECT_FALSE(from_base64url("A"));
  EXPECT_FALSE(from_base64url("AA=="));
  EXPECT_FALSE(from_base64url("A+AA"));
}

}  // namespace
}  // namespace bigfoot::server
