"""When other requests changed the same rows at the very moment: an answer that says so, and what to do, instead of a fault.

A transaction that PostgreSQL ended so that another could go on may simply be sent again. One that names a row which somebody removed
meanwhile has nothing left to name. In both cases nothing was changed.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError, OperationalError

# PostgreSQL's states: a deadlock, and a transaction that no order of the others explains.
_ENDED_STATES = ("40P01", "40001")
_GONE_STATE, _GONE_IN_SQLITE = "23503", "FOREIGN KEY constraint failed"


@dataclass(frozen=True, slots=True)
class Raced:
    """What a request is told that lost a race.

    Attributes:
        retry_after_s: After so many seconds the same may be sent again; 0 where that would not help.
    """

    code: str
    title: str
    hint: str
    status: int
    retry_after_s: int = 0


CONTESTED = Raced(
    "contested",
    "Others changed the same at this very moment.",
    "Nothing of this request was done. Send the same once more.",
    503,
    retry_after_s=1,
)
GONE = Raced(
    "gone_meanwhile",
    "What this belongs to was removed meanwhile.",
    "Nothing of this request was done. Look at what is there now.",
    409,
)


def raced(error: BaseException | None) -> Raced | None:
    """What a request is told whose error says that it lost a race; None for any other error."""
    state = getattr(getattr(error, "__cause__", None), "sqlstate", None)
    if isinstance(error, OperationalError) and state in _ENDED_STATES:
        return CONTESTED
    if isinstance(error, IntegrityError) and (
        state == _GONE_STATE or (state is None and _GONE_IN_SQLITE in str(error))
    ):
        return GONE
    return None
