#include "config/yaml.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// The tree as one line: {key@line: word, list: [a, b]}.
std::string drawn(const YamlNode& node) {
  std::string text;
  switch (node.kind) {
    case YamlKind::nothing: return "nothing";
    case YamlKind::word: return node.word;
    case YamlKind::list:
      for (const YamlNode& item : node.items) text += (text.empty() ? "" : ", ") + drawn(item);
      return "[" + text + "]";
    case YamlKind::map:
      for (const YamlEntry& entry : node.entries)
        text += (text.empty() ? "" : ", ") + entry.key.word + "@" + std::to_string(entry.key.mark.line) + ": " +
                drawn(entry.value);
      return "{" + text + "}";
  }
  return text;
}

std::string read(std::string_view text) {
  const Yaml yaml = parse_yaml(text, "r.yaml");
  for (const Fault& fault : yaml.faults) ADD_FAILURE() << fault.text();
  return drawn(yaml.root);
}

std::vector<std::string> faults(std::string_view text) {
  std::vector<std::string> said;
  for (const Fault& fault : parse_yaml(text, "r.yaml").faults) {
    said.push_back(fault.text());
    EXPECT_EQ(said.back().find("s3cret"), std::string::npos) << "a value may be a secret";
  }
  return said;
}

TEST(Yaml, NestsMapsAndListsAndKnowsTheirLines) {
  EXPECT_EQ(read("a: 1\nb:\n  c: [x, \"y z\"]\n  d: {e: f}\n\n# no\ng:\n  - h\n  - i: j\n"),
            "{a@1: 1, b@2: {c@3: [x, y z], d@4: {e@4: f}}, g@7: [h, {i@9: j}]}");
}

TEST(Yaml, WordsStayWords) {
  EXPECT_EQ(read("a: 010\nb: 1e3\nc: yes\nd: 0x10\ne: 1_000\nf: 12:30\ng: true\n"),
            "{a@1: 010, b@2: 1e3, c@3: yes, d@4: 0x10, e@5: 1_000, f@6: 12:30, g@7: true}");
  EXPECT_EQ(read("a: v4l2:/dev/video0?size=640x480&fps=30\nb: gst:videotestsrc ! x264enc # comment\n"),
            "{a@1: v4l2:/dev/video0?size=640x480&fps=30, b@2: gst:videotestsrc ! x264enc}");
  EXPECT_EQ(read("a: 'it''s'\nb: \"\\\"q\\\" # no comment\"\nc: \"~\"\n"),
            "{a@1: it's, b@2: \"q\" # no comment, c@3: ~}");
  EXPECT_EQ(read("a: >-\n  gst:videotestsrc\n  ! x264enc\nb: |\n  x\n"), "{a@1: gst:videotestsrc ! x264enc, b@4: x}");
}

TEST(Yaml, NothingIsNothingWhereItsKeyStands) {
  for (const char* text : {"", "\n\n", "# only words\n", "---\n", "~\n", "\xEF\xBB\xBF"})
    EXPECT_EQ(read(text), "nothing");
  const Yaml yaml = parse_yaml("a:\nb: ~\n\n\nc:\n", "r.yaml");
  EXPECT_EQ(drawn(yaml.root), "{a@1: nothing, b@2: nothing, c@5: nothing}");
  EXPECT_EQ(yaml.root.entries.at(0).value.mark.text(), "r.yaml:1");
  EXPECT_EQ(yaml.root.entries.at(2).value.mark.text(), "r.yaml:5");
}

TEST(Yaml, TakesWhatEditorsOfOtherSystemsWrite) {
  EXPECT_EQ(read("\xEF\xBB\xBF"
                 "a: 1\r\nb: \"2\"\r\n"),
            "{a@1: 1, b@2: 2}");
  EXPECT_EQ(read("a: Stra\xC3\x9F"
                 "e \xF0\x9F\xA4\x96\n"),
            "{a@1: Stra\xC3\x9F"
            "e \xF0\x9F\xA4\x96}");
}

TEST(Yaml, AKeyThatStandsTwiceIsAFaultOfItsSecondLine) {
  EXPECT_THAT(faults("a: 1\nb: {c: s3cret, c: 3}\na: 4\n"),
              ElementsAre("r.yaml:2: the key stands again: c\n    it stands in line 2, too; keep one",
                          "r.yaml:3: the key stands again: a\n    it stands in line 1, too; keep one"));
}

TEST(Yaml, AnchorsAndTagsAreRefusedEachWithItsLine) {
  EXPECT_THAT(faults("a: &x 1\nb: *x\nc: !!int s3cret\nd:\n  <<: *x\n"),
              ElementsAre(HasSubstr("r.yaml:1: anchors"), HasSubstr("r.yaml:2: anchors"), HasSubstr("r.yaml:3: tags"),
                          HasSubstr("r.yaml:5: anchors")));
  EXPECT_THAT(faults("a: *s3cret\n"), ElementsAre(HasSubstr("r.yaml:1: ")));
}

