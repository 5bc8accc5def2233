#!/usr/bin/env python3
"""`./run demo`: server and robot on this machine, the URL to open, one live status line, and a clean end."""

import argparse
import collections
import contextlib
import errno
import ipaddress
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import metrics_page
from ports import free_port

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(os.environ.get("BIGFOOT_BIN_DIR", ROOT / "build/bin"))
GLASS = "bigfoot_glass_latency_seconds_bucket"
ENCODED = "bigfoot_frames_encoded_total"
# Pages report every 2 s: a median of five or so.
DELAY_SECONDS = 10
PICTURE_SECONDS = 15
# A camera that the demo chose by itself may be a metadata node, busy, or raw behind an ISP: no long wait for it.
CHOSEN_PICTURE_SECONDS = 5
END_SECONDS = 15  # only what hangs takes longer, on a machine that stands still for a while too
TEST_CAMERA = "front=test:"
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # the last: the terminal was closed


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./run demo", description="Server and robot on this machine; open the printed URL.")
    parser.add_argument("--camera", action="append", metavar="[NAME=]URI", help="camera, repeatable [a V4L2 camera when there is one, else test:]")
    parser.add_argument("--listen", default="127.0.0.1:8080", metavar="ADDR:PORT", help="where the page is served [%(default)s]; 0.0.0.0:8080 for a phone")
    parser.add_argument("--seconds", type=float, metavar="N", help="end by itself after N seconds")
    parser.add_argument("--headless", action="store_true", help="open no browser")
    parser.add_argument("--name", default="rover-7", help="the robot's name [%(default)s]")
    parser.add_argument("--bitrate", default="2.5M", help="of each camera [%(default)s]")
    return parser.parse_args()


def split_address(text):
    host, colon, port = text.rpartition(":")
    host = host.strip("[]")
    try:
        ipaddress.ip_address(host)
        if not colon or not 0 < int(port) < 65536:
            raise ValueError
    except ValueError:
        sys.exit(f'demo: "{text}" is not an address to listen at; write --listen like 127.0.0.1:8080 or 0.0.0.0:8080')
    return host, int(port)


def default_cameras():
    """A camera that can capture, by its stable name; else the test picture."""
    by_id = pathlib.Path("/dev/v4l/by-id")
    found = sorted(by_id.glob("*-index0")) if by_id.is_dir() else []
    found += [path for path in sorted(pathlib.Path("/dev").glob("video0")) if not found]
    return [f"camera=v4l2:{found[0]}"] if found else [TEST_CAMERA]


def own_addresses():
    """Addresses under which other machines may see this one (nothing is sent: a UDP connect only looks up a route)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return [probe.getsockname()[0]]
        except OSError:
            return []


def scrape(port):
    """{name: sum over labels} of a metrics page; empty while it does not answer. A bucket's key is (name, is it estimated, bound),
    that of a camera's pictures (name, camera)."""
    sums = collections.Counter()
    for name, labels, value in metrics_page.samples(port):
        sums[name] += value
        if name == GLASS:
            sums[name, labels.get("estimated") == "true", float(labels["le"])] += value
        elif name == ENCODED:
            sums[name, labels["camera"]] += value
    return sums


def median_of(buckets):
    """The middle of a Prometheus histogram, interpolated in its bucket; None when nothing was counted."""
    total = max(buckets.values(), default=0)
    if not total:
        return None
    below, count_below = 0.0, 0.0
    for bound in sorted(buckets):
        if buckets[bound] >= total / 2:
            inside = buckets[bound] - count_below
            return below if bound == float("inf") else below + (bound - below) * ((total / 2 - count_below) / inside if inside else 1)
        below, count_below = bound, buckets[bound]
    return None


def delay_words(sums, before):
    """The median of what pages reported in between; "≈" where no picture carried a stamp that tells it exactly."""
    for estimated, sign in ((False, ""), (True, "≈ ")):
        counted = {key[2]: count - before.get(key, 0.0) for key, count in sums.items() if key[:2] == (GLASS, estimated)}
        median = median_of(counted)
        if median is not None:
            return f"{sign}{median * 1000:.0f} ms"
    return "—"


