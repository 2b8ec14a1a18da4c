"""Taking in a file of records: all of it or nothing, and what is known already stays as it is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from members.models import Member
from review.drafts.bulk_insert import RecordInserter, RecordRow, new_ids
from review.models import Record, Source, Task
from review.sources.imports import notation, source_row, staging
from review.sources.imports.annotated import open_export
from review.sources.imports.cell_values import PLAIN, Notation
from review.sources.imports.choices import AS_FOUND, ImportChoices
from review.sources.imports.column_mapping import SPLIT_FIELD, ColumnMapping, TargetField, guess_mapping, target_fields
from review.sources.imports.company_splits import Company, CompanyNaming, CompanySplits
from review.sources.imports.read_rows import ReadRow, check_mapping, read_rows
from review.sources.imports.result import ImportResult, RowTally
from review.sources.imports.tables import RowSource
from review.spec.prompting import canonical_json
from review.spec.schema import Facts
from review.spec.task_spec import TaskSpec
from review.states import Role, SourceKind
from review.tasks import permissions
from review.tasks.queries import latest_version
from web.db.turns import SqlitePauses
from web.process.prefetch import prefetch

# Rows written by one statement, while a thread reads the next ones: few at first, so that writing begins at once.
FIRST_CHUNK, CHUNK = 250, 2000
TITLE_CHARS = 200


def import_records(
    task: Task,
    path: Path,
    *,
    by: Member,
    filename: str = "",
    name: str = "",
    provenance: str = "",
    mapping: ColumnMapping | None = None,
    defaults: dict[str, str] | None = None,
    skip_bad: bool = False,
    choices: ImportChoices = AS_FOUND,
    synthetic_job: UUID | None = None,
) -> ImportResult:
    """Take in a CSV, JSONL or JSON file of records under the task's latest version.

    A record is known by the hash of its facts, so that the same file twice adds nothing. Records of one company, by its
    name or by its web domain, stand in one split; see `companies`. Records are written a few at a time, each few in a
    transaction of their own unless the caller has one, and all of them are there once the last is; see `arriving`.

    Args:
        by: Who imports; a lead of the task.
        name: What to call the source; the filename when empty.
        provenance: Where the rows come from, in words.
        mapping: Column to field; guessed when None.
        defaults: A value for all rows, by fields that no column fills.
        skip_bad: Leave bad rows out instead of refusing the file.
        synthetic_job: The job by which a teacher made the records up, where one did.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: The file cannot be read, the mapping is wrong, rows are bad (`rows_bad`, each by its number), or
            another import into the task is under way (`import_running`, 409).
    """
    permissions.require(by, task, Role.LEAD)
    choices.require_shares()
    spec = latest_version(task).spec
    table = open_export(path, **choices.of_file).opened()
    fields = target_fields(spec, SourceKind.RECORDS)
    mapping = guess_mapping(table.columns, fields) if mapping is None else mapping
    check_mapping(table, mapping, fields, defaults or {})
    written = notation.find(table, mapping, fields, choices)
    written.require_clear()

    def draw(held: Task) -> Source:
        until = timezone.now() + timedelta(seconds=staging.LEASE_S)
        return source_row.create_source(
            held,
            SourceKind.RECORDS,
            path,
            table.format,
            mapping,
            by=by,
            filename=filename,
            name=name,
            provenance=provenance,
            arriving_until=until,
            choices=choices,
            synthetic_job=synthetic_job,
        )

    source = staging.claim(task, draw)
    tally = RowTally()
    with staging.undone_on_failure(source):
        companies = companies_of_file(task, spec, table, mapping, fields, defaults or {}, written.notation, choices)
        reading = RowTally()
        rows = hashed(read_rows(table, mapping, fields, defaults or {}, reading, written.notation), reading)
        intake = _Intake(source, spec, tally, companies)
        _write(intake, source, growing_chunks(rows))
        tally.merge(reading)
        tally.settle(skip_bad=skip_bad, left_out=choices.left_out)
        with transaction.atomic():
            staging.renew(source)
            kept = source_row.finish_source(
                source, tally, lambda: Record.objects.filter(task=task, content_hash__in=list(intake.seen)[:1])
            )
            if synthetic_job is None:
                source_row.tell_trail(kept, tally, by=by)
    return ImportResult.of(kept, tally, table=table, mapping=mapping)


def _write(intake: _Intake, source: Source, read: Iterable[Sequence[HashedRow]]) -> None:
    """Write rows in short transactions, while the next are read."""
    turns = SqlitePauses()
    for chunk in prefetch(read):
        with transaction.atomic():
            staging.renew(source)
            intake.add(chunk)
        turns.give_way()


def growing_chunks(rows: Iterable[Any]) -> Iterator[list[Any]]:
    """Rows in lists of `FIRST_CHUNK`, then twice as many each time, up to `CHUNK`."""
    iterator, size = iter(rows), FIRST_CHUNK
    while chunk := list(islice(iterator, size)):
        yield chunk
        size = min(2 * size, CHUNK)


def content_hash(facts: Facts) -> str:
    """SHA-256 of the canonical JSON of a record's facts, hex."""
    return hashlib.sha256(canonical_json(facts).encode()).hexdigest()


