"""A process of the running product that dies is started again, and the product is well afterwards."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import time
import urllib.request
from contextlib import closing
from datetime import UTC, datetime

import pytest

from tests.tour.conftest import Stack

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.engine, pytest.mark.timeout(1800)]
BACK_WITHIN_S = 120


def test_a_worker_that_is_killed_comes_back_and_the_product_is_well(stack: Stack) -> None:
    assert " " in str(stack.var)
    assert stack.var.stat().st_mode & 0o077 == 0, "data, keys and texts of people are their owner's alone"
    before = worker_pids(stack)

    os.kill(before[-1], signal.SIGKILL)
    killed_at = datetime.now(UTC).replace(tzinfo=None)

    wait_for(lambda: len(worker_pids(stack)) > len(before))
    # The row of the worker that is gone counts for a while: only a beat of the new one shows that it is there.
    wait_for(lambda: datetime.fromisoformat(last_beat(stack)) > killed_at)
    with urllib.request.urlopen(f"{stack.url}healthz", timeout=10) as answer:
        report = json.loads(answer.read())
    queues = {"campaigns", "default", "evaluation", "generation", "serving", "training"}
    assert report == {
        "database": "ok",
        "broker": "ok",
        "beat": "ok",
        "workers": 1,
        "queues": dict.fromkeys(sorted(queues), 1),
        "unserved": [],
        "halted_since": None,
    }
    assert stack.process.poll() is None


def worker_pids(stack: Stack) -> list[int]:
    """Of every worker that was started, in turn."""
    told = (stack.var / "up.log").read_text(errors="replace")
    return [int(pid) for pid in re.findall(r"worker started \(pid=(\d+)\)", told)]


def last_beat(stack: Stack) -> str:
    with closing(sqlite3.connect(stack.var / "miniatures.sqlite3", timeout=30)) as database:
        return str(database.execute("SELECT max(at) FROM jobs_workerbeat").fetchone()[0])


def wait_for(question) -> None:
    deadline = time.monotonic() + BACK_WITHIN_S
    while not question():
        assert time.monotonic() < deadline, "it did not come back"
        time.sleep(0.2)
