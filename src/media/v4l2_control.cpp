#include "media/v4l2_control.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "base/nearest.hpp"
#include "media/v4l2_node.hpp"

namespace bigfoot::media {
namespace {

/// One and the same control (V4L2_CID_EXPOSURE_AUTO_PRIORITY) under its new and its old name.
constexpr const char* low_light_names[] = {"exposure_dynamic_framerate", "exposure_auto_priority"};

bool is_low_light(const std::string& name) {
  return std::find(std::begin(low_light_names), std::end(low_light_names), name) != std::end(low_light_names);
}

const V4l2Control* find_control(const V4l2Device& device, const std::string& name) {
  const auto named = [&](const V4l2Control& control) { return control.name == name; };
  auto at = std::find_if(device.controls.begin(), device.controls.end(), named);
  if (at == device.controls.end() && is_low_light(name))
    at = std::find_if(device.controls.begin(), device.controls.end(),
                      [](const V4l2Control& control) { return is_low_light(control.name); });
  return at == device.controls.end() ? nullptr : &*at;
}

Error unknown(const V4l2Device& device, const std::string& name) {
  std::vector<std::string> names;
  std::string list;
  for (const auto& control : device.controls) {
    if (control.read_only) continue;
    names.push_back(control.name);
    list += (list.empty() ? "" : ", ") + control.name;
  }
  const std::string near = nearest(name, names);
  const std::string what = device.controls_cut
                               ? device.card + " does not list \"" + name + "\": its list of controls ends in an error"
                               : device.card + " has no control \"" + name + "\"";
  if (list.empty()) return {what, device.controls_cut ? "take it out" : "it has none at all: take it out"};
  return {what, (near.empty() ? "" : "the nearest is " + near + "; ") + "there are " + list};
}

std::string range_text(const V4l2Control& control) {
  if (!control.items.empty()) {
    std::string list;
    for (const auto& item : control.items)
      list += (list.empty() ? "" : ", ") + std::to_string(item.value) + " (" + item.text + ")";
    return control.name + " takes " + list;
  }
  if (control.kind == V4l2ControlKind::boolean) return control.name + " takes 0 or 1";
  return control.name + " takes " + std::to_string(control.min) + " to " + std::to_string(control.max) +
         (control.step > 1 ? " in steps of " + std::to_string(control.step) : "") + ", normally " +
         std::to_string(control.normal);
}

bool takes(const V4l2Control& control, std::int64_t value) {
  if (value < control.min || value > control.max) return false;
  if (control.kind == V4l2ControlKind::menu && !control.items.empty())
    return std::any_of(control.items.begin(), control.items.end(),
                       [&](const auto& item) { return item.value == value; });
  return (value - control.min) % std::max<std::int64_t>(1, control.step) == 0;
}

/// Why the camera does not take it; nothing: it does.
std::optional<Error> refusal(const V4l2Device& device, const V4l2Control* control, const ControlSetting& setting) {
  if (!control) return unknown(device, setting.name);
  if (control->read_only)
    return Error{device.card + " does not let \"" + setting.name + "\" be set", "take it out: it only tells its value"};
  if (!takes(*control, setting.value))
    return Error{device.card + " does not take " + setting.name + "=" + std::to_string(setting.value),
                 range_text(*control)};
  return std::nullopt;
}

/// Else it did not answer: it wakes up, is held by another program, or is being unplugged. UVC before Linux 5.13 says
/// EIO for whatever a camera refuses.
bool is_a_no(int failure) {
  return failure == EINVAL || failure == ERANGE || failure == EACCES || failure == EPERM || failure == ENOTTY;
}

}  // namespace

ControlPlan plan_controls(const V4l2Device& device, const std::vector<ControlSetting>& settings) {
  ControlPlan plan;
  const bool asked = std::any_of(settings.begin(), settings.end(),
                                 [](const ControlSetting& setting) { return is_low_light(setting.name); });
  const auto* low_light = find_control(device, low_light_names[0]);
  if (!asked && low_light && !low_light->read_only && low_light->value != 0)
    plan.changes.push_back({low_light->id, low_light->name, 0, true});
  for (const auto& setting : settings) {
    const auto* control = find_control(device, setting.name);
    if (auto why = refusal(device, control, setting))
      plan.refused.push_back({setting, std::move(*why)});
    else
      plan.changes.push_back({control->id, control->name, setting.value, false, setting.name});
  }
  return plan;
}

Result<std::vector<ControlRefusal>> apply_controls(const std::string& path, const std::vector<ControlChange>& changes) {
  if (changes.empty()) return {};
  const V4l2Node node(path);
  if (!node.ok()) return fail(path + " does not open: " + std::strerror(node.failure()), {}, Next::restart_pipeline);
  return apply_controls(node, path, changes);
}

Result<std::vector<ControlRefusal>> apply_controls(const V4l2Node& node, const std::string& path,
                                                   const std::vector<ControlChange>& changes) {
  std::vector<ControlRefusal> refused;
  for (const auto& change : changes) {
    const int failure = node.set_control(change.id, change.value);
    if (failure == 0) continue;
    const std::string what =
        path + " refuses " + change.name + "=" + std::to_string(change.value) + ": " + std::strerror(failure);
    const bool no = is_a_no(failure);
    if (!no && (failure == ENODEV || failure == ENXIO || node.gone() != 0))
      return fail(what, {}, Next::restart_pipeline);
    if (change.by_default) continue;  // without ours the camera is only slower in the dark
    refused.push_back(
        {{change.written.empty() ? change.name : change.written, change.value},
         {what, "another control may hold it: an automatic one has to be switched off first, in front of it",
          no ? Next::give_up : Next::retry}});
  }
  return refused;
}

}  // namespace bigfoot::media
