#include "server/report_gate.hpp"

#include <algorithm>

namespace bigfoot::server {

bool ReportGate::admit(const std::string& camera, const std::vector<std::string>& cameras, Timestamp now) {
  if (std::find(cameras.begin(), cameras.end(), camera) == cameras.end()) return false;
  if (last_.size() > cameras.size())  // names that the robot has no more
    std::erase_if(last_, [&](const auto& each) { return now - each.second >= pause_min; });
  const auto [last, first] = last_.try_emplace(camera, now);
  if (!first && now - last->second < pause_min) return false;
  last->second = now;
  return true;
}

}  // namespace bigfoot::server
