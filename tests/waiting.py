"""Waiting for what another thread or process does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def wait_until(question: Callable[[], Any], within_s: float = 60) -> None:
    """Ask every 10 ms until the answer is true."""
    deadline = time.monotonic() + within_s
    while not question():
        assert time.monotonic() < deadline, f"not so within {within_s} s"
        time.sleep(0.01)
