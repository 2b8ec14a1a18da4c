"""Taking in verdicts that were given elsewhere.

Each under its draft, by its reviewer, at its time, and marked with its source.

A reviewer's later word on a draft takes back the earlier one, as it would on the desk; both are kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from audit import trail
from members.models import Member
from review.drafts.bulk_insert import RecordInserter
from review.drafts.intake import NewDraft, add_drafts
from review.models import Draft, Membership, Record, Source, Task, TaskVersion
from review.sources.imports import notation, source_row, staging
from review.sources.imports.annotated import open_export
from review.sources.imports.cell_values import Notation
from review.sources.imports.choices import AS_FOUND, ImportChoices
from review.sources.imports.column_mapping import ColumnMapping
from review.sources.imports.company_splits import CompanySplits
from review.sources.imports.read_rows import ReadRow, at_most, check_mapping, read_rows
from review.sources.imports.record_import import companies_of_file
from review.sources.imports.record_matching import DraftColumns, RecordMatcher, call_id, fitting
from review.sources.imports.result import ImportResult, RowTally
from review.sources.imports.tables import Table
from review.sources.imports.verdicts import merge, parse_row
from review.sources.imports.verdicts.named_drafts import named_drafts, names_draft
from review.sources.imports.verdicts.parse_row import ParsedVerdict
from review.sources.imports.verdicts.targets import check_verdict_columns, guess_judged, judged_targets
from review.spec.schema import Fields
from review.states import Role, SourceKind
from review.tasks import permissions
from review.tasks.queries import latest_version
from web.db.chunks import chunked
from web.errors import Refusal

PREFIX = "elsewhere"


class ReviewerAccounts:
    """Names of a file to members, made when they are first needed."""

    def __init__(self, task: Task, chosen: Mapping[str, str]) -> None:
        """Look up the members whom the importer chose.

        Raises:
            Refusal: `mapping_invalid`: somebody chosen does not belong to the task.
        """
        usernames = {username for username in chosen.values() if username}
        team = Membership.objects.filter(task=task, member__username__in=usernames).select_related("member")
        by_username = {held.member.username: held.member for held in team}
        if strange := sorted(usernames - by_username.keys()):
            words = f"There is no member '{strange[0]}' in the team of this task."
            raise Refusal(
                "mapping_invalid", words, hint="Choose a member of the team, or none.", errors={"reviewers": [words]}
            )
        self._task = task
        self._by_name = {name: by_username[username] for name, username in chosen.items() if username}

    def learn(self, names: Iterable[str]) -> None:
        """Find or make the members of further names; a name is the same member in every import of the task."""
        fresh = {name: username_of(self._task, name) for name in sorted(names) if name not in self._by_name}
        by_username = {member.username: member for member in Member.objects.filter(username__in=set(fresh.values()))}
        for name, username in fresh.items():
            if username not in by_username:
                by_username[username] = _made(username, name)
            self._by_name[name] = by_username[username]

    def member(self, name: str) -> Member:
        return self._by_name[name]


def username_of(task: Task, name: str) -> str:
    """Return a user name for a person known by files alone; "annotator 1" of another task is another person."""
    digest = hashlib.sha256(f"{task.pk} {name.casefold()}".encode()).hexdigest()[:8]
    return f"{PREFIX}-{slugify(name)[:60] or 'reviewer'}-{digest}"


def _made(username: str, name: str) -> Member:
    member = Member(username=username, display_name=name[:80], is_active=False)
    member.set_unusable_password()
    member.save()
    return member


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
    mapping: ColumnMapping | None = None,
    defaults: dict[str, str] | None = None,
    verdicts: Mapping[str, str] | None = None,
    reviewers: Mapping[str, str] | None = None,
    skip_bad: bool = False,
    choices: ImportChoices = AS_FOUND,
) -> ImportResult:
    """Take in an export of Label Studio, Argilla or doccano, or a table of one verdict a row.

    A draft is found by its text and its record, as `import_drafts` finds it, or by its id; where there is none it is
    added with its record. The same verdict of the same reviewer at the same time is known the second time, so that a
    file may come again. What counts is settled as on the desk: verdicts that differ make a draft disputed.

    Args:
        by: Who imports; a lead of the task.
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
    choices.require_shares()
    task = staging.lock_task(task)
    version = latest_version(task)
    table = open_export(path, is_judged=True, **choices.of_file)
    fields = judged_targets(version.spec)
    mapping = guess_judged(version.spec, table.columns) if mapping is None else mapping
    check_mapping(table, mapping, fields, defaults or {})
    check_verdict_columns(version.spec, mapping, defaults or {})
    written = notation.find(table, mapping, fields, choices)
    written.require_clear()

    tally = RowTally()
    source = source_row.create_source(
        task,
        SourceKind.DECISIONS,
        path,
        table.format,
        mapping,
        by=by,
        filename=filename,
        name=name,
        provenance=provenance or table.tool,
        choices=choices,
    )
    intake = _Intake(
        source,
        version,
        ReviewerAccounts(task, reviewers or {}),
        verdicts or {},
        tally,
        companies_of_file(task, version.spec, table, mapping, fields, defaults or {}, written.notation, choices),
        written.notation,
    )
    read = read_rows(table, mapping, fields, defaults or {}, tally, written.notation)
    rows = at_most(read, MAX_VERDICTS, "verdicts")
    for chunk in chunked(rows, CHUNK):
        intake.add(chunk)
    tally.settle(skip_bad=skip_bad, left_out=choices.left_out)
    result = _result(source, table, mapping, tally, intake.touched)
    trail.record("decisions_imported", by=by, about=source, task=task.slug, drafts=len(intake.touched))
    return result


