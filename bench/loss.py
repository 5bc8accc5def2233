#!/usr/bin/env python3
"""`./run bench loss`: what a network that loses packets does to the pictures of the native client.

    robot, server --- rough_link: half the round trip and 2 % loss each way --- bigfoot view

Robot and viewer are in network namespaces of their own; between them is nothing but the link (tests/netlab/rough_link.cpp), which
says at the end what it lost. How late a repair made a picture is what it was whole after its capture, less the median of the
pictures that needed none: so the time until the loss was noticed is in it. A picture is shown, or overtaken by a newer one that
was let go with it, or lost; which of them were drawn is known by their stamps. The floor is the same link without loss. Ends with
1 when a goal is missed. Needs root."""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/netlab"))
from lab import Namespaces  # noqa: E402
from programs import Lab, until  # noqa: E402

BIN = pathlib.Path(os.environ.get("BIGFOOT_BIN_DIR", ROOT / "build/bin"))
HERE, THERE = "10.214.78.1", "10.214.78.2"
FPS = 30


def quantile(values, q):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))] if ordered else float("nan")


class Rough:
    """The link: ready when the block begins; `carried` is what it says when the block ends."""

    def __init__(self, spaces, delay_ms, loss, seed):
        self.command = [BIN / "rough_link", spaces["robot"], spaces["viewer"], "--delay-ms", delay_ms, "--loss", loss, "--seed", seed]
        self.spaces = spaces
        self.carried = {}

    def __enter__(self):
        self.process = subprocess.Popen([str(word) for word in self.command], stdout=subprocess.PIPE, text=True)
        if not self.process.stdout.readline():
            raise SystemExit("bench: there is no link")
        for space, address in (("robot", HERE), ("viewer", THERE)):
            self.spaces.ip(space, f"addr add {address}/30 dev rough")
            self.spaces.ip(space, "link set rough up")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.carried = json.loads(self.process.communicate(timeout=30)[0] or "{}")


def robot_words(arguments):
    return [BIN / "bigfoot", "robot", "--server", f"ws://{HERE}:8080", "--name", "rover-7", "--camera", "front=test:", "--size", arguments.size, "--fps", FPS,
            "--bitrate", arguments.bitrate, "--encoder", "x264enc", "--metrics", "127.0.0.1:9464", "--log-format", "json"]


def measure(arguments, loss, seed):
    """One session: a row for each picture, and what the link carried."""
    with tempfile.TemporaryDirectory() as folder, Namespaces("robot", "viewer") as spaces:
        with Rough(spaces, arguments.rtt / 2, loss, seed) as link, Lab(spaces, folder, BIN, HERE) as lab:
            lab.start_server("robot")
            lab.robot_space = "robot"
            lab.robot = lab.run("robot", "robot", robot_words(arguments), log="stderr")
            lab.robot.wait(event="signaling.connected")
            viewer = lab.run("viewer", "viewer", [BIN / "bigfoot", "view", "rover-7", "--server", f"ws://{HERE}:8080", "--display", "none", "--json", "--measure"])
            viewer.wait(timeout=60, state="live")
            time.sleep(3)
            begin = time.monotonic()
            time.sleep(arguments.seconds)
            told = viewer.find(since=begin)
            said = [row for row in told if "cameras" in row]  # it says in words, too, what it does
            for program in (viewer, lab.robot, lab.server):
                program.process.terminate()
                program.ends()
    pictures = [picture for second in said for picture in second["cameras"][0]["measured"]["pictures"]]
    return {"pictures": pictures, "last": said[-1], "carried": link.carried}


def figures(session):
    """Of one session; times in ms."""
    pictures = session["pictures"]
    timely = [row["whole_ms"] for row in pictures if not row["repaired"] and "whole_ms" in row]
    base = statistics.median(timely)
    late = [row["whole_ms"] - base for row in pictures if row["repaired"] and "whole_ms" in row]
    numbers = [row["stamp"] for row in pictures if "stamp" in row]
    drawn = max(numbers) - min(numbers) + 1
    lost = [session["carried"][way]["lost"] / session["carried"][way]["packets"] for way in ("there", "back")]
    return {"pictures": drawn, "decoded": len(set(numbers)) / drawn, "shown": sum("stamped_ms" in row for row in pictures) / drawn, "repaired": len(late) / drawn,
            "late": late, "delays": [row["stamped_ms"] for row in pictures if "stamped_ms" in row], "rtt": session["last"]["rtt_ms"], "lost_there": lost[0], "lost_back": lost[1],
            "link_late": max(session["carried"][way]["late_p99_ms"] for way in ("there", "back")), "counts": session["last"]["cameras"][0]["counts"]}


