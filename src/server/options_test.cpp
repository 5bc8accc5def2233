#include "server/options.hpp"

#include <gtest/gtest.h>

namespace bigfoot::server {
namespace {

TEST(ServerOptions, TheTableReachesEveryOption) {
  ServerOptions options;
  config::Table table = server_table(options);
  const config::Origin flag{config::Layer::flag, "test"};
  const std::vector<std::pair<std::string, std::vector<std::string>>> given{{"listen", {"0.0.0.0:80"}},
                                                                            {"admin-listen", {"127.0.0.1:1"}},
                                                                            {"web-dir", {"/web"}},
                                                                            {"state-dir", {"/state"}},
                                                                            {"drain", {"7"}},
                                                                            {"ice-server", {"stun:a", "stun:b"}},
                                                                            {"allow-origin", {"https://a"}},
                                                                            {"max-connections", {"11"}},
                                                                            {"max-connections-per-address", {"12"}},
                                                                            {"message-rate", {"13"}},
                                                                            {"message-burst", {"14"}},
                                                                            {"max-whep-sessions", {"15"}},
                                                                            {"log-level", {"debug"}},
                                                                            {"log-format", {"json"}}};
  EXPECT_EQ(given.size(), table.options().size());
  for (const auto& [key, values] : given)
    for (const config::Fault& fault : table.set(key, values, flag)) ADD_FAILURE() << fault.text();
  EXPECT_EQ(options.listen, (config::ListenAddress{"0.0.0.0", 80}));
  EXPECT_EQ(options.admin_listen, (config::ListenAddress{"127.0.0.1", 1}));
  EXPECT_EQ(options.web_dir + options.state_dir, "/web/state");
  EXPECT_EQ(options.drain, 7s);
  EXPECT_EQ(options.ice_servers.size(), 2U);
  EXPECT_EQ(options.allow_origins, (std::vector<Origin>{{"https", "a"}}));
  const Limits& l = options.limits;
  EXPECT_EQ(std::vector({l.connections, l.connections_per_address, l.message_rate, l.message_burst, l.whep_sessions}),
            std::vector({11, 12, 13, 14, 15}));
  EXPECT_EQ(options.log_level, LogLevel::debug);
  EXPECT_EQ(options.log_format, LogFormat::json);
}

TEST(ServerOptions, WhatIsPrintedHoldsNoSecret) {
  ServerOptions options;
  config::Table table = server_table(options);
  table.set("ice-server", {"turn:me:s3cret@turn.example.net"}, {config::Layer::flag, "--ice-server"});
  EXPECT_EQ(options.ice_servers.at(0).header.find("s3cret") == std::string::npos, false);
  EXPECT_EQ(table.print().find("s3cret"), std::string::npos) << table.print();
}

TEST(ServerOptions, ValuesThatCannotBeSayHowToWriteThem) {
  ServerOptions options;
  config::Table table = server_table(options);
  for (const auto& [key, value] : {std::pair{"listen", "nowhere"},
                                   {"admin-listen", "no.such.host:80"},
                                   {"ice-server", "http://x"},
                                   {"allow-origin", "*"}}) {
    const auto faults = table.set(key, {value}, {config::Layer::flag, "--" + std::string(key)});
    ASSERT_EQ(faults.size(), 1U) << key;
    EXPECT_NE(faults[0].fix, "") << key;
  }
}

}  // namespace
}  // namespace bigfoot::server
