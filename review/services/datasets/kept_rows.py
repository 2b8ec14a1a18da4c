"""Rows of a version put into the database many at once. Knows the columns of `DatasetRow`; not what a row means."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import connection, transaction

from review.models import DatasetVersion

Kept = tuple[str, str, str, str]
_INTO = "review_datasetrow (version_id, draft_id, decision_id, split, row_hash)"
_COPY = f"COPY {_INTO} FROM STDIN"
_INSERT = f"INSERT INTO {_INTO} VALUES (%s, %s, %s, %s, %s)"  # noqa: S608 - Nothing in it comes from outside.


def insert(version: DatasetVersion, rows: Sequence[Kept]) -> None:
    """Insert rows in one transaction, past the models: five plain values a row need none, and most of the time is theirs.

    Args:
        version: Not frozen yet; has none of these rows.
        rows: Ids of draft and decision, split and hash of each row.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(_COPY) as copy:
                for row in rows:
                    copy.write_row((version.pk, *row))
            return
        cursor.executemany(
            _INSERT, [(version.pk.hex, UUID(one).hex, UUID(other).hex, *rest) for one, other, *rest in rows]
        )
