#include "base/cpu_set.hpp"

#include <sched.h>

#include <cerrno>
#include <charconv>
#include <cstring>

namespace bigfoot {

Result<CpuRange> parse_cpu_range(std::string_view text) {
  const char* const end = text.data() + text.size();
  CpuRange range;
  auto read = std::from_chars(text.data(), end, range.first);
  range.last = range.first;
  if (read.ec == std::errc() && read.ptr != end && *read.ptr == '-')
    read = std::from_chars(read.ptr + 1, end, range.last);
  if (read.ec != std::errc() || read.ptr != end || range.first < 0 || range.last < range.first ||
      range.last >= CPU_SETSIZE)
    return fail("\"" + std::string(text) + "\" is neither a processor nor a range of them", "write it like 2 or 0-3");
  return range;
}

std::string to_string(CpuRange range) {
  const std::string first = std::to_string(range.first);
  return range.first == range.last ? first : first + "-" + std::to_string(range.last);
}

Result<> pin_to(const std::vector<CpuRange>& ranges) {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::string wanted;
  for (const CpuRange& range : ranges) {
    wanted += (wanted.empty() ? "" : ",") + to_string(range);
    for (int cpu = range.first; cpu <= range.last; ++cpu) CPU_SET(cpu, &set);
  }
  if (sched_setaffinity(0, sizeof set, &set) == 0) return {};
  return fail("this program cannot run on processor " + wanted + ": " + std::strerror(errno),
              "take out resources.cpu_affinity, or name processors that `nproc` counts");
}

}  // namespace bigfoot
