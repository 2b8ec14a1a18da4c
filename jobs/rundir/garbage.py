"""Start and exit of an engine without garbage collection of modules that stay."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Switch garbage collection off while some thousand modules are imported, all of which stay.

    To look through them for cycles again and again is some 14 % of an engine's start.

    Leaves the collector as it was, off where a caller has it off.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def end_process(status: int) -> NoReturn:
    """Exit with all that an exit does, but for looking through what lives: with torch imported that takes a second.

    Raises:
        SystemExit: Always.
    """
    gc.freeze()
    sys.exit(status)
