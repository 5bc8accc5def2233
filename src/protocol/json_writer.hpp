#pragma once
// Writing one JSON object in a given order (`type` first, as serde does): no tree is built for a message that leaves.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/message.hpp"

namespace bigfoot::protocol {

inline constexpr std::array<std::pair<Role, std::string_view>, 3> role_names{
    {{Role::producer, "producer"}, {Role::listener, "listener"}, {Role::consumer, "consumer"}}};

/// A JSON string; bytes that are not UTF-8 become U+FFFD.
std::string quote(std::string_view text);
/// A JSON list of them.
std::string quoted(const std::vector<std::string>& texts);

class Object {
 public:
  Object() = default;
  explicit Object(std::string_view type) { text("type", type); }

  /// `value` is JSON already.
  Object& raw(std::string_view name, std::string_view value);
  Object& text(std::string_view name, std::string_view value) { return raw(name, quote(value)); }
  /// Bigfoot's own: absent when empty.
  Object& maybe(std::string_view name, const std::optional<std::string>& value);
  /// GStreamer's own: an Option without skip_serializing_if is null when empty.
  Object& text_or_null(std::string_view name, const std::optional<std::string>& value);
  /// Bigfoot's own: absent when empty.
  Object& texts(std::string_view name, const std::vector<std::string>& values);
  Object& roles(const std::vector<Role>& roles);
  Object& meta(const Meta& meta);
  std::string done() { return std::move(out_) + "}"; }

 private:
  std::string out_ = "{";
};

}  // namespace bigfoot::protocol
