#pragma once
// Which encoders or decoders broke in use too often to be taken again.

#include <map>
#include <string>

#include "base/clock.hpp"

namespace bigfoot::media {

/// Once may be chance, and so may be twice with hours in between (a process that was stopped for a moment looks like a
/// codec that stands still): twice within ten minutes is not. Pure.
class CodecFaults {
 public:
  static constexpr Nanos memory = std::chrono::minutes(10);

  /// Whether `element` is passed over from now on.
  bool add(const std::string& element, const std::string& why, Timestamp now);
  /// Element and reason.
  const std::map<std::string, std::string>& passed_over() const { return passed_over_; }
  /// None works without those passed over: each has its chance again.
  void forget();

 private:
  std::map<std::string, Timestamp> last_;
  std::map<std::string, std::string> passed_over_;
};

}  // namespace bigfoot::media
