"""A process that ends when the one that started it does, however that ended. A promise of Linux alone."""

from __future__ import annotations

import ctypes
import signal
import sys
from typing import Final

PARENT_DIED: Final = 1  # PR_SET_PDEATHSIG
# Found before any process is forked: nothing is loaded between a fork and what follows it.
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def end_with_parent(number: signal.Signals) -> None:
    """Have this process sent a signal when its parent's thread that started it ends.

    A kill of the parent's group misses a process that leads a session of its own.
    """
    if _prctl is not None:
        _prctl(PARENT_DIED, number)
