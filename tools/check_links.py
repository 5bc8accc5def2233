#!/usr/bin/env python3
"""Holds every #include between rooms against the table in cmake/rooms.cmake. Exit 1 and a line per wrong link."""
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parent.parent
row = re.compile(r"^\s*bigfoot_room\((\w+)\s+(?:PURE\s+)?(?:LINKS\s+([\w\s]+?))?(?:\s*USES[^)]*)?\)", re.M)
allowed = {name: set((links or "").split()) | {name} for name, links in row.findall((root / "cmake/rooms.cmake").read_text())}
include = re.compile(r'^\s*#\s*include\s+"(\w+)/', re.M)
impure = re.compile(r"#\s*include\s+<(sys/socket|thread|netinet/|poll|sys/epoll|glib|gst/|nice/|boost/)", re.M)
pure = set(re.findall(r"bigfoot_room\((\w+)\s+PURE", (root / "cmake/rooms.cmake").read_text()))

faults = []
for path in sorted((root / "src").glob("*/**/*.[ch]pp")):
    room = path.relative_to(root / "src").parts[0]
    if room not in allowed:
        faults.append(f"{path.relative_to(root)}: room {room} is not in cmake/rooms.cmake")
        continue
    text = path.read_text()
    for target in include.findall(text):
        if target in allowed and target not in allowed[room]:
            faults.append(f"{path.relative_to(root)}: {room} may not use {target} (allowed: {' '.join(sorted(allowed[room] - {room}))})")
    if room in pure and not path.name.endswith(("_test.cpp", "_fuzz.cpp")):
        for found in impure.findall(text):
            faults.append(f"{path.relative_to(root)}: {room} is a pure room and includes <{found}…>")
if faults:
    print("\n".join(faults))
    sys.exit(1)
