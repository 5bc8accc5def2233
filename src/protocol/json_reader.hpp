#pragma once
// Reading JSON that a stranger wrote: bounded before it is parsed, then field by field, with the first fault named.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"
#include "protocol/message.hpp"

namespace bigfoot::protocol {

inline constexpr std::size_t unlimited = ~std::size_t{0};  ///< bounded by the size of the message alone

/// nlohmann parses without recursion but copies and writes with it, so depth is bounded before anything is built.
bool deeper_than(int limit, std::string_view text);
/// For an error text: at most 40 bytes, quoted, ASCII, so that nothing in it can disturb a terminal.
std::string shown(std::string_view text);
[[nodiscard]] tl::unexpected<Error> refuse(std::string_view code, const std::string& text, std::string fix = {});
/// The message as an object, or too-large, bad-json.
[[nodiscard]] Result<nlohmann::json> parse_object(std::string_view text, std::size_t bytes_max);
/// All of any JSON value, and the names in it. The value was parsed, so it is valid UTF-8.
Meta meta_of(const nlohmann::json& value);

/// The fields of one JSON object; remembers the first fault and goes on with empty values. null counts as absent, as it
/// does for an Option of serde. Borrows the object.
class Fields {
 public:
  Fields(const nlohmann::json& object, std::string where);

  const std::optional<Error>& fault() const { return fault_; }
  bool has(const char* name) const { return find(name) != nullptr; }

  std::string text(const char* name, std::size_t bytes_max);
  std::optional<std::string> maybe_text(const char* name, std::size_t bytes_max);
  std::vector<std::string> texts(const char* name, std::size_t count_max, std::size_t bytes_max);
  std::vector<Role> roles();
  std::uint32_t number(const char* name);
  /// Any number from 0 to `most`.
  double amount(const char* name, std::int64_t most);
  bool flag(const char* name);
  Meta meta();
  std::vector<Peer> peers(const char* name);
  /// `[{"key", "value"}]`, of which `value` may have another name.
  std::vector<Setting> settings(const char* name, const char* value_name = "value");
  std::vector<ValueFault> value_faults(const char* name);
  /// The object in the field, for Fields of its own; adopt() its fault afterwards.
  Fields child(const char* name);

  void adopt(const Fields& child);
  void missing(const char* name);
  void wrong(const char* name, const std::string& what);

 private:
  const nlohmann::json* find(const char* name) const;
  std::string text_of(const nlohmann::json& value, const char* name, std::size_t bytes_max);
  std::vector<const nlohmann::json*> list(const char* name, std::size_t count_max);
  void blame(std::string_view code, const std::string& text);

  const nlohmann::json& object_;
  std::string where_;
  std::optional<Error> fault_;
};

}  // namespace bigfoot::protocol
