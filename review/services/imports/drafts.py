"""Taking in finished drafts: each finds its record by its facts or by the name of its company, or brings it along."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from members.models import Member
from review import permissions
from review.models import Record, Source, Task, TaskVersion
from review.prompting import fields_hash
from review.schema import Facts, Fields, normalise_fields
from review.selectors.tasks import latest_version
from review.services.candidates import NewDraft, add_drafts
from review.services.imports import sources
from review.services.imports.companies import Companies, company_of
from review.services.imports.mapping import Mapping, guess, targets
from review.services.imports.reading import ReadRow, check_mapping, read_rows
from review.services.imports.records import chunks, content_hash, foreseen, new_record
from review.services.imports.result import ImportResult, Tally
from review.services.imports.tables import open_table
from review.splits import normal_group
from review.states import Role, SourceKind

CHUNK = 500


class Draft(NamedTuple):
    """One good row whose written fields fit the schema."""

    row: ReadRow
    fields: Fields
    digest: str


@transaction.atomic
def import_drafts(
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
    """Take in a file of finished drafts under the task's latest version, and put them on the desk.

    A row finds its record by the hash of its facts; where it brings a name alone (fields with the roles group, title or
    domain), by that name. Where no record is found and the required facts are there, the record is made. The same
    draft for the same record is added once.

    Args:
        task: The task.
        path: Where the file lies.
        by: Who imports; a lead of the task.
        filename: What the file was called.
        name: What to call the source; the filename when empty.
        provenance: Where the drafts come from, in words; it stands on each candidate.
        mapping: Column to field; guessed when None. `labelled_defects` takes names of known faults, parted by `;`.
        defaults: A value for all rows, by facts that no column fills.
        skip_bad: Leave bad rows out instead of refusing the file.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: As `import_records`; a draft that does not fit the output schema, or finds no record, is a bad row.
    """
    permissions.require(by, task, Role.LEAD)
    task = Task.objects.select_for_update().get(pk=task.pk)
    version = latest_version(task)
    table = open_table(path)
    fields = targets(version.spec, SourceKind.DRAFTS)
    mapping = guess(table.columns, fields) if mapping is None else mapping
    check_mapping(table, mapping, fields, defaults or {})

    tally = Tally()
    source = sources.draw(
        task, SourceKind.DRAFTS, path, table.format, mapping, by=by, filename=filename, name=name, provenance=provenance
    )
    rows = read_rows(table, mapping, fields, defaults or {}, tally)
    touched: set[UUID] = set()
    companies = foreseen(task, version.spec, table, mapping, fields, defaults or {})
    for chunk in chunks(rows, CHUNK):
        _add(source, version, chunk, tally, touched, companies)
    if tally.bad and not skip_bad:
        raise tally.refusal()
    kept = sources.settle(source, tally, lambda: Record.objects.filter(pk__in=list(touched)[:1]))
    return ImportResult(
        kept, tally.total, tally.added, tally.known, tally.bad, tuple(tally.errors),
        tuple(column for column in table.columns if not mapping.get(column)),
    )  # fmt: skip


def _add(
    source: Source, version: TaskVersion, rows: list[ReadRow], tally: Tally, touched: set[UUID], companies: Companies
) -> None:
    drafts = list(_fitting(version, rows, tally))
    finder = _Finder(source, version, drafts, companies)
    fresh: list[NewDraft] = []
    for draft in drafts:
        try:
            record_id = finder.record_for(draft)
        except ValueError as error:
            tally.refuse(draft.row.number, str(error))
            continue
        touched.add(record_id)
        fresh.append(
            NewDraft(
                record_id=record_id,
                fields=draft.fields,
                origin="import",
                provenance=source.provenance,
                call_id=_call_id(record_id, draft.fields),
                labelled_defects=draft.row.labels,
            )
        )
    Record.objects.bulk_create(finder.fresh)
    added = len(add_drafts(version=version, drafts=fresh))
    tally.added += added
    tally.known += len(fresh) - added


def _fitting(version: TaskVersion, rows: list[ReadRow], tally: Tally) -> list[Draft]:
    drafts = []
    for row in rows:
        try:
            fields = normalise_fields(version.spec.output_schema, row.written)
        except ValueError as error:
            tally.refuse(row.number, str(error))
            continue
        drafts.append(Draft(row, fields, content_hash(row.facts)))
    return drafts


def _call_id(record_id: UUID, fields: Fields) -> str:
    """An import pays no call; a name made of record and text keeps the same draft from coming twice."""
    return "import:" + hashlib.sha256(f"{record_id}:{fields_hash(fields)}".encode()).hexdigest()[:48]


class _Finder:
    """Records for a chunk of drafts, looked up in few queries."""

    def __init__(self, source: Source, version: TaskVersion, drafts: list[Draft], companies: Companies) -> None:
        self._source, self._spec, self._companies = source, version.spec, companies
        self._required = [field.name for field in self._spec.input_schema if field.required]
        self._key_names = [field.name for field in self._spec.input_schema if field.role]
        self._by_hash: dict[str, UUID] = {}
        self._by_group: dict[str, list[UUID]] = {}
        self.fresh: list[Record] = []
        task = source.task
        digests = [draft.digest for draft in drafts]
        self._by_hash.update(
            Record.objects.filter(task=task, content_hash__in=digests).values_list("content_hash", "pk")
        )
        groups = {group for draft in drafts if (group := self._group(draft.row.facts))}
        for pk, group in Record.objects.filter(task=task, group__in=groups).values_list("pk", "group"):
            self._by_group.setdefault(group, []).append(pk)
        companies.learn(
            company_of(self._spec, draft.row.facts, draft.digest)
            for draft in drafts
            if draft.row.facts and draft.digest not in self._by_hash
        )

    def record_for(self, draft: Draft) -> UUID:
        """The record a draft is about; a new one is remembered in `fresh`.

        Raises:
            ValueError: There is none, several could be meant, or its company would stand on two sides of the split.
        """
        facts = draft.row.facts
        if draft.digest in self._by_hash:
            return self._by_hash[draft.digest]
        if set(facts) <= set(self._key_names):
            found = self._by_group.get(self._group(facts), [])
            if len(found) == 1:
                return found[0]
            if len(found) > 1:
                raise ValueError(
                    f"{len(found)} records are called '{self._said(facts)}'; bring the facts that tell them apart"
                )
        missing = [name for name in self._required if name not in facts]
        if missing or not facts:
            raise ValueError(self._not_found(facts, missing))
        company = company_of(self._spec, facts, draft.digest)
        split = self._companies.side_of(company)
        record = new_record(self._source, self._spec, draft.row.number, facts, draft.digest, company, split)
        self.fresh.append(record)
        self._by_hash[draft.digest] = record.pk
        self._by_group.setdefault(record.group, []).append(record.pk)
        return record.pk

    def _group(self, facts: Facts) -> str:
        for role in ("group", "title"):
            name = self._spec.facts_with_role(role)
            if name and facts.get(name):
                return normal_group(str(facts[name]))[:200]
        return ""

    def _said(self, facts: Facts) -> str:
        return next((str(facts[name]) for name in self._key_names if facts.get(name)), "")

    def _not_found(self, facts: Facts, missing: list[str]) -> str:
        said = self._said(facts)
        if not said:
            return "it names no record: give the fact that names it, or all required facts"
        lacking = ", ".join(f"'{name}'" for name in missing)
        return f"no record is called '{said}', and to make one {lacking} would be needed"
