"""Waiting rows, one queue per caller: callers take turns, so a caller that sends many requests delays only its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar


class HasCaller(Protocol):
    """A row, or what stands for one."""

    @property
    def caller(self) -> str: ...


Waiting = TypeVar("Waiting", bound=HasCaller)


class FairQueue(Generic[Waiting]):
    """Waiting rows in the order in which they will be written."""

    def __init__(self) -> None:
        # The caller whose turn it is stands first.
        self._lines: dict[str, deque[Waiting]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def __bool__(self) -> bool:
        """Return whether anybody waits; asked on other threads too, where counting would meet a dict that changes."""
        return bool(self._lines)

    def __iter__(self) -> Iterator[Waiting]:
        return (row for line in self._lines.values() for row in line)

    def add(self, row: Waiting) -> None:
        self._lines.setdefault(row.caller, deque()).append(row)

    def remove(self, row: Waiting) -> bool:
        """Take a row out, wherever it stands; False where it does not wait."""
        line = self._lines.get(row.caller)
        if line is None or row not in line:
            return False
        line.remove(row)
        if not line:
            del self._lines[row.caller]
        return True

    @property
    def next(self) -> Waiting | None:
        return next(iter(self), None)

    def pop(self) -> Waiting:
        """Take the row whose turn it is; its caller's next one waits until all others had theirs."""
        row = next(iter(self))
        self.take(row)
        return row

    def take(self, row: Waiting) -> None:
        """Take a row that may be written now; its caller's next one waits until all others had theirs."""
        line = self._lines.pop(row.caller)
        line.remove(row)
        if line:
            self._lines[row.caller] = line

    def of(self, caller: str) -> int:
        return len(self._lines.get(caller, ()))

    def surplus(self, share: int) -> Waiting | None:
        """The newest row of the longest line, where that holds more than a share; it makes room for another's."""
        line = max(self._lines.values(), key=len, default=None)
        return line[-1] if line is not None and len(line) > share else None
