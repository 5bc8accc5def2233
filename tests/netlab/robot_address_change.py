#!/usr/bin/env python3
"""A robot that is being watched changes its network, like from Wi-Fi to LTE. Real robot, server and page.

             +-- wifi --+
    robot ---+          +--- net (server) --- viewer (Chromium)
             +-- lte ---+

Each carrier forwards only its own addresses: from the moment the robot's default route moves, what still comes from the
old address is lost. First the new address comes before the old one goes, then the old one goes a second before."""

import subprocess
import sys
import tempfile
import time

from lab import Namespaces, Standstills, check
from programs import Lab, until

SERVER = "10.92.0.1"
WIFI = ("wifi", "10.91.0.2", "10.91.0.1")
LTE = ("lte", "10.93.0.2", "10.93.0.1")


def build(spaces):
    spaces.cable("net", "viewer")
    spaces.ip("net", f"addr add {SERVER}/24 dev eth-viewer")
    spaces.ip("viewer", "addr add 10.92.0.2/24 dev eth-net")
    spaces.ip("viewer", f"route add default via {SERVER}")
    for carrier, robots, own in (WIFI, LTE):
        spaces.cable("robot", carrier)
        spaces.cable(carrier, "net")
        up = own.replace("10.9", "10.8")
        spaces.ip(carrier, f"addr add {own}/24 dev eth-robot")
        spaces.ip(carrier, f"addr add {up}/30 dev eth-net")
        spaces.ip("net", f"addr add {up[:-1]}2/30 dev eth-{carrier}")
        spaces.ip(carrier, f"route add default via {up[:-1]}2")
        spaces.ip("net", f"route add {own[:-1]}0/24 via {up}")
        spaces.rules(carrier, f'chain own {{ type filter hook prerouting priority 0; iifname "eth-robot" ip saddr != {robots} drop; }}')
        spaces.spawn(carrier, ["sysctl", "-qw", "net.ipv4.ip_forward=1"]).wait()
    spaces.spawn("net", ["sysctl", "-qw", "net.ipv4.ip_forward=1"]).wait()


def arrive(spaces, network):
    carrier, robots, gateway = network
    spaces.ip("robot", f"addr add {robots}/24 dev eth-{carrier}")
    spaces.ip("robot", f"route replace default via {gateway}")


def leave(spaces, network):
    carrier, robots, _ = network
    spaces.ip("robot", f"addr del {robots}/24 dev eth-{carrier}")


def reaches_server(spaces, source):
    command = ["ip", "netns", "exec", spaces["robot"], "ping", "-qc1", "-W1", "-I", source, SERVER]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def said_for_long(lab, since):
    """What an operator could read on the page. The server says in one breath that the robot's old connection is gone and
    that the session goes on: "offline" between the two is there and gone before it is drawn."""
    said = lab.viewer.timed(since, event="words")
    ends = [at for at, _ in said[1:]] + [time.monotonic()]
    return [f"{row['kind']} {row['title']}".strip() for (at, row), end in zip(said, ends) if end - at > 0.1]


def judge(lab, standstills, since, network, gap_max, what):
    """Waits until the new network carries the picture, then says what operator and robot saw of the change."""
    def over_the_new_address():
        return [row for row in lab.robot.find(since, event="session.path") if row["local"].startswith(network[1] + ":")]
    path = until(f"{what}: a path from {network[1]}", over_the_new_address, 30)[-1]
    check(lab.robot.find(since, event="network.changed"), f"{what}: the robot noticed by itself; now {path['local']} → {path['remote']}")
    lab.robot.wait(event="signaling.connected", since=since)
    time.sleep(1.5)
    seen, stood_still = lab.mark(), standstills.milliseconds(since)
    until(f"{what}: the page is live", lambda: not said_for_long(lab, since) or said_for_long(lab, since)[-1].split()[0] == "live", 30)
    words = said_for_long(lab, since)
    print(f"{what}: longest gap {seen['gap_ms']:.0f} ms, the page said: {' → '.join(words) or 'live all the time'}")
    check(seen["gap_ms"] < gap_max + stood_still, f"{what}: the longest gap is under {gap_max} ms (the machine stood still for {stood_still:.0f} ms)")
    kinds = [each.split()[0] for each in words]
    check(set(kinds) <= {"live", "frozen", "reconnecting"} and "restarted" not in "".join(words), f"{what}: the page never began anew")
    lab.shows(pictures=15)
    check(not lab.viewer.find(since, event="sent", type="startSession"), f"{what}: the page asked for no new session")
    return path["generation"]


def one_session(lab):
    check(len(lab.robot.find(event="peer.secured")) == 1, "one DTLS handshake in all")
    check(len(lab.robot.find(event="session.transport", state="handshaking")) == 1, "never handshaking again")
    check(lab.metric("bigfoot_sessions_started_total") == 1 and lab.metric("bigfoot_sessions_ended_total") == 0, "one session")
    check(lab.metric("bigfoot_connect_seconds_count") == 1, "it was connected once")
    check(lab.metric("bigfoot_recovery_seconds_count", kind="path") >= 1, "the robot counts that it recovered")
    lab.robot.wait(event="signaling.connected", sessions=1)  # it brought its session back to the server
    lab.viewer.wait(event="received", type="sessionResumed")  # the server told the page that the session goes on
    check(not lab.viewer.find(event="fault"), "no error on the page")


def change(spaces, lab, standstills):
    lab.start_server("net")
    lab.start_robot("robot")
    lab.start_viewer("viewer", "page")
    time.sleep(1)
    lab.mark()
    time.sleep(1)
    print(f"before: longest gap {lab.mark()['gap_ms']:.0f} ms")

    begun = time.monotonic()
    arrive(spaces, LTE)
    time.sleep(1)
    check(not reaches_server(spaces, WIFI[1]), "the old address leads nowhere any more")
    leave(spaces, WIFI)
    first = judge(lab, standstills, begun, LTE, 2000, "new address first")

    begun = time.monotonic()
    leave(spaces, LTE)
    check(not reaches_server(spaces, LTE[1]), "no address is left")
    time.sleep(max(0, 1 - (time.monotonic() - begun)))
    arrive(spaces, WIFI)
    second = judge(lab, standstills, begun, WIFI, 3000, "old address first")
    check(second > first > 1, f"a new ICE generation each time (1 → {first} → {second})")
    one_session(lab)
    lab.end()


def main(binaries):
    with tempfile.TemporaryDirectory() as folder, Namespaces("robot", "wifi", "lte", "net", "viewer") as spaces:
        build(spaces)
        arrive(spaces, WIFI)
        with Lab(spaces, folder, binaries, SERVER) as lab, Standstills() as standstills:
            change(spaces, lab, standstills)


main(sys.argv[1])
