"""Importing what an engine needs, without looking for garbage meanwhile."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Import some thousand modules that stay: to look through them for cycles again and again is some 14 % of an engine's start.

    Leaves the collector as it was, off where a caller has it off.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
