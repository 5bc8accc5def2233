#!/usr/bin/env python3
"""debian.py ARCH FOLDER PACKAGE,…: Debian 12's packages and what they depend on, unpacked into FOLDER and not set up, whatever the machine. Needs root."""

import subprocess
import sys

SOURCES = [f"deb http://deb.debian.org/{where} main" for where in ("debian bookworm", "debian bookworm-updates", "debian-security bookworm-security")]


def debian(folder, packages, *flags):
    """Runs mmdebstrap; what it said is in the error."""
    done = subprocess.run(["mmdebstrap", *flags, f"--include={packages}", "bookworm", folder, *SOURCES], capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"mmdebstrap made no Debian in {folder}:\n{done.stderr[-3000:]}")


def unpacked(arch, folder, packages):
    debian(folder, packages, "--variant=extract", f"--architectures={arch}", "--aptopt=APT::Install-Recommends \"false\"",
           "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr")


if __name__ == "__main__":
    unpacked(*sys.argv[1:])
