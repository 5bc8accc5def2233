#pragma once
// Environment variables that begin like ours and that nothing reads: most likely misspelt. Pure.

#include <string>
#include <vector>

#include "config/fault.hpp"

namespace bigfoot::config {

/// The names of all variables of `environment`, a list of NAME=VALUE that ends with nullptr (environ(7)).
std::vector<std::string> variable_names(const char* const* environment);

/// Those of `names` that begin with BIGFOOT_ and are none of `known`, with the nearest of `known`. Not what a start
/// fails of: another program may read them.
std::vector<Fault> ignored_variables(const std::vector<std::string>& names, const std::vector<std::string>& known);

}  // namespace bigfoot::config
