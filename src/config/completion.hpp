#pragma once

#include <string>

#include "base/result.hpp"
#include "config/flags.hpp"

namespace bigfoot::config {

/// What a shell ("bash", "zsh" or "fish") needs to complete the program's verbs, flags and values, from its tables: to
/// be sourced, or laid where the shell looks for it. Pure.
Result<std::string> completion(const Program& program, const std::string& shell);

}  // namespace bigfoot::config
