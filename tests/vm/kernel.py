#!/usr/bin/env python3
"""Debian's own kernel for the test guest, and an initramfs that brings up the host's files over 9p. Both are kept in .cache/vm,
by package and by recipe; nothing of them is installed here."""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CACHE = ROOT / ".cache/vm"
META = "linux-image-amd64"
BUSYBOX = "/bin/busybox"
AT_BOOT = ("virtio_pci", "virtio_console", "virtio_net", "9pnet_virtio", "9p")
LATER = ("vivid",)

# PID 1 of the guest. The kernel's modules move to /run, where the tests load them from; everything else is the host's.
INIT = """#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t devtmpfs dev /dev
for module in AT_BOOT; do $b modprobe $module || echo "guest: no module $module"; done
$b mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=512000 host /host || echo "guest: no files of the host"
$b mount -t tmpfs -o mode=755 run /host/run
$b mkdir -p /host/run/vm /host/run/out /host/run/home
$b mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000 out /host/run/out
$b cp -a /lib /host/run/vm/
$b mount -t sysfs sys /host/sys
$b mount --move /proc /host/proc
$b mount --move /dev /host/dev
$b mkdir -p /host/dev/shm
$b mount -t tmpfs shm /host/dev/shm
$b ip link set lo up
$b ip addr add 10.0.2.15/24 dev eth0
$b ip link set eth0 up
$b ip route add default via 10.0.2.2
exec $b switch_root /host /usr/bin/env PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/run/home TMPDIR=/run /usr/bin/python3 -B "$agent"
"""


class Lacking(Exception):
    """What is missing for the guest, and what to do."""


def ask(*words, **options):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        raise Lacking(f"`{' '.join(map(str, words))}` failed: {(done.stderr or done.stdout).strip()[-600:]}")
    return done.stdout


def package_now():
    """The package that the meta package stands for today, as (name, version); None where apt knows no package."""
    depends = ask("apt-cache", "depends", "--important", META)
    name = next((line.split()[-1] for line in depends.splitlines() if line.strip().startswith("Depends: linux-image-")), None)
    if name is None:
        return None
    shown = ask("apt-cache", "show", "--no-all-versions", name)
    return name, next(line.split()[1] for line in shown.splitlines() if line.startswith("Version:"))


def recipe():
    """Changes when the initramfs would."""
    return hashlib.sha256(pathlib.Path(__file__).read_bytes() + pathlib.Path(BUSYBOX).read_bytes()).hexdigest()[:12]


def kernel():
    """(vmlinuz, initramfs), fetched and made when the cache lacks them."""
    if not pathlib.Path(BUSYBOX).exists():
        raise Lacking(f"{BUSYBOX} is missing: install busybox-static")
    try:
        package = package_now()
    except Lacking:
        package = None
    made = sorted(CACHE.glob(f"*_{recipe()}"), key=os.path.getmtime)
    if package is None and made:  # no package lists here: the kernel of last time is as good
        folder = made[-1]
    elif package is None:
        raise Lacking(f"apt knows no {META}: `apt-get update`, with Debian's archive in /etc/apt/sources.list")
    else:
        folder = CACHE / "_".join([*package, recipe()]).replace(":", "+")
        if folder not in made:
            make(folder, package[0])
    return folder / "vmlinuz", folder / "initramfs"


def make(folder, name):
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as work:
        work = pathlib.Path(work)
        work.chmod(0o755)  # apt downloads as a user of its own
        try:
            ask("apt-get", "-q", "download", name, cwd=work, timeout=300)
        except Lacking as why:
            raise Lacking(f"the kernel package {name} cannot be downloaded, and none is in {CACHE}: {why}") from why
        ask("dpkg", "-x", next(work.glob("*.deb")), work / "package")
        (work / "made").mkdir()
        vmlinuz = next((work / "package/boot").glob("vmlinuz-*"))
        shutil.copy(vmlinuz, work / "made/vmlinuz")
        make_initramfs(work, vmlinuz.name.removeprefix("vmlinuz-"))
        for old in CACHE.glob("linux-image-*"):  # 30 MB each
            shutil.rmtree(old)
        (work / "made").rename(folder)


def make_initramfs(work, version):
    tree = work / "tree"
    for part in ("bin", "proc", "dev", "sys", "host", f"lib/modules/{version}"):
        (tree / part).mkdir(parents=True)
    shutil.copy(BUSYBOX, tree / "bin/busybox")
    (tree / "init").write_text(INIT.replace("AT_BOOT", " ".join(AT_BOOT)))
    (tree / "init").chmod(0o755)
    package = work / "package"
    ask("depmod", "-b", package, version)
    for module in AT_BOOT + LATER:
        for line in ask("modprobe", "-d", package, "-S", version, "--show-depends", module).splitlines():
            if line.startswith("insmod "):
                source = pathlib.Path(line.split()[1])
                target = tree / source.relative_to(package)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)
    for name in ("modules.builtin", "modules.builtin.modinfo", "modules.order"):
        shutil.copy(package / "lib/modules" / version / name, tree / "lib/modules" / version)
    ask("depmod", "-b", tree, version)
    names = "\n".join(sorted(str(path.relative_to(tree)) for path in tree.rglob("*")))
    with open(work / "made/initramfs", "wb") as out:
        subprocess.run(["cpio", "--quiet", "-o", "-H", "newc"], input=names.encode(), stdout=out, cwd=tree, check=True)


if __name__ == "__main__":
    try:
        print(*kernel())
    except Lacking as lacking:
        sys.exit(f"no guest: {lacking}")
