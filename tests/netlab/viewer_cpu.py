#!/usr/bin/env python3
"""What one more viewer costs the transport alone (no test: a figure). 285 packets a second of 1100 bytes in 30 bursts,
15 RTCP packets a second back, receivers in another namespace.

    viewer_cpu.py PEER_TOOL [SECONDS [VIEWERS...]]"""

import sys
import time

from lab import Namespaces, connect


def memory_kib(process):
    # `ip netns exec` becomes the program, so the process is peer_tool itself.
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        rows = dict(line.split(":", 1) for line in status)
    return int(rows["VmRSS"].split()[0]), int(rows["Threads"])


def measure(tool, seconds, viewers):
    with Namespaces("robot", "viewers") as spaces:
        spaces.cable("robot", "viewers")
        spaces.ip("robot", "addr add 10.97.0.1/24 dev eth-viewers")
        spaces.ip("viewers", "addr add 10.97.0.2/24 dev eth-robot")
        count = ["--count", str(viewers)]
        robot, receivers = connect(spaces, tool, ("robot", [*count, "--packets", "9"]), ("viewers", count))
        robot.wait("connected", "all", timeout=30)
        time.sleep(seconds)
        memory, threads = memory_kib(robot.process)
        receivers.say("quit\n")
        robot.say("quit\n")
        cpu = robot.wait("cpu", timeout=10)
        return float(cpu[1].split("=")[1]), memory, threads


def main():
    tool = sys.argv[1]
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 8
    counts = [int(count) for count in sys.argv[3:]] or [1, 10, 50]
    rows = [(viewers, *measure(tool, seconds, viewers)) for viewers in counts]
    print(f"{'viewers':>8} {'CPU ms/s/viewer':>16} {'RSS KiB':>8} {'threads':>8}")
    for row in rows:
        print(f"{row[0]:>8} {row[1]:>16.2f} {row[2]:>8} {row[3]:>8}")


main()
