#!/usr/bin/env python3
"""`./run bench soak`: does anything grow while a picture is shown for an hour?

Robot, server and native client on this machine. The delay of every picture is told by its stamp; memory, descriptors and threads of
the three programs are read from /proc every second. The delay may grow by 0.5 ms over the run (an hour: 0.5 ms/h; a shorter run is
judged by the same growth, so by a steeper slope), and the 95 % interval of the slope must not lie above 0, nor be so wide that it says
nothing. Memory may grow by 2 MB between the second tenth of the run and the last; descriptors and threads by none. Ends with 1 when
something grows."""

import argparse
import json
import pathlib
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/e2e"))
from lab import BIN, Lab, descriptors_of, resident_kib, threads_of, until  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from slope import in_blocks, slope  # noqa: E402

GROWTH_MS = 0.5
GROWTH_MB = 2.0
GROWTH_MB_SHORT = 0.5
BLOCKS = 20


class Soak:
    """Samples of the three programs, and the pictures' delays, second by second."""

    def __init__(self, lab):
        self.lab = lab
        self.pids = {"robot": lab.robot.pid, "server": lab.server.pid}
        self.samples = {}  # program: [(time, MB, descriptors, threads)]

    def run(self, seconds, tell=lambda text: None):
        viewer = self.lab.run(BIN / "bigfoot", "view", "rover-7", "--server", f"ws://127.0.0.1:{self.lab.port}", "--display", "none", "--json", "--measure")
        self.pids["viewer"] = viewer.pid
        until("a live picture", lambda: self.lab.checked(viewer) and any(row["state"] == "live" for row in said_by(viewer)))
        time.sleep(3)
        skipped, begin = len(said_by(viewer)), time.monotonic()
        while time.monotonic() < begin + seconds:
            time.sleep(1)
            self.lab.checked(viewer)
            for name, pid in self.pids.items():
                self.samples.setdefault(name, []).append((time.monotonic() - begin, resident_kib(pid) * 1024 / 1e6, descriptors_of(pid), threads_of(pid)))
            if len(self.samples["viewer"]) % 60 == 0:
                tell(f"{(time.monotonic() - begin) / 60:.0f} min  " + "  ".join(f"{name} {rows[-1][1]:.1f} MB {rows[-1][2]} descriptors" for name, rows in self.samples.items()))
        said = said_by(viewer)[skipped:]
        code = viewer.stop()
        if code != 0:
            raise AssertionError(f"bigfoot view ended with {code}:\n{viewer.output()[-3000:]}")
        return said


def said_by(viewer):
    return [json.loads(line) for line in viewer.lines() if line.startswith("{")]


def delays_of(said):
    """[(hours since the first line, ms)] of every picture that was shown."""
    return [(index / 3600, row["stamped_ms"]) for index, second in enumerate(said) for row in second["cameras"][0]["measured"]["pictures"] if "stamped_ms" in row]


def quiet(values):
    """The fastest tenth: what a block takes when nothing else has the processor."""
    return sorted(values)[len(values) // 10]


def figures(said, samples, of=statistics.median):
    delays = delays_of(said)
    hours = delays[-1][0] - delays[0][0]
    steep, within = slope(in_blocks([at for at, _ in delays], [value for _, value in delays], BLOCKS, of))
    result = {"pictures": len(delays), "minutes": hours * 60, "delay_p50": statistics.median(value for _, value in delays), "slope": steep, "slope_within": within,
              "growth": steep * hours, "programs": {}}
    for name, rows in samples.items():
        tenth = max(1, len(rows) // 10)
        early, late = rows[tenth:2 * tenth], rows[-tenth:]
        result["programs"][name] = {"megabytes": statistics.median(row[1] for row in late), "growth_mb": statistics.median(row[1] for row in late) - statistics.median(row[1] for row in early),
                                    "descriptors": late[-1][2], "descriptors_more": min(row[2] for row in late) - max(row[2] for row in early),
                                    "threads_more": min(row[3] for row in late) - max(row[3] for row in early)}
    return result


def judge(f):
    rows = [("delay grew by, ms", f["growth"], GROWTH_MS), ("slope, lower end of its 95 % interval, ms/h", f["slope"] - f["slope_within"], 0.0),
            ("growth is known within, ms", f["slope_within"] * f["minutes"] / 60, GROWTH_MS)]
    return judged(rows, f, GROWTH_MB)


def judge_short(f):
    """Of some minutes beside other work, where a true slope of 0 would lie below its interval in one run of 40: what is sure of the growth."""
    return judged([("delay surely grew by, ms", f["growth"] - f["slope_within"] * f["minutes"] / 60, GROWTH_MS)], f, GROWTH_MB_SHORT)


def judged(rows, f, growth_mb):
    for name, of in f["programs"].items():
        rows += [(f"{name}: memory grew by, MB", of["growth_mb"], growth_mb), (f"{name}: descriptors more", of["descriptors_more"], 0), (f"{name}: threads more", of["threads_more"], 0)]
    return [{"name": name, "value": round(value, 2), "limit": limit, "pass": round(value, 2) <= limit} for name, value, limit in rows]


def main():
    parser = argparse.ArgumentParser(prog="./run bench soak")
    parser.add_argument("--minutes", type=float, default=60, help="[%(default)s]")
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--bitrate", default="2.5M")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with Lab() as lab:
        lab.start_server()
        lab.start_robot("--size", arguments.size, "--bitrate", arguments.bitrate, "--encoder", "x264enc")
        soak = Soak(lab)
        said = soak.run(arguments.minutes * 60, lambda text: print(text, file=sys.stderr, flush=True))
    f = figures(said, soak.samples)
    goals = judge(f)
    if arguments.json:
        print(json.dumps({**f, "goals": goals}))
    else:
        print(f"{f['minutes']:.0f} minutes, {f['pictures']} pictures shown, delay {f['delay_p50']:.1f} ms p50, slope {f['slope']:+.2f} ± {f['slope_within']:.2f} ms/h")
        for name, of in f["programs"].items():
            print(f"  {name:<7} {of['megabytes']:6.1f} MB ({of['growth_mb']:+.2f})  {of['descriptors']} descriptors ({of['descriptors_more']:+d})")
        print()
        for goal in goals:
            print(f"goal  {goal['name']:<46} {goal['value']:7g}   ≤ {goal['limit']:<4}  {'pass' if goal['pass'] else 'MISS'}")
    return 0 if all(goal["pass"] for goal in goals) else 1


if __name__ == "__main__":
    sys.exit(main())
