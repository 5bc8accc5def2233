#include "media/launch_words.hpp"

#include <algorithm>
#include <sstream>

namespace bigfoot::media {
namespace {
std::string property_name(std::string_view word) { return std::string(word.substr(1, word.find('=') - 1)); }
}  // namespace

std::vector<std::string> optional_properties(std::string_view text) {
  std::vector<std::string> names;
  std::istringstream words{std::string(text)};
  for (std::string word; words >> word;)
    if (word.front() == '?') names.push_back(property_name(word));
  return names;
}

std::string without_lacking(std::string_view text, const std::vector<std::string>& lacks) {
  std::istringstream words{std::string(text)};
  std::string kept;
  for (std::string word; words >> word;) {
    const bool optional = word.front() == '?';
    if (optional && std::find(lacks.begin(), lacks.end(), property_name(word)) != lacks.end()) continue;
    kept += (kept.empty() ? "" : " ") + word.substr(optional ? 1 : 0);
  }
  return kept;
}

}  // namespace bigfoot::media
