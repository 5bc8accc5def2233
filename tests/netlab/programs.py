"""The real robot, the real server and a real viewer in the labs' namespaces."""

import json
import pathlib
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests")]
import metrics_page  # noqa: E402
from waiting import until  # noqa: E402

PORT = 8080
METRICS = "127.0.0.1:9464"
# Run inside a namespace: only that reaches what listens there.
GET = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=30).read().decode())"


class Program:
    """A program that says what happens in lines of JSON; all of them are kept, with the time they came."""

    def __init__(self, spaces, space, name, command, log="stdout"):
        self.name = name
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        if log == "stderr":
            streams.update(stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.process = spaces.spawn(space, [str(word) for word in command], text=True, **streams)
        self.said = []
        self.other = []
        self.lock = threading.Lock()
        threading.Thread(target=self.read, args=(getattr(self.process, log),), daemon=True).start()

    def read(self, stream):
        for line in stream:
            try:
                row = json.loads(line)
            except ValueError:
                row = {"event": "text", "text": line.rstrip()}
            with self.lock:
                self.said.append((time.monotonic(), row))

    def timed(self, since=0.0, **wanted):
        with self.lock:
            said = list(self.said)
        return [(at, row) for at, row in said if at >= since and all(row.get(key) == value for key, value in wanted.items())]

    def find(self, since=0.0, **wanted):
        return [row for _, row in self.timed(since, **wanted)]

    def wait(self, timeout=30, since=0.0, **wanted):
        """The last row that fits; the test ends here when there is none in time."""
        end = time.monotonic() + timeout
        while True:
            last = time.monotonic() > end or self.process.poll() is not None
            found = self.find(since, **wanted)
            if found:
                return found[-1]
            if last:
                break
            time.sleep(0.01)
        return self.fail(f"{self.name} did not say {wanted} within {timeout} s")

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def ends(self):
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.fail(f"{self.name} did not end within 30 s")
        if self.process.returncode != 0:
            self.fail(f"{self.name} ended badly")

    def fail(self, what):
        status = self.process.poll()
        sys.exit(f"FAILED: {what}" + ("" if status is None else f"; it ended with status {status}"))


def get(spaces, space, url):
    command = ["ip", "netns", "exec", spaces[space], sys.executable, "-c", GET, url]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


class Lab:
    """`address`: where the server listens and everybody reaches it."""

    def __init__(self, spaces, folder, binaries, address):
        self.spaces = spaces
        self.folder = folder
        self.bin = pathlib.Path(binaries)
        self.address = address
        self.programs = []

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        """When a test ends badly: what everybody said of it, in order."""
        if kind is None:
            return
        said = [(at, program.name, row) for program in self.programs for at, row in program.timed()]
        for at, name, row in sorted(said, key=lambda each: each[0])[-150:]:
            print(f"  {at:.3f} {name}: {json.dumps(row)}", flush=True)

    def run(self, space, name, words, log="stdout"):
        program = Program(self.spaces, space, name, words, log)
        self.programs.append(program)
        return program

    def start_server(self, space, *more):
        words = [self.bin / "bigfoot-server", "serve", "--listen", f"{self.address}:{PORT}", "--state-dir", self.folder,
                 "--web-dir", ROOT / "web", "--log-format", "json", *more]
        self.server = self.run(space, "server", words, log="stderr")
        until("the server answers", lambda: get(self.spaces, space, f"http://{self.address}:{PORT}/version"), 30)

    def start_robot(self, space, *more):
        words = [self.bin / "bigfoot", "robot", "--server", f"ws://{self.address}:{PORT}", "--name", "rover-7", "--camera",
                 "front=test:", "--size", "640x360", "--bitrate", "1M", "--metrics", METRICS, "--log-format", "json", *more]
        self.robot_space = space
        self.robot = self.run(space, "robot", words, log="stderr")
        self.robot.wait(event="signaling.connected")
        until("the camera gives pictures", lambda: self.metric("bigfoot_frames_captured_total") > 0, 30)

    def start_viewer(self, space, mode):
        path = "r/rover-7" if mode == "page" else "whep/rover-7"
        words = ["node", ROOT / "tests/netlab/page.mjs", mode, f"http://{self.address}:{PORT}/{path}"]
        self.viewer = self.run(space, "viewer", words)
        self.viewer.wait(event="ready", timeout=60)

    def ask(self, what):
        since = time.monotonic()
        self.viewer.say(what)
        return self.viewer.wait(event=what, since=since)

    def mark(self):
        """What the viewer saw since the last mark: the longest time without a new picture, and how many came."""
        return self.ask("mark")

    def shows(self, pictures):
        """Waits for so many pictures more; the longest time without one meanwhile."""
        marks = []

        def enough():
            marks.append(self.mark())
            return sum(mark["pictures"] for mark in marks) > pictures

        until(f"{pictures} pictures", enough, 30, pause=0.2)
        return max(mark["gap_ms"] for mark in marks)

    def metric(self, name, **only):
        """The sum over a metric's labels, those that match."""
        text = get(self.spaces, self.robot_space, f"http://{METRICS}/metrics")
        return metrics_page.total(metrics_page.parse(text), name, **only)

    def end_viewer(self):
        self.viewer.say("quit")
        self.viewer.ends()

    def end_robot(self):
        self.robot.process.terminate()
        self.robot.ends()

    def end(self):
        """Everything in the order in which people do it; nobody may have to be killed."""
        self.end_viewer()
        self.end_robot()
        self.server.process.terminate()
        self.server.ends()
