"""A desk under fire: how often each drill runs, and what must be true of every desk afterwards."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

# A drill that both databases are to see is no stress test until it is asked for in full.
IN_FULL = os.environ.get("STRESS") == "1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if IN_FULL and "stress_count" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.stress)


@pytest.fixture
def stress_count() -> Callable[[int, int], int]:
    """How often a drill runs: a hundredth to a tenth by default, in full under `make stress`."""
    return lambda usual, full: full if IN_FULL else usual
