#!/usr/bin/env python3
"""TURN against a real coturn.

    robot --eth-net-- net (coturn, no forwarding) --eth-client-- client

The two cannot reach each other, only the relay between them: a direct pair is impossible."""

import sys
import tempfile

from lab import Namespaces, check, connect, start_coturn

TURN = "turn:10.94.0.1:3478?transport=udp,robot,secret"


def build(spaces):
    spaces.cable("robot", "net")
    spaces.cable("net", "client")
    for name, net in (("robot", 94), ("client", 95)):
        spaces.ip("net", f"addr add 10.{net}.0.1/24 dev eth-{name}")
        spaces.ip(name, f"addr add 10.{net}.0.2/24 dev eth-net")
        spaces.ip(name, f"route add default via 10.{net}.0.1")
    # coturn closes an allocation when its send finds no route (ENETUNREACH to a private candidate): give it one.
    spaces.ip("net", "route add default dev eth-client")
    spaces.spawn("net", ["sysctl", "-qw", "net.ipv4.ip_forward=0"]).wait()


def relayed(spaces, tool, sender_arguments, receiver_arguments, what):
    robot, client = connect(spaces, tool, ("robot", sender_arguments), ("client", receiver_arguments))
    robot.wait("state", "connected")
    client.wait("state", "connected")
    lost = client.receives(400)
    path = robot.find("path")[-1]
    result = client.result()
    sent = robot.result()
    check("relay" in (path[4], path[6]), f"{what}: the pair goes over the relay ({' '.join(path)})")
    check(path[7] == "10.94.0.2", f"{what}: its base is the robot's own address ({path[7]})")
    lost += int(result["lost"])
    check(int(result["received"]) > 300 and lost == 0, f"{what}: media arrives ({result['received']} packets, {lost} lost)")
    return path, sent


def main(tool):
    media = ["--bursts", "60", "--packets", "5"]
    with tempfile.TemporaryDirectory() as folder, Namespaces("robot", "net", "client") as spaces:
        build(spaces)
        start_coturn(spaces, "net", ["10.94.0.1", "10.95.0.1"], folder)
        path, sent = relayed(spaces, tool, [*media, "--server", TURN], [], "only the robot has TURN")
        check(path[4] == "relay" and int(sent["relayed"]) > 300, "the robot sends through libnice to its relay")
        relayed(spaces, tool, media, ["--server", TURN.replace("10.94", "10.95")], "only the client has TURN")
        relayed(spaces, tool, [*media, "--server", TURN.replace("udp", "tcp")], [], "TURN over TCP")
        relayed(spaces, tool, [*media, "--server", TURN, "--relay-only"],
                ["--server", TURN.replace("10.94", "10.95"), "--relay-only"], "both with policy relay")


main(sys.argv[1])
