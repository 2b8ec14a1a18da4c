"""Rows of a large import, records and finished drafts, written at the speed of the database.

As `intake.add_drafts` for drafts that wait, but that checks and the text index follow within seconds (`waiting_marks`,
`search_index`). Values come prepared; what they mean is settled by who calls.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from django.utils import timezone

from review.drafts import search_index, waiting_marks
from review.drafts.intake import next_position
from review.models import Draft, Record, Source, TaskVersion
from web.db.bulk_insert import BulkInserter, PreparedRows, as_json, timestamps

_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
# What 12 bits count.
_AT_MOST = 4096


def new_ids(count: int) -> list[str]:
    """So many UUIDs of version 7 (RFC 9562), each as its 32 hexadecimal digits, in rising order.

    Rows that come together so stand together in the indexes of their ids, and a large import touches few pages of them.
    Behind the time and the number within the batch, 62 bits are chance.
    """
    ids: list[str] = []
    while len(ids) < count:
        ids += _batch(min(count - len(ids), _AT_MOST))
    return ids


def _batch(count: int) -> list[str]:
    ms = f"{time.time_ns() // 1_000_000:012x}"
    chance = os.urandom(8 * count).hex()
    return [
        f"{ms}7{number:03x}{_VARIANT[chance[at]]}{chance[at + 1 : at + 16]}"
        for number, at in enumerate(range(0, 16 * count, 16))
    ]


def random_keys(count: int) -> list[int]:
    """So many integers, uniform over the non-negative 63-bit ones."""
    chance = os.urandom(8 * count)
    return [int.from_bytes(chance[at : at + 8], "big") >> 1 for at in range(0, 8 * count, 8)]


_RECORD = ("id", "row_number", "title", "facts", "group", "domain", "split", "content_hash", "created_at")
_DRAFT = (
    "id",
    "record",
    "fields",
    "fields_hash",
    "words",
    "call_id",
    "model",
    "labelled_defects",
    "queue_position",
    "random_key",
    "created_at",
)


class RecordRow(NamedTuple):
    """A record to write, its facts as JSON text; ids are hexadecimal digits."""

    id: str
    row_number: int
    title: str
    facts: str
    group: str
    domain: str
    split: str
    content_hash: str


class DraftRow(NamedTuple):
    """A draft to write, its normalised fields as JSON text."""

    record_id: str
    fields: str
    fields_hash: str
    words: int
    call_id: str
    model: str
    labelled_defects: Sequence[str]


class PreparedDrafts(NamedTuple):
    ids: list[str]
    laid: PreparedRows


class RecordInserter:
    def __init__(self, source: Source) -> None:
        self._pour = BulkInserter(Record(task_id=source.task_id, source=source), _RECORD)

    def pour(self, rows: Sequence[RecordRow]) -> None:
        self.write(self.lay(rows))

    def lay(self, rows: Sequence[RecordRow]) -> PreparedRows:
        """Records ready to be written; any thread may do it."""
        times = timestamps(timezone.now(), len(rows))
        return self._pour.lay((*row, time) for row, time in zip(rows, times, strict=True))

    def write(self, rows: PreparedRows) -> None:
        self._pour.write(rows)


class DraftInserter:
    """Bulk inserter of one import's drafts.

    The caller holds the task's row lock: positions are read only at the start.

    Args:
        version: The task version they are judged under.
        source: The import they come with.
    """

    def __init__(self, version: TaskVersion, source: Source) -> None:
        pattern = Draft(
            task_id=version.task_id,
            task_version=version,
            origin="import",
            provenance=source.provenance,
            imported_from=source,
            is_checked=False,
        )
        self._pour = BulkInserter(pattern, _DRAFT)
        self._position = next_position(version.task)
        self._written: list[str] = []

    def lay(self, rows: Sequence[DraftRow]) -> PreparedDrafts:
        """Drafts ready to be put behind those laid before, in their order; any thread may do it, one at a time."""
        ids, keys, times = new_ids(len(rows)), random_keys(len(rows)), timestamps(timezone.now(), len(rows))
        first, self._position = self._position, self._position + len(rows)
        laid = self._pour.lay(
            (pk, *row[:-1], as_json(list(row.labelled_defects)) if row.labelled_defects else "[]", place, key, time)
            for place, (pk, key, time, row) in enumerate(zip(ids, keys, times, rows, strict=True), first)
        )
        return PreparedDrafts(ids, laid)

    def write(self, drafts: PreparedDrafts) -> None:
        self._pour.write(drafts.laid)
        self._written += drafts.ids

    def finish(self) -> None:
        """Index and check the drafts of a small import at once; leave those of a large one to a worker."""
        if len(self._written) > search_index.AT_ONCE:
            search_index.defer(self._written)
            return
        few = [UUID(pk) for pk in self._written]
        search_index.index(few)
        waiting_marks.mark_waiting(few)
