#!/usr/bin/env python3
"""Robot and viewer behind a NAT each; server and coturn outside. Both are told of STUN and TURN; the network decides.

    robot --- nat1 --- net (server, coturn) --- nat2 --- viewer (Chromium, WHEP)

With cone NATs the two meet directly, through the holes that STUN showed them. With symmetric ones only the relay is left."""

import subprocess
import sys
import tempfile

from lab import Namespaces, check, mapped_ports, start_coturn
from programs import Lab

SERVER = "10.99.0.1"
OTHER = "10.99.0.2"  # of coturn, too: a symmetric NAT shows it another port
OUTER = {"nat1": "10.96.1.2", "nat2": "10.96.2.2"}
SERVERS = ["--ice-server", f"stun:{SERVER}:3478", "--ice-server", f"turn:robot:secret@{SERVER}:3478?transport=udp"]


def build(spaces):
    spaces.cable("robot", "nat1")
    spaces.cable("nat1", "net")
    spaces.cable("net", "nat2")
    spaces.cable("nat2", "viewer")
    for address in (SERVER, OTHER):
        spaces.ip("net", f"addr add {address}/32 dev lo")
    for inside, gateway, inner in (("robot", "nat1", "192.168.1"), ("viewer", "nat2", "192.168.2")):
        outer = OUTER[gateway]
        spaces.ip(inside, f"addr add {inner}.2/24 dev eth-{gateway}")
        spaces.ip(inside, f"route add default via {inner}.1")
        spaces.ip(gateway, f"addr add {inner}.1/24 dev eth-{inside}")
        spaces.ip(gateway, f"addr add {outer}/24 dev eth-net")
        spaces.ip(gateway, f"route add default via {outer[:-1]}1")
        spaces.ip("net", f"addr add {outer[:-1]}1/24 dev eth-{gateway}")
        spaces.spawn(gateway, ["sysctl", "-qw", "net.ipv4.ip_forward=1"]).wait()
    spaces.spawn("net", ["sysctl", "-qw", "net.ipv4.ip_forward=1"]).wait()
    # Else coturn's send to a private candidate finds no route, and it closes the whole allocation.
    spaces.ip("net", "route add default dev eth-nat1")


def nats(spaces, how):
    """`how`: masquerade keeps ports and is a cone, `fully-random` makes it symmetric. Unsolicited UDP is dropped."""
    for gateway in OUTER:
        spaces.spawn(gateway, ["nft", "flush", "ruleset"]).wait()
        spaces.rules(gateway, f"""
            chain out {{ type nat hook postrouting priority 100; oifname "eth-net" masquerade {how}; }}
            chain own {{ type filter hook input priority 0; iifname "eth-net" meta l4proto udp ct state new drop; }}""")


def reaches(spaces, name, address):
    command = ["ip", "netns", "exec", spaces[name], "ping", "-qc1", "-W1", address]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def watched(lab, what):
    """A robot and a viewer meet; the pair that each of them says it uses."""
    lab.start_robot("robot", *SERVERS)
    lab.start_viewer("viewer", "whep")
    offer = lab.viewer.find(event="offer")[0]
    answer = lab.viewer.find(event="answer")[0]
    for name, outer, side in (("viewer", OUTER["nat2"], offer), ("robot", OUTER["nat1"], answer)):
        check(any("typ srflx" in line and f" {outer} " in line for line in side["candidates"]), f"{what}: {name} told its reflexive address")
        check(any("typ relay" in line for line in side["candidates"]), f"{what}: {name} told its relayed address")
    lab.mark()
    print(f"{what}: the picture flows, longest gap {lab.shows(pictures=60):.0f} ms")
    path = lab.robot.find(event="session.path")[-1]
    pair = lab.ask("pair")
    relayed = lab.metric("bigfoot_relay_bytes_total")
    print(f"{what}: robot {path['local_type']} {path['local']} → {path['remote_type']} {path['remote']}, viewer {pair['local']} → "
          f"{pair['remote']}, {relayed:.0f} bytes sent into the robot's relay")
    return path, pair, relayed


def meet(spaces, lab):
    lab.start_server("net", *SERVERS)

    nats(spaces, "")
    for name, private in (("robot", "192.168.2.2"), ("viewer", "192.168.1.2")):
        check(not reaches(spaces, name, private), f"{name} cannot reach the other's private address")
        ports = mapped_ports(spaces, name, [SERVER, OTHER])
        check(ports[0] == ports[1], f"{name} sits behind a cone NAT: both servers see port {ports[0]}")
    path, pair, relayed = watched(lab, "cone")
    check("relay" not in (path["local_type"], path["remote_type"], pair["local"], pair["remote"]), "cone: the pair is direct")
    check(path["remote"].startswith(OUTER["nat2"]) and pair["remoteAddress"].startswith(OUTER["nat1"]), "cone: through both NATs")
    check(relayed == 0, "cone: no byte went into the robot's relay")
    lab.end_viewer()
    lab.end_robot()

    nats(spaces, "fully-random")
    for name in ("robot", "viewer"):
        ports = mapped_ports(spaces, name, [SERVER, OTHER])
        check(ports[0] != ports[1], f"{name} sits behind a symmetric NAT: the servers see ports {' and '.join(ports)}")
    path, pair, relayed = watched(lab, "symmetric")
    check("relay" in (path["local_type"], path["remote_type"]), "symmetric: the pair goes over the relay")
    check("relay" in (pair["local"], pair["remote"]), "symmetric: the viewer says so, too")
    check((relayed > 100_000) == (path["local_type"] == "relay"), "symmetric: the metrics tell the robot's relay")
    lab.end()


def main(binaries):
    with tempfile.TemporaryDirectory() as folder, Namespaces("robot", "nat1", "net", "nat2", "viewer") as spaces:
        build(spaces)
        start_coturn(spaces, "net", [SERVER, OTHER], folder)
        with Lab(spaces, folder, binaries, SERVER) as lab:
            meet(spaces, lab)


main(sys.argv[1])
