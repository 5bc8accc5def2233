#include "media/passed_over.hpp"

#include <algorithm>

namespace bigfoot::media {

std::string failures_text(const std::vector<PassedOver>& passed_over) {
  std::string text;
  for (const PassedOver& row : passed_over)
    if (!row.absent) text += (text.empty() ? "" : "; ") + std::string(row.element) + ": " + row.why;
  return text;
}

std::string none_text(const std::vector<PassedOver>& passed_over) {
  if (passed_over.size() == 1) return passed_over[0].element + std::string(": ") + passed_over[0].why;
  const auto absent = std::count_if(passed_over.begin(), passed_over.end(), [](const auto& row) { return row.absent; });
  std::string text = failures_text(passed_over);
  if (absent > 0) text += (text.empty() ? "" : "; ") + std::to_string(absent) + " are not on this machine";
  return text;
}

}  // namespace bigfoot::media
