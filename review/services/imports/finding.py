"""Which record a finished draft is about: found by its facts or by the name of its company, or brought along."""

from __future__ import annotations

import hashlib
from typing import NamedTuple
from uuid import UUID

from review.models import Record, Source, TaskVersion
from review.prompting import fields_hash
from review.schema import Facts, Fields, normalise_fields
from review.services.imports.companies import Companies, company_of
from review.services.imports.reading import ReadRow
from review.services.imports.records import content_hash, new_record
from review.services.imports.result import Tally
from review.splits import normal_group


class Draft(NamedTuple):
    """One good row whose written fields fit the schema."""

    row: ReadRow
    fields: Fields
    digest: str

    @property
    def text_hash(self) -> str:
        """As `Candidate.fields_hash` has it."""
        return fields_hash(self.fields)


def fitting(version: TaskVersion, rows: list[ReadRow], tally: Tally) -> list[Draft]:
    """Drafts of rows whose written fields fit the schema; others are counted as bad."""
    drafts = []
    for row in rows:
        try:
            fields = normalise_fields(version.spec.output_schema, row.written)
        except ValueError as error:
            tally.refuse(row.number, str(error))
            continue
        drafts.append(Draft(row, fields, content_hash(row.facts)))
    return drafts


def call_id(record_id: UUID, fields: Fields) -> str:
    """An import pays no call; a name made of record and text keeps the same draft from coming twice."""
    return "import:" + hashlib.sha256(f"{record_id}:{fields_hash(fields)}".encode()).hexdigest()[:48]


class Finder:
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
