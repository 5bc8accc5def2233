"""Ports for programs that are started on this machine: nobody else is given them, and no outgoing connection takes them."""

import random
import socket

# Below Linux's ephemeral range (net.ipv4.ip_local_port_range, from 32768): a port from bind(0) can be taken by any outgoing
# connection between the probe and the program that is to listen there, or while a server is restarted.
CANDIDATES = range(20000, 32768)
_reserved = []  # one UDP socket a port, held until this process ends: what other callers see


def free_port(host="127.0.0.1"):
    """A TCP port of `host` on which nothing listens; this process keeps it reserved against every other caller."""
    for port in random.sample(CANDIDATES, 200):
        reservation = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            reservation.bind(("127.0.0.1", port))
            with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # TIME_WAIT of an earlier program is no listener
                probe.bind((host, port))
        except OSError:
            reservation.close()
            continue
        _reserved.append(reservation)
        return port
    raise OSError(f"no free port of {host} between {CANDIDATES[0]} and {CANDIDATES[-1]}")
