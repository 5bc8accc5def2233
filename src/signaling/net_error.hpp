#pragma once
// What GLib's network says, in words that the logs and people share.

#include <string>

#include <glib.h>

namespace bigfoot::signaling {

/// "connection refused", "host name not found", "TLS: …".
std::string in_words(const GError& error);

}  // namespace bigfoot::signaling