def companies_of_file(
    task: Task,
    spec: TaskSpec,
    table: RowSource,
    mapping: ColumnMapping,
    fields: Sequence[TargetField],
    defaults: dict[str, str],
    cells: Notation = PLAIN,
    choices: ImportChoices = AS_FOUND,
) -> CompanySplits:
    """Sides of the companies of a file; one that brings web domains or splits is read through once before."""
    companies = CompanySplits(task, choices, called=CompanyNaming(spec).called)
    domain = spec.facts_with_role("domain")
    if SPLIT_FIELD in mapping.values() or (domain is not None and domain in mapping.values()):
        rows = read_rows(table, mapping, fields, defaults, RowTally(), cells)
        naming = CompanyNaming(spec)
        companies.foresee((naming.company(row.facts, content_hash(row.facts)), row.split) for row in rows)
    return companies


class RecordRowBuilder:
    def __init__(self, spec: TaskSpec) -> None:
        self._ids: list[str] = []
        self._title = spec.facts_with_role("title") or ""
        self.naming = CompanyNaming(spec)

    def row(self, read: ReadRow, facts: str, digest: str, company: Company, split: str) -> RecordRow:
        title = self._title_of(read.number, read.facts)
        return RecordRow(self._new_id(), read.number, title, facts, company.group, company.domain, split, digest)

    def record(self, source: Source, number: int, facts: Facts, digest: str, company: Company, split: str) -> Record:
        """Return the same as a row to save, for rows that refer to it."""
        return Record(
            task=source.task,
            source=source,
            row_number=number,
            title=self._title_of(number, facts),
            facts=facts,
            group=company.group,
            domain=company.domain,
            split=split,
            content_hash=digest,
        )

    def _title_of(self, number: int, facts: Facts) -> str:
        title = title_of(facts.get(self._title)) or title_of(self.naming.written(facts))
        title = title or next((title_of(value) for value in facts.values()), "")
        return title or f"Row {number}"

    def _new_id(self) -> str:
        if not self._ids:
            self._ids = new_ids(CHUNK)[::-1]
        return self._ids.pop()


class HashedRow(NamedTuple):
    """A good row, its facts as canonical JSON, and their hash."""

    row: ReadRow
    facts: str
    digest: str


def hashed(rows: Iterable[ReadRow], tally: RowTally) -> Iterator[HashedRow]:
    """Rows with the hash of their facts; what cannot be written as UTF-8 is a bad row."""
    for row in rows:
        facts = canonical_json(row.facts)
        try:
            digest = hashlib.sha256(facts.encode()).hexdigest()
        except UnicodeEncodeError as error:
            tally.refuse(row.number, surrogate_error(error))
            continue
        yield HashedRow(row, facts, digest)


def surrogate_error(error: UnicodeEncodeError) -> str:
    """Return the fault of a text that no encoding takes."""
    return f"holds half of a pair of characters, \\u{ord(error.object[error.start]):04x}, which is not text"


class _Intake:
    def __init__(self, source: Source, spec: TaskSpec, tally: RowTally, companies: CompanySplits) -> None:
        self._task, self._tally, self._companies = source.task, tally, companies
        self._writing, self._records = RecordRowBuilder(spec), RecordInserter(source)
        # A task without records is not asked for them; no other import adds any while this one runs.
        self._may_know = Record.objects.filter(task=source.task).exists()
        self.seen: set[str] = set()

    def add(self, reads: Sequence[HashedRow]) -> None:
        existing = self._known([read.digest for read in reads])
        news: list[tuple[HashedRow, Company]] = []
        for read in reads:
            if read.digest in self.seen or read.digest in existing:
                self._tally.known += 1
            else:
                news.append((read, self._writing.naming.company(read.row.facts, read.digest)))
            self.seen.add(read.digest)
        self._companies.learn(company for _, company in news)
        fresh = []
        for read, company in news:
            try:
                split = self._companies.side_of(company, read.row.split)
            except ValueError as error:
                self._tally.refuse(read.row.number, str(error))
                continue
            fresh.append(self._writing.row(*read, company, split))
        self._records.pour(fresh)
        self._tally.added += len(fresh)

    def _known(self, digests: list[str]) -> set[str]:
        if not self._may_know:
            return set()
        there = Record.objects.filter(task=self._task, content_hash__in=digests)
        return set(there.values_list("content_hash", flat=True))


def title_of(value: object) -> str:
    """Return a fact as the title of its record; empty where it is missing."""
    return "" if value is None else " ".join(str(value).split())[:TITLE_CHARS]