def _result(source: Source, table: Table, mapping: ColumnMapping, tally: RowTally, touched: set[UUID]) -> ImportResult:
    kept = source_row.finish_source(source, tally, lambda: Record.objects.filter(pk__in=list(touched)[:1]))
    return ImportResult.of(kept, tally, table=table, mapping=mapping)


class _Intake:
    def __init__(
        self,
        source: Source,
        version: TaskVersion,
        reviewers: ReviewerAccounts,
        verdicts: Mapping[str, str],
        tally: RowTally,
        companies: CompanySplits,
        notation: Notation,
    ) -> None:
        self._source, self._version, self._reviewers = source, version, reviewers
        self._verdicts, self._tally, self._companies = verdicts, tally, companies
        self._notation, self._now = notation, timezone.now()
        self.touched: set[UUID] = set()

    def add(self, rows: list[ReadRow]) -> None:
        parsed = [*self._by_id(rows), *self._by_text([row for row in rows if not names_draft(row)])]
        if not parsed:
            return
        self._reviewers.learn({verdict.reviewer for _, verdict in parsed})
        added = merge.write(
            [(draft_id, self._reviewers.member(verdict.reviewer), verdict) for draft_id, verdict in parsed],
            source=self._source,
            now=self._now,
        )
        self._tally.added += added
        self._tally.known += len(parsed) - added

    def _by_id(self, rows: list[ReadRow]) -> Iterable[tuple[UUID, ParsedVerdict]]:
        for row, draft in named_drafts(self._source.task, rows, self._tally):
            if (verdict := self._read(row, draft.fields, draft.task_version)) is not None:
                self.touched.add(draft.record_id)
                yield draft.pk, verdict

    def _by_text(self, rows: list[ReadRow]) -> Iterable[tuple[UUID, ParsedVerdict]]:
        judged: list[tuple[DraftColumns, ParsedVerdict]] = []
        for draft in fitting(self._version.spec, rows, self._tally):
            if (verdict := self._read(draft.row, draft.fields, self._version)) is not None:
                judged.append((draft, verdict))
        finder = RecordMatcher(self._source.task, self._version.spec, self._companies)
        finder.learn([draft for draft, _ in judged])
        matched: list[tuple[UUID, DraftColumns, ParsedVerdict]] = []
        for draft, verdict in judged:
            try:
                matched.append((UUID(finder.record_for(draft)), draft, verdict))
            except ValueError as error:
                self._tally.refuse(draft.row.number, str(error))
        self._tally.alike += finder.names.alike
        RecordInserter(self._source).pour(finder.fresh)
        drafts = self._drafts([(record_id, draft) for record_id, draft, _ in matched])
        self.touched.update(record_id for record_id, _, _ in matched)
        return [(drafts[record_id, draft.text_hash], verdict) for record_id, draft, verdict in matched]

    def _drafts(self, pairs: list[tuple[UUID, DraftColumns]]) -> dict[tuple[UUID, str], UUID]:
        draft_ids = self._known(pairs)
        add_drafts(
            version=self._version,
            drafts=[
                NewDraft(
                    record_id=record_id,
                    fields=draft.fields,
                    origin="import",
                    provenance=self._source.provenance,
                    call_id=call_id(record_id.hex, draft.text_hash),
                )
                for record_id, draft in pairs
                if (record_id, draft.text_hash) not in draft_ids
            ],
        )
        return self._known(pairs)

    def _known(self, pairs: list[tuple[UUID, DraftColumns]]) -> dict[tuple[UUID, str], UUID]:
        there = Draft.objects.filter(
            record__in={record_id for record_id, _ in pairs}, fields_hash__in={draft.text_hash for _, draft in pairs}
        )
        # The earliest of equal drafts comes last and stays.
        rows = there.order_by("-created_at", "-pk").values_list("record_id", "fields_hash", "pk")
        return {(record_id, text_hash): pk for record_id, text_hash, pk in rows}

    def _read(self, row: ReadRow, draft: Fields, version: TaskVersion) -> ParsedVerdict | None:
        try:
            return parse_row.parse_row(
                version.spec, row.said, draft, self._verdicts, now=self._now, notation=self._notation
            )
        except ValueError as error:
            self._tally.refuse(row.number, str(error))
            return None
