#pragma once

#include <string>

#include "config/flags.hpp"

namespace bigfoot::config {

/// The program's manual page for man(1), from its tables: it says what --help says, and cannot lag behind it. Pure.
std::string man_page(const Program& program);

}  // namespace bigfoot::config
