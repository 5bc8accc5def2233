#include "protocol/codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::protocol {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string nested(int levels) {
  return std::string(static_cast<std::size_t>(levels), '[') + std::string(static_cast<std::size_t>(levels), ']');
}

TEST(Codec, KeepsEveryMessageOfAPeerOverTheWire) {
  const FromPeer messages[] = {
      SetProtocolVersion{true},
      SetPeerStatus{{std::nullopt, {Role::listener, Role::producer}, make_meta("r", {"front"}, "1"), {"token"}}},
      StartSession{"robot", std::nullopt, "v=0\r\n", {"front", "rear"}, "Firefox", std::nullopt},
      EndSession{"s", std::nullopt, false},
      EndSession{"s", "camera \"front\" is gone\n", true},
      PeerMessage{"s", Sdp{Sdp::Type::answer, "v=0"}},
      PeerMessage{"s", IceCandidate{"candidate:1", 3}},
      PeerMessage{"s", RestartIce{}},
      PeerMessage{"s", Fragment{"7", "a=ice-ufrag:x\r\n", "no"}},
      PeerMessage{"s", ViewerReport{"front", 41'512us, true}},
      PeerMessage{
          "s",
          ViewerReport{"front", 84ms, false, 3ms, {{ViewerStage::network, 31'250us}, {ViewerStage::display, 0ms}}}},
      List{},
      ListConsumers{},
  };
  for (const FromPeer& message : messages) {
    const auto back = decode_from_peer(encode(message));
    ASSERT_TRUE(back) << encode(message) << " " << back.error().text();
    EXPECT_EQ(*back, message) << encode(message);
    EXPECT_THAT(encode(message), StartsWith("{\"type\":\"" + std::string(type_of(message)) + "\""));
  }
}

TEST(Codec, KeepsEveryMessageOfTheServerOverTheWire) {
  const FromServer messages[] = {
      Welcome{"p", {"resume"}},
      PeerStatusChanged{{"p", {Role::producer}, make_meta("r", {"a", "b"}, "1"), {}}},
      StartSession{"viewer", "s", std::nullopt, {"front"}, "Chrome", "token"},
      SessionStarted{"robot", "s", "token"},
      SessionResumed{"robot", "s"},
      EndSession{"s", std::nullopt, true},
      PeerMessage{"s", Fragment{"7", "", std::nullopt}},
      Producers{{{"p", make_meta("r", {}, "1")}, {"q", {}}}},
      Consumers{{{"c", {}}}},
      ErrorMessage{"no such session", "no-session", "s"},
  };
  for (const FromServer& message : messages) {
    const auto back = decode_from_server(encode(message));
    ASSERT_TRUE(back) << encode(message) << " " << back.error().text();
    EXPECT_EQ(*back, message) << encode(message);
    EXPECT_THAT(encode(message), StartsWith("{\"type\":\"" + std::string(type_of(message)) + "\""));
  }
}

// The identity of a session is the server's word: a peer can neither claim nor be made to write it.
TEST(Codec, APeerCannotNameTheSessionItAsksFor) {
  const StartSession claimed{"robot", "stolen", std::nullopt, {}, std::nullopt, "forged"};
  EXPECT_EQ(encode(FromPeer(claimed)), R"({"type":"startSession","peerId":"robot","offer":null})");
  const auto read =
      decode_from_peer(R"({"type":"startSession","peerId":"robot","sessionId":"stolen","resumeToken":"x"})");
  ASSERT_TRUE(read);
  EXPECT_EQ(std::get<StartSession>(*read).session_id, std::nullopt);
  EXPECT_EQ(std::get<StartSession>(*read).resume_token, std::nullopt);
}

TEST(Codec, ListenersNeverSeeResumeTokens) {
  const PeerStatusChanged status{{"robot", {Role::producer}, {}, {"secret"}}};
  EXPECT_THAT(encode(FromServer(status)), Not(HasSubstr("secret")));
}

TEST(Codec, ADelayIsWhatAPictureCanHave) {
  const auto delay = [](const std::string& ms) {
    return decode_from_peer(R"({"type":"peer","sessionId":"s","report":{"camera":"a","estimated":true,"delayMs":)" +
                            ms + "}}");
  };
  for (const auto& [ms, wanted] :
       {std::pair<const char*, Nanos>{"0", 0ms}, {"-0.0", 0ms}, {"0.25", 250us}, {"6e4", 60s}, {"60000", 60s}}) {
    const auto read = delay(ms);
    ASSERT_TRUE(read) << ms << " " << read.error().text();
    EXPECT_EQ(std::get<ViewerReport>(std::get<PeerMessage>(*read).content).delay, wanted) << ms;
  }
  for (const char* ms : {"-0.001", "60000.001", "1e300", "18446744073709551615", "\"41\"", "[]"}) {
    const auto refused = delay(ms);
    ASSERT_FALSE(refused) << ms;
    EXPECT_THAT(refused.error().what, StartsWith("bad-field: report.delayMs must be a number from 0 to 60000")) << ms;
  }
}

TEST(Codec, AReportMaySayHowWrongItsClockIs) {
  const auto read = decode_from_peer(
      R"({"type":"peer","sessionId":"s","report":{"camera":"a","delayMs":84,"estimated":false,"errorMs":22.5}})");
  ASSERT_TRUE(read);
  EXPECT_EQ(std::get<ViewerReport>(std::get<PeerMessage>(*read).content), (ViewerReport{"a", 84ms, false, 22'500us}));
}

TEST(Codec, AReportMaySayWhereTheTimeWentAsFarAsTheViewerKnows) {
  const auto stages = [](const std::string& written) {
    return decode_from_peer(
        R"({"type":"peer","sessionId":"s","report":{"camera":"a","delayMs":84,"estimated":false,"stagesMs":)" +
        written + "}}");
  };
  for (const auto& [text, wanted] :
       {std::pair<const char*, ViewerStages>{"null", {}},
        {"{}", {}},
        {R"({"decode":null,"teleport":1e9,"2":[]})", {}},
        {R"({"wait":0,"decode":2.25})", {{ViewerStage::wait, 0ms}, {ViewerStage::decode, 2250us}}}}) {
    const auto read = stages(text);
    ASSERT_TRUE(read) << text << " " << read.error().text();
    EXPECT_EQ(std::get<ViewerReport>(std::get<PeerMessage>(*read).content).stages, wanted) << text;
  }
  for (const char* time : {"-0.001", "60000.001", "1e300", "\"2\"", "[]", "{}"}) {
    const auto refused = stages(R"({"decode":2,"display":)" + std::string(time) + "}");
    ASSERT_FALSE(refused) << time;
    EXPECT_THAT(refused.error().what, StartsWith("bad-field: report.stagesMs.display must be a number from 0 to 60000"))
        << time;
  }
  EXPECT_FALSE(stages("[2,3]"));
  EXPECT_FALSE(stages("\"decode\""));
}

TEST(Codec, RefusesALargeMessageBeforeParsingIt) {
  const std::string filler(message_bytes_max, ' ');
  EXPECT_TRUE(decode_from_peer("{\"type\":\"list\"}" + filler.substr(15)));
  const auto refused = decode_from_peer("{\"type\":\"list\"}" + filler.substr(14));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, StartsWith("too-large: the message has 262145 bytes"));
  EXPECT_THAT(refused.error().fix, HasSubstr("262144"));
  EXPECT_FALSE(decode_from_peer(std::string(message_bytes_max + 1, '[')));
}

TEST(Codec, AListOfAWholeFleetFits) {
  Producers fleet;
  for (int i = 0; i < 3000; ++i)
    fleet.peers.push_back(
        {"2a9e4c1d-6f0b-4d8e-b7a3-1c5f90e2d777", make_meta("rover-" + std::to_string(i), {"front", "rear"}, "0.1.0")});
  const std::string text = encode(FromServer(fleet));
  ASSERT_GT(text.size(), message_bytes_max);
  const auto back = decode_from_server(text);
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(std::get<Producers>(*back), fleet);
}

TEST(Codec, DeepNestingIsRefusedHoweverLongItIs) {
  for (const int levels : {32, 1000, 100000}) {
    const auto refused = decode_from_peer("{\"type\":\"list\",\"x\":" + nested(levels) + "}");
    ASSERT_FALSE(refused) << levels;
    EXPECT_THAT(refused.error().what, HasSubstr("deeper than 32"));
  }
  EXPECT_TRUE(decode_from_peer("{\"type\":\"list\",\"x\":" + nested(31) + "}"));
  EXPECT_TRUE(decode_from_peer("{\"type\":\"list\",\"x\":\"\\\"" + std::string(100, '[') + "\"}"))
      << "brackets in a text are text";
}

TEST(Codec, TheDeepestMetaOfARobotStillFitsIntoEveryList) {
  const auto status = decode_from_peer(R"({"type":"setPeerStatus","roles":["producer"],"meta":)" + nested(16) + "}");
  ASSERT_TRUE(status) << status.error().text();
  const Producers list{{{"p", std::get<SetPeerStatus>(*status).meta}}};
  EXPECT_TRUE(decode_from_server(encode(FromServer(list))));
}

TEST(Codec, NamesTheFirstFaultAndShowsStrangeTextHarmlessly) {
  const auto refused = decode_from_peer(R"({"type":"\u001b[2J\nöö nothing that anybody ever wrote before"})");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr(R"(\u001b[2J\n\u00f6)"));
  for (const char c : refused.error().what.substr(0, refused.error().what.find("…"))) EXPECT_TRUE(c >= ' ' && c < 127);
  const auto garbage = decode_from_peer("{\"type\":\"pe");
  ASSERT_FALSE(garbage);
  EXPECT_EQ(garbage.error().what, "bad-json: not JSON, at byte 12");
}

TEST(Codec, WritesValidUtf8WhateverItIsGiven) {
  const StartSession start{"robot", std::nullopt, std::nullopt, {}, "Agent \xff\xfe", std::nullopt};
  const auto back = decode_from_peer(encode(FromPeer(start)));
  ASSERT_TRUE(back);
  EXPECT_EQ(std::get<StartSession>(*back).client, "Agent \xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Codec, NullTakesAKeyOut) {
  EXPECT_EQ(read_settings(R"({"size":null,"controls":{"gain":null,"hue":1}})").value(),
            (std::vector<Setting>{{"controls.gain", ""}, {"controls.hue", "1"}, {"size", ""}}));
  EXPECT_FALSE(read_settings(R"({"size":[null]})"));
}

TEST(Codec, SettingsThatARobotWouldNotReadAreRefused) {
  const auto of = [](std::size_t key, std::size_t value) {
    return R"({")" + std::string(key, 'k') + R"(":")" + std::string(value, 'v') + R"("})";
  };
  const auto good = read_settings(of(id_bytes_max, value_bytes_max));
  ASSERT_TRUE(good);
  EXPECT_TRUE(decode_from_server(encode(FromServer(Configure{"1", "front", *good}))));
  for (const std::string& bad : {of(id_bytes_max + 1, 1), of(1, value_bytes_max + 1),
                                 R"({"controls":{")" + std::string(id_bytes_max, 'k') + R"(":1}})"}) {
    const auto refused = read_settings(bad);
    ASSERT_FALSE(refused) << bad.size();
    EXPECT_THAT(refused.error().what, AllOf(StartsWith("bad-field: "), HasSubstr(" has more than ")));
    EXPECT_LT(refused.error().what.size(), 200U) << "what was sent is not said again in full";
  }
}

TEST(Codec, WhatARobotSaysOfValuesIsCutToWhatItsServerReads) {
  const std::string text = std::string(value_bytes_max - 1, 'x') + "\u00e9";  // a letter of two bytes
  const Configured said{"1", "bad-values", {{text, text}}, {{"source", text}}, {}, {{"size", text}}};
  const auto heard = decode_from_peer(encode(FromPeer(said)));
  ASSERT_TRUE(heard) << heard.error().text();
  const auto& configured = std::get<Configured>(*heard);
  const std::string cut(value_bytes_max - 1, 'x');
  EXPECT_EQ(configured.faults, (std::vector<ValueFault>{{cut, cut}}));
  EXPECT_EQ(configured.values, (std::vector<Setting>{{"source", cut}}));
  EXPECT_EQ(configured.not_applied, (std::vector<Setting>{{"size", cut}}));
}

TEST(Codec, ARefusalBecomesAnErrorMessage) {
  const ErrorMessage message = to_message(decode_from_peer(std::string(message_bytes_max + 1, ' ')).error());
  EXPECT_EQ(message.code, "too-large");
  EXPECT_EQ(message.details, "the message has 262145 bytes (at most 262144 are allowed)");
}

TEST(Meta, SaysWhoTheRobotIsAndWhatItSees) {
  const Meta meta = make_meta("rover \"7\"", {"front", "rear"}, "0.1.0");
  EXPECT_EQ(meta.name, "rover \"7\"");
  EXPECT_EQ(meta.cameras, (std::vector<std::string>{"front", "rear"}));
  EXPECT_EQ(meta.version, "0.1.0");
  EXPECT_EQ(read_meta(meta.json), meta);
}

TEST(Meta, SaysWhichCamerasArePassedThrough) {
  const Meta meta = make_meta("r", {"front", "rear"}, "1", {"rear"});
  EXPECT_EQ(meta.cameras, (std::vector<std::string>{"front", "rear"}));
  EXPECT_NE(meta.json.find(R"([{"name":"front"},{"name":"rear","passedThrough":true}])"), std::string::npos)
      << meta.json;
}

TEST(Meta, OnlyItsOwnFieldSaysThatAPeerIsBigfoots) {
  EXPECT_EQ(read_meta(R"({"bigfoot":""})").version, "");
  for (const char* stranger : {R"({"name":"x","about":{"bigfoot":"1"}})", R"({"name":"\"bigfoot\":"})",
                               R"({"bigfoot":1})", R"("bigfoot")", R"([{"bigfoot":"1"}])", "null"})
    EXPECT_EQ(read_meta(stranger).version, std::nullopt) << stranger;
  EXPECT_EQ(name_only("rover \"7\"").json, R"({"name":"rover \"7\""})");
}

TEST(Meta, OfAStrangerIsReadAsFarAsItGoes) {
  EXPECT_EQ(read_meta("17").json, "17");
  EXPECT_EQ(read_meta(R"({"name": 5, "cameras": [1, {"name": "a"}, {"id": "b"}, {"name": null}]})").name, "");
  EXPECT_EQ(read_meta(R"({"name": 5, "cameras": [1, {"name": "a"}, {"id": "b"}]})").cameras,
            std::vector<std::string>{"a"});
  for (const std::string& bad :
       {std::string("{"), std::string(""), nested(17), std::string(meta_bytes_max + 1, '1'), std::string("\"\xff\"")})
    EXPECT_EQ(read_meta(bad), Meta{}) << bad.substr(0, 20);
}

TEST(Meta, ThatIsNotJsonNeverBreaksTheMessageAroundIt) {
  Meta broken;
  broken.json = R"(null,"roles":["producer"])";
  EXPECT_EQ(encode(FromPeer(SetPeerStatus{{std::nullopt, {}, broken, {}}})),
            R"({"type":"setPeerStatus","roles":[],"meta":null})");
}

}  // namespace
}  // namespace bigfoot::protocol
