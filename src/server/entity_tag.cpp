#include "server/entity_tag.hpp"

#include <algorithm>

namespace bigfoot::server {
namespace {

constexpr std::size_t tags_max = 16;

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// etagc of RFC 9110: %x21, %x23-7E, obs-text.
bool tag_character(char c) { return c == '!' || (static_cast<unsigned char>(c) >= 0x23 && c != 0x7f); }

}  // namespace

bool EntityTags::matches_strongly(std::string_view quoted) const {
  return any ||
         std::any_of(tags.begin(), tags.end(), [&](const Tag& tag) { return !tag.weak && tag.quoted == quoted; });
}

bool EntityTags::matches_weakly(std::string_view quoted) const {
  return any || std::any_of(tags.begin(), tags.end(), [&](const Tag& tag) { return tag.quoted == quoted; });
}

std::optional<EntityTags> parse_entity_tags(std::string_view header) {
  std::string_view rest = trimmed(header);
  // `"*"` in quotation marks is what clients make of RFC 9725's example; it means the same.
  if (rest == "*" || rest == "\"*\"") return EntityTags{true};
  EntityTags found;
  while (!rest.empty()) {
    EntityTags::Tag tag;
    tag.weak = rest.starts_with("W/");
    if (tag.weak) rest.remove_prefix(2);
    if (!rest.starts_with('"')) return std::nullopt;
    const auto end = rest.find('"', 1);
    if (end == std::string_view::npos) return std::nullopt;
    tag.quoted = rest.substr(0, end + 1);
    if (!std::all_of(tag.quoted.begin() + 1, tag.quoted.end() - 1, tag_character)) return std::nullopt;
    found.tags.push_back(std::move(tag));
    rest = trimmed(rest.substr(end + 1));
    if (rest.empty()) break;
    if (!rest.starts_with(',') || found.tags.size() == tags_max) return std::nullopt;
    rest = trimmed(rest.substr(1));
  }
  return found.tags.empty() ? std::nullopt : std::optional(std::move(found));
}

}  // namespace bigfoot::server
