#pragma once
// How far in an address leads, seen from out in the world. Who stands outside must not choose where this machine asks
// inside: it would ask there with the rights of whoever sits here (server-side request forgery, seen from a viewer).

#include <optional>

typedef struct _GInetAddress GInetAddress;
typedef struct _GSocketAddress GSocketAddress;

namespace bigfoot::signaling {

/// In this order: from each place those before it can be reached anyway.
enum class Reach { world, network, machine };

/// network: private, shared (RFC 6598), unique local and link-local; machine: loopback and "any". An IPv4 address in an
/// IPv6 one (mapped, compatible, NAT64) is that IPv4 address.
Reach reach_of(GInetAddress* address);
/// Nothing for what is no address of a network.
std::optional<Reach> reach_of(GSocketAddress* address);

/// "this machine", "in this machine's network", "out in the world".
const char* to_string(Reach reach);

}  // namespace bigfoot::signaling
