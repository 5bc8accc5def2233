#pragma once
// What GLib's network says, in words that the logs and people share.

#include <string>

#include <glib.h>

typedef struct _GSocketAddress GSocketAddress;

namespace bigfoot::signaling {

/// "connection refused", "host name not found", "TLS: …".
std::string in_words(const GError& error);
/// "192.0.2.7"; empty for what is no address of a network.
std::string numeric(GSocketAddress* address);

}  // namespace bigfoot::signaling
