#include "config/manual.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/rows.hpp"

namespace bigfoot::config {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ManualTest : public testing::Test {
 protected:
  ManualTest() {
    Table table;
    table.add(text("server", "URL", "the server", server_)).add(toggle("ice.qos", "mark packets", qos_));
    program_.verbs.push_back({"robot", "the sender", std::move(table), [] { return 0; }});
  }
  std::string server_ = "ws://127.0.0.1:8080";
  bool qos_ = true;
  Program program_{"bigfoot", "cameras of robots", "1.2.3", {}};
};

TEST_F(ManualTest, HasTheSectionItIsFiledUnder) {
  EXPECT_THAT(man_page(program_), testing::StartsWith(".TH BIGFOOT 1 "));
  program_.manual_section = 8;
  EXPECT_THAT(man_page(program_), testing::StartsWith(".TH BIGFOOT 8 "));
}

TEST_F(ManualTest, EveryFlagStandsThereWithItsVariableAndWhatIsBuiltIn) {
  EXPECT_THAT(man_page(program_),
              AllOf(HasSubstr("\n.TP\n\\fB\\-\\-server\\fR \\fIURL\\fR\nthe server\n.br\n\\fBBIGFOOT_SERVER\\fR, "
                              "built in: ws://127.0.0.1:8080\n"),
                    HasSubstr("\n\\fB\\-\\-ice\\-qos, \\-\\-no\\-ice\\-qos\\fR\nmark packets\n")));
}

TEST_F(ManualTest, AVerbThatTakesAWordShowsIt) {
  EXPECT_THAT(man_page(program_), HasSubstr("\\fBbigfoot robot\\fR [\\fIflag\\fR]...\n"));
  program_.verbs[0].word = "server";
  EXPECT_THAT(man_page(program_), HasSubstr("\\fBbigfoot robot\\fR [\\fIURL\\fR] [\\fIflag\\fR]...\n"));
}

TEST_F(ManualTest, EveryExitStatusIsExplained) {
  const std::string page = man_page(program_);
  EXPECT_THAT(page.substr(page.find("EXIT STATUS")),
              AllOf(HasSubstr("0 after"), HasSubstr("1 when"), HasSubstr("2 when"), Not(HasSubstr("3 when"))));
  program_.exits = "3 when it hangs.";
  EXPECT_THAT(man_page(program_), HasSubstr("says what. 3 when it hangs.\n"));
}

TEST_F(ManualTest, OnlyAVerbThatReadsAFileNamesKeysAndItsCheck) {
  EXPECT_THAT(man_page(program_), AllOf(Not(HasSubstr("CONFIG FILE")), Not(HasSubstr("check\\-config"))));
  program_.verbs[0].reads_file = true;
  EXPECT_THAT(man_page(program_), AllOf(HasSubstr("in the file \\fBice.qos\\fR"), HasSubstr("bigfoot check\\-config")));
}

TEST_F(ManualTest, WhereAFileIsReadItAndTheDocumentsAreNamed) {
  EXPECT_THAT(man_page(program_), Not(HasSubstr(".SH FILES")));
  program_.file = "/etc/bigfoot/robot.yaml";
  EXPECT_THAT(man_page(program_), AllOf(HasSubstr("\\fB/etc/bigfoot/robot.yaml\\fR\n"),
                                        HasSubstr("\\fB/usr/share/doc/bigfoot/docs\\fR\n")));
}

TEST_F(ManualTest, NoTextIsTakenForACommandOfRoff) {
  server_ = "\\n";
  program_.about = ".hidden";
  program_.see_also = "'quoted'";
  const std::string page = man_page(program_);
  EXPECT_THAT(page, HasSubstr("\\- \\&.hidden\n"));
  EXPECT_THAT(page, HasSubstr("\n\\&'quoted'\n"));
  EXPECT_THAT(page, HasSubstr("built in: \\en\n"));
}

}  // namespace
}  // namespace bigfoot::config
