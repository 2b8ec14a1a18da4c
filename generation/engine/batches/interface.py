"""Interface to any provider's batches: handed in, looked at, taken in, cancelled, found again.

Pure. A provider's module translates its SDK into these words.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from generation.engine.clients.interface import CallError, Question, Reply

# How far this host's clock and a provider's may be apart, clocks that were set included.
MAX_CLOCK_SKEW_S = 86_400


@dataclass(frozen=True)
class BatchLine:
    """One line of what a batch brought: whose it is, and its answer or why there is none. No call: it is unreadable."""

    call: str = ""
    reply: Reply | None = None
    error: CallError | None = None


@dataclass(frozen=True)
class BatchStatus:
    """A batch as its provider sees it now.

    Attributes:
        state: `refused`: it never began, and nothing of it is paid.
        done: Requests that have come to an end.
        answered: Requests that the provider says it answered, and will bill; None when it does not say.
        is_kept: Whether what it brought can still be had.
    """

    state: Literal["running", "ended", "refused"]
    done: int = 0
    answered: int | None = None
    code: str = ""
    message: str = ""
    is_kept: bool = True


@dataclass(frozen=True)
class BatchQuery:
    """Batches of one order that somebody may have handed in.

    Attributes:
        token: The name that was sent along; empty for any.
        calls: Calls that were in it; empty when nobody knows.
        since: When it was prepared by this host's clock, seconds since 1970.
        known: Names at the provider that are accounted for already.
    """

    order: str
    token: str = ""
    calls: frozenset[str] = frozenset()
    since: float = 0.0
    known: frozenset[str] = frozenset()


@dataclass(frozen=True)
class FoundBatch:
    """A batch that lies at the provider.

    Attributes:
        token: Ours, where the provider keeps it.
        positions: Where its calls stand in the order, where the provider keeps that.
        is_certain: Whether it is known to be the wanted one; else its lines will tell, once it has ended.
    """

    batch_id: str
    token: str = ""
    positions: tuple[tuple[int, int], ...] = ()
    is_certain: bool = True


class BatchProvider(Protocol):
    """A provider's batches for one teacher.

    Every method but `line` and `results` raises `CallError`; its fate says what is known, as for a call.
    """

    most_requests: int
    most_bytes: int

    def line(self, question: Question) -> bytes:
        """Return the request of one call as a line of a batch, its newline included."""
        ...

    async def submit(self, lines: Path, *, order: str, token: str, positions: list[tuple[int, int]]) -> str:
        """Hand a batch in, and return the provider's name of it."""
        ...

    async def look(self, batch_id: str) -> BatchStatus:
        """Return the state of a batch at its provider."""
        ...

    def results(self, batch_id: str) -> AsyncIterator[BatchLine]:
        """Yield the lines that an ended batch brought, in any order."""
        ...

    async def cancel(self, batch_id: str) -> None:
        """Ask for it to be ended early; what is done is done, and paid. One that has ended stays as it is."""
        ...

    async def find(self, query: BatchQuery) -> list[FoundBatch]:
        """Look for batches among those that lie at the provider."""
        ...

    async def forget(self, batch_id: str) -> None:
        """Delete the files that an ended batch keeps there, where it keeps any; twice is once."""
        ...

    async def close(self) -> None:
        """Let connections go."""
        ...
