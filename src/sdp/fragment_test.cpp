#include "sdp/fragment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::sdp {
namespace {

using ::testing::HasSubstr;

// The example of RFC 9725 4.3.2, with our own values.
const std::string trickle =
    "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n"
    "a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1\r\n"
    "a=candidate:3471623853 1 udp 2122194687 198.51.100.1 61765 typ host generation 0\r\n"
    "a=end-of-candidates\r\n";

std::string error_of(const std::string& text) {
  const auto fragment = parse_fragment(text);
  return fragment ? "none" : fragment.error().text();
}

TEST(Fragment, GivesCredentialsAndCandidatesPerMid) {
  const auto fragment = parse_fragment(trickle);
  ASSERT_TRUE(fragment) << fragment.error().text();
  EXPECT_EQ(fragment->ufrag, "EsAw");
  EXPECT_EQ(fragment->pwd, "P2uYro0UCOQ4zxjKXaWCBui1");
  ASSERT_EQ(fragment->sections.size(), 1u);
  EXPECT_EQ(fragment->sections[0].mid, "0");
  ASSERT_EQ(fragment->candidates().size(), 2u);
  EXPECT_EQ(fragment->candidates()[1].address, "198.51.100.1");
  EXPECT_TRUE(fragment->sections[0].end_of_candidates);
  EXPECT_FALSE(fragment->end_of_candidates);
}

TEST(Fragment, CredentialsMayStandInTheSectionAndBeRepeated) {
  const auto fragment = parse_fragment(
      "a=group:BUNDLE 0 1\nm=audio 9 UDP/TLS/RTP/SAVPF "
      "0\na=mid:0\na=ice-ufrag:EsAw\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\n"
      "m=video 9 UDP/TLS/RTP/SAVPF 0\na=mid:1\na=ice-ufrag:EsAw\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\n");
  ASSERT_TRUE(fragment) << fragment.error().text();
  EXPECT_EQ(fragment->ufrag, "EsAw");
  EXPECT_EQ(fragment->sections.size(), 2u);
  EXPECT_EQ(fragment->sections[0].media, "audio");
}

TEST(Fragment, EndOfAllCandidatesMayBeSaidOnce) {
  const auto fragment = parse_fragment("a=end-of-candidates\r\nm=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n");
  ASSERT_TRUE(fragment);
  EXPECT_TRUE(fragment->end_of_candidates);
}

TEST(Fragment, AMidAloneBeginsASection) {
  const auto fragment =
      parse_fragment("a=mid:0\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\na=mid:1\na=end-of-candidates\n");
  ASSERT_TRUE(fragment) << fragment.error().text();
  ASSERT_EQ(fragment->sections.size(), 2u);
  EXPECT_EQ(fragment->sections[0].candidates.size(), 1u);
  EXPECT_TRUE(fragment->sections[1].end_of_candidates);
}

TEST(Fragment, ComesBackAsItWasWritten) {
  Fragment fragment;
  fragment.ufrag = "k3Rq";
  fragment.pwd = "Zp0aYw7nQm3sVt9xLb5cEd2f";
  fragment.sections.push_back({"0", "video", {*parse_candidate("candidate:1 1 udp 1 192.0.2.1 9 typ host")}, true});
  fragment.sections.push_back({"data", "application", {}, false});
  const auto text = to_string(fragment);
  EXPECT_EQ(text,
            "a=ice-ufrag:k3Rq\r\na=ice-pwd:Zp0aYw7nQm3sVt9xLb5cEd2f\r\n"
            "m=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ "
            "host\r\na=end-of-candidates\r\n"
            "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:data\r\n");
  const auto again = parse_fragment(text);
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(to_string(*again), text);
}

TEST(Fragment, RefusalsSayWhatIsWrong) {
  EXPECT_THAT(error_of("a=ice-ufrag:EsAw\r\n"), HasSubstr("only one of"));
  EXPECT_THAT(error_of("a=ice-ufrag:E\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"), HasSubstr("4 to 256"));
  EXPECT_THAT(error_of("a=ice-ufrag:EsAw\r\na=ice-pwd:short\r\n"), HasSubstr("22 to 256"));
  EXPECT_THAT(error_of(trickle + "m=audio 9 X 0\r\na=mid:1\r\na=ice-ufrag:Othr\r\n"),
              HasSubstr("other ICE credentials"));
  EXPECT_THAT(error_of("a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n"), HasSubstr("line 1: a candidate before"));
  EXPECT_THAT(error_of("m=video 9 X 0\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n"), HasSubstr("without a=mid"));
  EXPECT_THAT(error_of("a=mid:0\r\na=candidate:1 1 udp\r\n"), HasSubstr("line 2: ICE candidate"));
  EXPECT_THAT(error_of("a=mid:\r\n"), HasSubstr("not a token"));
  EXPECT_THAT(error_of(std::string(17 * 1024, 'x')), HasSubstr("16 KiB"));
  std::string many = "a=mid:0\n";
  for (int i = 0; i < 65; ++i) many += "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\n";
  EXPECT_THAT(error_of(many), HasSubstr("64 candidates"));
}

TEST(Fragment, AnEmptyOneSaysNothing) {
  const auto fragment = parse_fragment("");
  ASSERT_TRUE(fragment);
  EXPECT_TRUE(fragment->ufrag.empty());
  EXPECT_TRUE(fragment->candidates().empty());
}

}  // namespace
}  // namespace bigfoot::sdp
