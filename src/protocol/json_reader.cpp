#include "protocol/json_reader.hpp"

#include <algorithm>
#include <limits>

#include <nlohmann/json.hpp>

#include "protocol/json_writer.hpp"

namespace bigfoot::protocol {

using nlohmann::json;

bool deeper_than(int limit, std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > limit) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

std::string shown(std::string_view text) {
  return json(std::string(text.substr(0, 40))).dump(-1, ' ', true, json::error_handler_t::replace) +
         (text.size() > 40 ? "…" : "");
}

tl::unexpected<Error> refuse(std::string_view code, const std::string& text, std::string fix) {
  return fail(std::string(code) + ": " + text, std::move(fix));
}

Result<json> parse_object(std::string_view text, std::size_t bytes_max) {
  if (text.size() > bytes_max)
    return refuse("too-large", "the message has " + std::to_string(text.size()) + " bytes",
                  "at most " + std::to_string(bytes_max) + " are allowed");
  if (deeper_than(depth_max, text))
    return refuse("bad-json", "the message is nested deeper than " + std::to_string(depth_max) + " levels");
  try {
    json value = json::parse(text);
    if (!value.is_object())
      return refuse("bad-json", "a message is a JSON object, this is " + std::string(value.type_name()));
    return value;
  } catch (const json::parse_error& error) {
    return refuse("bad-json", "not JSON, at byte " + std::to_string(error.byte));
  } catch (const json::exception&) {
    return refuse("bad-json", "a number is too large");
  }
}

Meta meta_of(const json& value) {
  Meta meta;
  meta.json = value.dump();
  if (!value.is_object()) return meta;
  if (const auto name = value.find("name"); name != value.end() && name->is_string())
    meta.name = name->get<std::string>();
  if (const auto version = value.find("bigfoot"); version != value.end() && version->is_string())
    meta.version = version->get<std::string>();
  const auto cameras = value.find("cameras");
  if (cameras == value.end() || !cameras->is_array()) return meta;
  for (const json& camera : *cameras) {
    if (!camera.is_object() || meta.cameras.size() == cameras_max) continue;
    if (const auto name = camera.find("name"); name != camera.end() && name->is_string())
      meta.cameras.push_back(name->get<std::string>());
  }
  return meta;
}

Fields::Fields(const json& object, std::string where) : object_(object), where_(std::move(where)) {}

std::string Fields::text(const char* name, std::size_t bytes_max) {
  if (!has(name)) return missing(name), std::string();
  return maybe_text(name, bytes_max).value_or("");
}

std::optional<std::string> Fields::maybe_text(const char* name, std::size_t bytes_max) {
  const json* value = find(name);
  if (!value) return std::nullopt;
  return text_of(*value, name, bytes_max);
}

std::vector<std::string> Fields::texts(const char* name, std::size_t count_max, std::size_t bytes_max) {
  std::vector<std::string> all;
  for (const json* item : list(name, count_max)) all.push_back(text_of(*item, name, bytes_max));
  return all;
}

std::vector<Role> Fields::roles() {
  if (!has("roles")) missing("roles");
  std::vector<Role> roles;
  for (const std::string& word : texts("roles", roles_max, 64)) {
    const auto* known =
        std::find_if(role_names.begin(), role_names.end(), [&](const auto& row) { return row.second == word; });
    if (known == role_names.end())
      wrong("roles", "holds " + shown(word) + ", not producer, listener or consumer");
    else
      roles.push_back(known->first);
  }
  return roles;
}

std::uint32_t Fields::number(const char* name) {
  const json* value = find(name);
  if (!value) return missing(name), 0;
  if (!value->is_number_unsigned() || value->get<std::uint64_t>() > std::numeric_limits<std::uint32_t>::max())
    return wrong(name, "must be a whole number from 0 to 4294967295"), 0;
  return value->get<std::uint32_t>();
}

double Fields::amount(const char* name, std::int64_t most) {
  const json* value = find(name);
  if (!value) return missing(name), 0;
  const double number = value->is_number() ? value->get<double>() : -1;
  if (number < 0 || number > static_cast<double>(most))
    return wrong(name, "must be a number from 0 to " + std::to_string(most)), 0;
  return number;
}

bool Fields::flag(const char* name) {
  const json* value = find(name);
  if (value && !value->is_boolean()) wrong(name, "must be true or false");
  return value && value->is_boolean() && value->get<bool>();
}

Meta Fields::meta() {
  const json* value = find("meta");
  if (!value) return {};
  Meta meta = meta_of(*value);
  if (meta.json.size() > meta_bytes_max) wrong("meta", "has more than " + std::to_string(meta_bytes_max) + " bytes");
  if (deeper_than(meta_depth_max, meta.json))
    wrong("meta", "is nested deeper than " + std::to_string(meta_depth_max) + " levels");
  return meta;
}

Fields Fields::child(const char* name) {
  static const json empty = json::object();
  const json* value = find(name);
  if (value && !value->is_object()) wrong(name, "must be an object"), value = nullptr;
  return Fields(value ? *value : empty, where_ + name + ".");
}

std::vector<Peer> Fields::peers(const char* name) {
  if (!has(name)) missing(name);
  std::vector<Peer> peers;
  for (const json* item : list(name, unlimited)) {
    if (!item->is_object()) {
      wrong(name, "must hold objects");
      break;
    }
    Fields fields(*item, where_ + name + "[].");
    peers.push_back({fields.text("id", id_bytes_max), fields.meta()});
    adopt(fields);
  }
  return peers;
}

std::vector<Setting> Fields::settings(const char* name, const char* value_name) {
  std::vector<Setting> settings;
  for (const json* item : list(name, values_max)) {
    if (!item->is_object()) return wrong(name, "must hold objects"), settings;
    Fields fields(*item, where_ + name + "[].");
    settings.push_back({fields.text("key", id_bytes_max), fields.text(value_name, value_bytes_max)});
    adopt(fields);
  }
  return settings;
}

std::vector<ValueFault> Fields::value_faults(const char* name) {
  std::vector<ValueFault> faults;
  for (const json* item : list(name, values_max)) {
    if (!item->is_object()) return wrong(name, "must hold objects"), faults;
    Fields fields(*item, where_ + name + "[].");
    faults.push_back({fields.text("what", value_bytes_max), fields.maybe_text("fix", value_bytes_max).value_or("")});
    adopt(fields);
  }
  return faults;
}

void Fields::adopt(const Fields& child) {
  if (!fault_) fault_ = child.fault_;
}

void Fields::missing(const char* name) { blame("missing-field", where_ + name + " is missing"); }

void Fields::wrong(const char* name, const std::string& what) { blame("bad-field", where_ + name + " " + what); }

const json* Fields::find(const char* name) const {
  const auto found = object_.find(name);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

std::string Fields::text_of(const json& value, const char* name, std::size_t bytes_max) {
  if (!value.is_string()) return wrong(name, "must be text"), std::string();
  const std::string& text = value.get_ref<const std::string&>();
  if (text.size() > bytes_max)
    return wrong(name, "has more than " + std::to_string(bytes_max) + " bytes"), std::string();
  return text;
}

std::vector<const json*> Fields::list(const char* name, std::size_t count_max) {
  std::vector<const json*> items;
  const json* value = find(name);
  if (!value) return items;
  if (!value->is_array()) return wrong(name, "must be a list"), items;
  if (value->size() > count_max) return wrong(name, "has more than " + std::to_string(count_max) + " entries"), items;
  for (const json& item : *value) items.push_back(&item);
  return items;
}

void Fields::blame(std::string_view code, const std::string& text) {
  if (!fault_) fault_ = refuse(code, text).value();
}

}  // namespace bigfoot::protocol
