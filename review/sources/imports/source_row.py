"""The source row of an import: drawn up first, settled with its counts last."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.db.models import QuerySet
from django.utils.text import slugify

from audit import trail
from jobs.rundir.durable import sha256_of
from members.models import Member
from review.models import Record, Source, Task
from review.sources.imports.choices import AS_FOUND, ImportChoices
from review.sources.imports.column_mapping import ColumnMapping
from review.sources.imports.result import RowTally
from review.states import SourceKind
from web.db.keys import free_slug

SLUG_CHARS = 80


def create_source(
    task: Task,
    kind: SourceKind,
    path: Path,
    form: str,
    mapping: ColumnMapping,
    *,
    by: Member,
    filename: str,
    name: str,
    provenance: str,
    arriving_until: datetime | None = None,
    choices: ImportChoices = AS_FOUND,
    synthetic_job: UUID | None = None,
) -> Source:
    """Insert the row that records will point at; its counts come when the file is read.

    With `arriving_until` it is there for nobody until it is settled, see `arriving`.
    """
    filename = (filename or path.name).replace("\\", "/").rsplit("/", 1)[-1]
    return Source.objects.create(
        task=task,
        kind=kind,
        name=(name.strip() or filename)[:160],
        slug=free_slug(
            Source.everything.filter(task=task),
            slugify(name.strip() or Path(filename).stem)[: SLUG_CHARS - 5] or "source",
        ),
        filename=filename[:200],
        format=form,
        mapping=mapping,
        provenance=provenance.strip()[:200],
        sha256=sha256_of(path),
        created_by=by,
        arriving_until=arriving_until,
        reading=choices.on_record(),
        synthetic_job=synthetic_job,
    )


def finish_source(source: Source, tally: RowTally, known_records: Callable[[], QuerySet[Record]]) -> Source:
    """Write the counts; where nothing was added the row goes again, and the source that holds the rows is returned."""
    if tally.added == 0 and tally.known and (earlier := _earlier(source, known_records)):
        source.delete()
        return earlier
    source.rows_total, source.rows_added = tally.total, tally.added
    source.rows_known, source.rows_bad = tally.known, tally.bad
    source.arriving_until = None
    source.save(update_fields=["rows_total", "rows_added", "rows_known", "rows_bad", "arriving_until"])
    return source


def tell_trail(source: Source, tally: RowTally, *, by: Member | None) -> None:
    """Write an import down in the audit trail; belongs into the transaction that ends it."""
    task, counts = source.task.slug, {"added": tally.added, "known": tally.known, "left_out": tally.bad}
    trail.record("records_imported", by=by, about=source, task=task, holds=source.kind, **counts)


def _earlier(source: Source, known_records: Callable[[], QuerySet[Record]]) -> Source | None:
    same = Source.objects.filter(task=source.task, kind=source.kind, sha256=source.sha256).exclude(pk=source.pk)
    if earlier := same.order_by("created_at").first():
        return earlier
    record = known_records().select_related("source").first()
    return record.source if record is not None and record.source_id != source.pk else None
