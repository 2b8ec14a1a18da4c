"""Makes claim records of a task's decisions: golds of a task that checks claims, each on the side of the split of its record."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from django.db import transaction

from audit import trail
from members.models import Member
from review.models import ClaimOrigin, Decision, Record, Source, Task
from review.sources.claim_records import harvest
from review.sources.claim_records.harvest import HarvestedClaim
from review.sources.imports import import_records, staging
from review.sources.imports.cell_values import read_value
from review.sources.imports.column_mapping import SPLIT_FIELD
from review.sources.imports.record_import import content_hash
from review.sources.imports.verdicts import import_decisions
from review.sources.imports.verdicts.targets import REVIEWER, VERDICT
from review.spec.schema import Facts
from review.spec.task_spec import TaskSpec
from review.states import Role, Verdict
from review.tasks import permissions
from review.tasks.queries import latest_version
from review.text.verification.claim_task import CLAIM, PASSAGE, SUPPORTED, is_claim_task
from web.db.chunks import chunked
from web.errors import Refusal

# The reason that a rejection for a wrong fact is given by, where nobody names another.
WRONG_FACT: Final = "wrong_fact"
# Supported claims for each that is not: a miniature that sees no others learns to say yes.
_FOR_EACH: Final = 3
# What one import of verdicts takes.
MOST: Final = 10_000
_READ_AT_ONCE: Final = 200
# No fact is called like these.
_SPLIT_COLUMN: Final = "(split)"
_VERDICT_COLUMN: Final = "(verdict)"


@dataclass(frozen=True)
class ClaimRecords:
    """What came of it.

    Attributes:
        supported: Claims added that their passage supports.
        unsupported: Claims added that it does not.
        known: Claims that the task had.
        left_out: Claims whose company stands on another side there, and those whose passage is longer than a fact may be.
        unplaced: Drafts rejected for a wrong fact of which no sentence could be told to be the wrong one.
    """

    supported: int
    unsupported: int
    known: int
    left_out: int
    unplaced: int


class _Row:
    """One claim with the record it comes from, as a record of the task that checks claims."""

    def __init__(self, claim: HarvestedClaim, record: Record, spec: TaskSpec, into: TaskSpec) -> None:
        self.claim, self.record = claim, record
        facts = {CLAIM: claim.text, PASSAGE: harvest.passage_of(spec, record.facts)}
        group, own = into.facts_with_role("group"), spec.facts_with_role("group")
        if group and group not in facts:
            facts[group] = str(record.facts.get(own or "") or record.title)
        # As an import reads them, so that the hashes agree.
        types = {fact.name: fact for fact in into.input_schema}
        self.facts: Facts = {name: read_value(types[name], value) for name, value in facts.items()}
        self.digest = content_hash(self.facts)


@transaction.atomic
def make(task: Task, *, into: Task, by: Member, reasons: Sequence[str] = (WRONG_FACT,)) -> ClaimRecords:
    """Add claims of a task's golds to a task that checks claims, with their answers, as verdicts given elsewhere.

    Golds given to many drafts at once are left out, as are revoked and erased drafts. A record stands on the side of the
    split on which the record stands that it comes from; where its company stands on another side already it is left out.
    Made again it adds what is new. Records that are erased take their claims with them.

    Args:
        task: Whose decisions.
        into: A task of the shape of a claim check.
        by: A lead of both tasks: what is in the one is seen by who sees the other.
        reasons: Codes of the reasons that mean a wrong fact.

    Raises:
        PermissionDenied: The member does not lead both tasks.
        Refusal: `no_claim_task`, `reason_unknown`, `no_wrong_facts`, or `import_running` (409).
    """
    for each in (task, into):
        permissions.require(by, each, Role.LEAD)
    target = latest_version(into).spec
    _check(task, target, reasons)
    found, unplaced, too_long = _rows(task, target, reasons)
    chosen = _balanced(found)
    if not any(not row.claim.supported for row in found):
        message = "No decision of this task says of a sentence that it was wrong."
        raise Refusal(
            "no_wrong_facts", message, hint=f"Name the reason it is given by, instead of {', '.join(reasons)}."
        )
    staging.lock_task(into)
    fresh = _new(into, chosen)
    added = _take_in(task, into, fresh[:MOST], by) if fresh else []
    counts = Counter(row.claim.supported for row in added)
    trail.record("claim_records_made", by=by, about=into, task=into.slug, of=task.slug, count=len(added))
    left_out = len(fresh[:MOST]) - len(added) + too_long
    return ClaimRecords(counts[True], counts[False], len(chosen) - len(fresh), left_out, unplaced)


def _check(task: Task, target: TaskSpec, reasons: Sequence[str]) -> None:
    needed = [fact.name for fact in target.input_schema if fact.required and fact.role != "group"]
    written = [field.name for field in target.output_schema if field.required]
    if not is_claim_task(target) or {*needed} - {CLAIM, PASSAGE} or {*written} - {SUPPORTED}:
        raise Refusal(
            "no_claim_task",
            "Claims can be added to a task that asks for a claim and a passage alone whether it is supported.",
            hint="It needs the facts 'claim' and 'passage', a yes or no called 'supported', and nothing else required.",
        )
    codes = {reason.code for reason in latest_version(task).spec.reasons}
    if unknown := [code for code in reasons if code not in codes]:
        message = f"{task.name} has no reason '{unknown[0]}'."
        raise Refusal("reason_unknown", message, hint=f"It has {', '.join(sorted(codes)) or 'none'}.")


def _rows(task: Task, target: TaskSpec, reasons: Sequence[str]) -> tuple[list[_Row], int, int]:
    """Claims of all golds that may be used, each once, the newest decision's answer first; drafts without a place; claims too long."""
    rows: dict[tuple[Any, str], _Row] = {}
    unplaced = too_long = 0
    golds = Decision.objects.filter(
        gold__isnull=False, task=task, bulk__isnull=True, draft__erased_at__isnull=True, draft__revocation__isnull=True,
        draft__thread__isnull=True, draft__known_answer__isnull=True, draft__record__erased_at__isnull=True,
    )  # fmt: skip
    read = golds.select_related("draft__record", "draft__task_version").defer("draft__messages")
    for decision in read.order_by("-created_at", "pk").iterator(chunk_size=_READ_AT_ONCE):
        claims = _claims(decision, reasons)
        unplaced += claims is None
        record, spec = decision.draft.record, decision.draft.task_version.spec
        for claim in claims or ():
            try:
                rows.setdefault((record.pk, claim.text), _Row(claim, record, spec, target))
            except ValueError:
                too_long += 1
    return list(rows.values()), unplaced, too_long


