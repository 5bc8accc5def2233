#!/usr/bin/env python3
"""The packages as a robot engineer meets them: installed into a bare Debian with systemd, seen in a browser, upgraded, purged."""

import gzip
import os
import pathlib
import re
import subprocess
import tempfile
import time
import unittest

from machine import ROOT, WITHIN, Machine, bare_root, dependencies, field, until

PACKAGES = ROOT / "build/package"
ROBOT, SERVER = "bigfoot-robot.service", "bigfoot-server.service"
PICTURE_SECONDS = 5
ONLY_IN_THE_SOURCES = {"ARCHITECTURE.md", "CONTRIBUTING.md"}  # of the documents that others lead to
debs = root = None


def setUpModule():
    global debs, root
    arch = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout.strip()
    debs = {name: next(PACKAGES.glob(f"{name}_*_{arch}.deb")) for name in ("bigfoot", "bigfoot-server")}
    root = bare_root(debs.values())


class Files(unittest.TestCase):
    def test_lintian_finds_neither_errors_nor_warnings(self):
        done = subprocess.run(["lintian", "--tag-display-limit", "0", "--fail-on", "error,warning", *debs.values()], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_the_server_asks_for_no_gstreamer(self):
        self.assertEqual([name for name in dependencies([debs["bigfoot-server"]]) if re.search("gst|udev|nice", name)], [])

    def test_the_window_comes_with_it_but_a_robot_may_do_without(self):
        self.assertIn("gstreamer1.0-x", re.split(r",\s*", field(debs["bigfoot"], "Recommends")))
        self.assertNotIn("gstreamer1.0-x", dependencies([debs["bigfoot"]]))

    def test_the_changelog_is_of_the_version(self):
        for name, deb in debs.items():
            with tempfile.TemporaryDirectory() as folder:
                subprocess.run(["dpkg-deb", "-x", deb, folder], check=True)
                first = gzip.decompress((pathlib.Path(folder) / f"usr/share/doc/{name}/changelog.gz").read_bytes()).decode().splitlines()[0]
            self.assertTrue(first.startswith(f"{name} ({field(deb, 'Version')}) "), first)

    def test_what_files_and_documents_name_is_in_the_package(self):
        for name, deb in debs.items():
            with tempfile.TemporaryDirectory() as folder:
                subprocess.run(["dpkg-deb", "-x", deb, folder], check=True)
                folder = pathlib.Path(folder)
                here = folder / "usr/share/doc" / name
                for file in [*here.rglob("*.md"), *folder.glob("etc/bigfoot/*.yaml"), *folder.glob("usr/share/man/*/*.gz")]:
                    text = (gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()).decode()
                    named = {here / word for word in re.findall(r"(?<!/)\bdocs/[\w./-]*\w", text)}
                    linked = {file.parent / link for link in re.findall(r"\]\(([\w./-]+\.(?:md|yaml|jpg))[)#]", text)}
                    missing = {str(each.relative_to(folder)) for each in named | linked if not each.exists() and each.name not in ONLY_IN_THE_SOURCES}
                    with self.subTest(file.relative_to(folder)):
                        self.assertEqual(missing, set())
                self.assertTrue((here / "docs/cameras.md").exists())


class Installed(unittest.TestCase):
    def setUp(self):
        self.machine = self.enterContext(Machine(root))
        self.machine.install(*debs.values())

    def until(self, what, ask):
        try:
            return until(what, ask, WITHIN)
        except AssertionError as late:
            raise AssertionError(f"{late}\n{self.machine.journal(ROBOT)[-2000:]}\n{self.machine.journal(SERVER)[-2000:]}") from late

    def main_pid(self, unit):
        return int(self.machine.shows(unit, "MainPID"))

    def last_fed(self, unit):
        return int(self.machine.shows(unit, "WatchdogTimestampMonotonic"))

    def robot_is_online(self):
        done = subprocess.run(self.machine.in_its_network("curl", "-s", "-m", "5", "http://127.0.0.1:8080/api/v1/robots"), capture_output=True, text=True)
        return '"name":"rover-7","online":true' in done.stdout

    def changed_unit(self, unit, text):
        folder = self.machine.path(f"/run/systemd/system/{unit}.d")
        folder.mkdir()
        (folder / "test.conf").write_text(f"[Service]\n{text}\n")
        self.machine.run("systemctl", "daemon-reload")
        self.machine.run("systemctl", "restart", unit)


class Start(Installed):
    """On one machine for all: what they do to it, they undo."""

    @classmethod
    def setUpClass(cls):
        cls.machine = cls.enterClassContext(Machine(root))
        cls.machine.install(*debs.values())

    def setUp(self):
        pass

    def test_both_run_after_the_installation_as_users_who_may_little_and_the_robot_is_at_its_server(self):
        self.until("the robot is online", self.robot_is_online)
        for unit, user, groups in ((ROBOT, "bigfoot", {"bigfoot", "video", "render"}), (SERVER, "bigfoot-server", {"bigfoot-server"})):
            with self.subTest(unit):
                self.assertEqual(self.machine.run("systemctl", "is-enabled", unit).strip(), "enabled")
                status = dict(line.split(":\t", 1) for line in self.machine.run("cat", f"/proc/{self.main_pid(unit)}/status").splitlines() if ":\t" in line)
                self.assertEqual(status["Uid"].split()[0], self.machine.run("id", "-u", user).strip())
                self.assertEqual({self.machine.run("getent", "group", number).split(":")[0] for number in status["Groups"].split() + status["Gid"].split()}, groups)
                self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))
                may = 1 << 10 if unit == SERVER else 0  # CAP_NET_BIND_SERVICE
                self.assertEqual(int(status["CapBnd"], 16), may)

    def test_a_changed_file_is_read_at_a_reload_and_the_status_says_so(self):
        self.machine.run("systemctl", "start", ROBOT, SERVER)
        running = self.main_pid(ROBOT)
        file = self.machine.path("/etc/bigfoot/robot.yaml")
        reference = file.read_text()
        self.addCleanup(file.write_text, reference)
        file.write_text("size: 320x180\n")
        self.machine.run("systemctl", "reload", ROBOT)
        self.until("the new size in `bigfoot status`", lambda: "320x180" in self.machine.run("bigfoot", "status", code=None))
        self.assertEqual(self.main_pid(ROBOT), running)

    def test_the_first_start_shows_a_picture_in_a_browser_within_five_seconds(self):
        seconds = []
        while len(seconds) < 3 and min(seconds, default=PICTURE_SECONDS) >= PICTURE_SECONDS:
            seconds.append(self.picture_after())
        self.assertLess(min(seconds), PICTURE_SECONDS)

    def used(self, browser):
        """Seconds of processor time so far: of nobody, and of both services with the browser and its children."""
        tick = os.sysconf("SC_CLK_TCK")
        idle, waits = (int(number) / tick for number in pathlib.Path("/proc/stat").read_text().split()[4:6])
        parents, seconds = {}, {}
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                numbers = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has ended
            pid = int(stat.parent.name)
            parents[pid], seconds[pid] = int(numbers[1]), sum(map(int, numbers[11:15])) / tick
        ours = {browser}
        while more := {pid for pid, parent in parents.items() if parent in ours} - ours:
            ours |= more
        services = [self.main_pid(ROBOT), self.main_pid(SERVER)]
        inside = self.machine.path("/proc")
        of_services = sum(sum(map(int, (inside / f"{pid}/stat").read_text().rpartition(")")[2].split()[11:15])) / tick for pid in services if pid)
        return idle + waits, sum(seconds.get(pid, 0) for pid in ours) + of_services

    def picture_after(self):
        """Seconds from the start of both units to a live picture, less what the machine gave to others meanwhile: what is left is what its
        processors did for this, and what they did nothing in."""
        self.machine.run("systemctl", "stop", ROBOT, SERVER)
        self.machine.run("rm", "-rf", "/var/cache/bigfoot", "/var/lib/bigfoot-server")
        words = self.machine.in_its_network("node", ROOT / "tests/package/picture.mjs", "http://localhost:8080", "rover-7")
        with tempfile.TemporaryFile("w+") as faults, subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=faults, text=True) as browser:
            try:
                said = [browser.stdout.readline().strip()]
                start, before = time.monotonic(), self.used(browser.pid)
                print("go", file=browser.stdin, flush=True)
                self.machine.run("systemctl", "start", "--no-block", SERVER, ROBOT)
                live = browser.stdout.readline().strip()
                took = time.monotonic() - start
                idle, ours = (now - then for now, then in zip(self.used(browser.pid), before))
                said += [live, browser.stdout.readline().strip()]
                if said != ["open", "live", "moves"]:
                    faults.seek(0)
                    raise AssertionError(f"the browser said {said}: {faults.read()[-3000:]}\n{self.machine.journal(ROBOT)[-3000:]}")
            finally:
                browser.stdin.close()
                browser.wait(30)
        alone = min(took, (idle + ours) / os.cpu_count())
        print(f"picture {took:.1f} s after the start; of {took * os.cpu_count():.1f} s of processors {idle:.1f} s idle, {ours:.1f} s ours: {alone:.1f} s")
        return alone

    def test_systemd_and_udev_find_nothing_wrong_with_units_and_rule(self):
        self.assertEqual(self.machine.run("systemd-analyze", "verify", "--man=no", ROBOT, SERVER), "")
        for unit, most in ((ROBOT, 25), (SERVER, 18)):  # tenths of its scale, on which 100 is a service that may everything
            self.machine.run("systemd-analyze", "security", "--offline=yes", f"--threshold={most}", unit)
        said = self.machine.run("udevadm", "test", "-a", "add", "/sys/devices/virtual/mem/null")
        self.assertIn("/70-bigfoot.rules", said)
        self.assertNotRegex(said, r"70-bigfoot\.rules:\d")

    def test_manual_and_completions_lie_where_they_are_looked_for(self):
        for program, section in (("bigfoot", 1), ("bigfoot-server", 8)):
            self.assertIn(f".TH {program.upper()} ".replace("-", "\\-"), self.machine.run("zcat", f"/usr/share/man/man{section}/{program}.{section}.gz"))
            for path in (f"bash-completion/completions/{program}", f"zsh/vendor-completions/_{program}", f"fish/vendor_completions.d/{program}.fish"):
                self.assertIn(program, self.machine.run("cat", f"/usr/share/{path}"))


