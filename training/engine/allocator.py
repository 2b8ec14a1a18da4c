"""The C library's memory on a CPU. Knows nothing of runs, tensors or devices."""

from __future__ import annotations

import ctypes
from typing import Final

# Parameters of glibc's mallopt(3).
TRIM_THRESHOLD: Final = -1
MMAP_THRESHOLD: Final = -3
# Blocks from this size on are mapped one by one.
FROM_BYTES: Final = 1 << 20


def give_back_what_is_freed() -> bool:
    """Have large blocks returned to the system as soon as they are freed; False where the C library has no such knob.

    Taking them anew costs time, up to 40 % of a run's. Left to itself glibc keeps freed blocks of up to 32 MiB for later
    use; what layers take and free in turn then leaves gaps: a process held up to 1.7 times what it needed, and by how
    much hung on the order (`docs/memory.md`).
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and all(mallopt(knob, FROM_BYTES) for knob in (MMAP_THRESHOLD, TRIM_THRESHOLD))
