#include "robot/camera_values.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

namespace bigfoot::robot {
namespace {

config::YamlNode word(const std::string& text) {
  static const auto where = std::make_shared<const std::string>("PATCH");
  config::YamlNode node;
  node.kind = config::YamlKind::word;
  node.mark.file = where;
  node.word = text;
  return node;
}

config::YamlNode& below(config::YamlNode& map, const std::string& key) {
  const auto found = std::find_if(map.entries.begin(), map.entries.end(),
                                  [&](const config::YamlEntry& entry) { return entry.key.word == key; });
  if (found != map.entries.end()) return found->value;
  map.entries.push_back({word(key), word("")});
  return map.entries.back().value;
}

}  // namespace

config::YamlNode tree_of(const std::vector<protocol::Setting>& values) {
  config::YamlNode root = word("");
  root.kind = config::YamlKind::map;
  for (const protocol::Setting& setting : values) {
    const auto dot = setting.key.find('.');
    config::YamlNode& node = below(root, setting.key.substr(0, dot));
    if (dot == std::string::npos) {
      node.word = setting.value;
      continue;
    }
    node.kind = config::YamlKind::map;
    below(node, setting.key.substr(dot + 1)).word = setting.value;
  }
  return root;
}

std::vector<protocol::Setting> values_of(CameraOption camera) {
  std::vector<protocol::Setting> values;
  const config::Table table = camera_table(camera);
  for (const config::Option& row : table.options()) {
    if (row.key == "controls") continue;
    if (row.key == "bitrate" && row.get() != to_string(camera.bitrate.start)) {
      for (const auto& [key, rate] :
           {std::pair{"min", camera.bitrate.min}, {"start", camera.bitrate.start}, {"max", camera.bitrate.max}})
        values.push_back({"bitrate." + std::string(key), to_string(rate)});
      continue;
    }
    const bool secret = (row.key == "source" && camera.source.local_only()) ||
                        (row.key == "encoder" && camera.settings.encoder.starts_with("gst:"));
    const std::string value = row.get();
    values.push_back({row.key, secret ? value.substr(0, value.find(':') + 1) : value});
  }
  for (const media::ControlSetting& control : camera.settings.source.controls)
    values.push_back({"controls." + control.name, std::to_string(control.value)});
  return values;
}

}  // namespace bigfoot::robot
