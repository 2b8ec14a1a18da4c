"""Waiting for what happens elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def wait_until(question: Callable[[], Any], within_s: float = 90) -> Any:
    """The first true answer."""
    deadline = time.monotonic() + within_s
    while not (found := question()):
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)
    return found
