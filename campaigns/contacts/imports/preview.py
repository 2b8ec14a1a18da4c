"""Preview of an import of contacts. Writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from campaigns.contacts.imports import columns, outcomes
from campaigns.contacts.imports.parse_row import ContactRow, good_rows
from campaigns.contacts.imports.row_records import records_of
from campaigns.suppression.queries import suppressed_among
from review.models import Task
from review.sources.imports import ColumnMapping, ImportPreview, notation
from review.sources.imports.choices import AS_FOUND, ImportChoices
from review.sources.imports.company_splits import CompanyNaming, CompanySplits
from review.sources.imports.notation import FoundNotation
from review.sources.imports.preview import UNFIT, FileForm, samples
from review.sources.imports.read_rows import check_mapping
from review.sources.imports.record_import import content_hash
from review.sources.imports.result import RowTally
from review.sources.imports.tables import open_table
from review.tasks.queries import latest_version
from web.db.chunks import chunked
from web.errors import Refusal

CHUNK = 500


@dataclass
class ContactCensus:
    """Census of the good rows of a file.

    Attributes:
        changed: Known to the task, of whom the file says something else.
        known: Known to the task otherwise, or twice in the file.
        roles: Of the fresh, addresses of a duty such as info@.
        clusters: Of the fresh, companies.
        with_facts: Of the fresh, those with a record to write for.
    """

    fresh: int = 0
    changed: int = 0
    known: int = 0
    suppressed: int = 0
    roles: int = 0
    clusters: int = 0
    with_facts: int = 0


@dataclass(frozen=True)
class ContactsPreview:
    """A file as the task would read it, and who stands in it."""

    file: ImportPreview
    census: ContactCensus


@dataclass
class _Count:
    """Count of a file's rows as far as they were read; sorts them as an import does."""

    task: Task
    census: ContactCensus
    tally: RowTally
    companies: CompanySplits
    naming: CompanyNaming
    seen: set[str] = field(default_factory=set)
    opted_out: dict[str, str] = field(default_factory=dict)
    leaving: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    clusters: set[str] = field(default_factory=set)

    def add(self, rows: Sequence[ContactRow]) -> list[ContactRow]:
        """Count the first row about each person; return further ones, whose first may have been refused."""
        blocked, departing = suppressed_among([row.hmac for row in rows]), outcomes.departing_among(rows)
        there = outcomes.known_among(self.task, rows)
        self.seen.update(there)
        fresh: dict[str, ContactRow] = {}
        repeats: list[ContactRow] = []
        for row in rows:
            if row.opted_out and (row.hmac in self.seen or row.hmac in departing):
                self.leaving.add(row.hmac)
            if row.hmac in fresh:
                repeats.append(row)
            elif row.hmac in blocked or row.hmac in self.leaving:
                self.census.suppressed += 1
            elif row.opted_out or row.hmac in self.opted_out:
                why = self.opted_out.setdefault(row.hmac, row.opted_out)
                self.tally.refuse(row.number, row.opted_out or why)
            elif row.hmac in there.keys() - self.changed and outcomes.differences(there[row.hmac], row):
                self.census.changed += 1
                self.changed.add(row.hmac)
            elif row.hmac in self.seen:
                self.census.known += 1
            else:
                fresh[row.hmac] = row
        self._add_fresh(list(fresh.values()))
        return repeats

    def _add_fresh(self, rows: Sequence[ContactRow]) -> None:
        refused = records_of(self.task, rows, companies=self.companies, naming=self.naming).refused
        for row in rows:
            if row.facts and (why := refused.get(content_hash(row.facts))):
                self.tally.refuse(row.number, why)
                continue
            self.seen.add(row.hmac)
            self.clusters.add(row.address.cluster)
            self.census.fresh += 1
            self.census.roles += row.address.is_role
            self.census.with_facts += bool(row.facts)


def read_preview(
    task: Task,
    path: Path,
    *,
    mapping: ColumnMapping | None = None,
    defaults: dict[str, str] | None = None,
    choices: ImportChoices = AS_FOUND,
) -> ContactsPreview:
    """Read a whole file of contacts and say what would come of it.

    Args:
        mapping: Column to field; guessed from the names when None.
        defaults: A value for all rows, by fields that no column fills.

    Raises:
        Refusal: The file itself cannot be read; a bad mapping stands in `file.problems` instead.
    """
    table, defaults = open_table(path, **choices.of_file).opened(), defaults or {}
    contact_columns = columns.columns_of(latest_version(task).spec)
    mapping = (
        columns.guess_contact_mapping(table.columns, contact_columns, table.rows()) if mapping is None else mapping
    )
    tally, census, problems = RowTally(), ContactCensus(), dict[str, list[str]]()
    written = FoundNotation()
    try:
        check_mapping(table, mapping, contact_columns.for_mapping(mapping, defaults), defaults)
        written = notation.find(table, mapping, contact_columns.fields, choices)
        written.require_clear()
        count = _Count(task, census, tally, CompanySplits(task), CompanyNaming(latest_version(task).spec))
        for chunk in chunked(good_rows(table, mapping, contact_columns, defaults, tally, written.notation), CHUNK):
            while chunk:
                chunk = count.add(chunk)
        census.clusters = len(count.clusters)
    except Refusal as refusal:
        if refusal.code not in UNFIT:
            raise
        problems = refusal.errors
        tally.total = sum(1 for _ in table.rows())
    file = ImportPreview(
        table.format,
        table.encoding,
        table.columns,
        samples(table),
        mapping,
        contact_columns.fields,
        tuple(column for column in table.columns if not mapping.get(column)),
        problems,
        tally.total,
        tally.bad,
        tuple(tally.errors),
        FileForm.of(table, written, tally.notes),
    )
    return ContactsPreview(file, census)
