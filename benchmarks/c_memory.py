"""The C library's memory as a run of the engine on a CPU has it, for a while, in a process shared with others."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

from training.engine import allocator

# Where glibc's own thresholds come to rest once large blocks have been freed.
KEPT_BYTES = 32 << 20


@contextmanager
def as_runs_have_it() -> Iterator[None]:
    """Large blocks return to the system when freed; afterwards they are kept again, as a process does that sets nothing."""
    is_changed = allocator.give_back_what_is_freed()
    try:
        yield
    finally:
        if is_changed:
            libc = ctypes.CDLL(None)
            libc.mallopt(allocator.MMAP_THRESHOLD, KEPT_BYTES)
            libc.mallopt(allocator.TRIM_THRESHOLD, 2 * KEPT_BYTES)
