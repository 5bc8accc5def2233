#include "media/codec_faults.hpp"

#include <utility>

namespace bigfoot::media {

bool CodecFaults::add(const std::string& element, const std::string& why, Timestamp now) {
  const auto [last, first] = last_.try_emplace(element, now);
  if (first) return false;
  const Nanos between = now - std::exchange(last->second, now);
  if (between > memory) return false;
  passed_over_[element] = "broke in use: " + why;
  return true;
}

void CodecFaults::forget() {
  last_.clear();
  passed_over_.clear();
}

}  // namespace bigfoot::media
