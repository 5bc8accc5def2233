#pragma once
// PATCH /api/v1/robots/R/cameras/C: other values for a camera that runs. The robot has the last word; here it is only
// decided who may ask, and where.

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/log.hpp"
#include "base/loop.hpp"
#include "server/http_message.hpp"
#include "server/options.hpp"
#include "server/origin.hpp"
#include "server/signaling.hpp"

namespace bigfoot::server {

/// The listener by which a request came.
enum class Side { open, admin };

/// Why `request` may change nothing; nothing when it may. Pure. By `loopback` it must come to the admin address, from
/// this machine and by one of its names. On the public address nobody is believed to be at this machine: a proxy or a
/// forwarder of TLS or TCP beside us comes from loopback, and may hand on the world's requests without a sign of it.
/// The name keeps out a page of the web that has a name of its own for this machine.
std::optional<std::string> configure_refusal(const HttpRequest& request, Side side, ConfigureFrom from,
                                             const AllowedOrigins& origins);

/// Loop thread.
class CameraApi {
 public:
  struct Options {
    ConfigureFrom from = ConfigureFrom::loopback;
    AllowedOrigins origins;
    Nanos answer_time{5s};
    std::size_t waiting_max = 32;
  };
  CameraApi(Loop& loop, Signaling& signaling, Options options, Log log);
  ~CameraApi();

  void answer(const HttpRequest& request, Side side, std::shared_ptr<Exchange> exchange, const std::string& robot,
              const std::string& camera);

 private:
  class Waiting;
  HttpResponse preflight() const;
  std::optional<HttpResponse> refusal(const HttpRequest& request, Side side, const std::string& robot,
                                      const std::string& camera) const;
  void forget(std::uint64_t number);
  void respond(Exchange& exchange, const std::string& origin, HttpResponse response) const;

  Loop& loop_;
  Signaling& signaling_;
  Options options_;
  Log log_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, std::unique_ptr<Waiting>> waiting_, gone_;
  Subscription sweep_;
};

}  // namespace bigfoot::server
