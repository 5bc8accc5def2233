#include "protocol/json_writer.hpp"

#include <nlohmann/json.hpp>

#include "protocol/json_reader.hpp"

namespace bigfoot::protocol {

using nlohmann::json;

std::string quote(std::string_view text) { return json(text).dump(-1, ' ', false, json::error_handler_t::replace); }

std::string quoted(const std::vector<std::string>& texts) {
  std::string list = "[";
  for (const std::string& text : texts) (list += list.size() > 1 ? "," : "") += quote(text);
  return list + "]";
}

Object& Object::raw(std::string_view name, std::string_view value) {
  out_ += out_.size() > 1 ? ",\"" : "\"";
  ((out_ += name) += "\":") += value;
  return *this;
}

Object& Object::maybe(std::string_view name, const std::optional<std::string>& value) {
  return value ? text(name, *value) : *this;
}

Object& Object::text_or_null(std::string_view name, const std::optional<std::string>& value) {
  return value ? text(name, *value) : raw(name, "null");
}

Object& Object::texts(std::string_view name, const std::vector<std::string>& values) {
  return values.empty() ? *this : raw(name, quoted(values));
}

Object& Object::roles(const std::vector<Role>& roles) {
  std::string list = "[";
  for (const Role role : roles)
    for (const auto& [known, name] : role_names)
      if (known == role) (list += list.size() > 1 ? "," : "") += quote(name);
  return raw("roles", list + "]");
}

// Anybody may fill Meta::json by hand: what is not JSON must not break the message around it.
Object& Object::meta(const Meta& meta) {
  return raw("meta", !deeper_than(meta_depth_max, meta.json) && json::accept(meta.json) ? meta.json : "null");
}

}  // namespace bigfoot::protocol
