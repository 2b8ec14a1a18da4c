"""Waiting rows, one queue per caller: callers take turns, so a caller that sends many requests delays only its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from serving.engine.row import Row


class FairQueue:
    """Waiting rows in the order in which they will be written."""

    def __init__(self) -> None:
        # The caller whose turn it is stands first.
        self._lines: dict[str, deque[Row]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def __iter__(self) -> Iterator[Row]:
        return (row for line in self._lines.values() for row in line)

    def add(self, row: Row) -> None:
        self._lines.setdefault(row.caller, deque()).append(row)

    def remove(self, row: Row) -> bool:
        """Take a row out, wherever it stands; False where it does not wait."""
        line = self._lines.get(row.caller)
        if line is None or row not in line:
            return False
        line.remove(row)
        if not line:
            del self._lines[row.caller]
        return True

    @property
    def next(self) -> Row | None:
        return next(iter(self), None)

    def pop(self) -> Row:
        """Take the row whose turn it is; its caller's next one waits until all others had theirs."""
        caller, line = next(iter(self._lines.items()))
        row = line.popleft()
        del self._lines[caller]
        if line:
            self._lines[caller] = line
        return row

    def of(self, caller: str) -> int:
        return len(self._lines.get(caller, ()))

    def surplus(self, share: int) -> Row | None:
        """The newest row of the longest line, where that holds more than a share; it makes place for another caller's."""
        line = max(self._lines.values(), key=len, default=None)
        return line[-1] if line is not None and len(line) > share else None
