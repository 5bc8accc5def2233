#!/usr/bin/env python3
"""The delay that a viewer reports, when the wall clocks of robot and viewer are wrong and are set while it watches.

    robot (its wall clock: +10 s) --eth-- viewer, server (its wall clock: right)

A preloaded library gives each program a wall clock of its own, and leaves the monotonic one alone as setting a clock does. The stamp in
the picture is written and read by wall clocks, so what it tells is wrong by exactly what was set here: corrected for that it is
the true delay. The reported one may be as far from it as it says itself (`error_ms`), and no farther."""

import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from lab import Namespaces, check
from programs import Lab, until

SERVER = "10.96.0.2"
WEAK = 3.0  # ms: a bound that is wider says little

class WallClock:
    """That of one program, so many seconds off; set while it runs (wall_clock.cpp)."""

    def __init__(self, folder, name, library):
        self.file = pathlib.Path(folder) / f"{name}.clock"
        self.library = library
        self.file.write_bytes(bytes(8))
        self.set(0)

    def set(self, seconds):
        self.seconds = seconds
        with open(self.file, "r+b", buffering=0) as file:
            file.write((seconds * 1_000_000_000).to_bytes(8, sys.byteorder, signed=True))

    def words(self):
        """In front of a command."""
        return ["env", f"LD_PRELOAD={self.library}", f"BIGFOOT_WALL_CLOCK={self.file}"]


def runs_wrong(clock):
    """A program that is told the wall clock's time: seconds off, and the monotonic clock's."""
    ask = "import time; print(time.time(), time.monotonic())"
    said = subprocess.run([*clock.words(), sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout.split()
    return float(said[0]) - time.time(), float(said[1]) - time.monotonic()


class Watch:
    def __init__(self, lab, viewer, robot_clock, viewer_clock):
        self.lab, self.viewer = lab, viewer
        self.clocks = robot_clock, viewer_clock

    def seconds(self, since=0.0):
        """Its lines; what it says in words is left out."""
        return [row for row in self.viewer.find(since) if "cameras" in row]

    def pictures(self, count):
        """The next that have a stamp; what was drawn before a clock was set has come through, and the robot's clock is known well."""
        time.sleep(2)
        until("the robot's clock is known", lambda: (self.seconds()[-1]["clock"] or {"error_ms": WEAK})["error_ms"] < WEAK, 60)
        begin = time.monotonic()

        def rows():
            measured = [camera["measured"]["pictures"] for said in self.seconds(begin)[1:] for camera in said["cameras"]]
            return [row for pictures in measured for row in pictures if "stamped_ms" in row]

        until(f"{count} pictures", lambda: len(rows()) >= count, 60)
        return rows()

    def judge(self, what):
        pictures = self.pictures(90)
        check(all("delay_ms" in row for row in pictures), f"{what}: each has a delay")
        robot, viewer = (clock.seconds * 1000 for clock in self.clocks)
        told = statistics.median(row["stamped_ms"] for row in pictures)
        check(abs(told - (viewer - robot)) < 500, f"{what}: the stamp alone would say {told:.0f} ms")
        apart = sorted(abs(row["delay_ms"] - (row["stamped_ms"] - viewer + robot)) - row["error_ms"] for row in pictures)
        bound = statistics.median(row["error_ms"] for row in pictures)
        reported = statistics.median(row["delay_ms"] for row in pictures)
        beyond = apart[int(len(apart) * 0.95)]  # 5 %: a thread that was held up between two readings of a clock
        check(beyond <= 0, f"{what}: reported {reported:.1f} ± {bound:.2f} ms; the stamped delay lies {-beyond:.2f} ms within that, p95")
        return reported


def start(spaces, lab, folder):
    robot_clock, viewer_clock = (WallClock(folder, name, lab.bin / "wall_clock.so") for name in ("robot", "viewer"))
    robot_clock.set(10)
    off, monotonic = runs_wrong(robot_clock)
    check(abs(off - 10) < 1 and abs(monotonic) < 1, f"the robot's wall clock is {off:.1f} s ahead, its monotonic clock {monotonic:.1f} s")
    lab.start_server("viewer")
    lab.robot_space = "robot"
    lab.robot = lab.run("robot", "robot", [*robot_clock.words(), lab.bin / "bigfoot", "robot", "--server", f"ws://{SERVER}:8080", "--name", "rover-7", "--camera", "front=test:",
                                           "--size", "640x360", "--bitrate", "1M", "--metrics", "127.0.0.1:9464", "--log-format", "json"], log="stderr")
    lab.robot.wait(event="signaling.connected")
    viewer = lab.run("viewer", "viewer", [*viewer_clock.words(), lab.bin / "bigfoot", "view", "rover-7", "--server", f"ws://{SERVER}:8080", "--display", "none", "--json", "--measure"])
    viewer.wait(state="live")
    return Watch(lab, viewer, robot_clock, viewer_clock)


def main(binaries):
    with tempfile.TemporaryDirectory() as folder, Namespaces("robot", "viewer") as spaces:
        spaces.cable("robot", "viewer")
        spaces.ip("robot", "addr add 10.96.0.1/30 dev eth-viewer")
        spaces.ip("viewer", f"addr add {SERVER}/30 dev eth-robot")
        with Lab(spaces, folder, pathlib.Path(binaries).resolve(), SERVER) as lab:
            watch = start(spaces, lab, folder)
            robot_clock, viewer_clock = watch.clocks
            watch.judge("10 s apart")
            robot_clock.set(3600)
            watch.judge("the robot's clock was set an hour ahead")
            viewer_clock.set(-10)
            watch.judge("the viewer's clock was set 10 s back")
            robot_clock.set(-1)
            viewer_clock.set(0)
            watch.judge("both were set again")
            check(watch.seconds()[-1]["sessions"] == 1, "all in one session")
            for program in (watch.viewer, lab.robot, lab.server):
                program.process.terminate()
                program.ends()


main(sys.argv[1])
