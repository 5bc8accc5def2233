#include "config/completion.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/rows.hpp"

namespace bigfoot::config {
namespace {

using testing::HasSubstr;
using testing::Not;

/// What shells make of the texts is tried in the shells (tests/e2e/shell_test.py); here: what they must not misread.
class CompletionTest : public testing::Test {
 protected:
  CompletionTest() {
    Table table;
    table.add(config::text("note", "A:B", "it's [one]: of two", note_))
        .add(list("cameras", "camera", "URI", "a camera", cameras_))
        .add(bitrate_range("bitrate", "video bit rate", rate_))
        .add(choice<bool>("policy", "which ways", relay_, {{"all", false}, {"relay", true}}));
    program_.verbs.push_back({"serve", "serve", std::move(table), [] { return 0; }});
  }
  std::string text(const char* shell) const { return completion(program_, shell).value(); }

  std::string note_;
  std::vector<std::string> cameras_;
  BitrateRange rate_;
  bool relay_ = false;
  Program program_{"bigfoot-server", "about", "1.2.3", {}};
};

TEST_F(CompletionTest, QuotesAndBracketsOfAHelpTextStayText) {
  EXPECT_THAT(text("zsh"), HasSubstr(R"('--note[it'\''s \[one\]\: of two]:A\:B:')"));
  EXPECT_THAT(text("fish"), HasSubstr(R"(-l note -d 'it\'s [one]: of two' -x)"));
}

TEST_F(CompletionTest, WordsAreOfferedOnlyWhereThereAreNoOthers) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    EXPECT_THAT(text(shell), HasSubstr("all relay")) << shell;
    EXPECT_THAT(text(shell), Not(HasSubstr("RATE MIN"))) << shell << ": it takes a rate, not these words";
  }
}

TEST_F(CompletionTest, AFlagThatMayStandTwiceIsOfferedAgain) { EXPECT_THAT(text("zsh"), HasSubstr("'*--camera[")); }

TEST_F(CompletionTest, TheNameOfBashsFunctionHasNoDash) {
  EXPECT_THAT(text("bash"), HasSubstr("-F _bigfoot_server bigfoot-server\n"));
}

TEST_F(CompletionTest, AnUnknownShellIsToldWhichThereAre) {
  const auto none = completion(program_, "tcsh");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().fix, "there are bash, zsh, fish");
}

}  // namespace
}  // namespace bigfoot::config
