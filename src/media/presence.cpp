#include "media/presence.hpp"

#include <sstream>

#include <glob.h>

#include "media/gst/handle.hpp"
#include "media/resources.hpp"

namespace bigfoot::media {

bool Host::has_node(const char* pattern) const {
  glob_t found{};
  const bool any = glob(pattern, GLOB_NOSORT, nullptr, &found) == 0 && found.gl_pathc > 0;
  globfree(&found);
  return any;
}

bool Host::has_element(const char* element) const {
  return static_cast<bool>(gst::adopt(gst_element_factory_find(element)));
}

std::optional<Error> absence(const char* element, const Place& place, const Host& host, int gpu) {
  std::istringstream nodes(place.nodes);
  std::string first, node;
  bool found = false;
  while (!found && nodes >> node) {
    if (first.empty()) first = node;
    found = host.has_node(node.c_str());
  }
  if (!first.empty() && !found) return Error{first + " missing", place.hint};
  if (!host.has_element(element)) return Error{"is not installed", std::string(place.package) + " has it"};
  if (const std::string other = element_on(element, gpu); !host.has_element(other.c_str()))
    return Error{"there is no GPU " + std::to_string(gpu) + " (" + other + ")", "the first is resources.gpu 0"};
  return std::nullopt;
}

}  // namespace bigfoot::media
