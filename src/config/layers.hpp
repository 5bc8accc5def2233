#pragma once
// Everything that may give a value besides the built-in ones. Kept by who wants to read the configuration again.

#include <functional>
#include <string>
#include <vector>

#include "config/table.hpp"

namespace bigfoot::config {

using Environment = std::function<const char*(const char*)>;

/// One flag of the command line, as often as it stood there.
struct GivenFlag {
  std::string key;  ///< of its row
  std::string flag;
  std::vector<std::string> values;
};

struct Layers {
  std::string file;  ///< path; empty: no file
  Environment environment;
  std::vector<GivenFlag> flags;
  std::vector<Fault> ignored;  ///< variables that begin like ours and that nothing reads (variables.hpp)
};

/// The file alone. Faults: it cannot be read, it is no YAML, what Table says of its keys and values.
std::vector<Fault> read_file(Table& table, const std::string& path);
/// File, environment, flags into a fresh `table`, in this order. All faults of all layers.
std::vector<Fault> read_layers(Table& table, const Layers& layers);

}  // namespace bigfoot::config
