#!/usr/bin/env python3
"""The arm64 packages, on a tree of what they ask for and nothing else, under qemu's emulation of one program at a time. Function only, never timings."""

import json
import pathlib
import subprocess
import tempfile
import unittest

from debian import unpacked
from machine import ROOT, dependencies, field, kept

HERE = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout.strip()
PROGRAMS = ("bigfoot", "bigfoot-server")
LATE = 300  # seconds: emulated, and the machine may be busy


class Arm64(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.debs = {name: next((ROOT / "build/package").glob(f"{name}_*_arm64.deb")) for name in PROGRAMS}
        packages = ",".join(dependencies(cls.debs.values()))
        cls.root = kept("arm64", packages, lambda folder: unpacked("arm64", folder, packages))
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="bigfoot-arm64-")))
        for deb in cls.debs.values():
            subprocess.run(["dpkg-deb", "-x", deb, cls.folder], check=True)

    def run_program(self, program, *words):
        # Nothing was set up: Debian's choice of a BLAS (for libav) is a link that nobody made.
        chosen = ":".join(f"/usr/lib/aarch64-linux-gnu/{name}" for name in ("blas", "lapack"))
        env = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "GST_REGISTRY": str(self.folder / "registry")}
        done = subprocess.run(["qemu-aarch64-static", "-L", self.root, "-E", f"LD_LIBRARY_PATH={chosen}", self.folder / "usr/bin" / program, *words],
                              env=env, capture_output=True, text=True, timeout=LATE)
        self.assertEqual(done.returncode, 0, done.stderr[-3000:])
        return done.stdout

    def test_they_are_for_arm64_and_ask_for_what_the_others_ask_for(self):
        for name, deb in self.debs.items():
            other = next((ROOT / "build/package").glob(f"{name}_*_{HERE}.deb"))
            self.assertEqual(field(deb, "Architecture"), "arm64")
            for key in ("Version", "Depends", "Description"):
                self.assertEqual(field(deb, key), field(other, key))

    def test_they_hold_the_same_files_but_for_the_programs(self):
        def files(deb):
            with tempfile.TemporaryDirectory() as folder:
                subprocess.run(["dpkg-deb", "-x", deb, folder], check=True)
                return {path.relative_to(folder): path.read_bytes() for path in pathlib.Path(folder).rglob("*") if path.is_file() and path.parent.name != "bin"}

        for name, deb in self.debs.items():
            self.assertEqual(files(deb), files(next((ROOT / "build/package").glob(f"{name}_*_{HERE}.deb"))))

    def test_both_programs_start(self):
        for name, deb in self.debs.items():
            self.assertEqual(self.run_program(name, "--version"), f"{name} {field(deb, 'Version')}\n")
        self.assertIn("good", self.run_program("bigfoot", "check-config", self.folder / "etc/bigfoot/robot.yaml"))
        self.assertIn("good", self.run_program("bigfoot-server", "check-config", self.folder / "etc/bigfoot/server.yaml"))

    def test_devices_finds_encoders_and_decoders_that_work(self):
        found = json.loads(self.run_program("bigfoot", "devices", "--json", "--size", "320x180", "--fps", "5"))
        works = {row["element"] for kind in ("encoders", "decoders") for row in found[kind] if row["state"] in ("chosen", "works")}
        self.assertLessEqual({"x264enc", "openh264enc", "avdec_h264", "openh264dec"}, works, found)


if __name__ == "__main__":
    unittest.main(verbosity=1)
