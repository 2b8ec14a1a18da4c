"""Taking in verdicts that were given elsewhere: each under its draft, by its reviewer, at its time, and marked with its source.

A reviewer's later word on a draft takes back the earlier one, as it would on the desk; both are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from audit.services import trail
from members.models import Member
from review import permissions
from review.models import Draft, Record, Source, Task, TaskVersion
from review.schema import Fields
from review.selectors.tasks import latest_version
from review.services.drafts import NewDraft, add_drafts
from review.services.imports import arriving, sources
from review.services.imports.companies import Companies
from review.services.imports.finding import DraftColumns, Finder, call_id, fitting
from review.services.imports.judged import saying, standing
from review.services.imports.judged.reviewers import Reviewers
from review.services.imports.judged.saying import Said
from review.services.imports.judged.tables import JudgedTable, open_judged
from review.services.imports.judged.targets import DRAFT, check_said, guess_judged, judged_targets
from review.services.imports.mapping import Mapping as Columns
from review.services.imports.reading import ReadRow, at_most, check_mapping, read_rows
from review.services.imports.records import chunks, foreseen
from review.services.imports.result import ImportResult, Tally
from review.services.pouring import Records
from review.states import Role, SourceKind

CHUNK = 500
# A verdict can never be taken back, so all of a file are written in one transaction; others wait for it.
MAX_VERDICTS = 10_000


@transaction.atomic
def import_decisions(
    task: Task,
    path: Path,
    *,
    by: Member,
    filename: str = "",
    name: str = "",
    provenance: str = "",
    mapping: Columns | None = None,
    defaults: dict[str, str] | None = None,
    verdicts: Mapping[str, str] | None = None,
    reviewers: Mapping[str, str] | None = None,
    skip_bad: bool = False,
) -> ImportResult:
    """Take in an export of Label Studio, Argilla or doccano, or a table of one verdict a row.

    A draft is found by its text and its record, as `import_drafts` finds it, or by its id; where there is none it is
    added with its record. The same verdict of the same reviewer at the same time is known the second time, so that a
    file may come again. What counts is settled as on the desk: verdicts that differ make a draft disputed.

    Args:
        task: The task.
        path: Where the file lies.
        by: Who imports; a lead of the task.
        filename: What the file was called.
        name: What to call the source; the filename when empty.
        provenance: Where the verdicts come from, in words.
        mapping: Column to field, `said.verdict`, `said.reviewer` and their like among them; guessed when None.
        defaults: A value for all rows, by fields that no column fills: `said.reviewer` where the file names nobody.
        verdicts: What each word of the verdict's column means: accept, edit, reject or leave_out; guessed where it is
            not given.
        reviewers: Which member of the team a name stands for; others become members who cannot sign in.
        skip_bad: Leave bad rows out instead of refusing the file.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: As `import_drafts`, of 10,000 verdicts at most; `no_verdicts` when nothing in the file was judged.
    """
    permissions.require(by, task, Role.LEAD)
    task = arriving.hold(task)
    version = latest_version(task)
    table = open_judged(path)
    fields = judged_targets(version.spec)
    mapping = guess_judged(version.spec, table.columns) if mapping is None else mapping
    check_mapping(table, mapping, fields, defaults or {})
    check_said(version.spec, mapping, defaults or {})

    tally = Tally()
    source = sources.draw(
        task, SourceKind.DECISIONS, path, table.format, mapping, by=by, filename=filename, name=name,
        provenance=provenance or table.tool,
    )  # fmt: skip
    intake = _Intake(
        source, version, Reviewers(task, reviewers or {}), verdicts or {}, tally,
        foreseen(task, version.spec, table, mapping, fields, defaults or {}),
    )  # fmt: skip
    rows = at_most(read_rows(table, mapping, fields, defaults or {}, tally), MAX_VERDICTS, "verdicts")
    for chunk in chunks(rows, CHUNK):
        intake.add(chunk)
    if tally.bad and not skip_bad:
        raise tally.refusal()
    result = _result(source, table, mapping, tally, intake.touched)
    trail.record("decisions_imported", by=by, about=source, task=task.slug, drafts=len(intake.touched))
    return result


def _result(source: Source, table: JudgedTable, mapping: Columns, tally: Tally, touched: set[UUID]) -> ImportResult:
    kept = sources.settle(source, tally, lambda: Record.objects.filter(pk__in=list(touched)[:1]))
    return ImportResult.of(kept, tally, columns=table.columns, mapping=mapping)


class _Intake:
    """One import on its way through a file, chunk by chunk."""

    def __init__(
        self,
        source: Source,
        version: TaskVersion,
        reviewers: Reviewers,
        verdicts: Mapping[str, str],
        tally: Tally,
        companies: Companies,
    ) -> None:
        self._source, self._version, self._reviewers = source, version, reviewers
        self._verdicts, self._tally, self._companies = verdicts, tally, companies
        self._now = timezone.now()
        self.touched: set[UUID] = set()

    def add(self, rows: list[ReadRow]) -> None:
        """Take in some rows: find or add their drafts, then write what was said of each."""
        said = [*self._by_id([row for row in rows if _names_draft(row)])]
        said += self._by_text([row for row in rows if not _names_draft(row)])
        if not said:
            return
        self._reviewers.learn({one.reviewer for _, one in said})
        added = standing.write(
            [(draft_id, self._reviewers.member(one.reviewer), one) for draft_id, one in said],
            source=self._source, now=self._now,
        )  # fmt: skip
        self._tally.added += added
        self._tally.known += len(said) - added

    def _by_id(self, rows: list[ReadRow]) -> Iterable[tuple[UUID, Said]]:
        ids = {row.number: _uuid(row.said[DRAFT]) for row in rows}
        known = Draft.objects.filter(task=self._source.task, erased_at__isnull=True).select_related("task_version")
        drafts = known.in_bulk([pk for pk in ids.values() if pk])
        for row in rows:
            draft = drafts.get(ids[row.number] or UUID(int=0))
            if draft is None:
                self._tally.refuse(row.number, f"this task has no draft '{row.said[DRAFT]}'")
            elif (said := self._read(row, draft.fields, draft.task_version)) is not None:
                self.touched.add(draft.record_id)
                yield draft.pk, said

    def _by_text(self, rows: list[ReadRow]) -> Iterable[tuple[UUID, Said]]:
        judged: list[tuple[DraftColumns, Said]] = []
        for draft in fitting(self._version, rows, self._tally):
            if (said := self._read(draft.row, draft.fields, self._version)) is not None:
                judged.append((draft, said))
        finder = Finder(self._source, self._version, self._companies)
        finder.learn([draft for draft, _ in judged])
        found: list[tuple[UUID, DraftColumns, Said]] = []
        for draft, said in judged:
            try:
                found.append((UUID(finder.record_for(draft)), draft, said))
            except ValueError as error:
                self._tally.refuse(draft.row.number, str(error))
        Records(self._source).pour(finder.fresh)
        drafts = self._drafts([(record_id, draft) for record_id, draft, _ in found])
        self.touched.update(record_id for record_id, _, _ in found)
        return [(drafts[record_id, draft.text_hash], said) for record_id, draft, said in found]

    def _drafts(self, wanted: list[tuple[UUID, DraftColumns]]) -> dict[tuple[UUID, str], UUID]:
        """The draft of each text for each record, added where there is none."""
        known = self._known(wanted)
        add_drafts(
            version=self._version,
            drafts=[
                NewDraft(
                    record_id=record_id, fields=draft.fields, origin="import", provenance=self._source.provenance,
                    call_id=call_id(record_id.hex, draft.text_hash),
                )
                for record_id, draft in wanted
                if (record_id, draft.text_hash) not in known
            ],
        )  # fmt: skip
        return self._known(wanted)

    def _known(self, wanted: list[tuple[UUID, DraftColumns]]) -> dict[tuple[UUID, str], UUID]:
        there = Draft.objects.filter(
            record__in={record_id for record_id, _ in wanted}, fields_hash__in={draft.text_hash for _, draft in wanted}
        )
        # The earliest of equal drafts comes last and stays.
        rows = there.order_by("-created_at", "-pk").values_list("record_id", "fields_hash", "pk")
        return {(record_id, text_hash): pk for record_id, text_hash, pk in rows}

    def _read(self, row: ReadRow, draft: Fields, version: TaskVersion) -> Said | None:
        try:
            return saying.read(version.spec, row.said, draft, self._verdicts, now=self._now)
        except ValueError as error:
            self._tally.refuse(row.number, str(error))
            return None


def _names_draft(row: ReadRow) -> bool:
    return bool(row.said.get(DRAFT))


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(str(value).strip())
    except ValueError:
        return None
