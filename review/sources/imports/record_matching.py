"""Records of finished drafts: matched by facts or by company name, or brought along by the draft."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from review.drafts.bulk_insert import RecordRow
from review.models import Record, Task
from review.sources.imports.company_splits import Company, CompanySplits
from review.sources.imports.read_rows import ReadRow
from review.sources.imports.record_import import RecordRowBuilder, hashed, surrogate_error
from review.sources.imports.record_names import RecordNames
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


def fitting(spec: TaskSpec, rows: Iterable[ReadRow], tally: RowTally) -> Iterator[DraftColumns]:
    """Drafts of rows whose written fields fit the schema; others are counted as bad."""
    schema = spec.output_schema
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
    """Return whether these facts can identify no record, whatever records the task has."""
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
    """Records for drafts of one import, looked up in few queries; the caller holds the task's row, or only previews.

    Attributes:
        fresh: Records that the drafts bring along and that are not written yet; the caller takes them.
        names: The records that were found by their names.
        may_know: Whether the task had records before this import.
    """

    def __init__(self, task: Task, spec: TaskSpec, companies: CompanySplits) -> None:
        self._task, self._spec, self._companies = task, spec, companies
        self._required = [field.name for field in self._spec.input_schema if field.required]
        self._key_names = frozenset(field.name for field in self._spec.input_schema if field.role)
        self._writing = RecordRowBuilder(self._spec)
        # Ids are texts here: what is no container costs the garbage collector nothing, however many rows there are.
        self._by_hash: dict[str, str] = {}
        self._company: dict[str, Company] = {}
        self.names = RecordNames(task, self._writing.naming)
        self.may_know = Record.objects.filter(task=task).exists()
        self.fresh: list[RecordRow] = []

    def learn(self, drafts: Sequence[DraftColumns]) -> None:
        if self.may_know:
            digests = [draft.digest for draft in drafts if draft.digest not in self._by_hash]
            there = Record.objects.filter(task=self._task, content_hash__in=digests).values_list("content_hash", "pk")
            self._by_hash.update((digest, pk.hex) for digest, pk in there)
            self.names.learn(self._name(draft) for draft in drafts)
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
        name = self._name(draft)
        if name and (named := self.names.find(draft.row.number, name)) is not None:
            self._require_side(draft)
            return named
        missing = self._missing(facts)
        if missing or not facts:
            raise ValueError(self._not_found(facts, missing))
        company = self._company[draft.digest]
        side = self._companies.side_of(company, draft.row.split)
        record = self._writing.row(draft.row, draft.facts, draft.digest, company, side)
        self.fresh.append(record)
        self._by_hash[draft.digest] = record.id
        if written := self._writing.naming.written(facts):
            self.names.remember(written, record.id)
        return record.id

    def _missing(self, facts: Facts) -> list[str]:
        return [name for name in self._required if name not in facts]

    def _require_side(self, draft: DraftColumns) -> None:
        if draft.row.split:
            company = self._writing.naming.company(draft.row.facts, draft.digest)
            self._companies.learn([company])
            self._companies.side_of(company, draft.row.split)

    def _name(self, draft: DraftColumns) -> str:
        facts = draft.row.facts
        return self._writing.naming.written(facts) if self._key_names >= facts.keys() else ""

    def _said(self, facts: Facts) -> str:
        names = (field.name for field in self._spec.input_schema if field.role)
        return next((str(facts[name]) for name in names if facts.get(name)), "")

    def _not_found(self, facts: Facts, missing: list[str]) -> str:
        facts_line = self._said(facts)
        if not facts_line:
            return NAMELESS
        lacking = ", ".join(f"'{name}'" for name in missing)
        return f"no record is called '{facts_line}', and to make one {lacking} would be needed"