TEST(Yaml, AWordThatNeedsQuotesSaysSo) {
  EXPECT_THAT(
      faults("cameras:\n  front: test:\n"),
      ElementsAre(testing::AllOf(HasSubstr("r.yaml:2: this is not YAML"), HasSubstr("needs quotes, like \"test:\""))));
  EXPECT_THAT(faults("cameras: {front: test:, b: 1}\n"), ElementsAre(HasSubstr("needs quotes")));
}

TEST(Yaml, TabsThatIndentAreNamed) {
  EXPECT_THAT(faults("ice:\n\tports: 2\n"),
              ElementsAre("r.yaml:2: a tab indents this line\n    YAML is indented by spaces"));
  EXPECT_THAT(faults("a: 1\n\tb: 2\n"), ElementsAre(HasSubstr("r.yaml:2: a tab")));
  EXPECT_EQ(read("a:\t1\t# tab\n"), "{a@1: 1}");
}

TEST(Yaml, WhatYamlCppWouldPassOverIsAFault) {
  // It ends a document where the indentation does not fit, and the rest is a document of its own.
  EXPECT_THAT(faults("  a: 1\n  b: 2\nc: 3\n"),
              ElementsAre(HasSubstr("r.yaml:3: something stands here that belongs to nothing above it")));
  EXPECT_THAT(faults("a: 1\n---\nb: 2\n"), ElementsAre(HasSubstr("one file holds one document")));
  // It takes an open quote to the end of the file for a value.
  EXPECT_THAT(faults("a: 1\nb: \"s3cret\nc: 3\n"),
              ElementsAre(HasSubstr("r.yaml:2: the quote that opens here is not closed")));
  EXPECT_THAT(faults("b: 'it''s\nc: 3\n"), ElementsAre(HasSubstr("r.yaml:1: the quote")));
  // It takes byte 4 for the end of the file, and mends bytes that are no letter.
  EXPECT_THAT(faults(std::string_view("a: 1\nb: \4\nc: 3\n")), ElementsAre(HasSubstr("r.yaml:2: a control character")));
  EXPECT_THAT(faults(std::string_view("a: 1\0\n", 6)), ElementsAre(HasSubstr("r.yaml:1: a control character")));
  EXPECT_THAT(faults("a: 1\rb: 2\n"), ElementsAre(HasSubstr("r.yaml:1: a control character")));
  EXPECT_THAT(faults("a: \"\\x04\"\n"), ElementsAre(HasSubstr("the value holds a control character")));
  for (const char* bad :
       {"a: 1\nb: \xE4\n", "a: 1\nb: \xC3", "\n\xC0\xAF", "\n\xED\xA0\x80", "\n\xF4\x90\x80\x80", "\n\xFF\xFE"})
    EXPECT_THAT(faults(bad), ElementsAre(HasSubstr("r.yaml:2: this is not UTF-8"))) << bad;
}

TEST(Yaml, KeysAreSingleWords) {
  for (const char* bad : {"? [a]\n: b\n", "{a: 1}: b\n", "~: b\n", "[a]: b\n"})
    EXPECT_EQ(faults(bad).size(), 1U) << bad;
}

TEST(Yaml, BrokenTextIsOneFaultAndNoTree) {
  for (const char* bad :
       {"a: [1, 2\nb: 3\n", "a: {b\n", "a: b: c\n", "%YAML 9.9\n---\na: 1\n", "a: @x\n", "- a\nb: c\n"}) {
    const Yaml yaml = parse_yaml(bad, "r.yaml");
    EXPECT_EQ(yaml.faults.size(), 1U) << bad;
    EXPECT_THAT(yaml.faults.at(0).where, testing::MatchesRegex("r.yaml:[0-9]+")) << bad;
    EXPECT_EQ(drawn(yaml.root), "nothing") << bad;
  }
}

TEST(Yaml, SizeAndDepthAreBounded) {
  EXPECT_THAT(faults(std::string(yaml_bytes_max + 1, '#')), ElementsAre(HasSubstr("r.yaml: larger than 1024 KiB")));
  for (const std::string open : {"[", "{a: ", "- ", "{[", "? "}) {
    std::string deep;
    while (deep.size() + open.size() <= 100'000) deep += open;
    EXPECT_EQ(faults(deep).size(), 1U) << open;
  }
  EXPECT_THAT(faults(std::string(40, '[') + std::string(40, ']')), ElementsAre(HasSubstr("nested more than 16 deep")));
  EXPECT_EQ(read(std::string(16, '[') + std::string(16, ']')), std::string(16, '[') + std::string(16, ']'));
}

TEST(Yaml, EachOfManyDoublesIsAFault) {
  std::string text;
  while (text.size() < 100'000) text += "a: 1\n";
  EXPECT_EQ(parse_yaml(text, "r.yaml").faults.size(), text.size() / 5 - 1);
}

}  // namespace
}  // namespace bigfoot::config
