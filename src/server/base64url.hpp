#pragma once
// RFC 4648 section 5 without padding: text that may stand in a URL.

#include <optional>
#include <string>
#include <string_view>

namespace bigfoot::server {

std::string to_base64url(std::string_view bytes);
/// Nothing when a character is not of the alphabet or the length or the unused bits cannot be: one text, one value.
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace bigfoot::server
