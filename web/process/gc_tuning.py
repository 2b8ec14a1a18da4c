"""Run the cyclic garbage collector less often while code creates many small objects without cycles.

Rows on their way through make and drop dictionaries by the thousand, and each thousand has it look at all of them: a
third of the time that a row takes. What is in no cycle goes as always, as soon as no reference is left.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

GC_THRESHOLD = 100_000


class _Threshold:
    """Count the callers that want it in this process, and keep the default for when none does."""

    lock = Lock()
    wanted = 0
    usual = (700, 10, 10)


@contextmanager
def infrequent_gc() -> Iterator[None]:
    """Have the interpreter look only after every `OBJECTS` that came to stay; for work that streams plain values.

    It holds for all threads of the process. Several at once share it; the last one out puts back what was.
    """
    with _Threshold.lock:
        if not _Threshold.wanted:
            _Threshold.usual = gc.get_threshold()
            gc.set_threshold(max(GC_THRESHOLD, _Threshold.usual[0]), *_Threshold.usual[1:])
        _Threshold.wanted += 1
    try:
        yield
    finally:
        with _Threshold.lock:
            _Threshold.wanted -= 1
            if not _Threshold.wanted:
                gc.set_threshold(*_Threshold.usual)
