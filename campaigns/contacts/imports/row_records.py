"""Records that the rows of a file of contacts bring, each on the side of its company. Writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from campaigns.contacts.imports.parse_row import ContactRow
from review.models import Record, Task
from review.sources.imports.company_splits import Company, CompanyNaming, CompanySplits
from review.sources.imports.record_import import content_hash


@dataclass(frozen=True)
class RowRecords:
    """Records of some rows, by the hash of their facts.

    Attributes:
        known: Those that are there.
        new: Row, company and split of those that are to be made.
        refused: Why there is none: its company has two sides.
    """

    known: dict[str, Record]
    new: dict[str, tuple[ContactRow, Company, str]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def records_of(
    task: Task, rows: Sequence[ContactRow], *, companies: CompanySplits, naming: CompanyNaming
) -> RowRecords:
    """Find the records of rows, or the sides that new ones will take; equal facts share one.

    Args:
        rows: The first row about each person who is not known yet.
        companies: The sides that are known from earlier rows.
    """
    hashed = {content_hash(row.facts): row for row in reversed(rows) if row.facts}
    if not hashed:
        return RowRecords({})
    # Those of this import's earlier rows among them, which have not arrived yet.
    there = Record.everything.filter(task=task, content_hash__in=list(hashed))
    found = RowRecords({record.content_hash: record for record in there})
    named = {key: naming.company(row.facts, key) for key, row in hashed.items() if key not in found.known}
    companies.learn(named.values())
    for key, company in named.items():
        try:
            found.new[key] = hashed[key], company, companies.side_of(company)
        except ValueError as error:
            found.refused[key] = str(error)
    return found
