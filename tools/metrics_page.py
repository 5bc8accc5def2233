"""Reads a metrics page of the programs (Prometheus text exposition)."""

import re
import urllib.request

SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$")
LABEL = re.compile(r'(\w+)="([^"]*)"')


def samples(port, host="127.0.0.1", timeout=2.0):
    """What `parse` says of a page; empty while nobody answers within `timeout` seconds."""
    try:
        with urllib.request.urlopen(f"http://{host}:{port}/metrics", timeout=timeout) as reply:
            return parse(reply.read().decode())
    except OSError:
        return []


def total(found, name, **only):
    """The sum over the samples of that name whose labels match."""
    return sum(value for sample, labels, value in found if sample == name and all(labels.get(key) == wanted for key, wanted in only.items()))


def parse(text):
    """[(name, {label: value}, number)] in the page's order."""
    found = filter(None, map(SAMPLE.match, text.splitlines()))
    return [(name, dict(LABEL.findall(labels or "")), float(value)) for name, labels, value in (match.groups() for match in found)]
