"""Fate of the rows of a file of contacts, and differences from contacts that are known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from campaigns.contacts.correct import CORRECTABLE
from campaigns.contacts.imports.parse_row import ContactRow
from campaigns.models import Contact, ContactImport
from review.models import Task
from review.sources.imports import RowError
from web.db.chunks import chunked

ADDED, CHANGED, KNOWN, SUPPRESSED = "added", "changed", "known", "suppressed"
_CHUNK = 500
# The company stays: the record that mails are written from is of that company.
_CORRECTED = tuple(name for name in CORRECTABLE if name != "company")
Changes = dict[UUID, dict[str, str]]


class RowOutcome(NamedTuple):
    """Fate of one good row; the contact where there is one."""

    row: int
    outcome: str
    contact: UUID | None


@dataclass(frozen=True)
class ContactsResult:
    """Result of an import of contacts.

    Attributes:
        batch: Its row; where everybody was known from the very same file, the earlier one.
        rows_changed: Contacts the task has already, of whom the file says something else.
        rows_known: Other contacts the task has already, and repeats within the file.
        rows_suppressed: Addresses never to be written to again; nothing of these rows is kept.
        rows_bad: Rows left out because `skip_bad` was asked for.
        errors: The first hundred bad rows.
    """

    batch: ContactImport
    rows_total: int
    rows_added: int
    rows_changed: int
    rows_known: int
    rows_suppressed: int
    rows_bad: int
    errors: tuple[RowError, ...]
    unknown_columns: tuple[str, ...]
    outcomes: tuple[RowOutcome, ...]


def known_among(task: Task, rows: Iterable[ContactRow]) -> dict[str, Contact]:
    """Contacts of a task whose addresses stand in some rows, by the hash of the address."""
    there = Contact.objects.filter(task=task, address_hmac__in=[row.hmac for row in rows], erased_at__isnull=True)
    return {contact.address_hmac: contact for contact in there.only("address_hmac", *_CORRECTED)}


def departing_among(rows: Iterable[ContactRow]) -> set[str]:
    """Return hashes of rows that opt out a person who is a contact of any task."""
    there = Contact.objects.filter(address_hmac__in=[row.hmac for row in rows if row.opted_out])
    return set(there.filter(erased_at__isnull=True).values_list("address_hmac", flat=True))


def differences(contact: Contact, row: ContactRow) -> dict[str, str]:
    """Return the values of a row that differ from a known contact; an empty cell says nothing."""
    values = {name: row.person.get(name, "") for name in _CORRECTED}
    return {name: value for name, value in values.items() if value and value != getattr(contact, name)}


def write_changes(task: Task, changes: Changes) -> set[UUID]:
    """Write down what a file says otherwise, in the transaction of its rows; return contacts changed, not erased."""
    changed = set[UUID]()
    for keys in chunked(sorted(changes), _CHUNK):
        contacts = _locked(task, keys)
        for contact in contacts:
            for name, value in changes[contact.pk].items():
                setattr(contact, name, value)
        Contact.objects.bulk_update(contacts, _CORRECTED, batch_size=100)
        changed.update(contact.pk for contact in contacts)
    return changed


def _locked(task: Task, keys: Sequence[UUID]) -> list[Contact]:
    rows = Contact.objects.filter(task=task, pk__in=keys, erased_at__isnull=True).order_by("pk")
    return list(rows.select_for_update(no_key=True))
