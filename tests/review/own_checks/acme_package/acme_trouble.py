"""Checks that go wrong in every way there is."""

import os
import subprocess
import sys
import time
from types import SimpleNamespace


def _hangs(draft):
    time.sleep(600)


def _forks_and_hangs(draft):
    subprocess.run([sys.executable, "-c", "import time; time.sleep(600)"], check=False)


def _exits(draft):
    os._exit(3)


def _raises(draft):
    raise ValueError(draft["fields"]["body"])


def _eats(draft):
    return [{"field": "body", "message": "x" * 10**11}]


def _prints(draft):
    print("Between the answers.", flush=True)
    os.write(1, b"And on the pipe itself.\n")
    return [{"field": "body", "message": f"Sees {sys.stdin.read()!r}"}]


def _misses(draft):
    return [{"field": "body", "start": 3, "end": 999, "message": "Too far"}]


def _drifts(draft):
    return [{"field": "body", "start": float("inf"), "end": 3, "message": "Nowhere"}]


def _halves(draft):
    return [{"field": "body", "start": 0.9, "end": 3, "message": "Half a character"}]


def _peeks(draft):
    return [{"field": "body", "message": ",".join(sorted(os.environ))}]


def _counts(draft):
    _counts.calls += 1
    return [{"field": "body", "message": f"Call {_counts.calls}"}]


def _labels(draft):
    if draft["fields"]["category"] == draft["facts"]["title"]:
        yield {"field": "category", "message": "The category is the title", "severity": "error"}


_counts.calls = 0
hangs, forks_and_hangs, exits, raises, eats, prints, peeks, counts, labels = (
    SimpleNamespace(marks=check)
    for check in (_hangs, _forks_and_hangs, _exits, _raises, _eats, _prints, _peeks, _counts, _labels)
)
misses, drifts, halves = (SimpleNamespace(marks=check) for check in (_misses, _drifts, _halves))
german = SimpleNamespace(LABEL="Du", DESCRIPTION="A text that says du.", LANGUAGES=("de",), marks=_counts)
