"""Taking in a file of records: all of it or nothing, and what is known already stays as it is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import transaction

from members.models import Member
from review import permissions
from review.models import Record, Source, Task
from review.prompting import canonical_json
from review.schema import Facts
from review.selectors.tasks import latest_version
from review.services.imports import sources
from review.services.imports.companies import Companies, Company, company_of, written_name
from review.services.imports.mapping import Mapping, Target, guess, targets
from review.services.imports.reading import Readable, ReadRow, check_mapping, read_rows
from review.services.imports.result import ImportResult, Tally
from review.services.imports.tables import open_table
from review.spec import TaskSpec
from review.states import Role, SourceKind

CHUNK = 500
TITLE_CHARS = 200


@transaction.atomic
def import_records(
    task: Task,
    path: Path,
    *,
    by: Member,
    filename: str = "",
    name: str = "",
    provenance: str = "",
    mapping: Mapping | None = None,
    defaults: dict[str, str] | None = None,
    skip_bad: bool = False,
) -> ImportResult:
    """Take in a CSV, JSONL or JSON file of records under the task's latest version.

    A record is known by the hash of its facts, so that the same file twice adds nothing. Records of one company, by its
    name or by its web domain, stand in one split; see `companies`. The task's row is locked meanwhile: two imports at
    once follow one another.

    Args:
        task: The task.
        path: Where the file lies.
        by: Who imports; a lead of the task.
        filename: What the file was called.
        name: What to call the source; the filename when empty.
        provenance: Where the rows come from, in words.
        mapping: Column to field; guessed when None.
        defaults: A value for all rows, by fields that no column fills.
        skip_bad: Leave bad rows out instead of refusing the file.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: The file cannot be read, the mapping is wrong, or rows are bad (`rows_bad`, each by its number).
    """
    permissions.require(by, task, Role.LEAD)
    task = Task.objects.select_for_update().get(pk=task.pk)
    spec = latest_version(task).spec
    table = open_table(path)
    fields = targets(spec, SourceKind.RECORDS)
    mapping = guess(table.columns, fields) if mapping is None else mapping
    check_mapping(table, mapping, fields, defaults or {})

    tally = Tally()
    source = sources.draw(
        task,
        SourceKind.RECORDS,
        path,
        table.format,
        mapping,
        by=by,
        filename=filename,
        name=name,
        provenance=provenance,
    )
    seen: set[str] = set()
    companies = foreseen(task, spec, table, mapping, fields, defaults or {})
    rows = read_rows(table, mapping, fields, defaults or {}, tally)
    for chunk in chunks(rows, CHUNK):
        _add(source, spec, chunk, seen, tally, companies)
    if tally.bad and not skip_bad:
        raise tally.refusal()
    kept = sources.settle(source, tally, lambda: Record.objects.filter(task=task, content_hash__in=list(seen)[:1]))
    return ImportResult(
        kept, tally.total, tally.added, tally.known, tally.bad, tuple(tally.errors),
        tuple(column for column in table.columns if not mapping.get(column)),
    )  # fmt: skip


def chunks(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Rows in lists of at most `size`."""
    iterator = iter(rows)
    while chunk := list(islice(iterator, size)):
        yield chunk


def content_hash(facts: Facts) -> str:
    """SHA-256 of the canonical JSON of a record's facts, hex."""
    return hashlib.sha256(canonical_json(facts).encode()).hexdigest()


def foreseen(
    task: Task, spec: TaskSpec, table: Readable, mapping: Mapping, fields: Sequence[Target], defaults: dict[str, str]
) -> Companies:
    """Sides of the companies of a file; one that brings web domains is read through once before."""
    companies = Companies(task)
    domain = spec.facts_with_role("domain")
    if domain is not None and domain in mapping.values():
        rows = read_rows(table, mapping, fields, defaults, Tally())
        companies.foresee(company_of(spec, row.facts, content_hash(row.facts)) for row in rows)
    return companies


def new_record(
    source: Source, spec: TaskSpec, number: int, facts: Facts, digest: str, company: Company, split: str
) -> Record:
    """A record that is not saved yet, with the split of its company."""
    title = _text(facts.get(spec.facts_with_role("title") or "")) or written_name(spec, facts)
    title = title or next((_text(value) for value in facts.values()), "")
    return Record(
        task=source.task,
        source=source,
        row_number=number,
        title=title[:TITLE_CHARS] or f"Row {number}",
        facts=facts,
        group=company.group,
        domain=company.domain,
        split=split,
        content_hash=digest,
    )


def _add(
    source: Source, spec: TaskSpec, rows: list[ReadRow], seen: set[str], tally: Tally, companies: Companies
) -> None:
    hashed = [(row, content_hash(row.facts)) for row in rows]
    wanted = [digest for _, digest in hashed]
    known = set(Record.objects.filter(task=source.task, content_hash__in=wanted).values_list("content_hash", flat=True))
    fresh, news = [], []
    for row, digest in hashed:
        if digest in seen or digest in known:
            tally.known += 1
        else:
            news.append((row, digest, company_of(spec, row.facts, digest)))
        seen.add(digest)
    companies.learn(company for _, _, company in news)
    for row, digest, company in news:
        try:
            split = companies.side_of(company)
        except ValueError as error:
            tally.refuse(row.number, str(error))
            continue
        fresh.append(new_record(source, spec, row.number, row.facts, digest, company, split))
    Record.objects.bulk_create(fresh, batch_size=CHUNK)
    tally.added += len(fresh)


def _text(value: Any) -> str:
    return "" if value is None else " ".join(str(value).split())
