#pragma once
// Which processors a program runs on.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace bigfoot {

/// Numbers of processors, both ends included.
struct CpuRange {
  int first = 0;
  int last = 0;
  bool operator==(const CpuRange&) const = default;
};

/// "3" or "0-3", numbers to 1023. Pure.
[[nodiscard]] Result<CpuRange> parse_cpu_range(std::string_view text);
std::string to_string(CpuRange range);

/// The calling thread, and all that it makes from then on, run on these only; before there are others. Those that this
/// machine does not have, or does not give us, count for nothing. Errors: none is left.
[[nodiscard]] Result<> pin_to(const std::vector<CpuRange>& ranges);

}  // namespace bigfoot
