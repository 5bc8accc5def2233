#!/usr/bin/env python3
"""The robot's address changes while it sends: the same DTLS session goes on over a new agent.

    robot --eth-net-- net (router) --eth-client-- client

First make before break (the new address comes while the old one still works: no gap at all is allowed), then break
before make (the old address is taken away and another one is set: the gap is what recovery takes)."""

import sys
import time

from lab import Namespaces, Standstills, check, connect


def main(tool):
    with Standstills() as standstills, Namespaces("robot", "net", "client") as spaces:
        spaces.cable("robot", "net")
        spaces.cable("net", "client")
        spaces.ip("robot", "addr add 10.91.0.2/24 dev eth-net")
        spaces.ip("robot", "route add default via 10.91.0.1")
        spaces.ip("net", "addr add 10.91.0.1/24 dev eth-robot")
        spaces.ip("net", "addr add 10.92.0.1/24 dev eth-client")
        spaces.ip("net", "addr add 10.93.0.1/24 dev eth-robot")
        spaces.spawn("net", ["sysctl", "-qw", "net.ipv4.ip_forward=1"]).wait()
        spaces.ip("client", "addr add 10.92.0.2/24 dev eth-net")
        spaces.ip("client", "route add default via 10.92.0.1")

        media = ["--bursts", "100", "--packets", "2"]
        robot, client = connect(spaces, tool, ("robot", media), ("client", ["--rtcp", "15"]))
        robot.wait("state", "connected")
        client.wait("state", "connected")
        time.sleep(1)
        usual = float(client.mark()["gap_ms"])
        begun = time.monotonic()

        spaces.ip("robot", "addr add 10.93.0.7/24 dev eth-net")
        robot.wait("path", "2")
        check(not robot.find("state", "disconnected"), "make before break: never disconnected")
        time.sleep(1.5)
        made = client.mark()
        print(f"make before break: longest gap {made['gap_ms']} ms (before it {usual:.0f} ms), lost {made['lost']}")
        check(made["lost"] == "0", "make before break: no packet is lost")
        stood_still = standstills.milliseconds(begun)
        check(float(made["gap_ms"]) < usual + 100 + stood_still, f"make before break: no gap (the machine stood still for {stood_still:.0f} ms)")

        lost_at = time.monotonic()
        spaces.ip("robot", "addr del 10.91.0.2/24 dev eth-net")
        spaces.ip("robot", "addr del 10.93.0.7/24 dev eth-net")
        spaces.ip("robot", "addr add 10.93.0.9/24 dev eth-net")
        spaces.ip("robot", "route add default via 10.93.0.1")
        path = robot.wait("path", "3")
        print(f"new path {time.monotonic() - lost_at:.3f} s after the address went: {' '.join(path)}")
        time.sleep(1.5)

        result = client.result()
        sent = robot.result()
        check(path[3].startswith("10.93.0.9:"), "the new path uses the new address")
        for peer in (robot, client):
            check(len(peer.find("state", "handshaking")) == 1, f"{peer.name}: one DTLS handshake in all")
            check(not peer.find("failed"), f"{peer.name}: nothing failed")
        gap = float(result["gap_ms"])
        print(f"break before make: longest gap {gap:.0f} ms, received {result['received']}, lost {result['lost']}")
        check(int(result["received"]) > 0.9 * int(sent["sent"]), "packets flow")
        stood_still = standstills.milliseconds(lost_at)
        check(gap < 800 + stood_still, f"break before make: the longest gap is under 800 ms (the machine stood still for {stood_still:.0f} ms)")


main(sys.argv[1])
