"""Taking in finished drafts: each finds its record by its facts or by the name of its company, or brings it along."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from django.db import transaction

from members.models import Member
from review.drafts.bulk_insert import DraftInserter, DraftRow, PreparedDrafts, RecordInserter
from review.models import Draft, Record, Source, Task, TaskVersion
from review.sources.imports import notation, source_row, staging
from review.sources.imports.cell_texts import text_of
from review.sources.imports.chat_logs import open_drafts
from review.sources.imports.choices import AS_FOUND, ImportChoices
from review.sources.imports.column_mapping import MODEL_FIELD, ColumnMapping, guess_mapping, target_fields
from review.sources.imports.company_splits import CompanySplits
from review.sources.imports.read_rows import at_most, check_mapping, read_rows
from review.sources.imports.record_import import companies_of_file, growing_chunks
from review.sources.imports.record_matching import DraftColumns, RecordMatcher, call_id, fitting
from review.sources.imports.record_names import NameMatch
from review.sources.imports.result import ImportResult, RowTally
from review.spec.paths import word_count
from review.states import Role, SourceKind
from review.tasks import permissions
from review.tasks.queries import latest_version
from web.db.bulk_insert import PreparedRows
from web.process.prefetch import prefetch

# They are on the desk at once, so they are written in one transaction; it takes some ten seconds for so many.
MAX_DRAFTS = 100_000
# As the column of a draft holds them.
MODEL_CHARS = 120


@transaction.atomic
def import_drafts(
    task: Task,
    path: Path,
    *,
    by: Member,
    filename: str = "",
    name: str = "",
    provenance: str = "",
    mapping: ColumnMapping | None = None,
    defaults: dict[str, str] | None = None,
    skip_bad: bool = False,
    choices: ImportChoices = AS_FOUND,
) -> ImportResult:
    """Take in a file of finished drafts under the task's latest version, and put them on the desk.

    A row finds its record by the hash of its facts; where it brings a name alone (fields with the roles group, title or
    domain), by that name, see `record_names`. Where no record is found and the required facts are there, the record is
    made. The same draft for the same record is added once. A chat log is read as `chat_logs` says. The task's checks
    mark the drafts, and the text index takes them in, within seconds after; whoever opens one earlier sees its marks
    all the same.

    Args:
        by: Who imports; a lead of the task.
        name: What to call the source; the filename when empty.
        provenance: Where the drafts come from, in words; it stands on each draft.
        mapping: Column to field; guessed when None. `labelled_defects` takes names of known faults, parted by `;`.
        defaults: A value for all rows, by facts that no column fills.
        skip_bad: Leave bad rows out instead of refusing the file.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: As `import_records`, more than 100,000 drafts (`too_many_rows`); a draft that does not fit the output
            schema, or finds no record, is a bad row.
    """
    permissions.require(by, task, Role.LEAD)
    choices.require_shares()
    task = staging.lock_task(task)
    version = latest_version(task)
    table = open_drafts(path, version.spec, choices)
    fields = target_fields(version.spec, SourceKind.DRAFTS)
    mapping = guess_mapping(table.columns, fields) if mapping is None else mapping
    check_mapping(table, mapping, fields, defaults or {})
    written = notation.find(table, mapping, fields, choices)
    written.require_clear()

    tally = RowTally()
    source = source_row.create_source(
        task,
        SourceKind.DRAFTS,
        path,
        table.format,
        mapping,
        by=by,
        filename=filename,
        name=name,
        provenance=provenance,
        choices=choices,
    )
    reading = RowTally()
    rows = at_most(read_rows(table, mapping, fields, defaults or {}, reading, written.notation), MAX_DRAFTS, "drafts")
    drafts = fitting(version.spec, rows, reading)
    companies = companies_of_file(task, version.spec, table, mapping, fields, defaults or {}, written.notation, choices)
    intake = _Intake(source, version, tally, companies)
    read = growing_chunks(drafts)
    # Of a task without records nothing is looked up, and rows can be made while the ones before are written.
    for prepared in map(intake.prepare, prefetch(read)) if intake.asks else prefetch(map(intake.prepare, read)):
        intake.write(*prepared)
    intake.finish()
    tally.merge(reading)
    tally.alike += intake.alike
    tally.settle(skip_bad=skip_bad, left_out=choices.left_out)
    kept = source_row.finish_source(source, tally, lambda: Record.objects.filter(pk__in=intake.touched))
    source_row.tell_trail(kept, tally, by=by)
    return ImportResult.of(kept, tally, table=table, mapping=mapping)


def _model(draft: DraftColumns) -> str:
    return text_of(draft.row.said.get(MODEL_FIELD)).strip()[:MODEL_CHARS]


class _Intake:
    def __init__(self, source: Source, version: TaskVersion, tally: RowTally, companies: CompanySplits) -> None:
        self._tally, self._finder = tally, RecordMatcher(source.task, version.spec, companies)
        self._records, self._drafts = RecordInserter(source), DraftInserter(version, source)
        self._calls: set[str] = set()
        # One record the file speaks of: whatever it holds, where all is known already.
        self.touched: list[str] = []

    @property
    def asks(self) -> bool:
        """Return whether preparing rows needs queries, because the task had records before."""
        return self._finder.may_know

    @property
    def alike(self) -> list[NameMatch]:
        return self._finder.names.alike

    def prepare(self, drafts: Sequence[DraftColumns]) -> tuple[PreparedRows, PreparedDrafts]:
        self._finder.learn(drafts)
        rows: list[DraftRow] = []
        for draft in drafts:
            try:
                record_id = self._finder.record_for(draft)
            except ValueError as error:
                self._tally.refuse(draft.row.number, str(error))
                continue
            words, call = word_count(draft.fields), call_id(record_id, draft.text_hash)
            rows.append(DraftRow(record_id, draft.text, draft.text_hash, words, call, _model(draft), draft.row.labels))
        self.touched = self.touched or [row.record_id for row in rows[:1]]
        records, self._finder.fresh = self._finder.fresh, []
        fresh = self._new(rows)
        self._tally.added += len(fresh)
        self._tally.known += len(rows) - len(fresh)
        return self._records.lay(records), self._drafts.lay(fresh)

    def write(self, records: PreparedRows, drafts: PreparedDrafts) -> None:
        self._records.write(records)
        self._drafts.write(drafts)

    def finish(self) -> None:
        self._drafts.finish()

    def _new(self, rows: list[DraftRow]) -> list[DraftRow]:
        if self._finder.may_know:
            drafts = Draft.objects.filter(call_id__in=[row.call_id for row in rows])
            self._calls.update(call for call in drafts.values_list("call_id", flat=True) if call)
        fresh = []
        for row in rows:
            if row.call_id not in self._calls:
                self._calls.add(row.call_id)
                fresh.append(row)
        return fresh
