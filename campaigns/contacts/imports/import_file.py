"""Taking in contacts from a file: all of it or nothing; who is known is corrected, who is suppressed stays out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from audit import trail
from campaigns.contacts.imports import columns, outcomes, row_records
from campaigns.contacts.imports.outcomes import ADDED, CHANGED, KNOWN, SUPPRESSED, ContactsResult, RowOutcome
from campaigns.contacts.imports.parse_row import ContactRow, good_rows
from campaigns.models import Contact, ContactImport
from campaigns.states import SuppressionReason
from campaigns.suppression import queries as suppressed
from campaigns.suppression import suppress
from members.models import Member
from review.models import Record, Source, Task
from review.sources.imports import ColumnMapping, notation, source_row, staging
from review.sources.imports.choices import AS_FOUND, ImportChoices
from review.sources.imports.company_splits import CompanySplits
from review.sources.imports.read_rows import check_mapping
from review.sources.imports.record_import import RecordRowBuilder, content_hash
from review.sources.imports.result import RowTally
from review.sources.imports.tables import Table, open_table
from review.states import Role, SourceKind
from review.tasks import permissions
from review.tasks.queries import latest_version
from web.db.chunks import chunked
from web.db.turns import SqlitePauses
from web.errors import Refusal

CHUNK = 500
# Contacts are written in one transaction: so many take a few seconds.
MAX_ROWS = 200_000


@dataclass
class _ImportRun:
    task: Task
    writing: RecordRowBuilder
    table: Table
    batch: ContactImport
    by: Member
    companies: CompanySplits
    source: Source
    tally: RowTally = field(default_factory=RowTally)
    records: RowTally = field(default_factory=RowTally)
    fresh: list[Contact] = field(default_factory=list)
    seen: dict[str, UUID] = field(default_factory=dict)
    leaving: set[str] = field(default_factory=set)
    opted_out: dict[str, str] = field(default_factory=dict)
    changes: outcomes.Changes = field(default_factory=dict)
    outcomes: list[RowOutcome] = field(default_factory=list)
    last_digest: str = ""


def import_contacts(
    task: Task,
    path: Path,
    *,
    by: Member,
    filename: str = "",
    mapping: ColumnMapping | None = None,
    defaults: dict[str, str] | None = None,
    skip_bad: bool = False,
    left_out: int | None = None,
    choices: ImportChoices = AS_FOUND,
) -> ContactsResult:
    """Take in a CSV, JSONL or JSON file of contacts with the facts of their companies.

    A contact is known by its address within the task, a record by its facts: the same file twice adds nothing. What the
    file says otherwise of a known contact's name, segment, zone or language is written down, the rest stays as it is.
    Records are written a few at a time and stay invisible meanwhile, see `arriving`; the contacts come last, in one
    transaction, for which suppressions and the task's row wait.

    Args:
        mapping: Column to field, see `columns.of`; guessed when None.
        defaults: A value for all rows, by fields that no column fills: the lawful basis, often.
        skip_bad: Leave bad rows out instead of refusing the file.
        left_out: Leave out exactly so many, as the importer was told.
        choices: How the file is to be read; what is left out of it is `left_out`'s.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: The file cannot be read, the mapping is wrong, rows are bad (`rows_bad`, each by its number) or too
            many (413), or another import into the task is under way (`import_running`, 409).
    """
    permissions.require(by, task, Role.LEAD)
    spec, table = latest_version(task).spec, open_table(path, **choices.of_file).opened()
    defaults = defaults or {}
    contact_columns = columns.columns_of(spec)
    mapping = (
        columns.guess_contact_mapping(table.columns, contact_columns, table.rows()) if mapping is None else mapping
    )
    check_mapping(table, mapping, contact_columns.for_mapping(mapping, defaults), defaults)
    written = notation.find(table, mapping, contact_columns.fields, choices)
    written.require_clear()

    batch = _draw(task, path, mapping, by=by, filename=filename)
    source = staging.claim(task, lambda held: _source(held, table, batch, by))
    with staging.undone_on_failure(source):
        taking = _ImportRun(task, RecordRowBuilder(spec), table, batch, by, CompanySplits(task), source)
        turns = SqlitePauses()
        good = good_rows(table, mapping, contact_columns, defaults, taking.tally, written.notation)
        for chunk in chunked(good, CHUNK):
            if taking.tally.total > MAX_ROWS:
                message = f"The file has more than {MAX_ROWS:,} contacts."
                raise Refusal("too_many_rows", message, hint="Split it and import the parts.", status=413)
            with transaction.atomic():
                staging.renew(source)
                while chunk:
                    chunk = _sort_chunk(taking, chunk)
            turns.give_way()
        taking.tally.settle(skip_bad=skip_bad, left_out=left_out)
        with transaction.atomic():
            Task.objects.select_for_update().get(pk=task.pk)
            staging.renew(source)
            batch.save(force_insert=True)
            _write(taking)
            return _finish(taking, tuple(column for column in table.columns if not mapping.get(column)))


def _draw(task: Task, path: Path, mapping: ColumnMapping, *, by: Member, filename: str) -> ContactImport:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    name = (filename or path.name).replace("\\", "/").rsplit("/", 1)[-1]
    return ContactImport(task=task, filename=name[:200], sha256=sha256, mapping=mapping, created_by=by)


def _sort_chunk(taking: _ImportRun, rows: Sequence[ContactRow]) -> list[ContactRow]:
    """Sort the first row about each person; return further ones, whose first may have been refused."""
    there = outcomes.known_among(taking.task, rows)
    taking.seen.update((hmac, contact.pk) for hmac, contact in there.items())
    blocked, departing = suppressed.suppressed_among([row.hmac for row in rows]), outcomes.departing_among(rows)
    fresh: dict[str, tuple[ContactRow, Contact]] = {}
    repeats: list[ContactRow] = []
    for row in rows:
        if row.hmac in blocked or row.hmac in taking.leaving:
            taking.outcomes.append(RowOutcome(row.number, SUPPRESSED, None))
        elif row.hmac in fresh:
            repeats.append(row)
        elif row.opted_out or row.hmac in taking.opted_out:
            _take_opted_out(taking, row, is_contact=row.hmac in taking.seen or row.hmac in departing)
        elif row.hmac in taking.seen:
            _take_known(taking, row, there.get(row.hmac))
        else:
            fresh[row.hmac] = row, _contact(taking, row)
    for row, contact in _give_records(taking, list(fresh.values())):
        taking.seen[row.hmac] = contact.pk
        taking.fresh.append(contact)
        taking.outcomes.append(RowOutcome(row.number, ADDED, contact.pk))
    return repeats


def _take_opted_out(taking: _ImportRun, row: ContactRow, *, is_contact: bool) -> None:
    """Have a contact suppressed who wants no more mails; refuse the row of anybody else."""
    if not is_contact:
        why = taking.opted_out.setdefault(row.hmac, row.opted_out)
        taking.tally.refuse(row.number, row.opted_out or why)
        return
    taking.leaving.add(row.hmac)
    taking.outcomes.append(RowOutcome(row.number, SUPPRESSED, None))


def _take_known(taking: _ImportRun, row: ContactRow, contact: Contact | None) -> None:
    """Keep the first row about a known person that differs from what is stored."""
    new = outcomes.differences(contact, row) if contact and contact.pk not in taking.changes else {}
    if contact and new:
        taking.changes[contact.pk] = new
    taking.outcomes.append(RowOutcome(row.number, CHANGED if new else KNOWN, taking.seen[row.hmac]))


def _contact(taking: _ImportRun, row: ContactRow) -> Contact:
    known_as = {"address": row.address.text, "address_hmac": row.hmac, "cluster": row.address.cluster}
    return Contact(task=taking.task, imported_with=taking.batch, **known_as, **row.person)


def _give_records(taking: _ImportRun, fresh: list[tuple[ContactRow, Contact]]) -> list[tuple[ContactRow, Contact]]:
    """Find or make the record of each contact; equal facts share one. A row whose company has no side is left out."""
    naming = taking.writing.naming
    found = row_records.records_of(taking.task, [row for row, _ in fresh], companies=taking.companies, naming=naming)
    made = [
        taking.writing.record(taking.source, row.number, row.facts, key, company, side)
        for key, (row, company, side) in found.new.items()
    ]
    Record.objects.bulk_create(sorted(made, key=lambda record: record.row_number), batch_size=CHUNK)
    taking.records.known += len(found.known)
    taking.records.added += len(made)
    records = found.known | {record.content_hash: record for record in made}
    taking.last_digest = next(iter(records), taking.last_digest)
    kept = []
    for row, contact in fresh:
        digest = content_hash(row.facts) if row.facts else ""
        if digest in found.refused:
            taking.tally.refuse(row.number, found.refused[digest])
        else:
            contact.record = records.get(digest)
            kept.append((row, contact))
    return kept


def _source(task: Task, table: Table, batch: ContactImport, by: Member) -> Source:
    return source_row.create_source(
        task,
        SourceKind.RECORDS,
        table.path,
        table.format,
        batch.mapping,
        by=by,
        filename=batch.filename,
        name=f"Contacts: {batch.filename}"[:160],
        provenance="Facts about the companies of contacts",
        arriving_until=timezone.now() + timedelta(seconds=staging.LEASE_S),
    )


def _write(taking: _ImportRun) -> None:
    """Check the suppression list again under its lock before writing: no suppression can slip in between."""
    suppress.lock_list()
    if taking.leaving:
        reason, note = SuppressionReason.UNSUBSCRIBED, f"Contacts: {taking.batch.filename}"
        suppress.suppress_hashes(taking.leaving, by=taking.by, reason=reason, note=note)
    blocked = suppressed.suppressed_among([contact.address_hmac for contact in taking.fresh])
    kept = [contact for contact in taking.fresh if contact.address_hmac not in blocked]
    Contact.objects.bulk_create(kept, batch_size=CHUNK)
    gone = taking.changes.keys() - outcomes.write_changes(taking.task, taking.changes)
    taking.outcomes = [row._replace(outcome=KNOWN) if row.contact in gone else row for row in taking.outcomes]
    if stays_out := {contact.pk for contact in taking.fresh} - {contact.pk for contact in kept}:
        taking.outcomes = [
            RowOutcome(row.row, SUPPRESSED, None) if row.contact in stays_out else row for row in taking.outcomes
        ]
        _forget_records(taking)
    taking.outcomes.sort()


def _forget_records(taking: _ImportRun) -> None:
    """Delete the facts of contacts suppressed or erased meanwhile, unless a kept contact shares them."""
    left = Record.everything.filter(~Exists(Contact.objects.filter(record=OuterRef("pk"))), source=taking.source)
    taking.records.added -= left.count()
    left.delete()


def _finish(taking: _ImportRun, unknown: tuple[str, ...]) -> ContactsResult:
    if taking.records.added + taking.records.known == 0:
        taking.source.delete()
    else:
        taking.records.total = taking.tally.total
        source_row.finish_source(
            taking.source,
            taking.records,
            lambda: Record.objects.filter(task=taking.task, content_hash=taking.last_digest),
        )
    count = {word: sum(row.outcome == word for row in taking.outcomes) for word in (ADDED, CHANGED, KNOWN, SUPPRESSED)}
    tally, batch = taking.tally, taking.batch
    batch.rows_total, batch.rows_bad = tally.total, tally.bad
    batch.rows_added, batch.rows_known, batch.rows_suppressed = count[ADDED], count[KNOWN], count[SUPPRESSED]
    batch.rows_changed = count[CHANGED]
    names = ("rows_total", "rows_added", "rows_changed", "rows_known", "rows_suppressed", "rows_bad")
    batch.save(update_fields=names)
    counts = {name: getattr(batch, name) for name in names}
    trail.record("contacts_imported", by=batch.created_by, about=batch, task=taking.task.slug, **counts)
    return ContactsResult(
        _stored_batch(batch),
        **counts,
        errors=tuple(tally.errors),
        unknown_columns=unknown,
        outcomes=tuple(taking.outcomes),
    )


def _stored_batch(batch: ContactImport) -> ContactImport:
    """Return the batch. A repeated one that added and changed no contact is deleted, and the first is returned."""
    if batch.rows_added or batch.rows_changed:
        return batch
    same = ContactImport.objects.filter(task=batch.task, sha256=batch.sha256).exclude(pk=batch.pk)
    first = same.order_by("created_at").first()
    if first is None:
        return batch
    batch.delete()
    return first