def tell(name, f):
    print(f"{name:<8} {f['pictures']:5} pictures  lost on the way {f['lost_there'] * 100:4.1f} % there {f['lost_back'] * 100:4.1f} % back  round trip {f['rtt'] or float('nan'):.1f} ms  "
          f"decoded {f['decoded'] * 100:5.1f} %  shown {f['shown'] * 100:5.1f} %  repaired {f['repaired'] * 100:4.1f} %  late by {quantile(f['late'], .5):5.1f} p50 {quantile(f['late'], .85):5.1f} p85 "
          f"{quantile(f['late'], .99):5.1f} ms p99  delay {quantile(f['delays'], .5):5.1f} p50 {quantile(f['delays'], .95):5.1f} ms p95  link late {f['link_late']:.1f} ms p99", file=sys.stderr, flush=True)


def goals_of(sessions, arguments):
    late = [value for f in sessions for value in f["late"]]
    drawn = sum(f["pictures"] for f in sessions)
    share = {key: sum(f[key] * f["pictures"] for f in sessions) / drawn * 100 for key in ("shown", "decoded")}
    rows = [("repaired pictures later by, p85, ms", quantile(late, 0.85), 1.2 * arguments.rtt + 5, -1),
            ("repaired pictures later by, p99, ms", quantile(late, 0.99), 2.5 * arguments.rtt + 1000 / FPS, -1),
            ("pictures shown, %", share["shown"], 98, 1)]
    goals = [{"name": name, "value": round(value, 1), "limit": round(limit, 1), "pass": (round(value, 1) - round(limit, 1)) * sign >= 0} for name, value, limit, sign in rows]
    return goals, share


def read_arguments():
    parser = argparse.ArgumentParser(prog="./run bench loss")
    parser.add_argument("--loss", type=float, default=0.02, help="each way, 0 to 1 [%(default)s]")
    parser.add_argument("--rtt", type=float, default=40, help="ms [%(default)s]")
    parser.add_argument("--seconds", type=float, default=60, help="measured stretch [%(default)s]")
    parser.add_argument("--runs", type=int, default=2, help="[%(default)s]")
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--bitrate", default="2.5M")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def main():
    arguments = read_arguments()
    if os.geteuid() != 0:
        raise SystemExit("bench: network namespaces need root")
    sessions = []
    for run in range(1, arguments.runs + 1):
        sessions.append(figures(measure(arguments, arguments.loss, run * 10)))
        tell(f"run {run}", sessions[-1])
    floor = figures(measure(arguments, 0, 1))
    tell("no loss", floor)
    for f in sessions:
        if not all(arguments.loss / 2 <= f[way] <= arguments.loss * 2 for way in ("lost_there", "lost_back")):
            raise SystemExit(f"bench: the link did not lose what it was told to: {f['lost_there']:.3f}, {f['lost_back']:.3f}")
    goals, share = goals_of(sessions, arguments)
    if arguments.json:
        print(json.dumps({"sessions": sessions, "floor": floor, "share": share, "goals": goals}))
    else:
        print(f"\n{arguments.loss * 100:.0f} % of all packets lost each way, {arguments.rtt:.0f} ms round trip, {arguments.size} at {FPS} fps, {arguments.bitrate}bit/s: "
              f"{share['decoded']:.1f} % of the pictures decoded, {share['shown']:.1f} % shown; without loss {floor['shown'] * 100:.1f} %\n")
        for goal in goals:
            print(f"goal  {goal['name']:<38} {goal['value']:7g}   {'≥' if 'shown' in goal['name'] else '≤'} {goal['limit']:<6}  {'pass' if goal['pass'] else 'MISS'}")
    return 0 if all(goal["pass"] for goal in goals) else 1


if __name__ == "__main__":
    sys.exit(main())
