#!/usr/bin/env python3
"""Where a WHEP server may lead its viewers: no further in than it stands itself.

    viewer 203.0.113.2, 10.96.0.2, 127.0.0.1 --eth-- outside 203.0.113.1 (a stranger), 10.96.0.1 (a neighbour)

What listens at the viewer's own addresses says who asked it what."""

import http.server
import json
import pathlib
import shutil
import sys
import threading

from lab import Namespaces, check, until
from programs import Program

STRANGER, NEIGHBOUR, OURS, OURSELVES = "203.0.113.1", "10.96.0.1", "10.96.0.2", "127.0.0.1"
NAME = "gate.example"  # the stranger's, until it was asked for a session: DNS rebinding


class Handler(http.server.BaseHTTPRequestHandler):
    hosts = None

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        print(json.dumps({"event": "asked", "at": self.server.server_address[0], "method": self.command, "path": self.path}), flush=True)
        what, _, where = self.path.partition("?") if self.command == "POST" else ("", "", "")
        if what == "/rebind" and self.hosts:
            pathlib.Path(self.hosts).write_text(f"{OURS} {NAME}\n", encoding="ascii")
        status, body = {"/redirect": (307, b""), "/session": (201, b"v=0\r\n"), "/rebind": (201, b"v=0\r\n")}.get(what, (404, b""))
        self.send_response(status)
        if status != 404:
            self.send_header("Location", where)
        if status == 201:
            self.send_header("Content-Type", "application/sdp")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_OPTIONS = do_POST = do_PATCH = do_DELETE = answer

    def log_message(self, *_):
        pass


def serve(hosts, addresses):
    Handler.hosts = hosts
    for address in addresses:
        host, port = address.split(":")
        server = http.server.ThreadingHTTPServer((host, int(port)), Handler)
        threading.Thread(target=server.serve_forever).start()
    print(json.dumps({"event": "ready"}), flush=True)


class Lab:
    def __init__(self, spaces, binaries, hosts):
        self.spaces, self.bin = spaces, pathlib.Path(binaries).resolve()
        self.outside = self.server("outside", hosts, f"{STRANGER}:8080", f"{NEIGHBOUR}:8080")
        self.inside = self.server("viewer", "", f"{OURSELVES}:9000", f"{OURS}:9000")

    def server(self, space, hosts, *addresses):
        program = Program(self.spaces, space, f"servers in {space}", [sys.executable, "-B", __file__, "serve", hosts, *addresses])
        program.wait(event="ready")
        return program

    def view(self, what, url, words, asked=None):
        """Looks at `url` until the viewer says `words`, or something inside was asked for a path."""
        viewer = Program(self.spaces, "viewer", "viewer", [self.bin / "bigfoot", "view", "--whep", url, "--display", "none", "--log-level", "info"])

        def come():
            if viewer.process.poll() is not None:
                viewer.fail("the viewer ended")
            return self.inside.find(path=asked) if asked else any(words in row.get("text", "") for row in viewer.find())

        try:
            until(what, come, 30)
        except AssertionError:
            print(*(f"{program.name}: {row}" for program in (viewer, self.outside, self.inside) for row in program.find()), sep="\n", flush=True)
            raise
        print(f"ok: {what}", flush=True)
        viewer.process.terminate()
        viewer.ends()


def main(binaries):
    with Namespaces("viewer", "outside") as spaces:
        spaces.cable("viewer", "outside")
        for name, device, addresses in (("viewer", "eth-outside", ("203.0.113.2/24", f"{OURS}/24")), ("outside", "eth-viewer", (f"{STRANGER}/24", f"{NEIGHBOUR}/24"))):
            for address in addresses:
                spaces.ip(name, f"addr add {address} dev {device}")
        files = pathlib.Path("/etc/netns") / spaces["viewer"]  # seen as /etc in that namespace
        files.mkdir(parents=True)
        try:
            hosts = files / "hosts"
            hosts.write_text(f"{STRANGER} {NAME}\n{OURS} inside.example\n", encoding="ascii")
            lead_about(Lab(spaces, binaries, str(hosts)))
        finally:
            shutil.rmtree(files)


def lead_about(lab):
    stranger, neighbour, by_name = (f"http://{host}:8080" for host in (STRANGER, NEIGHBOUR, NAME))
    lab.view("a stranger redirects to nobody on this machine", f"{stranger}/redirect?http://{OURSELVES}:9000/a", "127.0.0.1 is this machine, where the server is not")
    lab.view("nor in its network, whatever it is called", f"{stranger}/redirect?http://inside.example:9000/b", f"{OURS} is in this machine's network")
    lab.view("nor is a session left there", f"{stranger}/session?http://{OURS}:9000/c", "whep.session_url_refused")
    lab.view("a neighbour redirects to others in the network", f"{neighbour}/redirect?http://{OURS}:9000/d", None, asked="/d")
    lab.view("but to nobody on this machine", f"{neighbour}/redirect?http://{OURSELVES}:9000/e", "127.0.0.1 is this machine")
    lab.view("a name that means another address by now is not believed", f"{by_name}/rebind?http://{NAME}:9000/f", "whep.session_url_refused")
    asked = {(row["method"], row["path"]) for row in lab.inside.find(event="asked")}
    check(asked == {("POST", "/d")}, f"inside was asked for what the neighbour said alone: {asked}")


if sys.argv[1] == "serve":
    serve(sys.argv[2], sys.argv[3:])
else:
    main(sys.argv[1])
