#pragma once
// Which address of ours the kernel would send from: a socket whose address is another one by now has lost its way, even
// while that address is still there (Wi-Fi is weak, the default route went to LTE: carriers drop foreign sources).

#include <string>

namespace bigfoot {

/// Towards `remote`, a numeric IPv4 or IPv6 address; nothing is sent. Empty: no route, or `remote` is not numeric.
/// Any thread.
std::string source_towards(const std::string& remote);

}  // namespace bigfoot
