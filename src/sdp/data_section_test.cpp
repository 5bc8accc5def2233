#include "sdp/data_section.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "sdp/answer.hpp"
#include "sdp/media_view.hpp"
#include "sdp/offer.hpp"

namespace bigfoot::sdp {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string golden(const std::string& name) {
  std::ifstream file(std::string(BIGFOOT_SOURCE_DIR) + "/tests/conformance/sdp/" + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

Media section(const std::string& lines, const std::string& first = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel") {
  return parse_description("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n" + first + "\r\n" + lines)->media.at(0);
}

LocalTransport transport() {
  LocalTransport local;
  local.ufrag = "k3Rq";
  local.pwd = "Zp0aYw7nQm3sVt9xLb5cEd2f";
  local.fingerprint =
      "sha-256 5B:0C:6D:7A:91:2E:44:F3:08:BD:C1:66:3F:9E:27:D0:A4:1B:58:E7:32:8C:F9:70:45:AD:13:6E:BF:02:94:DB";
  return local;
}

Offer offer_with(std::size_t cameras, std::optional<OfferedData> data) {
  Offer offer;
  offer.origin = {4711, 1};
  offer.cname = "rover-7";
  offer.transport = transport();
  offer.data = data;
  for (std::size_t i = 0; i < cameras; ++i)
    offer.tracks.push_back({"camera" + std::to_string(i), {0x42, 0xe0, 0x1f}, 11, 12, true});
  return offer;
}

/// What a viewer would say to this offer: its sections, with the directions turned and no sources.
std::string accepting(const std::string& offer, const std::string& group, bool with_data = true) {
  auto description = parse_description(offer).value();
  for (auto& attribute : description.attributes)
    if (attribute.name == "group") attribute.value = "BUNDLE " + group;
  for (auto& media : description.media) {
    if (media.type == "application" && !with_data) media.port = 0;
    std::erase_if(media.attributes, [](const Attribute& a) { return a.name.starts_with("ssrc") || a.name == "msid"; });
    for (auto& attribute : media.attributes) {
      if (attribute.name == "sendonly") attribute.name = "recvonly";
      if (attribute.name == "setup") attribute.value = "active";
      if (attribute.name == "max-message-size") attribute.value = "262144";
    }
  }
  return to_string(description);
}

TEST(DataSection, ReadsWhatBrowsersWrite) {
  for (const std::string name : {"chromium-156-offer-data-only.sdp", "libdatachannel-0.24-offer-data-only.sdp"}) {
    const auto offer = parse_description(golden(name));
    ASSERT_TRUE(offer) << name;
    const auto data = read_data(offer->media.at(0));
    ASSERT_TRUE(data) << name;
    EXPECT_EQ(data->sctp_port, 5000) << name;
    EXPECT_EQ(data->max_message_size, 262144u) << name;
  }
  const auto firefox = read_data(parse_description(golden("firefox-153-offer-data-only.sdp")).value().media.at(0));
  ASSERT_TRUE(firefox);
  EXPECT_EQ(firefox->max_message_size, 1073741823u);
}

TEST(DataSection, WhatIsNotSaidIsTheStandards) {
  const auto data = read_data(section("a=mid:0\r\n"));
  ASSERT_TRUE(data);
  EXPECT_EQ(data->sctp_port, 5000);
  EXPECT_EQ(data->max_message_size, 65536u);
}

TEST(DataSection, ASectionForSomethingElseIsNone) {
  EXPECT_TRUE(read_data(section("a=sctp-port:5001\r\n")));
  EXPECT_FALSE(read_data(section("a=sctp-port:0\r\n"))) << "closed";
  EXPECT_FALSE(read_data(section("a=sctp-port:65536\r\n")));
  EXPECT_FALSE(read_data(section("a=max-message-size:-1\r\n")));
  EXPECT_FALSE(read_data(section("", "m=application 0 UDP/DTLS/SCTP webrtc-datachannel"))) << "rejected";
  EXPECT_FALSE(read_data(section("", "m=application 9 UDP/BFCP *")));
  EXPECT_FALSE(read_data(section("a=sctpmap:5000 webrtc-datachannel 1024\r\n", "m=application 9 DTLS/SCTP 5000")));
  EXPECT_FALSE(read_data(section("", "m=video 9 UDP/TLS/RTP/SAVPF 96")));
}

TEST(DataSection, OfferedBehindTheCameras) {
  const auto text = make_offer(offer_with(2, OfferedData{{5000, 65536}, 2}));
  const auto offer = parse_description(text).value();
  ASSERT_EQ(offer.media.size(), 3u);
  EXPECT_THAT(bundle_of(offer), ElementsAre("0", "1", "2"));
  EXPECT_EQ(mid_of(offer.media[2]), "2");
  EXPECT_TRUE(offer.media[2].has("ice-ufrag"));
  EXPECT_THAT(text, HasSubstr("m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"));
  EXPECT_THAT(text, HasSubstr("a=sctp-port:5000\r\na=max-message-size:65536\r\n"));
}

TEST(DataSection, NobodyIsOfferedWhatWasNotAskedFor) {
  EXPECT_THAT(make_offer(offer_with(2, {})), Not(HasSubstr("application")));
}

TEST(DataSection, AnAnswerSaysWhetherTheViewerHasThem) {
  const Offer offer = offer_with(2, OfferedData{{}, 2});
  const auto text = make_offer(offer);
  const auto with = read_answer(offer, accepting(text, "0 1 2"));
  ASSERT_TRUE(with) << with.error().text();
  ASSERT_TRUE(with->data);
  EXPECT_EQ(with->data->m_line, 2u);
  EXPECT_EQ(with->data->mid, "2");
  EXPECT_EQ(with->data->remote.max_message_size, 262144u);
  EXPECT_TRUE(with->tracks[0].accepted && with->tracks[1].accepted);
  const auto without = read_answer(offer, accepting(text, "0 1", false));
  ASSERT_TRUE(without) << without.error().text();
  EXPECT_FALSE(without->data);
  EXPECT_TRUE(without->tracks[1].accepted);
  const auto outside = read_answer(offer, accepting(text, "0 1"));
  ASSERT_TRUE(outside);
  EXPECT_FALSE(outside->data) << "a transport of its own is not ours";
}

TEST(DataSection, ACameraThatComesLaterMovesNobody) {
  const Offer offer = offer_with(3, OfferedData{{}, 2});  // two at first
  const auto text = make_offer(offer);
  const auto description = parse_description(text).value();
  ASSERT_EQ(description.media.size(), 4u);
  EXPECT_EQ(description.media[2].type, "application");
  EXPECT_EQ(mid_of(description.media[3]), "3");
  const auto negotiated = read_answer(offer, accepting(text, "0 1 2 3"));
  ASSERT_TRUE(negotiated) << negotiated.error().text();
  EXPECT_EQ(negotiated->tracks[2].m_line, 3u);
  EXPECT_EQ(negotiated->tracks[2].mid, "3");
  EXPECT_TRUE(negotiated->tracks[2].accepted);
  EXPECT_EQ(negotiated->data->m_line, 2u);
}

TEST(DataSection, TheAnswersTransportMayBeTheDataSections) {
  const Offer offer = offer_with(1, OfferedData{{}, 0});
  const auto negotiated = read_answer(offer, accepting(make_offer(offer), "0 1"));
  ASSERT_TRUE(negotiated) << negotiated.error().text();
  EXPECT_EQ(negotiated->bundle_m_line, 0u);
  EXPECT_EQ(negotiated->tracks[0].m_line, 1u);
}

TEST(DataSection, AnAnswerWithAnotherTypeIsRefused) {
  const Offer offer = offer_with(2, OfferedData{{}, 1});
  Offer other = offer_with(2, OfferedData{{}, 2});
  const auto negotiated = read_answer(offer, accepting(make_offer(other), "0 1 2"));
  ASSERT_FALSE(negotiated);
  EXPECT_THAT(negotiated.error().what, HasSubstr("m-line 1 of the answer is not application"));
}

TEST(DataSection, AnswersAViewerThatOffersThem) {
  AnswerSide side{{4711, 1}, transport(), "rover-7", {{"front", {0x42, 0xe0, 0x1f}, 11, 12, true}}, DataSide{}};
  const auto offer = golden("chromium-156-offer-audio-video-data.sdp");
  const auto with = answer_offer(offer, side);
  ASSERT_TRUE(with) << with.error().text();
  ASSERT_TRUE(with->negotiated.data);
  EXPECT_EQ(with->negotiated.data->m_line, 2u);
  EXPECT_EQ(with->negotiated.data->remote.max_message_size, 262144u);
  auto description = parse_description(with->text).value();
  EXPECT_EQ(description.media[2].port, 9);
  EXPECT_THAT(bundle_of(description), ::testing::Contains("2"));
  side.data.reset();
  const auto without = answer_offer(offer, side);
  ASSERT_TRUE(without);
  EXPECT_FALSE(without->negotiated.data);
  description = parse_description(without->text).value();
  EXPECT_EQ(description.media[2].port, 0);
  EXPECT_THAT(bundle_of(description), Each(Not("2")));
}

}  // namespace
}  // namespace bigfoot::sdp
