#include "config/variables.hpp"

#include <algorithm>
#include <string_view>

#include "base/nearest.hpp"

namespace bigfoot::config {
namespace {

constexpr std::string_view prefix = "BIGFOOT_";
constexpr std::size_t name_shown_max = 64;

/// Without the prefix: it makes any two names alike.
std::string own_part(const std::string& name) { return name.substr(prefix.size()); }

}  // namespace

std::vector<std::string> variable_names(const char* const* environment) {
  std::vector<std::string> names;
  for (; environment != nullptr && *environment != nullptr; ++environment) {
    const std::string_view entry = *environment;
    names.emplace_back(entry.substr(0, entry.find('=')));
  }
  return names;
}

std::vector<Fault> ignored_variables(const std::vector<std::string>& names, const std::vector<std::string>& known) {
  std::vector<std::string> parts;
  parts.reserve(known.size());
  for (const std::string& name : known) parts.push_back(own_part(name));
  std::vector<Fault> ignored;
  for (const std::string& name : names) {
    if (!name.starts_with(prefix) || std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string part = own_part(name).substr(0, name_shown_max);
    const std::string near = nearest(part, parts);
    ignored.push_back({std::string(prefix) + part, "nothing reads this variable",
                       near.empty() ? "" : "did you mean " + std::string(prefix) + near + "?"});
  }
  return ignored;
}

}  // namespace bigfoot::config
