"""Records and golds of one task made of another's decisions, each in the split of the record it comes from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from members.models import Member
from review.models import ClaimOrigin, Decision, Record, Source, Task
from review.sources.imports import import_records
from review.sources.imports.cell_values import read_value
from review.sources.imports.column_mapping import SPLIT_FIELD
from review.sources.imports.record_import import content_hash
from review.sources.imports.verdicts import import_decisions
from review.sources.imports.verdicts.targets import REVIEWER, VERDICT
from review.spec.schema import Facts
from review.spec.task_spec import TaskSpec
from web.db.chunks import chunked

# What one import of verdicts takes.
MOST: Final = 10_000
_READ_AT_ONCE: Final = 200
# No fact is called like these.
_SPLIT_COLUMN: Final = "(split)"
_VERDICT_COLUMN: Final = "(verdict)"


@dataclass(frozen=True)
class DerivedRow:
    """A record to be made.

    Attributes:
        facts: Its own facts, as an import reads them.
        answer: The fields of its gold.
    """

    record: Record
    facts: Facts
    answer: dict[str, Any]
    digest: str


def derive(record: Record, facts: Facts, answer: dict[str, Any], *, of: TaskSpec, into: TaskSpec) -> DerivedRow:
    """Make a row; it keeps its record's group, where the task it goes into has one.

    Raises:
        ValueError: A fact is longer than facts may be.
    """
    group, own = into.facts_with_role("group"), of.facts_with_role("group")
    if group and group not in facts:
        facts = {**facts, group: str(record.facts.get(own or "") or record.title)}
    types = {fact.name: fact for fact in into.input_schema}
    read: Facts = {name: read_value(types[name], value) for name, value in facts.items()}
    return DerivedRow(record, read, answer, content_hash(read))


def golds_of(task: Task) -> Iterator[Decision]:
    """Decisions on drafts in use that were judged one by one, newest first; no follow-ups, no known answers."""
    golds = Decision.objects.filter(
        gold__isnull=False,
        task=task,
        bulk__isnull=True,
        draft__erased_at__isnull=True,
        draft__revocation__isnull=True,
        draft__thread__isnull=True,
        draft__known_answer__isnull=True,
        draft__record__erased_at__isnull=True,
    )
    read = golds.select_related("draft__record", "draft__task_version").defer("draft__messages")
    return read.order_by("-created_at", "pk").iterator(chunk_size=_READ_AT_ONCE)


def unknown(into: Task, rows: Iterable[DerivedRow]) -> list[DerivedRow]:
    """Rows that a task has not: one that came before keeps its answer."""
    rows = list(rows)
    digests: set[str] = set()
    for chunk in chunked([row.digest for row in rows], 500):
        digests |= set(Record.objects.filter(task=into, content_hash__in=chunk).values_list("content_hash", flat=True))
    fresh: dict[str, DerivedRow] = {}
    for row in rows:
        if row.digest not in digests:
            fresh.setdefault(row.digest, row)
    return list(fresh.values())


def take_in(task: Task, into: Task, rows: Sequence[DerivedRow], *, by: Member, called: str) -> set[str]:
    """Import records on their sides, then the verdicts on them, inside the caller's transaction.

    Args:
        task: Whose decisions they were made of.
        into: The task they go into, its imports locked.
        rows: At most `MOST`.
        by: A lead of both.
        called: What pages call them, such as *Claims*.

    Returns:
        Digests of the rows that came in; left out are those whose group stands on another side there.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{called.lower()}.jsonl"
        made = _import_facts(task, into, rows, by, path, called)
        records = dict(Record.objects.filter(task=into, source=made).values_list("content_hash", "pk"))
        added = [row for row in rows if row.digest in records]
        origins = [ClaimOrigin(claim_id=records[row.digest], record=row.record) for row in added]
        ClaimOrigin.objects.bulk_create(origins, batch_size=500)
        if added:
            _import_answers(task, into, added, by, path, called)
        else:
            Source.objects.filter(pk=made.pk, rows_added=0).delete()
    return {row.digest for row in added}


def _import_facts(task: Task, into: Task, rows: Sequence[DerivedRow], by: Member, path: Path, called: str) -> Source:
    _write(path, (row.facts | {_SPLIT_COLUMN: row.record.split} for row in rows))
    return import_records(
        into,
        path,
        by=by,
        filename=path.name,
        name=f"{called} of {task.name}"[:160],
        provenance=f"Decisions of {task.name}"[:200],
        mapping={**_names(rows), _SPLIT_COLUMN: SPLIT_FIELD},
        skip_bad=True,
    ).source


def _import_answers(task: Task, into: Task, rows: Sequence[DerivedRow], by: Member, path: Path, called: str) -> None:
    _write(path, (row.facts | row.answer | {_VERDICT_COLUMN: "accept"} for row in rows))
    import_decisions(
        into,
        path,
        by=by,
        filename=path.name,
        name=f"Answers on {called.lower()} of {task.name}"[:160],
        provenance=f"Decisions of {task.name}"[:200],
        mapping={**_names(rows), **{name: name for row in rows for name in row.answer}, _VERDICT_COLUMN: VERDICT},
        defaults={REVIEWER: f"Decisions of {task.name}"},
    )


def _names(rows: Sequence[DerivedRow]) -> dict[str, str]:
    return {name: name for row in rows for name in row.facts}


def _write(path: Path, lines: Iterable[dict[str, Any]]) -> None:
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
