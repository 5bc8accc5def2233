#pragma once
// If-Match and If-None-Match (RFC 9110 8.8.3, 13.1). Pure, fuzzed.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bigfoot::server {

struct EntityTags {
  bool any = false;  ///< "*"
  struct Tag {
    std::string quoted;  ///< with its quotation marks
    bool weak = false;
    bool operator==(const Tag&) const = default;
  };
  std::vector<Tag> tags{};

  /// If-Match: weak tags never match.
  bool matches_strongly(std::string_view quoted) const;
  /// If-None-Match.
  bool matches_weakly(std::string_view quoted) const;
};

/// Nothing when the header is not a list of entity tags (at most 16) or "*".
std::optional<EntityTags> parse_entity_tags(std::string_view header);

}  // namespace bigfoot::server