class Restart(Installed):
    def test_a_robot_that_stands_still_is_ended_and_started_again_and_one_that_runs_is_not(self):
        self.changed_unit(ROBOT, "WatchdogSec=20\nTimeoutAbortSec=1")  # fed every 10 s: this machine may stand still for as long
        running = self.main_pid(ROBOT)
        begun = self.last_fed(ROBOT)
        self.until("it is fed", lambda: self.last_fed(ROBOT) > begun)
        self.assertEqual(self.main_pid(ROBOT), running)
        self.machine.run("kill", "-STOP", running)
        self.until("another process", lambda: self.main_pid(ROBOT) not in (0, running))
        self.assertIn("Watchdog timeout", self.machine.journal(ROBOT))
        self.until("the robot is online", self.robot_is_online)

    def test_what_is_killed_is_started_again(self):
        for unit in (ROBOT, SERVER):
            with self.subTest(unit):
                running = self.main_pid(unit)
                self.machine.run("kill", "-KILL", running)
                self.until("another process", lambda: self.main_pid(unit) not in (0, running))
        self.until("the robot is online", self.robot_is_online)

    def test_a_mistake_in_the_file_is_said_once_and_its_mending_is_awaited(self):
        file = self.machine.path("/etc/bigfoot/robot.yaml")
        reference = file.read_text()
        file.write_text("servr: ws://127.0.0.1:8080\n")
        self.machine.run("systemctl", "restart", ROBOT, code=None)
        self.until("it has failed", lambda: self.machine.shows(ROBOT, "ActiveState") == "failed")
        said = self.machine.journal(ROBOT)
        self.assertIn("did you mean server?", said)
        time.sleep(3)  # RestartSec is 1
        self.assertEqual((self.machine.shows(ROBOT, "NRestarts"), self.machine.shows(ROBOT, "ActiveState")), ("0", "failed"))
        file.write_text(reference)
        self.machine.run("systemctl", "restart", ROBOT)
        self.until("the robot is online", self.robot_is_online)


