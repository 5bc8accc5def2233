#pragma once
// Rows of a table that were not taken, with the reason. Pure.

#include <string>
#include <vector>

namespace bigfoot::media {

/// A row that was not taken.
struct PassedOver {
  const char* element;
  std::string why;
  bool absent = false;  ///< not on this machine; else it failed
};
/// `name: why; …` of those that failed. A plain PC lacks most rows: that is no news.
std::string failures_text(const std::vector<PassedOver>& passed_over);
/// Why none is left: as failures_text(), and how many are absent; a single row in full.
std::string none_text(const std::vector<PassedOver>& passed_over);

}  // namespace bigfoot::media
