#!/usr/bin/env python3
"""The peer falls silent: a blackout that ends, then a peer that was killed.

    robot --eth-client-- client

RFC 7675: without an answer to its checks the robot stops sending (libnice gives up after 10 s of silence)."""

import subprocess
import sys
import time

from lab import Namespaces, Standstills, check, connect


BLACKOUT = """table inet lab {
  chain in { type filter hook input priority 0; meta l4proto udp drop; }
  chain out { type filter hook output priority 0; meta l4proto udp drop; }
}"""


def main(tool):
    with Standstills() as standstills, Namespaces("robot", "client") as spaces:
        spaces.cable("robot", "client")
        spaces.ip("robot", "addr add 10.98.0.1/24 dev eth-client")
        spaces.ip("client", "addr add 10.98.0.2/24 dev eth-robot")
        media = ["--bursts", "50", "--packets", "3"]
        robot, client = connect(spaces, tool, ("robot", [*media, "--recover", "20"]), ("client", []))
        robot.wait("state", "connected")
        client.wait("state", "connected")
        time.sleep(0.5)

        # Both links stay up, so no address changes: only the packets are gone.
        subprocess.run(["ip", "netns", "exec", spaces["client"], "nft", "-f", "-"], input=BLACKOUT, text=True, check=True)
        begun = time.monotonic()
        robot.wait("state", "disconnected")
        print(f"silence noticed after {time.monotonic() - begun:.1f} s")
        time.sleep(3)  # the first new path is begun in vain
        spaces.spawn("client", ["nft", "flush", "ruleset"]).wait()
        ended = time.monotonic()
        robot.wait("state", "connected", count=2)
        print(f"connected again {time.monotonic() - ended:.1f} s after the blackout")
        time.sleep(0.5)
        marked = time.monotonic()
        before = client.mark()
        client.receives(100)
        after = client.mark()
        check(float(after["gap_ms"]) < 500 + standstills.milliseconds(marked), f"media flows again (blackout gap {before['gap_ms']} ms, now {after['gap_ms']} ms)")
        check(len(robot.find("state", "handshaking")) == 1, "the DTLS session went on")

        client.process.kill()
        begun = time.monotonic()
        robot.wait("state", "disconnected", count=2)
        print(f"killed peer noticed after {time.monotonic() - begun:.1f} s")
        robot.wait("failed", timeout=60)
        check("gone:" in robot.find("failed")[0], "given up after the recovery time, saying why")
        robot.wait("state", "closed")
        check(robot.find("state")[-1][2] == "closed", "the session is closed")


main(sys.argv[1])