class Change(Installed):
    def newer(self, name, words=""):
        """The package as 9.9.9, with more words in its configuration file."""
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="bigfoot-newer-")))
        subprocess.run(["dpkg-deb", "-R", debs[name], folder / "tree"], check=True)
        control = folder / "tree/DEBIAN/control"
        control.write_text(re.sub(r"(?m)^Version: .*", "Version: 9.9.9", control.read_text()))
        for file in (folder / "tree/etc/bigfoot").iterdir():
            file.write_text(file.read_text() + words)
        deb = folder / f"{name}_9.9.9.deb"
        subprocess.run(["dpkg-deb", "--root-owner-group", "-Znone", "-b", folder / "tree", deb], check=True, capture_output=True)
        return deb

    def test_an_upgrade_keeps_the_edited_configuration_and_runs_the_new_program(self):
        robot_file = self.machine.path("/etc/bigfoot/robot.yaml")
        robot_file.write_text("name: rover-7\nmax_viewers: 3\n")
        before = {unit: self.main_pid(unit) for unit in (ROBOT, SERVER)}
        self.machine.install(self.newer("bigfoot"), self.newer("bigfoot-server"))  # asks nothing
        self.assertEqual(robot_file.read_text(), "name: rover-7\nmax_viewers: 3\n")
        for unit in before:
            self.until(f"{unit} runs anew", lambda: self.main_pid(unit) not in (0, before[unit]))
        self.until("the robot is online", self.robot_is_online)

    def test_an_upgrade_with_a_new_reference_file_lays_it_beside_the_edited_one(self):
        files = {name: self.machine.path(f"/etc/bigfoot/{name}.yaml") for name in ("robot", "server")}
        files["robot"].write_text("max_viewers: 3\n")
        self.machine.install(self.newer("bigfoot", "# new words\n"), self.newer("bigfoot-server", "# new words\n"), options=["--force-confdef", "--force-confold"])
        self.assertEqual(files["robot"].read_text(), "max_viewers: 3\n")
        self.assertIn("# new words", self.machine.path("/etc/bigfoot/robot.yaml.dpkg-dist").read_text())
        self.assertIn("# new words", files["server"].read_text(), "nobody had edited that one")

    def test_a_service_that_was_switched_off_stays_off(self):
        self.machine.run("systemctl", "disable", "--now", ROBOT)
        self.machine.install(self.newer("bigfoot"))
        self.assertEqual(self.machine.run("systemctl", "is-enabled", ROBOT, code=1).strip(), "disabled")
        self.assertEqual(self.machine.run("systemctl", "is-active", ROBOT, code=3).strip(), "inactive")


