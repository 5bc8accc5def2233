#pragma once
// How old robots' pictures are when viewers see them, by robot and camera, and where that time went: what viewers
// report, on the server's /metrics. A robot behind a NAT cannot be scraped itself.

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "protocol/message.hpp"
#include "telemetry/metrics.hpp"

namespace bigfoot::server {

/// Loop thread; it is told the time.
class ViewerDelays {
 public:
  static constexpr Nanos kept = 5min;  ///< after the robot left, or has the camera no more
  /// Robots are strangers, too, and choose their names: further cameras are not counted, of all robots …
  static constexpr std::size_t cameras_max = 1024;
  /// … and of one.
  static constexpr std::size_t cameras_of_robot_max = protocol::cameras_max;

  explicit ViewerDelays(telemetry::Metrics& metrics);

  void count(const std::string& robot, const protocol::ViewerReport& report, Timestamp now);
  /// Ends the series of cameras that are gone; call it about once a second.
  void tick(Timestamp now, const std::function<bool(const std::string& robot, const std::string& camera)>& is_here);

 private:
  struct Camera {
    std::map<protocol::Certainty, telemetry::Histogram> delays;
    telemetry::Histogram error;
    std::map<protocol::ViewerStage, telemetry::Histogram> stages;  ///< those that viewers told of
    Timestamp last_here;
  };
  using Key = std::pair<std::string, std::string>;  // robot, camera

  static telemetry::Labels labels_of(const Key& key, telemetry::Labels more = {});
  Camera make(const Key& key, Timestamp now) const;
  bool has_room_for(const std::string& robot) const;

  telemetry::HistogramFamily delays_, errors_, stages_;
  std::map<Key, Camera> cameras_;
};

}  // namespace bigfoot::server
