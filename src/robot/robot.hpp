#pragma once
// The robot: cameras, viewers, signaling and metrics, wired in one place. Two rules read off here: encode once, and
// media never waits for signaling.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/loop.hpp"
#include "base/result.hpp"
#include "robot/hung_drivers.hpp"
#include "robot/live_config.hpp"
#include "robot/metrics.hpp"
#include "robot/metrics_server.hpp"
#include "robot/options.hpp"
#include "robot/rung.hpp"
#include "robot/status_socket.hpp"
#include "robot/viewers.hpp"
#include "signaling/client.hpp"
#include "transport/address_watch.hpp"
#include "transport/certificate.hpp"

namespace bigfoot::robot {

class Robot final : private signaling::Listener {
 public:
  /// `options` are complete() ones.
  Robot(Loop& loop, RobotOptions options, std::string version, const Log& log);
  ~Robot() override;
  Robot(const Robot&) = delete;
  Robot& operator=(const Robot&) = delete;

  /// Errors that only a person can mend: a bad server URL. The robot starts without its cameras, its server and the
  /// address of its metrics, and waits for them.
  [[nodiscard]] Result<> start();
  /// Says goodbye to the server; the destructor frees the rest.
  void stop();
  /// The configuration, read once more: what can change while viewers watch does. After start().
  void reread(const ReadOptions& read) { live_config_->reread(read); }
  /// Told when a driver hangs for good: the program is to end with `exit_hung` and to be started again.
  void on_hung(std::function<void()> told) { on_hung_ = std::move(told); }

 private:
  void on_connected(const std::string& peer_id) override;
  void on_disconnected(const std::string& reason, Nanos retry_in) override;
  void on_message(const protocol::FromServer& message) override;

  void make_rungs();
  protocol::Meta meta() const;
  void announce();
  void make_signaling();
  void serve_metrics();
  void make_status_socket();
  RobotStatus status() const;
  void look_for_hung();

  Loop& loop_;
  RobotOptions options_;
  std::string version_;
  Log log_;
  telemetry::Metrics metrics_;
  RobotMetrics counters_;
  transport::Certificate certificate_;
  std::vector<std::unique_ptr<Rung>> rungs_;
  std::unique_ptr<signaling::Client> signaling_;
  std::unique_ptr<Viewers> viewers_;
  std::unique_ptr<LiveConfig> live_config_;
  std::unique_ptr<transport::AddressWatch> address_watch_;
  std::unique_ptr<MetricsServer> metrics_server_;
  std::unique_ptr<StatusSocket> status_socket_;
  Subscription report_timer_, metrics_again_;
  std::vector<std::string> passed_through_;  ///< cameras, as the server was told
  bool metrics_missed_ = false;
  HungDrivers hung_drivers_{loop_.now()};
  std::function<void()> on_hung_;
  bool at_server_ = false;
  Timestamp started_{};
};

}  // namespace bigfoot::robot