class Person(unittest.TestCase):
    def test_a_person_of_the_services_name_is_said_and_keeps_the_login(self):
        machine = self.enterContext(Machine(root))
        machine.run("useradd", "--create-home", "bigfoot-server")
        said = machine.install(debs["bigfoot-server"], code=1)
        self.assertRegex(said, r"needs a system user and group bigfoot-server, .* person's \(number 1\d\d\d\)\.\n    give those another name")
        machine.run("usermod", "--login", "anna", "bigfoot-server")
        machine.run("groupmod", "--new-name", "anna", "bigfoot-server")
        machine.run("dpkg", "--configure", "-a")
        until("the server runs", lambda: machine.run("systemctl", "is-active", SERVER, code=None).strip() == "active", WITHIN)


class Purge(unittest.TestCase):
    NOT_OURS = re.compile(r"/var/(log|lib/dpkg|lib/systemd/timers|tmp)/|/etc/\.pwd\.lock|/etc/(passwd|group|shadow|gshadow|subuid|subgid)-$|"
                          r"/run/(systemd|log|adduser|bigfoot.*\.deb)|/tmp/systemd-private")

    def everything(self, machine):
        """Every path of the machine, and who its users are."""
        names = machine.run("find", "/", "/run", "/dev", "-xdev").splitlines()
        users = [line for name in ("passwd", "group", "shadow", "gshadow", "subuid", "subgid") for line in machine.path(f"/etc/{name}").read_text().splitlines()]
        return {line for line in names + users if not self.NOT_OURS.match(line)}

    def test_remove_keeps_what_a_person_wrote_and_purge_leaves_nothing(self):
        machine = self.enterContext(Machine(root))
        before = self.everything(machine)
        machine.install(*debs.values())
        made = ("/var/cache/bigfoot/gstreamer-1.0", "/var/lib/bigfoot-server/resume.key")
        until("both services have written what they keep", lambda: all(machine.path(path).exists() for path in made), WITHIN)
        file = machine.path("/etc/bigfoot/robot.yaml")
        file.write_text("max_viewers: 3\n")
        machine.run("dpkg", "--remove", "bigfoot", "bigfoot-server")
        self.assertEqual(file.read_text(), "max_viewers: 3\n")
        self.assertEqual(machine.run("systemctl", "is-active", ROBOT, SERVER, code=None).split(), ["inactive", "inactive"])
        machine.run("dpkg", "--purge", "bigfoot", "bigfoot-server")
        self.assertEqual(self.everything(machine) - before, set())


if __name__ == "__main__":
    if os.geteuid() != 0:
        raise SystemExit("package_test.py: a machine of its own needs root")
    unittest.main(verbosity=1)
