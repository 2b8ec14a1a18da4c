"""Recording an act. Called by the services of every room, inside their own transaction; knows ids and plain values only."""

from __future__ import annotations

import re
from typing import Any, Protocol

from audit.acts import ACTS
from audit.models import AuditRow

LONGEST_TEXT = 200
_UNSTORABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class Identified(Protocol):
    """Anything with a primary key: a member, a row of any room."""

    @property
    def pk(self) -> Any: ...


Plain = str | int | bool | None


def record(
    act: str, *, by: Identified | None, about: Identified | None = None, **detail: Plain | list[str]
) -> AuditRow:
    """Append one act to the trail.

    It belongs to the caller's transaction: an act that is rolled back leaves no row.

    Args:
        act: One of `audit.acts.ACTS`.
        by: Who did it; None for the installation itself, or for somebody not known.
        about: What it was done to; its kind and id are kept, nothing else of it.
        detail: A few plain values such as `role="lead"` or `rows=120`. Never secrets, texts, names or addresses.

    Raises:
        ValueError: There is no such act: a mistake of the code.
    """
    if act not in ACTS:
        raise ValueError(f"'{act}' is no act of the audit trail: name it in audit/acts.py.")
    return AuditRow.objects.create(
        actor="" if by is None else str(by.pk),
        act=act,
        subject_kind="" if about is None else type(about).__name__.lower()[:40],
        subject_id="" if about is None else str(about.pk)[:64],
        detail={key: _plain(value) for key, value in detail.items()},
    )


def _plain(value: Plain | list[str]) -> Plain | list[str]:
    if isinstance(value, str):
        # What one of the databases cannot keep would come back changed, and the day's seal would not hold.
        return _UNSTORABLE.sub("", value)[:LONGEST_TEXT]
    if isinstance(value, list):
        return [_UNSTORABLE.sub("", str(part))[:LONGEST_TEXT] for part in value[:50]]
    return value
