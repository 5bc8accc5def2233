#include "server/options.hpp"

#include <gtest/gtest.h>

#include "config/testing.hpp"

namespace bigfoot::server {
namespace {

TEST(ServerOptions, TheTableReachesEveryOption) {
  ServerOptions options;
  config::Table table = server_table(options);
  const config::Origin flag{config::Layer::flag, "test"};
  const std::vector<std::pair<std::string, std::vector<std::string>>> given{{"listen", {"0.0.0.0:80"}},
                                                                            {"admin_listen", {"127.0.0.1:1"}},
                                                                            {"web_dir", {"/web"}},
                                                                            {"state_dir", {"/state"}},
                                                                            {"drain", {"7"}},
                                                                            {"ice.servers", {"stun:a", "stun:b"}},
                                                                            {"allow_origins", {"https://a"}},
                                                                            {"configure_from", {"anyone"}},
                                                                            {"max_connections", {"11"}},
                                                                            {"max_connections_per_address", {"12"}},
                                                                            {"message_rate", {"13"}},
                                                                            {"message_burst", {"14"}},
                                                                            {"max_whep_sessions", {"15"}},
                                                                            {"log.level", {"debug"}},
                                                                            {"log.format", {"json"}}};
  EXPECT_EQ(given.size(), table.options().size());
  for (const auto& [key, values] : given)
    for (const config::Fault& fault : table.set(key, values, flag)) ADD_FAILURE() << fault.text();
  EXPECT_EQ(options.listen, (config::ListenAddress{"0.0.0.0", 80}));
  EXPECT_EQ(options.admin_listen, (config::ListenAddress{"127.0.0.1", 1}));
  EXPECT_EQ(options.web_dir + options.state_dir, "/web/state");
  EXPECT_EQ(options.drain, 7s);
  EXPECT_EQ(options.ice_servers.size(), 2U);
  EXPECT_EQ(options.allow_origins, (std::vector<Origin>{{"https", "a"}}));
  EXPECT_EQ(options.configure_from, ConfigureFrom::anyone);
  const Limits& l = options.limits;
  EXPECT_EQ(std::vector({l.connections, l.connections_per_address, l.message_rate, l.message_burst, l.whep_sessions}),
            std::vector({11, 12, 13, 14, 15}));
  EXPECT_EQ(options.log_level, LogLevel::debug);
  EXPECT_EQ(options.log_format, LogFormat::json);
}

TEST(ServerOptions, WhatIsPrintedHoldsNoSecret) {
  ServerOptions options;
  config::Table table = server_table(options);
  table.set("ice.servers", {"turn:me:s3cret@turn.example.net"}, {config::Layer::flag, "--ice-server"});
  EXPECT_EQ(options.ice_servers.at(0).header.find("s3cret") == std::string::npos, false);
  const std::string said = config::to_text(table.shown());
  EXPECT_EQ(said.find("s3cret"), std::string::npos) << said;
}

TEST(ServerOptions, ValuesThatCannotBeSayHowToWriteThem) {
  ServerOptions options;
  config::Table table = server_table(options);
  for (const auto& [key, value] : {std::pair{"listen", "nowhere"},
                                   {"admin_listen", "no.such.host:80"},
                                   {"ice.servers", "http://x"},
                                   {"allow_origins", "*"}}) {
    const auto faults = table.set(key, {value}, {config::Layer::flag, "test"});
    ASSERT_EQ(faults.size(), 1U) << key;
    EXPECT_NE(faults[0].fix, "") << key;
  }
}

class ServerReferenceFile : public testing::Test {
 protected:
  config::Yaml reference(bool with_all) {
    auto text = config::read_text_file(BIGFOOT_SOURCE_DIR "/config/server.yaml", config::yaml_bytes_max).value();
    return config::parse_yaml(with_all ? config::uncommented(text) : text, "config/server.yaml");
  }
  ServerOptions options;
  config::Table table = server_table(options);
  ServerOptions built_in_options;
  config::Table built_in = server_table(built_in_options);
};

TEST_F(ServerReferenceFile, AsItStandsChangesNothing) {
  const config::Yaml yaml = reference(false);
  for (const auto& faults : {yaml.faults, table.set_from_file(yaml.root)})
    for (const config::Fault& fault : faults) ADD_FAILURE() << fault.text();
  EXPECT_EQ(config::to_text(table.shown()), config::to_text(built_in.shown()));
}

TEST_F(ServerReferenceFile, HasEveryKeyInTheOrderOfTheTableWithItsBuiltInValue) {
  const config::Yaml yaml = reference(true);
  for (const auto& faults : {yaml.faults, table.set_from_file(yaml.root)})
    for (const config::Fault& fault : faults) ADD_FAILURE() << fault.text();
  EXPECT_EQ(config::keys_in(table, yaml.root), config::keys_of(table));
  for (std::size_t i = 0; i < table.options().size(); ++i)
    if (const std::string value = built_in.options()[i].get(); !value.empty()) {
      EXPECT_EQ(table.options()[i].get(), value);
    }
  for (const config::Option& row : table.options()) EXPECT_NE(row.get(), "") << row.key << " has an example";
}

}  // namespace
}  // namespace bigfoot::server
