// Any If-Match: a tag that was read matches itself, and nothing matches what was refused.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "server/entity_tag.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto tags = bigfoot::server::parse_entity_tags({reinterpret_cast<const char*>(data), size});
  if (!tags) return 0;
  if (tags->any == !tags->tags.empty()) std::abort();
  for (const auto& tag : tags->tags) {
    if (tag.quoted.size() < 2 || !tags->matches_weakly(tag.quoted)) std::abort();
    if (!tag.weak && !tags->matches_strongly(tag.quoted)) std::abort();
  }
  return 0;
}
