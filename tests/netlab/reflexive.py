#!/usr/bin/env python3
"""STUN: robot and client sit behind a NAT each and meet through their reflexive addresses, without a relay.

    robot --- nat1 --- net (coturn as STUN server) --- nat2 --- client"""

import subprocess
import sys
import tempfile

from lab import Namespaces, check, connect, start_coturn


def nat(spaces, name, outer):
    # Unsolicited UDP from outside is dropped, as a home router does: else conntrack clashes break hole punching.
    rules = f"""table ip lab {{
      chain out {{ type nat hook postrouting priority 100; oifname "{outer}" masquerade; }}
      chain own {{ type filter hook input priority 0; iifname "{outer}" meta l4proto udp ct state new drop; }}
    }}"""
    subprocess.run(["ip", "netns", "exec", spaces[name], "nft", "-f", "-"], input=rules, text=True, check=True)


def build(spaces):
    spaces.cable("robot", "nat1")
    spaces.cable("nat1", "net")
    spaces.cable("net", "nat2")
    spaces.cable("nat2", "client")
    for inside, gateway, inner, outer in (("robot", "nat1", "192.168.1", "10.96.1"), ("client", "nat2", "192.168.2", "10.96.2")):
        spaces.ip(inside, f"addr add {inner}.2/24 dev eth-{gateway}")
        spaces.ip(inside, f"route add default via {inner}.1")
        spaces.ip(gateway, f"addr add {inner}.1/24 dev eth-{inside}")
        spaces.ip(gateway, f"addr add {outer}.2/24 dev eth-net")
        spaces.ip(gateway, f"route add default via {outer}.1")
        spaces.ip("net", f"addr add {outer}.1/24 dev eth-{gateway}")
        nat(spaces, gateway, "eth-net")
    for router in ("nat1", "net", "nat2"):
        spaces.spawn(router, ["sysctl", "-qw", "net.ipv4.ip_forward=1"]).wait()


def main(tool):
    with tempfile.TemporaryDirectory() as folder, Namespaces("robot", "nat1", "net", "nat2", "client") as spaces:
        build(spaces)
        start_coturn(spaces, "net", ["10.96.1.1"], folder)
        stun = ["--server", "stun:10.96.1.1:3478"]
        robot, client = connect(spaces, tool, ("robot", ["--bursts", "60", "--packets", "5", *stun]), ("client", stun))
        robot.wait("state", "connected")
        client.wait("state", "connected")
        for peer, outside in ((robot, "10.96.1.2"), (client, "10.96.2.2")):
            reflexive = [line for line in peer.lines if f" {outside} " in line and "typ srflx" in line]
            check(reflexive, f"{peer.name}: told its reflexive candidate")
        client.receives(250)
        path = robot.find("path")[-1]
        check(path[5].startswith("10.96.2.2:"), f"the pair goes through both NATs: {' '.join(path)}")
        check(path[7] == "192.168.1.2", f"its base is the robot's own address: {path[7]}")
        result = client.result()
        sent = robot.result()
        check(int(result["received"]) > 200, f"media arrives: {result['received']}")
        check(int(sent["gso"]) > 10 and sent["relayed"] == "0", "a direct pair behind NAT is sent by GSO")


main(sys.argv[1])
