#include "media/encoder_faults.hpp"

#include <utility>

namespace bigfoot::media {

bool EncoderFaults::add(const std::string& encoder, const std::string& why, Timestamp now) {
  const auto [last, first] = last_.try_emplace(encoder, now);
  if (first) return false;
  const Nanos between = now - std::exchange(last->second, now);
  if (between > memory) return false;
  passed_over_[encoder] = "broke in use: " + why;
  return true;
}

void EncoderFaults::forget() {
  last_.clear();
  passed_over_.clear();
}

}  // namespace bigfoot::media
