#pragma once
// A WHEP server of whatever make: we offer, it answers. There is no other connection to it than the requests
// themselves: it is there once it answered one, until one finds it away; then it is asked again, at growing pauses.

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/backoff.hpp"
#include "base/log.hpp"
#include "base/loop.hpp"
#include "signaling/whep_client.hpp"
#include "transport/ice_config.hpp"
#include "view/sender.hpp"

namespace bigfoot::view {

struct WhepSenderOptions {
  std::string url;
  std::string token;   ///< Bearer; empty: none
  std::string client;  ///< User-Agent: "bigfoot-view/0.1.0"
  /// STUN and TURN servers that the server told and that can be used here, before on_server_up(): for the connections
  /// that are made from then on. May be empty.
  std::function<void(const std::vector<transport::IceServer>&)> on_ice_servers;
};

class WhepSender final : public Sender, private signaling::WhepListener {
 public:
  WhepSender(Loop& loop, WhepSenderOptions options, SenderListener& listener, const Log& log);
  ~WhepSender() override;

  [[nodiscard]] Result<> start() override;
  void stop() override;
  Nanos farewell() const override { return 1s; }  // for the DELETE
  bool we_offer() const override { return true; }
  void begin(const std::string& offer) override;
  void end() override;
  void answer(const std::string&) override {}  // it never offers
  void candidate(const std::string& candidate, std::size_t m_line) override;
  void report(const std::string&, const PictureReport&) override {}  // WHEP has no words for it
  bool can_restart() const override { return false; }
  void restart() override {}
  void network_changed() override {}  // the next request finds its own way
  std::string where() const override { return options_.url; }
  std::string session() const override;

 private:
  void on_ice_servers(const Result<std::vector<signaling::IceLink>>& servers) override;
  void on_answer(const signaling::WhepAnswer& answer) override;
  void on_refused(const signaling::WhepRefusal& refusal) override;
  void on_ended(const std::string& why) override;
  void away_for(Nanos pause, const std::string& why);
  bool usable(const transport::IceServer& server);

  Loop& loop_;
  Log log_;
  const WhepSenderOptions options_;
  SenderListener& listener_;
  signaling::WhepClient client_;
  Backoff backoff_;
  Subscription again_;
  bool started_ = false;
  std::string offer_;
  std::set<std::string> left_out_;  // URLs that were named
  std::uint64_t sessions_ = 0;
};

}  // namespace bigfoot::view
