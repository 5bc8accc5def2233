#pragma once
// WHEP (draft-ietf-wish-whep, with the manners of RFC 9725): a player's HTTP requests become the messages of a viewer
// in the rooms. The server reads no SDP: the robot answers the offer and every PATCH.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "server/http_message.hpp"
#include "server/ice_link.hpp"
#include "server/signaling.hpp"

namespace bigfoot::server {

/// Loop thread.
class Whep {
 public:
  struct Options {
    std::vector<IceLink> ice_links;
    std::size_t sessions_max = 2000;
    Nanos answer_time = 5s;  ///< a robot that has said nothing by then: 504
  };
  Whep(Loop& loop, Signaling& signaling, Options options, telemetry::Metrics& metrics, Log log);
  ~Whep();

  /// /whep/ROBOT[/CAMERA]
  void endpoint(const HttpRequest& request, std::shared_ptr<Exchange> exchange, const std::string& robot,
                const std::string& camera);
  /// /whep-sessions/ID
  void resource(const HttpRequest& request, std::shared_ptr<Exchange> exchange, const std::string& id);
  /// From now on every offer is refused, with the time to wait.
  void refuse_offers(Nanos retry_after) { refusing_for_ = retry_after; }
  std::size_t sessions() const { return sessions_.size(); }

 private:
  class Session;
  void answer(Exchange& exchange, HttpResponse response);
  HttpResponse preflight(const std::string& allow) const;
  std::optional<HttpResponse> refusal(const HttpRequest& request, const std::string& robot,
                                      const std::string& camera) const;
  void forget(const std::string& id);

  Loop& loop_;
  Signaling& signaling_;
  Options options_;
  Log log_;
  telemetry::CounterFamily requests_;
  telemetry::Histogram answer_seconds_;
  std::optional<Nanos> refusing_for_;
  std::map<std::string, std::unique_ptr<Session>> sessions_;
  /// Ended inside one of their own calls; freed in the next turn.
  std::map<std::string, std::unique_ptr<Session>> gone_;
  Subscription sweep_;
};

}  // namespace bigfoot::server
