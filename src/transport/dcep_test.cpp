#include "transport/dcep.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::transport {
namespace {

using ::testing::HasSubstr;

ChannelOptions parsed(const Bytes& bytes) {
  const auto message = parse_dcep(bytes);
  EXPECT_TRUE(message.has_value()) << (message ? "" : message.error().what);
  if (!message) return {};
  EXPECT_EQ(message->kind, DcepKind::open);
  return message->options;
}

std::string refused(const Bytes& bytes) {
  const auto message = parse_dcep(bytes);
  return message ? "accepted" : message.error().what;
}

TEST(Dcep, WritesTheBytesOfTheRfc) {
  ChannelOptions options{.label = "ab", .protocol = "c", .ordered = false, .max_retransmits = 7};
  EXPECT_EQ(write_dcep_open(options), (Bytes{3, 0x81, 1, 0, 0, 0, 0, 7, 0, 2, 0, 1, 'a', 'b', 'c'}));
  options = {.label = "", .protocol = "", .ordered = true, .max_packet_life_time = Millis(258)};
  EXPECT_EQ(write_dcep_open(options), (Bytes{3, 2, 1, 0, 0, 0, 1, 2, 0, 0, 0, 0}));
  EXPECT_EQ(write_dcep_acknowledge(), Bytes{2});
}

TEST(Dcep, EveryKindOfChannelComesBackAsItWasWritten) {
  for (const bool ordered : {true, false}) {
    for (const auto& options :
         {ChannelOptions{"clock", "", ordered, {}, {}}, ChannelOptions{"clock", "v1", ordered, 0, {}},
          ChannelOptions{"", "", ordered, 0xffff, {}}, ChannelOptions{"größe", "", ordered, {}, Millis(500)}}) {
      EXPECT_EQ(parsed(write_dcep_open(options)), options);
    }
  }
}

TEST(Dcep, ReadsAnAcknowledgement) {
  const auto message = parse_dcep(Bytes{2});
  ASSERT_TRUE(message);
  EXPECT_EQ(message->kind, DcepKind::acknowledge);
}

TEST(Dcep, RefusesWhatIsNotAnOpen) {
  const Bytes good = write_dcep_open({.label = "clock"});
  EXPECT_THAT(refused({}), HasSubstr("unknown DCEP"));
  EXPECT_THAT(refused({1}), HasSubstr("unknown DCEP"));
  EXPECT_THAT(refused(Bytes(good.begin(), good.begin() + 8)), HasSubstr("malformed"));
  EXPECT_THAT(refused(Bytes(good.begin(), good.end() - 1)), HasSubstr("malformed")) << "a label cut off";
  Bytes more = good;
  more.push_back('x');
  EXPECT_THAT(refused(more), HasSubstr("malformed")) << "bytes that belong to nothing";
  Bytes type = good;
  type[1] = 0x03;
  EXPECT_THAT(refused(type), HasSubstr("unknown type 3"));
}

TEST(Dcep, RefusesLabelsThatAreTooLongOrSteerATerminal) {
  Bytes open = write_dcep_open({.label = std::string(dcep_text_max, 'x')});
  EXPECT_EQ(parsed(open).label.size(), dcep_text_max);
  open.push_back('x');
  store_be16(&open[8], dcep_text_max + 1);
  EXPECT_THAT(refused(open), HasSubstr("longer than 256"));
  EXPECT_THAT(refused(write_dcep_open({.label = "a\x1b[2J"})), HasSubstr("plain text"));
  EXPECT_THAT(refused(write_dcep_open({.protocol = "\xff\xfe"})), HasSubstr("plain text"));
}

}  // namespace
}  // namespace bigfoot::transport
