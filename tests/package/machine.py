"""A bare Debian with systemd, booted in namespaces for one test: what is installed there is gone with it. Needs root."""

import ctypes
import hashlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CACHE = ROOT / ".cache/package"
sys.path[:0] = [str(ROOT / "tests")]
from debian import debian  # noqa: E402
from waiting import until  # noqa: E402

WITHIN = 60  # seconds a wait may take


def field(deb, name):
    return subprocess.run(["dpkg-deb", "-f", deb, name], capture_output=True, text=True, check=True).stdout.strip()


def dependencies(debs):
    """The names that the packages ask for, the first of alternatives."""
    return sorted({one.split("|")[0].split("(")[0].strip() for deb in debs for one in field(deb, "Depends").split(",")})


def kept(kind, packages, make):
    """A root of that kind with those packages, made by `make(folder)`. Kept in .cache until others are wanted."""
    root = CACHE / f"{kind}-{hashlib.sha256(packages.encode()).hexdigest()[:12]}"
    if not root.exists():
        for old in CACHE.glob(f"{kind}-*"):
            shutil.rmtree(old)
        making = CACHE / f"making-{kind}"
        shutil.rmtree(making, ignore_errors=True)
        making.parent.mkdir(parents=True, exist_ok=True)
        make(making)
        making.rename(root)
    return root


def bare_root(debs):
    """A Debian 12 with the essential packages, systemd and what `debs` ask for: nothing else."""
    packages = ",".join(dependencies(debs) + ["systemd"])
    return kept("root", packages, lambda folder: debian(folder, packages, "--variant=minbase"))


class Machine:
    """Booted by `with`; gone, with all that runs in it, when the block ends."""

    def __init__(self, root):
        self.root = root
        self.folder = tempfile.mkdtemp(prefix="bigfoot-machine-")
        self.name = pathlib.Path(self.folder).name
        self.log = tempfile.TemporaryFile("w+")

    def __enter__(self):
        boot = pathlib.Path(__file__).with_name("boot.sh")
        self.outer = subprocess.Popen(["unshare", "--mount", "--propagation", "private", "sh", boot, self.root, self.folder, self.name], stdin=subprocess.DEVNULL,
                                      stdout=self.log, stderr=subprocess.STDOUT, preexec_fn=lambda: ctypes.CDLL(None).prctl(1, signal.SIGKILL))  # PR_SET_PDEATHSIG
        try:
            self.pid = until("the first process", self.first_process, WITHIN)
            until("systemd has booted", lambda: self.run("systemctl", "is-system-running", code=None).strip() in ("running", "degraded"), WITHIN)
        except BaseException as fault:
            self.__exit__()
            self.log.seek(0)
            raise AssertionError(f"no machine: {fault}\n{self.log.read()[-3000:]}") from fault
        return self

    def __exit__(self, *_):
        self.outer.kill()
        self.outer.wait()
        remove = f"mount -t cgroup2 cgroup2 {self.folder} && find {self.folder}/{self.name} -depth -type d -exec rmdir {{}} +"
        until("its services are gone", lambda: subprocess.run(["unshare", "--mount", "sh", "-c", remove], capture_output=True).returncode == 0, WITHIN)
        os.rmdir(self.folder)
        self.log.close()

    def first_process(self):
        """systemd, once it has taken the place of the shell that made its namespaces."""
        if self.outer.poll() is not None:
            raise AssertionError(f"the boot ended with {self.outer.returncode}")
        try:
            children = pathlib.Path(f"/proc/{self.outer.pid}/task/{self.outer.pid}/children").read_text().split()
            return next((int(child) for child in children if os.readlink(f"/proc/{child}/exe").endswith("/systemd")), None)
        except OSError:
            return None

    def run(self, *words, code=0, seconds=60):
        """Runs it there as root; what it printed. An error when it does not end with `code` (None: any)."""
        command = ["nsenter", "-t", str(self.pid), "-m", "-p", "-n", "-i", "-u", "-C", "-r", "-w", *map(str, words)]
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
        done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=seconds)
        if code is not None and done.returncode != code:
            raise AssertionError(f"`{' '.join(map(str, words))}` ended with {done.returncode}:\n{done.stdout[-3000:]}")
        return done.stdout

    def path(self, inside):
        return pathlib.Path(f"/proc/{self.pid}/root{inside}")

    def install(self, *debs, options=(), code=0):
        for deb in debs:
            shutil.copy(deb, self.path("/run"))
        return self.run("dpkg", *options, "-i", *(f"/run/{pathlib.Path(deb).name}" for deb in debs), code=code)

    def shows(self, unit, name):
        """A property of the unit."""
        return self.run("systemctl", "show", "-P", name, unit).strip()

    def journal(self, unit):
        return self.run("journalctl", "--no-pager", "-o", "cat", "-u", unit)

    def in_its_network(self, *words):
        """A command of the host's on this machine's network."""
        return ["nsenter", "-t", str(self.pid), "-n", *map(str, words)]
