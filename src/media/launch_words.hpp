#pragma once
// Words of a launch text that are there only where an element has the property: `?tune=ultra-low-latency`. Elements
// differ from version to version, and by what the hardware can. Pure.

#include <string>
#include <string_view>
#include <vector>

namespace bigfoot::media {

/// The properties that `text` marks with `?`.
std::vector<std::string> optional_properties(std::string_view text);
/// `text` without its marked words that name something in `lacks`; the others lose their mark.
std::string without_lacking(std::string_view text, const std::vector<std::string>& lacks);

}  // namespace bigfoot::media
