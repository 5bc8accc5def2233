// Any bytes: read, or refused with the line; what was read goes into a table of every kind of row.

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "config/ice_entry.hpp"
#include "config/rows.hpp"
#include "config/table.hpp"
#include "config/yaml.hpp"

namespace {

using namespace bigfoot;
using namespace bigfoot::config;

void must(bool holds) {
  if (!holds) std::abort();
}

/// Every line that is named is a line of the text.
void check(const std::vector<Fault>& faults, std::size_t lines) {
  for (const Fault& fault : faults) {
    must(fault.where.starts_with("f:"));
    const auto line = std::strtoul(fault.where.c_str() + 2, nullptr, 10);
    must(line >= 1 && line <= lines);
    must(!fault.what.empty());
  }
}

/// One word a node, none deeper than allowed, every key a word.
std::size_t nodes_of(const YamlNode& node, int depth) {
  must(depth <= yaml_depth_max);
  std::size_t nodes = 1;
  for (const YamlNode& item : node.items) nodes += nodes_of(item, depth + 1);
  for (const YamlEntry& entry : node.entries) {
    must(entry.key.kind == YamlKind::word);
    nodes += nodes_of(entry.value, depth + 1);
  }
  return nodes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t count) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), count);
  const std::size_t lines = 1 + static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), '\n'));
  const Yaml yaml = parse_yaml(bytes, "f");
  check(yaml.faults, lines);
  must(nodes_of(yaml.root, 0) <= count + 1);

  std::string name;
  int viewers = 1;
  bool qos = false;
  Bitrate rate;
  Size picture;
  FrameRate fps;
  Nanos drain{0};
  ListenAddress listen;
  std::vector<std::string> interfaces;
  std::vector<IceEntry> servers;
  Table table;
  table.add(text("name", "", "", name))
      .add(whole("max_viewers", "N", "", viewers, 1, 1000))
      .add(bitrate("bitrate", "", rate))
      .add(config::size("size", "", picture))
      .add(frame_rate("fps", "", fps))
      .add(seconds("drain", "", drain))
      .add(listen_address("metrics", "", listen))
      .add(list("ice.interfaces", "", "", "", interfaces))
      .add(toggle("ice.qos", "", qos))
      .add(ice_servers(
          "", servers, [](const IceEntry& entry) -> Result<IceEntry> { return entry; },
          [](const IceEntry& entry) { return entry.url; }));
  check(table.set_from_file(yaml.root), lines);
  must(viewers >= 1 && viewers <= 1000);
  must(!to_text(table.shown()).empty());
  return 0;
}
