#pragma once
// A STUN or TURN server as a person writes it: one URL that holds user and secret, or, in the file, a map of keys whose
// secret may stand in a file of its own. No fault and no printed line shows a secret.

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "config/rows.hpp"

namespace bigfoot::config {

struct IceEntry {
  std::string url;  ///< without user and secret
  std::string username;
  std::string credential;
};

/// `stun:HOST[:PORT]` or `turn:USER:SECRET@HOST[:PORT][?transport=…]`; the user of coturn's REST scheme holds a colon
/// (1700000000:rover-7). Errors: another scheme than stun(s) and turn(s), TURN without user and secret, STUN with them.
[[nodiscard]] Result<IceEntry> read_ice_url(const std::string& text);

/// The row `ice.servers`. `add` takes one server into its place; its errors repeat no secret.
Option ice_servers(std::string help, const std::function<Result<>(const IceEntry&)>& add, std::function<void()> clear,
                   std::function<std::string()> get);

/// The same, into a list: `make` is IceEntry → Result<T>, `show` is T → std::string without the secret.
template <class T, class Make, class Show>
Option ice_servers(std::string help, std::vector<T>& place, Make make, Show show) {
  const auto add = [&place, make](const IceEntry& entry) -> Result<> {
    auto made = make(entry);
    if (!made) return tl::unexpected<Error>(made.error());
    place.push_back(std::move(*made));
    return {};
  };
  return ice_servers(
      std::move(help), add, [&place] { place.clear(); }, [&place, show] { return joined(place, show); });
}

}  // namespace bigfoot::config
