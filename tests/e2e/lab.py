"""Real programs on ports of their own for end-to-end tests; gone when the test is."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BIN = pathlib.Path(os.environ.get("BIGFOOT_BIN_DIR", ROOT / "build/bin"))
RECEIVERS = pathlib.Path(os.environ.get("BIGFOOT_RECEIVERS", ROOT / "build/bin/counting_receivers"))
SLOW = float(os.environ.get("BIGFOOT_SLOW", "1"))  # sanitizers: times that only bound a wait grow by this

sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests")]
import metrics_page  # noqa: E402
import waiting  # noqa: E402
from ports import free_port  # noqa: E402


def until(what, ask, timeout=30.0):
    return waiting.until(what, ask, timeout * SLOW)


def make_clip(path):
    """One second of video, 320x180 at 30 fps, with B-frames as cameras and phones write them."""
    subprocess.run(["gst-launch-1.0", "-q", *"videotestsrc num-buffers=30 pattern=ball ! video/x-raw,format=I420,width=320,height=180,framerate=30/1 ! "
                    "x264enc speed-preset=ultrafast bframes=2 key-int-max=15 ! h264parse ! mp4mux ! filesink".split(), f"location={path}"], check=True, timeout=60 * SLOW)


class Program:
    def __init__(self, *command, folder=None, **variables):
        self.stopped = False  # by the test, which looked at its exit code
        self.log = tempfile.TemporaryFile("w+")
        self.name = pathlib.Path(command[0]).name
        # Robots of tests do not meet those of this machine in /run/bigfoot.
        environment = {"BIGFOOT_STATUS_SOCKET": "none", **os.environ, **variables}
        self.process = subprocess.Popen([str(word) for word in command], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=subprocess.STDOUT)

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process.poll() is None

    def output(self):
        """All it has said; its own place in the file, which is shared with it, stays where it is."""
        log = self.log.fileno()
        return os.pread(log, os.fstat(log).st_size, 0).decode(errors="replace")

    def lines(self):
        """Those of them that have ended."""
        return self.output().rpartition("\n")[0].splitlines()

    def stop(self, how=signal.SIGTERM, timeout=30):
        self.stopped = True
        if self.alive():
            self.process.send_signal(how)
        try:
            code = self.process.wait(timeout * SLOW)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{self.name} did not end within {timeout * SLOW:.0f} s:\n{self.output()[-3000:]}")
        return code

    def close(self):
        if self.alive():
            self.process.kill()
            self.process.wait()
        self.log.close()


class Lab:
    """A server and, when asked for, a robot."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="bigfoot-e2e-")
        self.port, self.admin_port, self.metrics_port = free_port(), free_port(), free_port()
        self.server = self.robot = None
        self.programs = []

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self.end()
        finally:
            for program in reversed(self.programs):
                program.close()
            self.folder.cleanup()

    def end(self):
        """As a service manager ends them, with whatever viewers there are: a crash or a leak on the way out is an exit code."""
        for program in (self.robot, self.server):
            if program and not program.stopped and (code := program.stop()) != 0:
                raise AssertionError(f"{program.name} ended with {code}:\n{program.output()[-3000:]}")

    def run(self, *command, **where):
        program = Program(*command, **where)
        self.programs.append(program)
        return program

    def start_server(self, *more):
        self.server = self.run(BIN / "bigfoot-server", "serve", "--listen", f"127.0.0.1:{self.port}", "--admin-listen", f"127.0.0.1:{self.admin_port}",
                               "--state-dir", self.folder.name, *more)
        until("the server answers", lambda: self.checked(self.server) and self.get("/version"))

    def start_robot(self, *more, name="rover-7", cameras=("front=test:",)):
        words = [word for camera in cameras for word in ("--camera", camera)]
        self.robot = self.run(BIN / "bigfoot", "robot", "--server", f"ws://127.0.0.1:{self.port}", "--name", name, *words,
                              "--metrics", f"127.0.0.1:{self.metrics_port}", *more)
        until("the robot is listed", lambda: self.checked(self.robot) and name in self.online())
        until("the camera gives pictures", lambda: self.checked(self.robot) and self.metric("bigfoot_frames_captured_total") > 0)

    def checked(self, program):
        if not program.alive():
            raise AssertionError(f"{program.name} ended with {program.process.returncode}:\n{program.output()[-3000:]}")
        return True

    def receivers(self, *more, robot="rover-7"):
        """Runs the counting receivers to their end; their figures."""
        program = self.run(RECEIVERS, "--url", f"http://127.0.0.1:{self.port}/whep/{robot}", "--loopback", *more)
        return self.figures(program, program.process.wait(120 * SLOW))

    def watch(self, *more, robot="rover-7"):
        """Counting receivers that are connected and stay until `leave`."""
        program = self.run(RECEIVERS, "--url", f"http://127.0.0.1:{self.port}/whep/{robot}", "--loopback", "--seconds", "600", *more)
        until("the viewers are connected", lambda: self.checked(program) and "settled" in program.output())
        return program

    def leave(self, program):
        """Ends what `watch` began; its figures."""
        return self.figures(program, program.stop())

    def figures(self, program, code):
        if code != 0:
            raise AssertionError(f"counting_receivers ended with {code}:\n{program.output()[-3000:]}")
        return json.loads(program.output().strip().splitlines()[-1])

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as reply:
                return reply.read().decode()
        except (OSError, urllib.error.URLError):
            return ""

    def online(self):
        return [robot["name"] for robot in json.loads(self.get("/api/v1/robots") or "[]") if robot["online"]]

    def samples(self, port=None):
        return metrics_page.samples(port or self.metrics_port, timeout=30)

    def metric(self, name, port=None, **only):
        return metrics_page.total(self.samples(port), name, **only)


def threads_of(pid):
    return len(os.listdir(f"/proc/{pid}/task"))


def descriptors_of(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def resident_kib(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def cpu_seconds(pid):
    """User and system time of a process so far."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    tick = os.sysconf("SC_CLK_TCK")
    return int(fields[11]) / tick, int(fields[12]) / tick
