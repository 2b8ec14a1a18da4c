"""Answers to requests that failed without a fault of the product: a lost race, a removed row or a full disk.

A transaction that PostgreSQL ended for another's sake may be sent again. A request that names a row removed meanwhile
cannot succeed. After a full disk, of the database or of uploads, a request has to wait for room.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import DatabaseError, IntegrityError, OperationalError

from web.disk import full_disk

# PostgreSQL error codes: a deadlock, and a serialization failure.
_ENDED_STATES = ("40P01", "40001")
_GONE_STATE, _GONE_IN_SQLITE = "23503", "FOREIGN KEY constraint failed"


@dataclass(frozen=True, slots=True)
class NotTaken:
    """Answer to a request that was not carried out.

    Attributes:
        retry_after_s: Seconds after which to send the request again; 0 where that would not help.
    """

    code: str
    title: str
    hint: str
    status: int
    retry_after_s: int = 0


CONTESTED = NotTaken(
    "contested",
    "Somebody else changed this at the same moment.",
    "Nothing was changed. Send the request again.",
    503,
    retry_after_s=1,
)
GONE = NotTaken(
    "gone_meanwhile",
    "An object that this refers to was removed meanwhile.",
    "Nothing was changed. Reload the page.",
    409,
)


FULL = NotTaken(
    full_disk.CODE,
    "A disk of the server is full.",
    "The server's administrator has to free some space; then send the request again.",
    507,
)


def not_taken(error: BaseException | None) -> NotTaken | None:
    """Return the answer to a request that lost a race or met a full disk; None for any other error."""
    state = getattr(getattr(error, "__cause__", None), "sqlstate", None)
    if isinstance(error, OperationalError) and state in _ENDED_STATES:
        return CONTESTED
    if isinstance(error, IntegrityError) and (
        state == _GONE_STATE or (state is None and _GONE_IN_SQLITE in str(error))
    ):
        return GONE
    if isinstance(error, (OSError, DatabaseError)) and full_disk.is_full(error):
        return FULL
    return None
