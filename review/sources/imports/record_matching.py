"""Which record a finished draft is about: found by its facts or by the name of its company, or brought along."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from review.drafts.bulk_insert import RecordRow
from review.models import Record, Source, TaskVersion
from review.sources.imports.company_splits import Company, CompanySplits
from review.sources.imports.read_rows import ReadRow
from review.sources.imports.record_import import HashedRow, RecordRowBuilder, hashed, surrogate_error
from review.sources.imports.result import RowTally
from review.spec.prompting import canonical_json
from review.spec.schema import Facts, Fields
from review.spec.task_spec import TaskSpec
from review.spec.values import normalise_fields


class DraftColumns(NamedTuple):
    """One good row whose written fields fit the schema, as canonical JSON, and the hashes of both."""

    row: ReadRow
    facts: str
    digest: str
    fields: Fields
    text: str
    # As `Draft.fields_hash` has it.
    text_hash: str


NAMELESS = "it names no record: give the fact that names it, or all required facts"


def fitting(version: TaskVersion, rows: Iterable[ReadRow], tally: RowTally) -> Iterator[DraftColumns]:
    """Drafts of rows whose written fields fit the schema; others are counted as bad."""
    schema = version.spec.output_schema
    for read in hashed(rows, tally):
        try:
            fields = normalise_fields(schema, read.row.written)
            text = canonical_json(fields)
            text_hash = hashlib.sha256(text.encode()).hexdigest()
        except UnicodeEncodeError as error:
            tally.refuse(read.row.number, surrogate_error(error))
        except ValueError as error:
            tally.refuse(read.row.number, str(error))
        else:
            yield DraftColumns(read.row, read.facts, read.digest, fields, text, text_hash)


def is_nameless(spec: TaskSpec, facts: Facts) -> bool:
    """Whether no record can be told from these facts, whichever the task has."""
    is_named = any(facts.get(field.name) for field in spec.input_schema if field.role)
    return not is_named and (
        not facts or any(field.required and field.name not in facts for field in spec.input_schema)
    )


def call_id(record_id: str, text_hash: str) -> str:
    """An import pays no call; a name made of record and text keeps the same draft from coming twice.

    Args:
        record_id: 32 hexadecimal digits.
        text_hash: Of the draft's fields.
    """
    pk = f"{record_id[:8]}-{record_id[8:12]}-{record_id[12:16]}-{record_id[16:20]}-{record_id[20:]}"
    return "import:" + hashlib.sha256(f"{pk}:{text_hash}".encode()).hexdigest()[:48]


class RecordMatcher:
    """Records for the drafts of one import, looked up in few queries; the caller holds the task's row.

    Attributes:
        fresh: Records that the drafts bring along and that are not written yet; the caller takes them.
        may_know: Whether the task had records before this import.
    """

    def __init__(self, source: Source, version: TaskVersion, companies: CompanySplits) -> None:
        self._source, self._spec, self._companies = source, version.spec, companies
        self._required = [field.name for field in self._spec.input_schema if field.required]
        self._key_names = frozenset(field.name for field in self._spec.input_schema if field.role)
        self._writing = RecordRowBuilder(self._spec)
        # Ids are texts here: what is no container costs the garbage collector nothing, however many rows there are.
        self._by_hash: dict[str, str] = {}
        self._by_group: dict[str, str] = {}
        self._more_of_group: dict[str, set[str]] = {}
        self._asked: set[str] = set()
        self._company: dict[str, Company] = {}
        self.may_know = Record.objects.filter(task=source.task).exists()
        self.fresh: list[RecordRow] = []

    def learn(self, drafts: Sequence[DraftColumns]) -> None:
        """Look up what the task has of these."""
        if self.may_know:
            records = Record.objects.filter(task=self._source.task)
            digests = [draft.digest for draft in drafts if draft.digest not in self._by_hash]
            there = records.filter(content_hash__in=digests).values_list("content_hash", "pk")
            self._by_hash.update((digest, pk.hex) for digest, pk in there)
            named = [draft for draft in drafts if self._is_name(draft)]
            groups = {group for draft in named if (group := self._group(draft))} - self._asked
            for pk, group in records.filter(group__in=groups).values_list("pk", "group"):
                self._remember(group, pk.hex)
            self._asked |= groups
        # Of this chunk alone: each is asked for twice.
        self._company = {
            draft.digest: self._writing.naming.company(draft.row.facts, draft.digest)
            for draft in drafts
            if draft.digest not in self._by_hash
        }
        # Lots are drawn for those alone that a record is made of.
        self._companies.learn(
            self._company[draft.digest]
            for draft in drafts
            if draft.digest in self._company and draft.row.facts and not self._missing(draft.row.facts)
        )

    def record_for(self, draft: DraftColumns) -> str:
        """The id of the record a draft is about, 32 hexadecimal digits; a new one is remembered in `fresh`.

        Raises:
            ValueError: There is none, several could be meant, or its company would stand on two sides of the split.
        """
        facts = draft.row.facts
        if (record_id := self._by_hash.get(draft.digest)) is not None:
            self._require_side(draft)
            return record_id
        if self._is_name(draft):
            group = self._group(draft)
            if more := self._more_of_group.get(group):
                raise ValueError(
                    f"{len(more) + 1} records are called '{self._said(facts)}'; bring the facts that tell them apart"
                )
            if (only := self._by_group.get(group)) is not None:
                self._require_side(draft)
                return only
        missing = self._missing(facts)
        if missing or not facts:
            raise ValueError(self._not_found(facts, missing))
        company = self._company[draft.digest]
        record = self._writing.row(HashedRow(*draft[:3]), company, self._companies.side_of(company, draft.row.split))
        self.fresh.append(record)
        self._by_hash[draft.digest] = record.id
        self._remember(record.group, record.id)
        return record.id

    def _missing(self, facts: Facts) -> list[str]:
        return [name for name in self._required if name not in facts]

    def _require_side(self, draft: DraftColumns) -> None:
        """Refuse a row whose record stands on another side than it asks for."""
        if draft.row.split:
            company = self._writing.naming.company(draft.row.facts, draft.digest)
            self._companies.learn([company])
            self._companies.side_of(company, draft.row.split)

    def _remember(self, group: str, record_id: str) -> None:
        first = self._by_group.setdefault(group, record_id)
        if first != record_id:
            self._more_of_group.setdefault(group, set()).add(record_id)

    def _is_name(self, draft: DraftColumns) -> bool:
        return self._key_names >= draft.row.facts.keys()

    def _group(self, draft: DraftColumns) -> str:
        group = self._writing.naming.company(draft.row.facts, draft.digest).group
        return "" if group == draft.digest else group

    def _said(self, facts: Facts) -> str:
        names = (field.name for field in self._spec.input_schema if field.role)
        return next((str(facts[name]) for name in names if facts.get(name)), "")

    def _not_found(self, facts: Facts, missing: list[str]) -> str:
        facts_line = self._said(facts)
        if not facts_line:
            return NAMELESS
        lacking = ", ".join(f"'{name}'" for name in missing)
        return f"no record is called '{facts_line}', and to make one {lacking} would be needed"
