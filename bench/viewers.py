#!/usr/bin/env python3
"""`./run bench viewers`: what one more viewer costs the sender.

N counting receivers (transport, decryption and feedback of a browser, no decoder) sit in a network namespace of their own behind
a veth pair; the sender's user and system CPU, memory and threads are read from /proc around a quiet stretch. Per added viewer =
(most viewers − fewest) / the difference of their numbers, so the encoder is not in it; medians over the runs. The floor is a
program that sends as many bytes to as many addresses, one kernel-cut send a picture, and does nothing else. `--peer webrtcbin`
measures a stock webrtcbin sender on the same receivers in the same runs. Ends with 1 when a goal is missed. Needs root
(namespaces)."""

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
BITRATE = "2.5M"
# Of what is measured, how it is called, and in which unit it is shown.
FIGURES = (("cpu", "CPU ms/s"), ("user", "user"), ("system", "system"), ("megabytes", "MB"), ("threads", "threads"))


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


def whep_receivers(url, count, seconds):
    return [RECEIVERS, "--url", url, "--count", count, "--seconds", seconds, "--apart-ms", "40"]


# Each starts a sender; given back are its process and the command of the receivers.

def start_bigfoot(lab, count, seconds):
    lab.server = lab.run(BIN / "bigfoot-server", "serve", "--listen", f"{HERE}:{lab.port}", "--admin-listen", f"127.0.0.1:{lab.admin_port}", "--state-dir", lab.folder.name)
    lab.robot = lab.run(BIN / "bigfoot", "robot", "--server", f"ws://{HERE}:{lab.port}", "--name", "bench", "--camera", "front=test:", "--bitrate", BITRATE,
                        "--encoder", "x264enc", "--metrics", f"127.0.0.1:{lab.metrics_port}", "--log-level", "warn")
    until("the camera gives pictures", lambda: lab.checked(lab.robot) and lab.metric("bigfoot_frames_captured_total") > 0)
    time.sleep(1)
    return lab.robot, whep_receivers(f"http://{HERE}:{lab.port}/whep/bench", count, seconds)


def start_webrtcbin(lab, count, seconds):
    port = free_port()
    sender = lab.run(BIN / "webrtcbin_sender", "--port", port, "--bitrate", BITRATE)
    time.sleep(3)
    return sender, whep_receivers(f"http://{HERE}:{port}/whep/bench", count, seconds)


def start_floor(lab, count, seconds):
    words = ("--address", THERE, "--count", count)
    sender = lab.run(BIN / "udp_floor", "send", *words, "--bitrate", BITRATE)
    return sender, [BIN / "udp_floor", "take", *words, "--seconds", seconds]


def measure(start, namespace, count, seconds):
    """One sender, `count` receivers: what the sender used during `seconds` after all had connected."""
    with Lab() as lab:
        sender, command = start(lab, count, seconds + 2)
        receivers = lab.run("ip", "netns", "exec", namespace.name, *command)
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
        user, system = ((after - before) / span * 1000 for before, after in ((user, user_after), (system, system_after)))
        return {"cpu": user + system, "user": user, "system": system, "megabytes": memory * 1024 / 1e6, "threads": threads,
                "mbit": figures["bytes"] * 8 / figures["seconds"] / count / 1e6}


def per_added_viewer(by_count):
    few, many = min(by_count), max(by_count)
    return {key: (by_count[many][key] - by_count[few][key]) / (many - few) for key, _ in FIGURES}


def medians(rows):
    return {key: statistics.median(row[key] for row in rows) for key in rows[0]}


def run_all(starts, counts, seconds, runs):
    """{sender: one {count: figures} a run}; the senders take turns, so that what changes on the machine meets them all."""
    table = {name: [] for name in starts}
    with Namespace() as namespace:
        for run in range(1, runs + 1):
            for name, start in starts.items():
                by_count = {}
                for count in counts:
                    by_count[count] = m = measure(start, namespace, count, seconds)
                    print(f"run {run} of {runs}  {name:<10} N {count:>3}  user {m['user']:7.1f}  system {m['system']:7.1f} ms/s  {m['megabytes']:7.1f} MB  {m['threads']:>4} threads  "
                          f"{m['mbit']:.2f} Mbit/s each", file=sys.stderr, flush=True)
                table[name].append(by_count)
    return table


def judge(added, peer):
    """What is shown is what is judged."""
    rows = [("CPU per added viewer, ms/s", added["bigfoot"]["cpu"], 3.0, 1), ("memory per added viewer, MB", added["bigfoot"]["megabytes"], 0.3, 2),
            ("threads per added viewer", added["bigfoot"]["threads"], 0, 1)]
    if peer:
        rows.append((f"CPU, ours / {peer}", added["bigfoot"]["cpu"] / added[peer]["cpu"], 0.3, 2))
    return [{"name": name, "value": round(value, digits), "limit": limit, "pass": round(value, digits) <= limit} for name, value, limit, digits in rows]


def print_table(title, rows):
    print(f"\n{title:<40}" + "".join(f"{unit:>10}" for _, unit in FIGURES))
    for name, row in rows.items():
        print(f"  {name:<38}" + "".join(f"{row[key]:10.2f}" for key, _ in FIGURES))


def viewer_counts(text):
    try:
        counts = sorted({int(count) for count in text.split(",")})
    except ValueError:
        counts = []
    if len(counts) < 2 or counts[0] < 1 or counts[-1] > 200:
        raise argparse.ArgumentTypeError(f'"{text}" is not at least two numbers from 1 to 200, like 1,10,50')
    return counts


def read_arguments():
    parser = argparse.ArgumentParser(prog="./run bench viewers")
    parser.add_argument("--counts", type=viewer_counts, default="1,10,50", help="viewers [%(default)s]")
    parser.add_argument("--seconds", type=float, default=8, help="measured stretch [%(default)s]")
    parser.add_argument("--runs", type=int, default=3, help="[%(default)s]")
    parser.add_argument("--peer", choices=["webrtcbin"], help="measure a stock sender in the same runs")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def main():
    arguments = read_arguments()
    if os.geteuid() != 0:
        raise SystemExit("bench: network namespaces need root")
    starts = {"bigfoot": start_bigfoot, **({arguments.peer: start_webrtcbin} if arguments.peer else {}), "floor": start_floor}
    table = run_all(starts, arguments.counts, arguments.seconds, arguments.runs)
    added = {name: medians([per_added_viewer(by_count) for by_count in runs]) for name, runs in table.items()}
    whole = {f"{name}, {count} viewers": medians([by_count[count] for by_count in runs]) for name, runs in table.items() for count in arguments.counts}
    goals = judge(added, arguments.peer)
    if arguments.json:
        print(json.dumps({"runs": table, "whole": whole, "added": added, "goals": goals}))
    else:
        print_table(f"{BITRATE}bit/s each, medians of {arguments.runs} runs", whole)
        print_table(f"per added viewer ({arguments.counts[0]} to {arguments.counts[-1]})", added)
        print()
        for goal in goals:
            print(f"goal  {goal['name']:<32} {goal['value']:7g}   ≤ {goal['limit']:<4}  {'pass' if goal['pass'] else 'MISS'}")
    return 0 if all(goal["pass"] for goal in goals) else 1


if __name__ == "__main__":
    sys.exit(main())
