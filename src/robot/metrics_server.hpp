#pragma once
// `--metrics ADDR:PORT`: GET /metrics for Prometheus, on the loop (libsoup).

#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"

namespace bigfoot::robot {

class MetricsServer {
 public:
  /// Listens at "ADDR:PORT" or "[ADDR]:PORT". `exposition` is asked at every scrape. Errors: bad address, port in use.
  static Result<std::unique_ptr<MetricsServer>> listen(const std::string& address,
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