def _claims(decision: Decision, reasons: Sequence[str]) -> list[HarvestedClaim] | None:
    """None for a rejection for a wrong fact of which it is not known which sentence was meant."""
    draft, spec = decision.draft, decision.draft.task_version.spec
    if decision.verdict == Verdict.ACCEPT:
        return harvest.accepted(spec, draft.record.facts, draft.fields)
    if decision.verdict == Verdict.EDIT:
        return harvest.edited(spec, draft.fields, decision.fields or draft.fields)
    if decision.verdict == Verdict.REJECT and not set(reasons).isdisjoint(decision.reasons):
        return harvest.rejected(spec, draft.record.facts, draft.fields) or None
    return []


def _balanced(rows: Sequence[_Row]) -> list[_Row]:
    """All claims that are not supported, and so many of the others as can stand beside them, drawn by their hashes."""
    wrong = [row for row in rows if not row.claim.supported]
    right = sorted((row for row in rows if row.claim.supported), key=lambda row: sha256(row.digest.encode()).digest())
    return [*wrong, *right[: _FOR_EACH * len(wrong)]]


def _new(into: Task, rows: Sequence[_Row]) -> list[_Row]:
    """Claims that the task has not: one that came before keeps its answer."""
    known: set[str] = set()
    for chunk in chunked([row.digest for row in rows], 500):
        known |= set(Record.objects.filter(task=into, content_hash__in=chunk).values_list("content_hash", flat=True))
    fresh: dict[str, _Row] = {}
    for row in rows:
        if row.digest not in known:
            fresh.setdefault(row.digest, row)
    return list(fresh.values())


def _take_in(task: Task, into: Task, rows: Sequence[_Row], by: Member) -> list[_Row]:
    """Import records on their sides, then the verdicts on them; returns what came in."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "claims.jsonl"
        made = _import_facts(task, into, rows, by, path)
        records = dict(Record.objects.filter(task=into, source=made).values_list("content_hash", "pk"))
        added = [row for row in rows if row.digest in records]
        origins = [ClaimOrigin(claim_id=records[row.digest], record=row.record) for row in added]
        ClaimOrigin.objects.bulk_create(origins, batch_size=500)
        if added:
            _import_answers(task, into, added, by, path)
        else:
            Source.objects.filter(pk=made.pk, rows_added=0).delete()
    return added


def _import_facts(task: Task, into: Task, rows: Sequence[_Row], by: Member, path: Path) -> Source:
    _write(path, (row.facts | {_SPLIT_COLUMN: row.record.split} for row in rows))
    return import_records(
        into,
        path,
        by=by,
        filename=path.name,
        name=f"Claims of {task.name}"[:160],
        provenance=f"Decisions of {task.name}"[:200],
        mapping={**_names(rows), _SPLIT_COLUMN: SPLIT_FIELD},
        skip_bad=True,
    ).source


def _import_answers(task: Task, into: Task, rows: Sequence[_Row], by: Member, path: Path) -> None:
    _write(path, (row.facts | {SUPPORTED: row.claim.supported, _VERDICT_COLUMN: "accept"} for row in rows))
    import_decisions(
        into,
        path,
        by=by,
        filename=path.name,
        name=f"Answers on claims of {task.name}"[:160],
        provenance=f"Decisions of {task.name}"[:200],
        mapping={**_names(rows), SUPPORTED: SUPPORTED, _VERDICT_COLUMN: VERDICT},
        defaults={REVIEWER: f"Decisions of {task.name}"},
    )


def _names(rows: Sequence[_Row]) -> dict[str, str]:
    return {name: name for row in rows for name in row.facts}


def _write(path: Path, lines: Iterable[dict[str, Any]]) -> None:
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
