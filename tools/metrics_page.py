"""Reads a metrics page of the programs (Prometheus text exposition)."""

import re
import urllib.request

SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$")
LABEL = re.compile(r'(\w+)="([^"]*)"')


def samples(port, host="127.0.0.1", timeout=2.0):
    """[(name, {label: value}, number)] in the page's order; empty while nobody answers within `timeout` seconds."""
    try:
        with urllib.request.urlopen(f"http://{host}:{port}/metrics", timeout=timeout) as reply:
            text = reply.read().decode()
    except OSError:
        return []
    found = filter(None, map(SAMPLE.match, text.splitlines()))
    return [(name, dict(LABEL.findall(labels or "")), float(value)) for name, labels, value in (match.groups() for match in found)]
