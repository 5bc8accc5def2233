#!/usr/bin/env python3
"""`./run bench view-cpu`: what a picture costs the native client, beside GStreamer that does nothing but parse and decode.

The client writes the stream to a file first. Then a client without a display (network, decryption, repair, decoder, statistics) and
`gst-launch-1.0` (that file, demuxed, parsed, decoded, nothing else) run side by side at the same rate, so that what else goes on
meets both; user and system time of each from /proc. Medians over the runs. Ends with 1 when the goal is missed."""

import argparse
import json
import pathlib
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/e2e"))
from lab import BIN, Lab, cpu_seconds, until  # noqa: E402

LIMIT = 1.15
SETTLE = 3


def view(lab, *more):
    return lab.run(BIN / "bigfoot", "view", "rover-7", "--server", f"ws://127.0.0.1:{lab.port}", "--display", "none", "--json", *more)


def said_by(viewer):
    return [json.loads(line) for line in viewer.lines() if line.startswith("{")]


def live(lab, viewer):
    until("a live picture", lambda: lab.checked(viewer) and any(row["state"] == "live" for row in said_by(viewer)))


def record(lab, file, seconds):
    viewer = view(lab, "--record", file)
    live(lab, viewer)
    time.sleep(seconds)
    decoder = said_by(viewer)[-1]["cameras"][0]["decoder"]
    if (code := viewer.stop()) != 0:
        raise SystemExit(f"bench: recording ended with {code}:\n{viewer.output()[-2000:]}")
    return decoder


def decode_only(lab, file, decoder):
    """As the decoder table sets it, at the stream's own rate."""
    words = f"filesrc location={file} ! matroskademux ! h264parse ! {decoder} ! fakesink sync=true qos=false".split()
    return lab.run("/usr/bin/gst-launch-1.0", "-q", *words)


def measure(lab, file, decoder, seconds, fps):
    """CPU in ms a picture of both, of the same stretch of time."""
    viewer = view(lab)
    live(lab, viewer)
    bare = decode_only(lab, file, decoder)
    time.sleep(SETTLE)
    pids = {"client": viewer.pid, "bare": bare.pid}
    before, shown, began = {name: sum(cpu_seconds(pid)) for name, pid in pids.items()}, said_by(viewer)[-1], time.monotonic()
    time.sleep(seconds)
    lab.checked(bare)
    after, span = {name: sum(cpu_seconds(pid)) for name, pid in pids.items()}, time.monotonic() - began
    frames = said_by(viewer)[-1]["cameras"][0]["counts"]["shown"] - shown["cameras"][0]["counts"]["shown"]
    if abs(frames / span - fps) > 0.03 * fps:
        raise SystemExit(f"bench: {frames / span:.1f} pictures a second where {fps} were to come")
    viewer.stop()
    bare.close()
    return {name: (after[name] - before[name]) * 1000 / frames for name in pids}


def main():
    parser = argparse.ArgumentParser(prog="./run bench view-cpu")
    parser.add_argument("--seconds", type=float, default=20, help="measured stretch [%(default)s]")
    parser.add_argument("--runs", type=int, default=5, help="[%(default)s]")
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--bitrate", default="2.5M")
    parser.add_argument("--fps", type=int, default=30)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rows = []
    with Lab() as lab:
        lab.start_server()
        lab.start_robot("--size", arguments.size, "--bitrate", arguments.bitrate, "--fps", arguments.fps, "--encoder", "x264enc")
        file = pathlib.Path(lab.folder.name) / "stream.mkv"
        element = record(lab, file, arguments.seconds + 2 * SETTLE)
        decoder = element + (" max-threads=1" if element.startswith("avdec") else "")
        for run in range(1, arguments.runs + 1):
            rows.append(measure(lab, file, decoder, arguments.seconds, arguments.fps))
            print(f"run {run} of {arguments.runs}  client {rows[-1]['client']:.2f} ms a picture, parse and decode alone {rows[-1]['bare']:.2f} ms", file=sys.stderr, flush=True)
    ratio = statistics.median(row["client"] / row["bare"] for row in rows)
    goal = {"name": "CPU, client / parse and decode alone", "value": round(ratio, 2), "limit": LIMIT, "pass": round(ratio, 2) <= LIMIT}
    median = {name: statistics.median(row[name] for row in rows) for name in rows[0]}
    if arguments.json:
        print(json.dumps({"rows": rows, "median": median, "goals": [goal]}))
    else:
        print(f"\n{arguments.size} at {arguments.fps} fps, {arguments.bitrate}bit/s, {decoder}; CPU a picture, medians of {arguments.runs} runs\n")
        print(f"  client, no display            {median['client']:6.2f} ms\n  floor: parse and decode alone {median['bare']:6.2f} ms\n")
        print(f"goal  {goal['name']:<38} {goal['value']:6.2f}   ≤ {LIMIT}   {'pass' if goal['pass'] else 'MISS'}")
    return 0 if goal["pass"] else 1


if __name__ == "__main__":
    sys.exit(main())
