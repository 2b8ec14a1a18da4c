"""An end that leaves a command time to take back what it began."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

ENDS = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def soft_end() -> Iterator[None]:
    """Leave the block by SystemExit on SIGTERM, and on SIGHUP, which a terminal that is closed sends.

    Without it both end a process between two lines of Python. Only the first signal counts; one that was ignored, by
    `nohup` for example, stays so. Call it in the main thread.
    """

    def leave(number: int, _frame: FrameType | None) -> None:
        for each in ENDS:
            signal.signal(each, signal.SIG_IGN)
        sys.exit(128 + number)

    with _handled(leave, *ENDS):
        yield


@contextmanager
def no_end() -> Iterator[None]:
    """Ignore both signals and Ctrl-C within the block. Call it in the main thread."""
    with _handled(signal.SIG_IGN, *ENDS, signal.SIGINT):
        yield


@contextmanager
def _handled(handler: Callable[[int, FrameType | None], None] | signal.Handlers, *numbers: int) -> Iterator[None]:
    handlers = {number: signal.getsignal(number) for number in numbers}
    before = {number: earlier for number, earlier in handlers.items() if earlier is not signal.SIG_IGN}
    for number in before:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
