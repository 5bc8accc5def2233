#include "robot/camera_option.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "config/rows.hpp"
#include "media/decoder_table.hpp"
#include "media/encoder_table.hpp"
#include "media/source_uri.hpp"

namespace bigfoot::robot {
namespace {

bool is_name(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  };
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), fits);
}

Result<> set_source(CameraOption& camera, const std::string& uri) {
  auto source = media::parse_source_uri(uri);
  if (!source) return tl::unexpected<Error>(source.error());
  camera.source = std::move(*source);
  camera.uri = uri;
  return {};
}

CameraOption unnamed_camera() {
  CameraOption camera;
  camera.settings.name.clear();
  return camera;
}

/// `front=test:` → front, test:. Without a name: the first letters before ':' are a scheme, not a name.
Result<CameraOption> read_camera(const std::string& text, const config::Origin& origin) {
  CameraOption camera = unnamed_camera();
  std::string uri = text;
  const auto equals = text.find('=');
  if (equals != std::string::npos && equals < text.find(':')) {
    auto name = read_name(text.substr(0, equals), "camera");
    if (!name) return tl::unexpected<Error>(name.error());
    camera.settings.name = std::move(*name);
    uri = text.substr(equals + 1);
  }
  if (uri.empty()) return fail("\"" + text + "\" names no source", "write it like front=v4l2:/dev/video0 or test:");
  if (auto good = set_source(camera, uri); !good) return tl::unexpected<Error>(good.error());
  camera.origins["source"] = origin;
  return camera;
}

/// `front: URI` or `front: {source: URI, …}` of the file.
std::vector<config::Fault> read_camera(const config::YamlEntry& entry, CameraOption& camera) {
  const config::YamlNode& value = entry.value;
  camera.settings.name = entry.key.word;
  if (const auto name = read_name(entry.key.word, "camera"); !name)
    return {entry.key.fault(name.error().what, name.error().fix)};
  config::Table table = camera_table(camera);
  std::vector<config::Fault> faults = value.kind == config::YamlKind::word
                                          ? table.set("source", {value.word}, {config::Layer::file, value.mark.text()})
                                          : table.set_from_file(value);
  for (const config::Option& row : table.options())
    if (row.origin.layer != config::Layer::built_in) camera.origins[row.key] = row.origin;
  if (faults.empty() && !camera.origins.contains("source"))
    faults.push_back(entry.key.fault("it has no source", "write " + entry.key.word + ": {source: \"test:\"}"));
  for (config::Fault& fault : faults) fault.what = "camera " + entry.key.word + ": " + fault.what;
  return faults;
}

std::vector<config::Fault> read_cameras(const config::YamlNode& map, std::vector<CameraOption>& cameras) {
  if (map.kind != config::YamlKind::map || map.entries.empty())
    return {map.fault(
        "cameras: names and sources should stand below it",
        "write a line for each, like front: \"v4l2:/dev/video0\"; without cameras there is the test picture")};
  std::vector<config::Fault> faults;
  for (const config::YamlEntry& entry : map.entries) {
    cameras.push_back(unnamed_camera());
    for (config::Fault& fault : read_camera(entry, cameras.back())) faults.push_back(std::move(fault));
  }
  return faults;
}

std::vector<config::Shown> show_cameras(std::vector<CameraOption>& cameras) {
  std::vector<config::Shown> lines;
  for (CameraOption& camera : cameras) {
    const config::Table table = camera_table(camera);
    for (const config::Option& row : table.options())
      lines.push_back({"cameras." + camera.settings.name + "." + row.key, row.get(), camera.origins[row.key]});
  }
  return lines;
}

std::string show_crop(const std::optional<media::Crop>& crop) { return crop ? crop->text() : "none"; }

Result<std::optional<media::Crop>> read_crop(const std::string& text) {
  if (text == "none") return std::optional<media::Crop>();
  auto crop = media::parse_crop(text);
  if (!crop) return tl::unexpected<Error>(crop.error());
  return std::optional<media::Crop>(*crop);
}

void put_control(std::vector<media::ControlSetting>& controls, media::ControlSetting control) {
  std::erase_if(controls, [&](const media::ControlSetting& other) { return other.name == control.name; });
  controls.push_back(std::move(control));
}

/// `controls: {brightness: 20}`
config::Option controls_row(std::vector<media::ControlSetting>& controls) {
  config::Option row{"controls", "NAME: NUMBER", "controls of a v4l2: camera", {}, {}};
  row.set = [](const std::string&, const config::Origin&) -> Result<> {
    return fail("controls stand below it, each with its number", "write it like controls: {brightness: 20}");
  };
  row.get = [&controls] {
    return config::joined(controls, [](const media::ControlSetting& control) {
      return control.name + "=" + std::to_string(control.value);
    });
  };
  row.set_from_file = [&controls](const config::YamlNode& map) {
    std::vector<config::Fault> faults;
    if (map.kind != config::YamlKind::map)
      faults.push_back(
          map.fault("controls: names and numbers should stand below it", "write it like controls: {brightness: 20}"));
    for (const config::YamlEntry& entry : map.entries) {
      auto control = media::parse_control(entry.key.word, entry.value.word);
      if (control)
        put_control(controls, std::move(*control));
      else
        faults.push_back(entry.key.fault("controls: " + control.error().what, control.error().fix));
    }
    return faults;
  };
  return row;
}

