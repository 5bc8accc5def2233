#pragma once
// `--metrics ADDR:PORT`: GET /metrics for Prometheus, on the loop (libsoup).

#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "config/listen_address.hpp"

namespace bigfoot::robot {

class MetricsServer {
 public:
  /// `exposition` is asked at every scrape. Errors: the address is not this machine's, the port is in use.
  static Result<std::unique_ptr<MetricsServer>> listen(const config::ListenAddress& address,
                                                       std::function<std::string()> exposition);
  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

 private:
  MetricsServer();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bigfoot::robot
