#pragma once
// Which of a viewer's reports of delay count. A viewer is a stranger: what it says is bounded in number, and is about
// no other camera than those it is shown.

#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace bigfoot::robot {

/// Of one session. Pure.
class ViewerReports {
 public:
  /// A page reports every 2 s; what comes faster would only weigh one viewer more than the others.
  static constexpr Nanos pause_min = 1s;

  /// `cameras`: the names of the session's, in its order.
  explicit ViewerReports(const std::vector<std::string>& cameras);

  /// The camera's place in the session when the report counts. It does not when the session has no such camera, nor
  /// within pause_min of the last one of that camera that counted.
  [[nodiscard]] std::optional<std::size_t> admit(const std::string& camera, Timestamp now);

 private:
  struct Camera {
    std::string name;
    std::optional<Timestamp> last;
  };
  std::vector<Camera> cameras_;
};

}  // namespace bigfoot::robot
