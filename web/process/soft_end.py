"""An end that leaves a command time to take back what it began."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def soft_end() -> Iterator[None]:
    """Leave the block by SystemExit on SIGTERM, and on SIGHUP, which a terminal that is closed sends.

    Without it both end a process between two lines of Python. Only the first signal counts; one that was ignored, by
    `nohup` for example, stays so. Call it in the main thread.
    """

    def leave(number: int, _frame: FrameType | None) -> None:
        for each in before:
            signal.signal(each, signal.SIG_IGN)
        sys.exit(128 + number)

    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    before = {number: handler for number, handler in handlers.items() if handler is not signal.SIG_IGN}
    for number in before:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