config::Option source_row(CameraOption& camera) {
  config::Option row{
      "source",
      "URI",
      "test: · v4l2:/dev/video0 · rtsp://HOST/PATH · libcamera: · argus:0 · file:/path · gst:LAUNCH TEXT",
      {},
      {}};
  row.set = [&camera](const std::string& uri, const config::Origin&) { return set_source(camera, uri); };
  row.get = [&camera] { return media::without_password(camera.uri); };
  return row;
}

Result<std::string> read_encoder(const std::string& name) {
  if (const auto known = media::encoder_candidates(name); !known) return tl::unexpected<Error>(known.error());
  return name;
}

/// What only the source has: most write it as a key at first.
struct SourceWord {
  const char* word;
  const char* example;
};
constexpr SourceWord source_words[] = {
    {"format", "v4l2:/dev/video0?format=mjpeg"},
    {"card", "v4l2:?card=HD Webcam"},
    {"capture", "v4l2:/dev/video0?capture=1920x1080"},
    {"pattern", "test:?pattern=plain"},
    {"transport", "rtsp://camera.local/stream#transport=udp"},
    {"codec", "rtsp://camera.local/stream#codec=h265"},
    {"latency", "rtsp://camera.local/stream#latency=100ms"},
};

}  // namespace

Result<std::string> read_name(const std::string& name, const std::string& kind) {
  if (is_name(name)) return name;
  return fail("\"" + name.substr(0, 64) + "\" is not a " + kind + " name", "use letters, digits, - _ . (at most 64)");
}

config::Option encoder_row(std::string& place) {
  return config::single("encoder", "NAME",
                        "auto, a name that `bigfoot devices` shows, or gst:LAUNCH TEXT from raw to H.264", place,
                        read_encoder, std::identity{});
}

config::Option decoder_row(std::string& place) {
  return config::single("decoder", "NAME", "of what arrives encoded: auto, or a name that `bigfoot devices` shows",
                        place, media::parse_decoder, std::identity{});
}

config::Table camera_table(CameraOption& camera) {
  media::CameraSettings& settings = camera.settings;
  config::Table table;
  table.add(source_row(camera))
      .add(config::size("size", "picture size", settings.size))
      .add(config::frame_rate("fps", "frames a second", settings.fps))
      .add(encoder_row(settings.encoder))
      .add(decoder_row(settings.decoder))
      .add(config::bitrate_range("bitrate", "video bit rate", camera.bitrate))
      .add(config::single(
          "rotate", "0|90|180|270", "degrees clockwise", camera.turn.rotate,
          [](const std::string& text) { return media::parse_rotate(text); },
          [](media::Rotate rotate) { return std::to_string(static_cast<int>(rotate)); }))
      .add(config::single(
          "flip", "none|horizontal|vertical", "mirrored", camera.turn.flip,
          [](const std::string& text) { return media::parse_flip(text); },
          [](media::Flip flip) { return std::string(media::to_string(flip)); }))
      .add(config::single("crop", "LEFT,TOP,WIDTHxHEIGHT", "a piece of the camera's own picture", camera.turn.crop,
                          read_crop, show_crop))
      .add(config::single(
          "passthrough", "auto|always|never", "H.264 of the camera's own is sent as it is", camera.passthrough,
          [](const std::string& text) { return media::parse_passthrough(text); },
          [](media::Passthrough passthrough) { return std::string(media::to_string(passthrough)); }))
      .add(controls_row(camera.controls));
  for (const SourceWord& each : source_words)
    table.stands_elsewhere(each.word, "it stands in the source, like source: \"" + std::string(each.example) + "\"");
  return table;
}

config::Option cameras_row(std::vector<CameraOption>& cameras) {
  config::Option row{"cameras",
                     "[NAME=]URI",
                     "a camera: test: · v4l2:/dev/video0 · rtsp://HOST/PATH · libcamera: · argus:0 · file:/path · "
                     "gst:LAUNCH TEXT (repeatable)",
                     {},
                     {}};
  row.flag = "camera";
  row.set = [&cameras](const std::string& text, const config::Origin& origin) -> Result<> {
    auto camera = read_camera(text, origin);
    if (!camera) return tl::unexpected<Error>(camera.error());
    cameras.push_back(std::move(*camera));
    return {};
  };
  row.clear = [&cameras] { cameras.clear(); };
  row.get = [&cameras] {
    return config::joined(cameras, [](const CameraOption& camera) {
      return (camera.settings.name.empty() ? "" : camera.settings.name + "=") + media::without_password(camera.uri);
    });
  };
  row.show = [&cameras] { return show_cameras(cameras); };
  row.set_from_file = [&cameras](const config::YamlNode& map) { return read_cameras(map, cameras); };
  return row;
}

CameraOption test_camera() {
  CameraOption camera = unnamed_camera();
  set_source(camera, "test:");
  return camera;
}

}  // namespace bigfoot::robot
