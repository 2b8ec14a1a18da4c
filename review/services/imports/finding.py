"""Which record a finished draft is about: found by its facts or by the name of its company, or brought along."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from review.models import Record, Source, TaskVersion
from review.prompting import canonical_json
from review.schema import Facts, Fields, normalise_fields
from review.services.imports.companies import Companies, Company
from review.services.imports.reading import ReadRow
from review.services.imports.records import Read, Writing, half_a_pair, hashed
from review.services.imports.result import Tally
from review.services.pouring import RecordRow


class Draft(NamedTuple):
    """One good row whose written fields fit the schema, as canonical JSON, and the hashes of both."""

    row: ReadRow
    facts: str
    digest: str
    fields: Fields
    text: str
    # As `Candidate.fields_hash` has it.
    text_hash: str


def fitting(version: TaskVersion, rows: Iterable[ReadRow], tally: Tally) -> Iterator[Draft]:
    """Drafts of rows whose written fields fit the schema; others are counted as bad."""
    schema = version.spec.output_schema
    for read in hashed(rows, tally):
        try:
            fields = normalise_fields(schema, read.row.written)
            text = canonical_json(fields)
            text_hash = hashlib.sha256(text.encode()).hexdigest()
        except UnicodeEncodeError as error:
            tally.refuse(read.row.number, half_a_pair(error))
        except ValueError as error:
            tally.refuse(read.row.number, str(error))
        else:
            yield Draft(read.row, read.facts, read.digest, fields, text, text_hash)


def call_id(record_id: UUID, text_hash: str) -> str:
    """An import pays no call; a name made of record and text keeps the same draft from coming twice."""
    return "import:" + hashlib.sha256(f"{record_id}:{text_hash}".encode()).hexdigest()[:48]


class Finder:
    """Records for the drafts of one import, looked up in few queries; the caller holds the task's row.

    Attributes:
        fresh: Records that the drafts bring along and that are not written yet; the caller takes them.
        may_know: Whether the task had records before this import.
    """

    def __init__(self, source: Source, version: TaskVersion, companies: Companies) -> None:
        self._source, self._spec, self._companies = source, version.spec, companies
        self._required = [field.name for field in self._spec.input_schema if field.required]
        self._key_names = frozenset(field.name for field in self._spec.input_schema if field.role)
        self._writing = Writing(self._spec)
        self._by_hash: dict[str, UUID] = {}
        self._by_group: dict[str, dict[UUID, None]] = {}
        self._asked: set[str] = set()
        self._company: dict[str, Company] = {}
        self.may_know = Record.objects.filter(task=source.task).exists()
        self.fresh: list[RecordRow] = []

    def learn(self, drafts: Sequence[Draft]) -> None:
        """Look up what the task has of these."""
        if self.may_know:
            records = Record.objects.filter(task=self._source.task)
            digests = [draft.digest for draft in drafts if draft.digest not in self._by_hash]
            self._by_hash.update(records.filter(content_hash__in=digests).values_list("content_hash", "pk"))
            named = [draft for draft in drafts if self._is_name(draft)]
            groups = {group for draft in named if (group := self._group(draft))} - self._asked
            for pk, group in records.filter(group__in=groups).values_list("pk", "group"):
                self._by_group.setdefault(group, {})[pk] = None
            self._asked |= groups
        # Of this chunk alone: each is asked for twice.
        self._company = {
            draft.digest: self._writing.naming.company(draft.row.facts, draft.digest)
            for draft in drafts
            if draft.digest not in self._by_hash
        }
        self._companies.learn(
            self._company[draft.digest] for draft in drafts if draft.row.facts and draft.digest in self._company
        )

    def record_for(self, draft: Draft) -> UUID:
        """The record a draft is about; a new one is remembered in `fresh`.

        Raises:
            ValueError: There is none, several could be meant, or its company would stand on two sides of the split.
        """
        facts = draft.row.facts
        if (known := self._by_hash.get(draft.digest)) is not None:
            return known
        if self._is_name(draft):
            found = list(self._by_group.get(self._group(draft), ()))
            if len(found) == 1:
                return found[0]
            if len(found) > 1:
                raise ValueError(
                    f"{len(found)} records are called '{self._said(facts)}'; bring the facts that tell them apart"
                )
        missing = [name for name in self._required if name not in facts]
        if missing or not facts:
            raise ValueError(self._not_found(facts, missing))
        company = self._company[draft.digest]
        record = self._writing.row(Read(*draft[:3]), company, self._companies.side_of(company))
        self.fresh.append(record)
        self._by_hash[draft.digest] = record.id
        self._by_group.setdefault(record.group, {})[record.id] = None
        return record.id

    def _is_name(self, draft: Draft) -> bool:
        return self._key_names >= draft.row.facts.keys()

    def _group(self, draft: Draft) -> str:
        group = self._writing.naming.company(draft.row.facts, draft.digest).group
        return "" if group == draft.digest else group

    def _said(self, facts: Facts) -> str:
        names = (field.name for field in self._spec.input_schema if field.role)
        return next((str(facts[name]) for name in names if facts.get(name)), "")

    def _not_found(self, facts: Facts, missing: list[str]) -> str:
        said = self._said(facts)
        if not said:
            return "it names no record: give the fact that names it, or all required facts"
        lacking = ", ".join(f"'{name}'" for name in missing)
        return f"no record is called '{said}', and to make one {lacking} would be needed"
