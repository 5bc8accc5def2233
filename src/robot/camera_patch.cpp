#include "robot/camera_patch.hpp"

#include <algorithm>
#include <string_view>

namespace bigfoot::robot {
namespace {

/// A setting that may stand in a source and beside it.
struct Doubled {
  const char* key;
  bool (*stands)(const media::SourceUri& source);
  void (*take_out)(media::SourceUri& source);
};
constexpr Doubled doubled[] = {
    {"size", [](const media::SourceUri& s) { return s.size.has_value(); }, [](media::SourceUri& s) { s.size.reset(); }},
    {"fps", [](const media::SourceUri& s) { return s.fps.has_value(); }, [](media::SourceUri& s) { s.fps.reset(); }},
    {"rotate", [](const media::SourceUri& s) { return s.turn.rotate != media::Rotate::none; },
     [](media::SourceUri& s) { s.turn.rotate = media::Rotate::none; }},
    {"flip", [](const media::SourceUri& s) { return s.turn.flip != media::Flip::none; },
     [](media::SourceUri& s) { s.turn.flip = media::Flip::none; }},
    {"crop", [](const media::SourceUri& s) { return s.turn.crop.has_value(); },
     [](media::SourceUri& s) { s.turn.crop.reset(); }},
    {"passthrough", [](const media::SourceUri& s) { return s.passthrough != media::Passthrough::automatic; },
     [](media::SourceUri& s) { s.passthrough = media::Passthrough::automatic; }},
};

const config::YamlNode* find(const config::YamlNode& map, std::string_view key) {
  const auto entry = std::find_if(map.entries.begin(), map.entries.end(),
                                  [&](const config::YamlEntry& each) { return each.key.word == key; });
  return entry == map.entries.end() ? nullptr : &entry->value;
}

bool begins(const config::YamlNode* value, std::string_view scheme) {
  return value != nullptr && value->word.starts_with(scheme);
}

std::vector<config::Fault> forbidden_values(const config::YamlNode& values) {
  constexpr const char* fix = "write it into the robot's own configuration";
  std::vector<config::Fault> faults;
  const config::YamlNode* source = find(values, "source");
  for (const char* scheme : {"gst:", "file:"})
    if (begins(source, scheme))
      faults.push_back(source->fault("source: " + std::string(scheme) + " is not taken over the network", fix));
  if (const config::YamlNode* encoder = find(values, "encoder"); begins(encoder, "gst:"))
    faults.push_back(encoder->fault("encoder: gst: is not taken over the network", fix));
  return faults;
}

/// Controls that were set for the source before give way to those in a new one, and to one that has none, unless they
/// are given with it.
void drop_controls(CameraOption& camera, const config::YamlNode* given) {
  const auto& in_source = camera.source.controls;
  std::erase_if(camera.controls, [&](const media::ControlSetting& control) {
    if (given != nullptr && find(*given, control.name) != nullptr) return false;
    return camera.source.kind != media::SourceKind::v4l2 ||
           std::any_of(in_source.begin(), in_source.end(),
                       [&](const media::ControlSetting& other) { return other.name == control.name; });
  });
}

/// JSON's null, as it comes here.
bool is_out(const config::YamlNode& value) { return value.kind == config::YamlKind::word && value.word.empty(); }

void erase(std::vector<media::ControlSetting>& controls, const std::string& name) {
  std::erase_if(controls, [&](const media::ControlSetting& control) { return control.name == name; });
}

/// Without the entries that take controls out.
config::YamlNode take_out_controls(CameraOption& camera, config::YamlNode map) {
  for (const config::YamlEntry& entry : map.entries) {
    if (!is_out(entry.value)) continue;
    erase(camera.controls, entry.key.word);
    erase(camera.source.controls, entry.key.word);
  }
  std::erase_if(map.entries, [](const config::YamlEntry& entry) { return is_out(entry.value); });
  return map;
}

/// Without the entries that take something out: it is as if it had never been written.
config::YamlNode take_out(CameraOption& camera, config::YamlNode values, std::vector<config::Fault>& faults) {
  config::YamlNode rest = values;
  rest.entries.clear();
  for (config::YamlEntry& entry : values.entries) {
    const std::string& key = entry.key.word;
    const auto twice =
        std::find_if(std::begin(doubled), std::end(doubled), [&](const Doubled& each) { return key == each.key; });
    if (key == "controls" && !is_out(entry.value)) {
      entry.value = take_out_controls(camera, entry.value);
      if (!entry.value.entries.empty() || entry.value.kind != config::YamlKind::map) rest.entries.push_back(entry);
    } else if (!is_out(entry.value)) {
      rest.entries.push_back(entry);
    } else if (key == "source") {
      faults.push_back(entry.key.fault("source: a camera cannot be without", "write another one, like \"test:\""));
    } else if (key == "controls") {
      camera.controls.clear();
      camera.source.controls.clear();
    } else if (twice != std::end(doubled) || key == "encoder" || key == "decoder" || key == "bitrate") {
      camera.origins.erase(key);
      if (twice != std::end(doubled)) twice->take_out(camera.source);
    } else {
      rest.entries.push_back(entry);  // the table says what is wrong with it
    }
  }
  return rest;
}

/// The newest word counts: a key that is given, or a source that is given with the setting in it.
void let_the_newest_win(CameraOption& camera, bool new_source, const std::vector<std::string>& given) {
  const auto is_given = [&](const char* key) { return std::find(given.begin(), given.end(), key) != given.end(); };
  for (const Doubled& each : doubled) {
    if (!each.stands(camera.source)) continue;
    if (is_given(each.key) && !new_source)
      each.take_out(camera.source);
    else if (!is_given(each.key))
      camera.origins.erase(each.key);
  }
  if (new_source) return;
  for (const media::ControlSetting& control : camera.controls) erase(camera.source.controls, control.name);
}

}  // namespace

PatchedCamera patch_camera(const CameraOption& camera, const config::YamlNode& values, const RobotOptions& options) {
  if (auto faults = forbidden_values(values); !faults.empty()) return {camera, std::move(faults), true};
  return patch_by_robot(camera, values, options);
}

PatchedCamera patch_by_robot(const CameraOption& camera, const config::YamlNode& values, const RobotOptions& options) {
  PatchedCamera patched{camera, {}, false};
  CameraOption& next = patched.camera;
  const config::YamlNode rest = take_out(next, values, patched.faults);
  config::Table table = camera_table(next);
  for (config::Fault& fault : table.set_from_file(rest)) patched.faults.push_back(std::move(fault));
  std::vector<std::string> given;
  for (const config::Option& row : table.options()) {
    if (row.origin.layer == config::Layer::built_in) continue;
    next.origins[row.key] = row.origin;
    given.push_back(row.key);
  }
  const bool new_source = std::find(given.begin(), given.end(), "source") != given.end();
  if (new_source) drop_controls(next, find(values, "controls"));
  let_the_newest_win(next, new_source, given);
  if (!new_source && next.source != camera.source) next.uri = media::source_text(next.source);
  complete_camera(next, options, patched.faults);
  return patched;
}

}  // namespace bigfoot::robot
