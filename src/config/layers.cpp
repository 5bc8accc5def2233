#include "config/layers.hpp"

#include "config/text_file.hpp"

namespace bigfoot::config {
namespace {

void append(std::vector<Fault>& faults, std::vector<Fault> more) {
  for (Fault& fault : more) faults.push_back(std::move(fault));
}

}  // namespace

std::vector<Fault> read_file(Table& table, const std::string& path) {
  const auto text = read_text_file(path, yaml_bytes_max);
  if (!text) return {{path, text.error().what, text.error().fix}};
  Yaml yaml = parse_yaml(*text, path);
  append(yaml.faults, table.set_from_file(yaml.root));
  return std::move(yaml.faults);
}

std::vector<Fault> read_layers(Table& table, const Layers& layers) {
  std::vector<Fault> faults;
  if (!layers.file.empty()) append(faults, read_file(table, layers.file));
  append(faults, table.set_from_environment(layers.environment));
  for (const GivenFlag& given : layers.flags)
    append(faults, table.set(given.key, given.values, {Layer::flag, given.flag}));
  return faults;
}

}  // namespace bigfoot::config