def rate_words(sums, last, span):
    """Pictures a second, of each camera that is watched: an encoder sleeps when nobody looks, and cameras differ."""
    rates = {key[1]: (count - last.get(key, 0)) / span for key, count in sums.items() if key[0] == ENCODED and count > last.get(key, 0)}
    if len(rates) < 2:
        return f"{sum(rates.values()):.0f} fps"
    return ", ".join(f"{camera} {rate:.0f}" for camera, rate in sorted(rates.items())) + " fps"


class Failure(Exception):
    """What went wrong, in words for the person at the terminal, and the last lines of who said it."""

    def __init__(self, why, lines):
        super().__init__(f"{why}:\n{lines}")
        self.why = why


class RobotFailure(Failure):
    pass


class Demo:
    def __init__(self, arguments):
        self.arguments = arguments
        self.host, self.port = split_address(arguments.listen)
        self.state = tempfile.TemporaryDirectory(prefix="bigfoot-demo-")
        self.logs = {name: open(pathlib.Path(self.state.name) / f"{name}.log", "w+") for name in ("server", "robot")}
        self.processes = {}
        self.admin_port, self.metrics_port = free_port(), free_port()
        self.frames_sent_most = 0.0
        self.viewers_most = 0
        self.shown = 0
        self.delay = "—"
        self.seen = collections.deque(maxlen=DELAY_SECONDS)  # the last pages of metrics, one a second

    def start(self, name, *command):
        # An end that comes between the fork and the assignment would leave a process that nobody knows.
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
        try:
            self.processes[name] = subprocess.Popen(command, stdout=self.logs[name], stderr=subprocess.STDOUT, start_new_session=True,
                                                    preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS))
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)

    def run(self):
        reach = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        bracketed = f"[{reach}]" if ":" in reach else reach
        self.reach = f"{bracketed}:{self.port}"
        self.start("server", BIN / "bigfoot-server", "serve", "--listen", self.arguments.listen, "--admin-listen", f"127.0.0.1:{self.admin_port}",
                   "--state-dir", self.state.name, "--web-dir", ROOT / "web")
        cameras = self.start_cameras()
        self.wait_until("the server did not list the robot", self.listed)
        url = f"http://{'localhost' if reach == '127.0.0.1' else bracketed}:{self.port}/r/{self.arguments.name}"
        print(f"\n  {self.arguments.name} is live:  {url}\n  cameras: {', '.join(cameras)}")
        self.say_how_a_phone_sees_it()
        print("  Ctrl-C ends it\n", flush=True)
        if not self.arguments.headless and (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")) and shutil.which("xdg-open"):
            subprocess.Popen(["xdg-open", url], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        self.watch()

    def start_cameras(self):
        """The cameras asked for; else those found, and the test picture when the robot gets nothing from them."""
        cameras = self.arguments.camera or default_cameras()
        self.start_robot(cameras)
        if self.arguments.camera or cameras == [TEST_CAMERA]:
            self.wait_until("no picture", self.has_picture)
            return cameras
        try:
            self.wait_until("no picture", self.has_picture, CHOSEN_PICTURE_SECONDS)
            return cameras
        except RobotFailure as error:
            print(f"  {cameras[0]} gives no picture ({error.why}): shown is {TEST_CAMERA}; name another with --camera", flush=True)
        self.end("robot")
        self.start_robot([TEST_CAMERA])
        self.wait_until("no picture", self.has_picture)
        return [TEST_CAMERA]

    def start_robot(self, cameras):
        flags = [word for camera in cameras for word in ("--camera", camera)]
        self.start("robot", BIN / "bigfoot", "robot", "--server", f"ws://{self.reach}", "--name", self.arguments.name, *flags,
                   "--bitrate", self.arguments.bitrate, "--metrics", f"127.0.0.1:{self.metrics_port}")

    def say_how_a_phone_sees_it(self):
        if self.host in ("0.0.0.0", "::"):
            addresses = own_addresses()
            for address in addresses:
                print(f"  on a phone in this network:  http://{address}:{self.port}/r/{self.arguments.name}")
            if not addresses:
                print("  no phone can see it: this machine is in no network")
        elif self.host.startswith("127."):
            print(f"  for a phone in this network:  ./run demo --listen 0.0.0.0:{self.port}")

    def has_picture(self):
        return scrape(self.metrics_port).get("bigfoot_frames_captured_total", 0) > 0

    def listed(self):
        """Is the robot online for whoever opens the page?"""
        try:
            with urllib.request.urlopen(f"http://{self.reach}/api/v1/robots", timeout=2) as reply:
                return any(robot["name"] == self.arguments.name and robot["online"] for robot in json.load(reply))
        except (OSError, ValueError):
            return False

    def wait_until(self, otherwise, ask, seconds=PICTURE_SECONDS):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.check_alive()
            if ask():
                return
            time.sleep(0.05)
        raise RobotFailure(f"{otherwise} within {seconds} s", self.last_lines("robot"))

    def check_alive(self):
        for name, process in self.processes.items():
            if process.poll() is not None:
                kind = RobotFailure if name == "robot" else Failure
                raise kind(f"bigfoot {name} ended with exit code {process.returncode}", self.last_lines(name))

    def last_lines(self, name, count=8):
        lines = pathlib.Path(self.logs[name].name).read_text(errors="replace").splitlines()  # its own place in the file is shared with who writes
        return "".join(f"    {line}\n" for line in lines[-count:])

    def watch(self):
        started = before = time.monotonic()
        last = scrape(self.metrics_port)
        while self.arguments.seconds is None or time.monotonic() - started < self.arguments.seconds:
            time.sleep(min(1.0, self.arguments.seconds or 1.0))
            self.check_alive()
            now, sums = time.monotonic(), scrape(self.metrics_port)
            self.show(sums, last, now - before)
            before, last = now, sums

    def show(self, sums, last, span):
        bytes_per_second = max(0.0, sums.get("bigfoot_sent_bytes_total", 0) - last.get("bigfoot_sent_bytes_total", 0)) / span
        viewers = int(sums.get("bigfoot_sessions", 0))
        self.viewers_most = max(self.viewers_most, viewers)
        self.frames_sent_most = max(self.frames_sent_most, sums.get("bigfoot_frames_sent_total", 0))
        if sums:
            self.seen.append(sums)
            self.delay = delay_words(sums, {})
        recent = delay_words(self.seen[-1], self.seen[0]) if self.seen else "—"
        line = f"  viewers {viewers} · {rate_words(sums, last, span)} · {bytes_per_second * 8 / 1e6:.1f} Mbit/s · delay p50 {recent}"
        self.shown += 1
        if sys.stdout.isatty():
            print(f"\r\033[K{line}", end="", flush=True)
        elif self.shown % 5 == 0:
            print(line, flush=True)

    def end(self, name):
        process = self.processes.get(name)
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            print(f"  {name} did not end within {END_SECONDS} s and was killed", file=sys.stderr)
        if process.returncode not in (0, -signal.SIGTERM, -signal.SIGKILL):  # SIGTERM: before it was up
            print(f"  {name} ended badly, with exit code {process.returncode}:\n{self.last_lines(name)}", file=sys.stderr)

    def stop(self):
        for name in ("robot", "server"):
            self.end(name)
        for log in self.logs.values():
            log.close()
        self.state.cleanup()


def main():
    demo = Demo(parse_arguments())
    started = time.monotonic()

    def interrupted(*_):
        raise KeyboardInterrupt

    for end in ENDS:
        if end != signal.SIGHUP or signal.getsignal(end) != signal.SIG_IGN:  # nohup stays what it is
            signal.signal(end, interrupted)
    code = 0
    try:
        demo.run()
    except KeyboardInterrupt:
        pass
    except Failure as error:
        print(f"demo: {error}", file=sys.stderr)
        code = 1
    except OSError as error:
        if error.errno != errno.EIO:  # the terminal is gone: nobody reads on
            raise
    finally:
        for end in ENDS:
            signal.signal(end, signal.SIG_IGN)
        demo.stop()
    if code == 0:
        with contextlib.suppress(OSError):
            print(f"\n  ended after {time.monotonic() - started:.0f} s: {demo.frames_sent_most:.0f} pictures sent, at most {demo.viewers_most} viewers"
                  f" · delay p50 {demo.delay}", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
