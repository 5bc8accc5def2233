#!/usr/bin/env python3
"""`bigfoot view` changes its network while it watches. Real robot, server and viewer.

    robot, server --eth-- viewer

Twice its address is taken away and, a second later, it has another one: it is to ask for another way as soon as its server
is back, go on in the same session, and tell how long no picture came. What truly came of the pictures their stamps tell."""

import pathlib
import sys
import tempfile
import time

from lab import Namespaces, Standstills, check
from programs import Lab, until

SERVER = "10.97.0.1"
FPS = 30
AWAY = 1.0  # seconds without an address
RECOVERY_MAX = 2.0  # seconds, from when the server is back to a picture


class Watch:
    def __init__(self, lab):
        self.lab = lab
        self.viewer = lab.run("viewer", "viewer", [lab.bin / "bigfoot", "view", "rover-7", "--server", f"ws://{SERVER}:8080", "--display", "none", "--json", "--measure",
                                                   "--log-level", "info", "--log-format", "json"])
        until("the viewer is live", lambda: self.seconds() and self.last()["state"] == "live" and self.last()["cameras"], 60)

    def seconds(self, since=0.0):
        return [row for row in self.viewer.find(since) if "cameras" in row]

    def last(self):
        return self.seconds()[-1]

    def event(self, since, name, **wanted):
        """When it was first said."""
        return until(f"{name} {wanted}", lambda: self.viewer.timed(since, event=name, **wanted), 30)[0]

    def live(self, pictures):
        """Is live again, and so many pictures were shown."""
        before = self.last()["cameras"][0]["counts"]["shown"]
        until(f"{pictures} pictures", lambda: self.last()["state"] == "live" and self.last()["cameras"][0]["counts"]["shown"] >= before + pictures, 30)

    def gap(self, since):
        """The longest time without a picture, in seconds, by the numbers that the robot drew into them."""
        numbers = sorted(row["stamp"] for second in self.seconds(since) for row in second["cameras"][0]["measured"]["pictures"] if "stamped_ms" in row)
        return max(after - before for before, after in zip(numbers, numbers[1:])) / FPS


def start(spaces, lab):
    lab.start_server("robot")
    lab.start_robot("robot", "--fps", FPS)
    watch = Watch(lab)
    watch.live(pictures=FPS)
    return watch


def change(spaces, watch, standstills, old, new, recoveries):
    begun = time.monotonic()
    spaces.ip("viewer", f"addr del {old}/24 dev eth-robot")
    time.sleep(AWAY)
    spaces.ip("viewer", f"addr add {new}/24 dev eth-robot")
    added = time.monotonic()
    said = f"{old} → {new}"

    recovered, row = watch.event(begun, "view.recovered", by="path")
    connected, _ = watch.event(begun, "signaling.connected")
    check(recovered > added, f"{said}: nothing is called a recovery before there is a network")
    paths = [path["local"] for at, path in watch.viewer.timed(begun, event="view.path") if at <= recovered]
    check(paths and paths[-1].startswith(new + ":"), f"{said}: the picture came by the new address ({paths})")
    stood_still = standstills.milliseconds(begun) / 1000
    check(recovered - connected < RECOVERY_MAX + stood_still,
          f"{said}: a picture {recovered - connected:.2f} s after the server was back (the machine stood still for {stood_still:.2f} s)")

    watch.live(pictures=2 * FPS)
    path, took = watch.last()["recoveries"]["path"], row["took_ms"] / 1000
    check(path["recovered"] == recoveries and path["tried"] >= recoveries, f"{said}: asked for, and counted once ({path})")
    check(abs(path["last_took_s"] - took) < 0.01, f"{said}: log and --json say the same time")
    gap, told = watch.gap(begun - 2), f"it says {took:.2f} s"
    check(gap > AWAY / 4, f"{said}: pictures are missing for {gap:.2f} s")
    check(took > gap - 0.3 - stood_still, f"{said}: the time that it tells is all of that: {told}")
    check(took < recovered - begun + 0.3 + stood_still, f"{said}: and no more: {told}, the change was {recovered - begun:.2f} s ago")


def main(binaries):
    with tempfile.TemporaryDirectory() as folder, Namespaces("robot", "viewer") as spaces:
        spaces.cable("robot", "viewer")
        spaces.ip("robot", f"addr add {SERVER}/24 dev eth-viewer")
        spaces.ip("viewer", "addr add 10.97.0.2/24 dev eth-robot")
        with Lab(spaces, folder, pathlib.Path(binaries).resolve(), SERVER) as lab, Standstills() as standstills:
            watch = start(spaces, lab)
            change(spaces, watch, standstills, "10.97.0.2", "10.97.0.9", 1)
            change(spaces, watch, standstills, "10.97.0.9", "10.97.0.5", 2)
            check(watch.last()["sessions"] == 1 and watch.last()["recoveries"]["session"]["tried"] == 0, "all in one session")
            check(lab.metric("bigfoot_sessions_started_total") == 1, "so says the robot")
            check(watch.last()["recoveries"]["decoder"]["tried"] == 0, "its decoder was left alone")
            for program in (watch.viewer, lab.robot, lab.server):
                program.process.terminate()
                program.ends()


main(sys.argv[1])
