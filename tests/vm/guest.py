"""A guest under qemu that sees the host's files and runs what it is told: Debian's kernel, no disk, one boot for all
tests."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time

import kernel

ROOT = kernel.ROOT
OUT = ROOT / "tests/out/vm"
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]
from ports import free_port  # noqa: E402

BOOT_SECONDS = 60
METRICS = 9464
SERVER_FROM_GUEST = "10.0.2.2"  # qemu's user network: the host's loopback


class Guest:
    """Booted by `with`; qemu is gone when the block ends. What the kernel says is in tests/out/vm/console.log."""

    def __init__(self):
        shutil.rmtree(OUT, ignore_errors=True)
        OUT.mkdir(parents=True)
        self.console = OUT / "console.log"
        self.metrics_port = free_port()
        self.port = self.qemu = None
        self.rest = b""

    def __enter__(self):
        vmlinuz, initramfs = kernel.kernel()
        make_registry(OUT / "registry.bin")
        ours, theirs = socket.socketpair()
        self.port = ours
        with theirs, open(OUT / "qemu.log", "wb") as log:
            self.qemu = subprocess.Popen(self.command(vmlinuz, initramfs, theirs.fileno()), pass_fds=[theirs.fileno()],
                                         stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        try:
            self.answer("the boot", BOOT_SECONDS)
            self.run("cp", "/run/out/registry.bin", "/run/registry.bin")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.qemu.kill()
        self.qemu.wait()
        self.port.close()

    def command(self, vmlinuz, initramfs, descriptor):
        agent = pathlib.Path(__file__).resolve().with_name("agent.py")
        # TCG: KVM may be there and still hang a guest. Without la57 page tables have four levels to walk, not five.
        return ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max,la57=off", "-smp", "2", "-m", "2048",
                "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
                "-kernel", str(vmlinuz), "-initrd", str(initramfs),
                "-append", f"console=ttyS0 loglevel=4 panic=-1 mitigations=off net.ifnames=0 agent={agent}",
                "-serial", f"file:{self.console}",
                "-device", "virtio-serial-pci", "-chardev", f"socket,id=agent,fd={descriptor}",
                "-device", "virtserialport,chardev=agent,name=agent",
                "-netdev", f"user,id=net,restrict=off,hostfwd=tcp:127.0.0.1:{self.metrics_port}-:{METRICS}",
                "-device", "virtio-net-pci,netdev=net,romfile=",
                "-virtfs", "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap",
                "-virtfs", f"local,path={OUT},mount_tag=out,security_model=none"]

    def answer(self, what, seconds):
        end = time.monotonic() + seconds
        while b"\n" not in self.rest:
            self.port.settimeout(max(0.01, end - time.monotonic()))
            try:
                got = self.port.recv(65536)
            except TimeoutError:
                late = f"the guest did not answer within {seconds:.0f} s: {what}"
                raise AssertionError(late + self.last_words()) from None
            if not got:
                raise AssertionError(f"the guest ended: {what}{self.last_words()}")
            self.rest += got
        line, self.rest = self.rest.split(b"\n", 1)
        return json.loads(line)

    def last_words(self):
        there = [path for path in (self.console, OUT / "qemu.log") if path.exists()]
        return "".join(f"\n{path.name}:\n{path.read_text(errors='replace')[-2000:]}" for path in there)

    def ask(self, request, what, seconds):
        self.port.sendall(json.dumps(request).encode() + b"\n")
        return self.answer(what, seconds)

    def run(self, *words, seconds=20, code=0):
        """Runs it to its end; what it printed. An error when it does not end in time, or not with `code` (None: any).
        """
        words = [str(word) for word in words]
        done = self.ask({"run": words, "seconds": seconds}, " ".join(words), seconds + 10)
        if done["code"] is None or (code is not None and done["code"] != code):
            end = f"did not end within {seconds} s" if done["code"] is None else f"ended with {done['code']}"
            raise AssertionError(f"`{' '.join(words)}` in the guest {end}:\n{done['output'][-2000:]}")
        return done["output"]

    def shell(self, text, **options):
        return self.run("/bin/sh", "-c", text, **options)

    def start(self, name, *words, **env):
        """A program that goes on; its output is tests/out/vm/NAME.log."""
        env = {"GST_REGISTRY": "/run/registry.bin", **env}
        request = {"start": [str(word) for word in words], "log": f"/run/out/{name}.log", "env": env}
        return Program(self, name, self.ask(request, name, 20)["pid"])


class Program:
    def __init__(self, guest, name, pid):
        self.guest, self.name, self.pid = guest, name, pid
        self.log = OUT / f"{name}.log"

    def output(self):
        return self.log.read_text(errors="replace")

    def alive(self):
        return self.code() is None

    def code(self):
        return self.guest.ask({"poll": self.pid}, f"is {self.name} alive", 20)["code"]

    def stop(self, seconds=15):
        return self.guest.ask({"stop": self.pid, "seconds": seconds}, f"the end of {self.name}", seconds + 10)["code"]


def make_registry(path):
    """What GStreamer knows of its plugins. The guest sees the same files, so it need not look at each of them, which
    costs it a minute."""
    subprocess.run(["gst-inspect-1.0", "fakesink"], env={**os.environ, "GST_REGISTRY": str(path)}, capture_output=True,
                   check=True, timeout=120)
