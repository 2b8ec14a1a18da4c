"""Preview of an import of contacts. Writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from campaigns.contacts.imports import columns, outcomes
from campaigns.contacts.imports.parse_row import good_rows
from campaigns.suppression.queries import suppressed_among
from review.models import Task
from review.sources.imports import ColumnMapping, ImportPreview, notation
from review.sources.imports.choices import AS_FOUND, ImportChoices
from review.sources.imports.notation import FoundNotation
from review.sources.imports.preview import UNFIT, FileForm, samples
from review.sources.imports.read_rows import check_mapping
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
        hashes, companies, changed = set[str](), set[str](), set[str]()
        for chunk in chunked(good_rows(table, mapping, contact_columns, defaults, tally, written.notation), CHUNK):
            blocked = suppressed_among([row.hmac for row in chunk])
            there = outcomes.known_among(task, chunk)
            hashes.update(there)
            for row in chunk:
                if row.hmac in blocked:
                    census.suppressed += 1
                elif row.hmac in there.keys() - changed and outcomes.differences(there[row.hmac], row):
                    census.changed += 1
                    changed.add(row.hmac)
                elif row.hmac in hashes:
                    census.known += 1
                else:
                    census.fresh += 1
                    census.roles += row.address.is_role
                    census.with_facts += bool(row.facts)
                    companies.add(row.address.cluster)
                hashes.add(row.hmac)
        census.clusters = len(companies)
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
