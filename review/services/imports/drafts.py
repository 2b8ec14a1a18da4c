"""Taking in finished drafts: each finds its record by its facts or by the name of its company, or brings it along."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from django.db import transaction

from members.models import Member
from review import permissions
from review.models import Record, Source, Task, TaskVersion
from review.selectors.tasks import latest_version
from review.services.candidates import NewDraft, add_drafts
from review.services.imports import sources
from review.services.imports.companies import Companies
from review.services.imports.finding import Finder, call_id, fitting
from review.services.imports.mapping import Mapping, guess, targets
from review.services.imports.reading import ReadRow, check_mapping, read_rows
from review.services.imports.records import chunks, foreseen
from review.services.imports.result import ImportResult, Tally
from review.services.imports.tables import open_table
from review.states import Role, SourceKind

CHUNK = 500


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
    drafts = fitting(version, rows, tally)
    finder = Finder(source, version, drafts, companies)
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
                call_id=call_id(record_id, draft.fields),
                labelled_defects=draft.row.labels,
            )
        )
    Record.objects.bulk_create(finder.fresh)
    added = len(add_drafts(version=version, drafts=fresh))
    tally.added += added
    tally.known += len(fresh) - added
