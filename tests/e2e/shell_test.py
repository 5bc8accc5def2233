#!/usr/bin/env python3
"""Completions as the shells themselves read them, and the manual pages as man(1) does."""

import os
import pathlib
import pty
import re
import select
import subprocess
import tempfile
import unittest

from lab import BIN, SLOW, until

LINES = {  # what is typed, and the words that are offered for it
    "bigfoot ro": ["robot"],
    "bigfoot robot --log-": ["--log-format", "--log-level"],
    "bigfoot robot --log-level ": ["debug", "error", "info", "warn"],
    "bigfoot robot --ice-policy ": ["all", "relay"],
    "bigfoot devices --js": ["--json"],
    "bigfoot check-config rob": ["robot-of-mine.yaml"],
    "bigfoot robot --config rob": ["robot-of-mine.yaml"],
    "bigfoot-server serve --web-dir pa": ["pages"],
}


def printed(program, *words):
    return subprocess.run([BIN / program, *words], capture_output=True, text=True, check=True, timeout=20 * SLOW).stdout


class Completions(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="bigfoot-shell-")))
        (self.folder / "robot-of-mine.yaml").touch()
        (self.folder / "pages").mkdir()

    def put(self, shell, name):
        for program in ("bigfoot", "bigfoot-server"):
            (self.folder / name.format(program)).write_text(printed(program, "--print-completion", shell))

    def shell(self, *words):
        done = subprocess.run(words, cwd=self.folder, capture_output=True, text=True, timeout=60 * SLOW)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.splitlines()

    def test_bash(self):
        self.put("bash", "{}.bash")
        ask = ("source ./bigfoot.bash; source ./bigfoot-server.bash; words=($1); [[ $1 == *' ' ]] && words+=(''); "
               "COMP_WORDS=(\"${words[@]}\"); COMP_CWORD=$((${#words[@]} - 1)); name=$(complete -p ${words[0]}); name=${name##*-F }; ${name%% *}; printf '%s\\n' \"${COMPREPLY[@]}\"")
        for line, offered in LINES.items():
            with self.subTest(line):
                self.assertEqual(sorted(self.shell("bash", "--norc", "-c", ask, "bash", line)), offered)

    def test_fish(self):
        self.put("fish", "{}.fish")
        for line, offered in LINES.items():
            with self.subTest(line):
                said = self.shell("fish", "--no-config", "-c", f"source bigfoot.fish; source bigfoot-server.fish; complete -C '{line}'")
                self.assertEqual(sorted(row.partition("\t")[0].rstrip("/") for row in said), offered)

    def test_zsh(self):
        self.put("zsh", "_{}")
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.folder)
            os.execvpe("zsh", ["zsh", "-f", "-i"], {**os.environ, "TERM": "vt100", "HOME": str(self.folder)})
        self.addCleanup(lambda: (os.close(terminal), os.waitpid(child, 0)))
        self.screen = b""

        def shows(*words):
            while select.select([terminal], [], [], 0)[0]:
                self.screen += os.read(terminal, 65536)
            text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x00", "", self.screen.decode(errors="replace"))
            return all(re.search(rf"(?m)(^|[\s/]){re.escape(word)}([\s/]|$)", text) for word in words)

        os.write(terminal, f"PS1=; fpath=({self.folder} $fpath); autoload -U compinit; compinit -u -D; bindkey '^I' list-choices; echo rea''dy\n".encode())
        until("zsh is ready", lambda: shows("ready"))
        for line, offered in LINES.items():
            with self.subTest(line):
                self.screen = b""
                os.write(terminal, f"{line}\t".encode())
                until(f"{offered} for {line!r}", lambda: shows(*offered))
                os.write(terminal, b"\x15")  # the line is forgotten


class Manuals(unittest.TestCase):
    def test_man_reads_every_line_without_a_warning(self):
        for program, section in (("bigfoot", 1), ("bigfoot-server", 8)):
            with self.subTest(program), tempfile.NamedTemporaryFile("w", suffix=f".{section}") as page:
                page.write(printed(program, "--print-man"))
                page.flush()
                done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", page.name], capture_output=True, text=True,
                                      timeout=60 * SLOW, env={**os.environ, "MANWIDTH": "200", "GROFF_NO_SGR": "1", "LC_ALL": "C.UTF-8"})
                self.assertEqual(done.stderr, "")
                text = re.sub(r".\x08", "", done.stdout)
                for flag in set(re.findall(r"--[a-z][\w-]*", printed(program, "robot" if section == 1 else "serve", "--help"))):
                    self.assertIn(flag, text)
                self.assertIn(f"/etc/bigfoot/{'robot' if section == 1 else 'server'}.yaml", text)


if __name__ == "__main__":
    unittest.main(verbosity=1)
