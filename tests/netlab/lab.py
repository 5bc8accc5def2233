"""What the labs share: namespaces that clean up after themselves, and peers whose lines are carried between them."""

import os
import pathlib
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from waiting import Standstills, until  # noqa: E402, F401

PATIENCE = 30  # seconds, for what comes at once on a machine that stands still at no time


def sh(command):
    subprocess.run(command, shell=True, check=True, capture_output=True, text=True)


def fields(words):
    return dict(word.split("=") for word in words if "=" in word)


class Namespaces:
    """Network namespaces of this process; gone when the block ends, whatever happens in it."""

    def __init__(self, *names):
        self.names = {name: f"bf{os.getpid()}{name}" for name in names}
        self.processes = []

    def __getitem__(self, name):
        return self.names[name]

    def __enter__(self):
        try:
            for full in self.names.values():
                sh(f"ip netns add {full}")
                sh(f"ip -n {full} link set lo up")
        except subprocess.CalledProcessError as error:
            self.__exit__()
            sys.exit(f"no network namespaces here (needs root): {error.stderr.strip()}")
        return self

    def __exit__(self, *_):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        for full in self.names.values():
            subprocess.run(["ip", "netns", "del", full], capture_output=True, check=False)

    def ip(self, name, command):
        sh(f"ip -n {self[name]} {command}")

    def cable(self, one, two):
        """A veth pair between two namespaces: device eth-TWO in ONE and eth-ONE in TWO."""
        sh(f"ip -n {self[one]} link add eth-{two} type veth peer name eth-{one} netns {self[two]}")
        self.ip(one, f"link set eth-{two} up")
        self.ip(two, f"link set eth-{one} up")

    def rules(self, name, chains):
        """Packet filter and NAT of a namespace, for nft."""
        table = f"table ip lab {{\n{chains}\n}}\n"
        subprocess.run(["ip", "netns", "exec", self[name], "nft", "-f", "-"], input=table, text=True, check=True)

    def spawn(self, name, command, **options):
        process = subprocess.Popen(["ip", "netns", "exec", self[name], *command], **options)
        self.processes.append(process)
        return process


class Peer:
    """A peer_tool. Its '!' lines are kept as events, all others go to the other peer."""

    def __init__(self, process):
        self.process = process
        self.other = None
        self.events = []
        self.lines = []
        self.lock = threading.Lock()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            if line.startswith("!"):
                with self.lock:
                    self.events.append((time.monotonic(), line[1:].split()))
                print(f"{self.name}: {line.rstrip()}", flush=True)
            else:
                self.lines.append(line)
                while self.other is None:
                    time.sleep(0.001)
                self.other.say(line)

    def say(self, line):
        try:
            self.process.stdin.write(line)
            self.process.stdin.flush()
        except (BrokenPipeError, ValueError):
            pass

    def find(self, *words):
        with self.lock:
            return [event for _, event in self.events if all(word in event for word in words)]

    def wait(self, *words, timeout=PATIENCE, count=1):
        end = time.monotonic() + timeout
        while True:
            last = time.monotonic() > end or self.process.poll() is not None
            found = self.find(*words)
            if len(found) >= count:
                return found[-1]
            if last:
                break
            time.sleep(0.005)
        status = self.process.poll()
        ended = "" if status is None else f"; it ended with status {status}"
        sys.exit(f"FAILED: {self.name} did not say {' '.join(words)} within {timeout} s{ended}")

    def mark(self):
        """The longest gap and the loss since the last mark, and what was received at all."""
        count = len(self.find("mark"))
        self.say("mark\n")
        return fields(self.wait("mark", count=count + 1))

    def receives(self, packets):
        """Waits for so many more; how many were lost meanwhile."""
        marks = [self.mark()]
        wanted = int(marks[0]["received"]) + packets

        def enough():
            marks.append(self.mark())
            return int(marks[-1]["received"]) >= wanted

        until(f"{packets} packets", enough, PATIENCE, pause=0.2)
        return sum(int(mark["lost"]) for mark in marks)

    def result(self):
        self.say("quit\n")
        self.wait("cpu")
        code = self.process.wait(PATIENCE)
        check(code == 0, f"{self.name} ended with exit code {code}")
        return fields(self.find("result")[0])


def start_coturn(spaces, name, addresses, folder):
    """A coturn with the user robot:secret that listens on the addresses and relays on the first."""
    config = folder + "/turnserver.conf"
    with open(config, "w", encoding="ascii") as out:
        out.writelines(f"listening-ip={address}\n" for address in addresses)
        out.write(f"relay-ip={addresses[0]}\nlistening-port=3478\nmin-port=49200\nmax-port=49299\nlt-cred-mech\n"
                  "user=robot:secret\nrealm=bigfoot\nfingerprint\nno-cli\nno-tls\nno-dtls\nno-tcp-relay\n"
                  f"userdb={folder}/turndb\npidfile={folder}/pid\nlog-file=stdout\nsimple-log\n")
    with open(folder + "/log", "w", encoding="ascii") as log:
        process = spaces.spawn(name, ["turnserver", "-c", config], stdout=log, stderr=subprocess.STDOUT)
    end = time.monotonic() + PATIENCE
    answers = False
    while not answers and process.poll() is None and time.monotonic() < end:
        answers = all(answers_stun(spaces, name, address) for address in addresses)
    check(answers, "coturn answers")


# Binding requests from one socket to each address: prints the ports that they were seen to come from.
MAPPED_PORTS = """
import socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
    probe.settimeout(20)
    for address in sys.argv[1:]:
        probe.sendto(bytes.fromhex("000100002112a442") + b"bigfoot-lab!", (address, 3478))
        answer = probe.recv(1500)
        at = 20
        while struct.unpack_from("!H", answer, at)[0] != 0x0020:
            at += 4 + (struct.unpack_from("!H", answer, at + 2)[0] + 3) // 4 * 4
        print(struct.unpack_from("!H", answer, at + 6)[0] ^ 0x2112)
"""


def mapped_ports(spaces, name, addresses):
    probe = ["ip", "netns", "exec", spaces[name], sys.executable, "-c", MAPPED_PORTS, *addresses]
    return subprocess.run(probe, capture_output=True, text=True, check=True).stdout.split()


# A Binding request (RFC 8489, section 5), from inside the namespace; exit status 0 when something comes back within 0.2 s.
STUN_PROBE = """
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
    probe.settimeout(0.2)
    probe.connect((sys.argv[1], 3478))
    probe.send(bytes.fromhex("000100002112a442") + b"bigfoot-lab!")
    sys.exit(probe.recv(1500)[:2] != bytes.fromhex("0101"))
"""


def answers_stun(spaces, name, address):
    probe = ["ip", "netns", "exec", spaces[name], sys.executable, "-c", STUN_PROBE, address]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


def connect(spaces, tool, sender, receiver):
    """`sender` and `receiver`: (namespace, [arguments])."""
    peers = []
    for role, (space, arguments) in (("send", sender), ("receive", receiver)):
        process = spaces.spawn(space, [tool, role, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        peer = Peer(process)
        peer.name = role
        peers.append(peer)
    peers[0].other, peers[1].other = peers[1], peers[0]
    return peers


def check(holds, what):
    print(("ok: " if holds else "FAILED: ") + what, flush=True)
    if not holds:
        sys.exit(1)
