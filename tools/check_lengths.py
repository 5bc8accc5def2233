#!/usr/bin/env python3
"""Files past 500 lines ask for a missing noun. Exit 1 with a line per file."""
import pathlib
import subprocess
import sys

LINES_MAX = 520
root = pathlib.Path(__file__).resolve().parent.parent
names = subprocess.run(["git", "ls-files", "*.cpp", "*.hpp", "*.js", "*.mjs", "*.py", "*.sh", "*.css"], cwd=root, capture_output=True, text=True, check=True).stdout.split()
long = [(name, sum(1 for _ in (root / name).open())) for name in names if (root / name).exists()]
faults = [f"{name}: {lines} lines; which noun is missing? (at most about 500)" for name, lines in long if lines > LINES_MAX]
if faults:
    print("\n".join(faults))
    sys.exit(1)
