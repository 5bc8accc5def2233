#include "server/entity_tag.hpp"

#include <gtest/gtest.h>

namespace bigfoot::server {
namespace {

TEST(EntityTags, MatchAsTheHeaderSays) {
  EXPECT_TRUE(parse_entity_tags("*")->matches_strongly("\"a\""));
  EXPECT_TRUE(parse_entity_tags(" \"*\" ")->matches_strongly("\"a\""));
  EXPECT_TRUE(parse_entity_tags("\"b\" , \"a\"")->matches_strongly("\"a\""));
  EXPECT_FALSE(parse_entity_tags("\"b\"")->matches_strongly("\"a\""));
  EXPECT_FALSE(parse_entity_tags("W/\"a\"")->matches_strongly("\"a\""));
  EXPECT_TRUE(parse_entity_tags("W/\"a\"")->matches_weakly("\"a\""));
}

TEST(EntityTags, WhatIsNoListIsRefused) {
  for (const char* header : {"", " ", "a", "\"a", "\"a\" \"b\"", "\"a\",x", "w/\"a\"", "\"a\tb\"", "*,\"a\""})
    EXPECT_FALSE(parse_entity_tags(header)) << header;
  std::string many = "\"0\"";
  for (int i = 1; i < 17; ++i) many += ",\"" + std::to_string(i) + "\"";
  EXPECT_FALSE(parse_entity_tags(many));
}

}  // namespace
}  // namespace bigfoot::server
