"""Rows of a large import, records and finished drafts, written at the speed of the database.

As `drafts.add_drafts` for drafts that wait, but that checks and the text index follow within seconds (`checking`,
`search_index`). Values come prepared; what they mean is settled by who calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from django.utils import timezone

from review.ids import new_ids, random_keys
from review.models import Draft, Record, Source, TaskVersion
from review.services import checking, search_index
from review.services.drafts import next_position
from web.pouring import Laid, Pour, as_json, moments

_RECORD = ("id", "row_number", "title", "facts", "group", "domain", "split", "content_hash", "created_at")
_DRAFT = (
    "id", "record", "fields", "fields_hash", "words", "call_id", "labelled_defects", "queue_position", "random_key",
    "created_at",
)  # fmt: skip


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
    labelled_defects: Sequence[str]


class LaidDrafts(NamedTuple):
    """Drafts ready to be written, and their ids."""

    ids: list[str]
    laid: Laid


class Records:
    """Where records of one source go."""

    def __init__(self, source: Source) -> None:
        self._pour = Pour(Record(task_id=source.task_id, source=source), _RECORD)

    def pour(self, rows: Sequence[RecordRow]) -> None:
        """Write records in their order."""
        self.write(self.lay(rows))

    def lay(self, rows: Sequence[RecordRow]) -> Laid:
        """Records ready to be written; any thread may do it."""
        times = moments(timezone.now(), len(rows))
        return self._pour.lay((*row, time) for row, time in zip(rows, times, strict=True))

    def write(self, laid: Laid) -> None:
        """Write records that were laid."""
        self._pour.write(laid)


class Drafts:
    """Where finished drafts of one import go. The caller holds the task's row: positions are counted from the start.

    Args:
        version: The task version they are judged under.
        provenance: Where they come from, in words.
    """

    def __init__(self, version: TaskVersion, provenance: str) -> None:
        pattern = Draft(
            task_id=version.task_id, task_version=version, origin="import", provenance=provenance, is_checked=False
        )
        self._pour = Pour(pattern, _DRAFT)
        self._position = next_position(version.task)

    def lay(self, rows: Sequence[DraftRow]) -> LaidDrafts:
        """Drafts ready to be put behind those laid before, in their order; any thread may do it, one at a time."""
        ids, keys, times = new_ids(len(rows)), random_keys(len(rows)), moments(timezone.now(), len(rows))
        first, self._position = self._position, self._position + len(rows)
        laid = self._pour.lay(
            (pk, *row[:-1], as_json(list(row.labelled_defects)) if row.labelled_defects else "[]", place, key, time)
            for place, (pk, key, time, row) in enumerate(zip(ids, keys, times, rows, strict=True), first)
        )  # fmt: skip
        return LaidDrafts(ids, laid)

    def write(self, drafts: LaidDrafts) -> None:
        """Put drafts that were laid on the desk."""
        self._pour.write(drafts.laid)
        if len(drafts.ids) > search_index.AT_ONCE:
            search_index.defer(drafts.ids)
            return
        few = [UUID(pk) for pk in drafts.ids]
        search_index.index(few)
        checking.check(few)
