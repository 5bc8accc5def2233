#pragma once
// A robot, asked over signaling: it offers, we answer (docs/protocol.md, "A viewer watches").

#include <memory>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/loop.hpp"
#include "signaling/client.hpp"
#include "view/sender.hpp"

namespace bigfoot::view {

struct RobotSenderOptions {
  std::vector<std::string> servers;
  std::string robot;                 ///< its name
  std::vector<std::string> cameras;  ///< empty: all
  std::string client;                ///< "bigfoot-view/0.1.0"
};

class RobotSender final : public Sender, private signaling::Listener {
 public:
  RobotSender(Loop& loop, RobotSenderOptions options, SenderListener& listener, const Log& log);
  ~RobotSender() override;

  [[nodiscard]] Result<> start() override { return client_->start(); }
  void stop() override;
  bool we_offer() const override { return false; }
  void begin(const std::string& offer) override;
  void end() override;
  void answer(const std::string& sdp) override;
  void candidate(const std::string& candidate, std::size_t m_line) override;
  void report(const std::string& camera, const PictureReport& report) override;
  bool can_restart() const override { return true; }
  void restart() override;
  void network_changed() override { client_->network_changed(); }
  std::string where() const override { return options_.servers.front(); }
  std::string session() const override { return session_; }

 private:
  void on_connected(const std::string& peer_id) override;
  void on_disconnected(const std::string& reason, Nanos retry_in) override;
  void on_message(const protocol::FromServer& message) override;

  void on(const protocol::SessionStarted& started);
  void on(const protocol::EndSession& ended);
  void on(const protocol::PeerMessage& message);
  void on(const protocol::PeerStatusChanged& status);
  void on(const protocol::Producers& list);
  void on(const protocol::ErrorMessage& error);
  void say_end(const std::string& session);
  bool is_robot(const std::string& peer, const protocol::Meta& meta) const;
  bool is_ours(const std::string& session) const { return !session_.empty() && session == session_; }

  const RobotSenderOptions options_;
  SenderListener& listener_;
  const Log log_;
  std::unique_ptr<signaling::Client> client_;
  std::string session_;
  std::string robot_peer_;      ///< the robot's peer id, as it was announced last
  bool robot_is_ours_ = false;  ///< it knows our additions
  int asked_ = 0;               ///< startSession that are not answered
  int disowned_ = 0;            ///< of them, the oldest ones, whose sessions nobody wants any more
};

}  // namespace bigfoot::view
