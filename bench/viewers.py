#!/usr/bin/env python3
"""`./run bench viewers`: what one more viewer costs the sender.

N counting receivers (transport, decryption and feedback of a browser, no decoder) sit in a network namespace of their own behind
a veth pair; the sender's user and system CPU, memory and threads are read from /proc around a quiet stretch. Per viewer =
(N viewers − 1 viewer) / (N − 1), so the encoder is not in it. `--peer webrtcbin` does the same with a stock webrtcbin sender.
Needs root (namespaces)."""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/e2e"))
from lab import BIN, RECEIVERS, Lab, cpu_seconds, free_port, resident_kib, threads_of, until  # noqa: E402

HERE, THERE = "10.214.77.1", "10.214.77.2"


class Namespace:
    """Two ends of one wire: HERE is ours, THERE is the receivers'."""

    def __init__(self):
        self.name = f"bigfoot-bench-{os.getpid()}"
        self.ours = f"bfb{os.getpid() % 100000}a"

    def __enter__(self):
        theirs = self.ours[:-1] + "b"
        for line in (f"netns add {self.name}", f"link add {self.ours} type veth peer name {theirs} netns {self.name}", f"addr add {HERE}/30 dev {self.ours}",
                     f"link set {self.ours} up", f"-n {self.name} addr add {THERE}/30 dev {theirs}", f"-n {self.name} link set {theirs} up",
                     f"-n {self.name} link set lo up", f"-n {self.name} route add default via {HERE}"):
            subprocess.run(["ip", *line.split()], check=True)
        return self

    def __exit__(self, *_):
        subprocess.run(["ip", "netns", "del", self.name], check=False)
        subprocess.run(["ip", "link", "del", self.ours], check=False, stderr=subprocess.DEVNULL)


def start_bigfoot(lab):
    lab.server = lab.run(BIN / "bigfoot-server", "serve", "--listen", f"{HERE}:{lab.port}", "--admin-listen", f"127.0.0.1:{lab.admin_port}", "--state-dir", lab.folder.name)
    lab.robot = lab.run(BIN / "bigfoot", "robot", "--server", f"ws://{HERE}:{lab.port}", "--name", "bench", "--camera", "front=test:", "--bitrate", "2.5M",
                        "--encoder", "x264enc", "--metrics", f"127.0.0.1:{lab.metrics_port}", "--log-level", "warn")
    until("the camera gives pictures", lambda: lab.checked(lab.robot) and lab.metric("bigfoot_frames_captured_total") > 0)
    time.sleep(1)
    return lab.robot, f"http://{HERE}:{lab.port}/whep/bench"


def start_webrtcbin(lab):
    port = free_port()
    program = lab.run(BIN / "webrtcbin_sender", "--port", port)
    time.sleep(3)
    lab.checked(program)
    return program, f"http://{HERE}:{port}/whep/bench"


def measure(start, namespace, count, seconds):
    """One sender, `count` receivers: what the sender used during `seconds` after all had connected."""
    with Lab() as lab:
        sender, url = start(lab)
        command = ["ip", "netns", "exec", namespace.name, RECEIVERS, "--url", url, "--count", str(count), "--seconds", str(seconds + 2), "--apart-ms", "40"]
        receivers = lab.run(*command)
        until("all receivers settled", lambda: "settled" in receivers.output() or not receivers.alive(), timeout=60)
        time.sleep(0.5)
        lab.checked(sender)
        (user, system), started = cpu_seconds(sender.pid), time.monotonic()
        time.sleep(seconds)
        (user_after, system_after), span = cpu_seconds(sender.pid), time.monotonic() - started
        memory, threads = resident_kib(sender.pid), threads_of(sender.pid)
        receivers.process.wait(60)
        figures = json.loads(receivers.output().strip().splitlines()[-1])
        if figures["connected"] != count:
            raise SystemExit(f"bench: only {figures['connected']} of {count} receivers connected: {figures['errors'][:3]}")
        return {"count": count, "user": (user_after - user) / span * 1000, "system": (system_after - system) / span * 1000, "kib": memory, "threads": threads,
                "mbit": figures["bytes"] * 8 / figures["count"] if "count" in figures else figures["bytes"] * 8 / count / (seconds + 2) / 1e6}


def per_viewer(few, many):
    more = many["count"] - few["count"]
    keys = ("user", "system", "kib", "threads")
    row = {key: (many[key] - few[key]) / more for key in keys}
    row["cpu"] = row["user"] + row["system"]
    return row


def series(name, start, namespace, counts, seconds, runs):
    rows = []
    for run in range(1, runs + 1):
        measured = {count: measure(start, namespace, count, seconds) for count in counts}
        for count in counts:
            m = measured[count]
            print(f"  {name:<10} run {run}  N {count:>3}  user {m['user']:7.1f}  system {m['system']:7.1f} ms/s   {m['kib'] / 1024:7.1f} MiB  {m['threads']:>4} threads  {m['mbit']:.2f} Mbit/s each", flush=True)
        rows.append(per_viewer(measured[counts[0]], measured[counts[-1]]))
    return {key: statistics.median(row[key] for row in rows) for key in rows[0]}


def main():
    parser = argparse.ArgumentParser(prog="./run bench viewers")
    parser.add_argument("--counts", default="1,10,50", help="viewers [%(default)s]")
    parser.add_argument("--seconds", type=float, default=8, help="measured stretch [%(default)s]")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--peer", choices=["webrtcbin"], help="measure a stock sender beside ours")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    counts = sorted(int(count) for count in arguments.counts.split(","))
    if os.geteuid() != 0:
        raise SystemExit("bench: network namespaces need root")
    table = {}
    with Namespace() as namespace:
        table["bigfoot"] = series("bigfoot", start_bigfoot, namespace, counts, arguments.seconds, arguments.runs)
        if arguments.peer:
            table[arguments.peer] = series(arguments.peer, start_webrtcbin, namespace, counts, arguments.seconds, arguments.runs)
    if arguments.json:
        print(json.dumps(table))
        return
    print("\n  per added viewer at 2.5 Mbit/s    CPU (user + system)        memory      threads")
    for name, row in table.items():
        print(f"  {name:<30} {row['cpu']:6.2f} ms/s ({row['user']:.2f} + {row['system']:.2f})  {row['kib'] / 1024:6.2f} MiB  {row['threads']:6.2f}")
    if arguments.peer:
        print(f"  ours / {arguments.peer}: {table['bigfoot']['cpu'] / table[arguments.peer]['cpu']:.2f} of the CPU (goal ≤ 0.30)")
    print("  goal: ≤ 3.0 ms of CPU a second, ≤ 0.3 MB, 0 threads")


if __name__ == "__main__":
    main()
