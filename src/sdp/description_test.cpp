#include "sdp/description.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::sdp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string head = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";

std::string error_of(const std::string& text) {
  const auto description = parse_description(text);
  return description ? "none" : description.error().text();
}

TEST(Description, KeepsSectionsLinesAndAttributesInOrder) {
  const auto description =
      parse_description(head +
                        "a=group:BUNDLE 0 1\r\na=ice-lite\r\n"
                        "m=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n"
                        "m=video 50000/2 UDP/TLS/RTP/SAVPF 96\r\nb=AS:300\r\na=mid:1\r\n"
                        "a=fingerprint:sha-256 AB:CD\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 ccm fir\r\n");
  ASSERT_TRUE(description) << description.error().text();
  EXPECT_EQ(description->origin, "- 1 1 IN IP4 127.0.0.1");
  EXPECT_EQ(description->value("group"), "BUNDLE 0 1");
  EXPECT_EQ(description->value("ice-lite"), "");
  EXPECT_FALSE(description->has("mid"));
  ASSERT_EQ(description->media.size(), 2u);
  EXPECT_THAT(description->media[0].formats, ElementsAre("111", "0"));
  const Media& video = description->media[1];
  EXPECT_EQ(video.type, "video");
  EXPECT_EQ(video.port, 50000);
  EXPECT_THAT(video.lines, ElementsAre(Line{'b', "AS:300"}));
  EXPECT_EQ(video.value("fingerprint"), "sha-256 AB:CD");
  EXPECT_THAT(video.values("rtcp-fb"), ElementsAre("96 nack", "96 ccm fir"));
}

TEST(Description, BareLineFeedsAndEmptyLinesAtTheEndAreTaken) {
  std::string text = head + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n";
  const auto expected = parse_description(text);
  text.erase(std::remove(text.begin(), text.end(), '\r'), text.end());
  for (const auto* ending : {"", "\n", "\r\n\r\n", "\n  \n"}) {
    const auto description = parse_description(text + ending);
    ASSERT_TRUE(description) << description.error().text();
    EXPECT_EQ(*description, *expected);
  }
  ASSERT_TRUE(parse_description(text.substr(0, text.size() - 1)));
}

// Lines come before attributes when written, so a line can become the last one: it has to read the same there.
TEST(Description, BlanksAtTheEndOfALineAreItsOwnAlsoInTheLastLine) {
  const auto description = parse_description(head + "a=x:y  \r\ni=z\r\n");
  ASSERT_TRUE(description) << description.error().text();
  EXPECT_EQ(description->value("x"), "y  ");
  EXPECT_EQ(parse_description(to_string(*description)).value(), *description);
}

TEST(Description, ErrorsNameTheLine) {
  EXPECT_THAT(error_of(""), HasSubstr("empty"));
  EXPECT_THAT(error_of("<html>"), HasSubstr("SDP line 1 \"<html>\""));
  EXPECT_THAT(error_of("v=1\r\n"), HasSubstr("begins with v=0"));
  EXPECT_THAT(error_of("v=0\r\ns=-\r\n"), HasSubstr("no o= line"));
  EXPECT_THAT(error_of(head + "nonsense\r\n"), HasSubstr("SDP line 5 \"nonsense\""));
  EXPECT_THAT(error_of(head + "\r\na=mid:0\r\n"), HasSubstr("SDP line 5"));
  EXPECT_THAT(error_of(head + "m=video nine UDP/TLS/RTP/SAVPF 96\r\n"), HasSubstr("m=type port protocol formats"));
  EXPECT_THAT(error_of(head + "m=video 9 UDP/TLS/RTP/SAVPF\r\n"), HasSubstr("m=type port protocol formats"));
  EXPECT_THAT(error_of(head + "o=- 2 2 IN IP4 127.0.0.1\r\n"), HasSubstr("SDP line 5"));
  EXPECT_THAT(error_of(head + "a=x:\x01y\r\n"), HasSubstr("control character"));
  EXPECT_THAT(error_of(head + "a=x:y\rm=video\r\n"), HasSubstr("control character"));
}

TEST(Description, SizeIsBounded) {
  EXPECT_THAT(error_of(head + "a=x:" + std::string(description_bytes_max, 'x')), HasSubstr("bytes"));
  std::string lines = head;
  for (std::size_t i = 0; i < description_lines_max; ++i) lines += "a=x\n";
  EXPECT_THAT(error_of(lines), HasSubstr("lines"));
  std::string sections = head;
  for (std::size_t i = 0; i < description_sections_max; ++i) sections += "m=audio 9 X 0\n";
  EXPECT_EQ(error_of(sections), "none");
  EXPECT_THAT(error_of(sections + "m=audio 9 X 0\n"), HasSubstr("sections"));
}

}  // namespace
}  // namespace bigfoot::sdp
