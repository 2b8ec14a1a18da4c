"""Makes claim records of a task's decisions.

Golds of a task that checks claims, each on the side of the split of its record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from django.db import transaction

from audit import trail
from members.models import Member
from review.models import Decision, Task
from review.sources import derived_records
from review.sources.claim_records import harvest
from review.sources.claim_records.harvest import HarvestedClaim
from review.sources.derived_records import MOST, DerivedRow
from review.sources.imports import staging
from review.spec.task_spec import TaskSpec
from review.states import Role, Verdict
from review.tasks import permissions
from review.tasks.queries import latest_version
from review.text.verification.claim_task import CLAIM, PASSAGE, SUPPORTED, is_claim_task
from web.errors import Refusal

# The reason that a rejection for a wrong fact is given by, where nobody names another.
WRONG_FACT: Final = "wrong_fact"
# Supported claims for each that is not: a miniature that sees no others learns to say yes.
_FOR_EACH: Final = 3
_READ_AT_ONCE: Final = 200


@dataclass(frozen=True)
class ClaimRecords:
    """Result of adding claim records.

    Attributes:
        supported: Claims added that their passage supports.
        unsupported: Claims added that it does not.
        known: Claims that the task had.
        left_out: Claims whose company stands on another side there, and those whose passage is longer than a fact may
            be.
        unplaced: Drafts rejected for a wrong fact of which no sentence could be told to be the wrong one.
    """

    supported: int
    unsupported: int
    known: int
    left_out: int
    unplaced: int


@dataclass(frozen=True)
class _Row:
    claim: HarvestedClaim
    made: DerivedRow


@transaction.atomic
def make(task: Task, *, into: Task, by: Member, reasons: Sequence[str] = (WRONG_FACT,)) -> ClaimRecords:
    """Add claims of a task's golds to a task that checks claims, with their answers, as verdicts given elsewhere.

    Golds given to many drafts at once are left out, as are revoked and erased drafts. A record stands on the side of
    the split on which the record stands that it comes from; where its company stands on another side already it is left
    out. Made again it adds what is new. Records that are erased take their claims with them.

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
    claim_rows, unplaced, too_long = _rows(task, target, reasons)
    chosen = _balanced(claim_rows)
    if not any(not row.claim.supported for row in claim_rows):
        message = "No decision of this task marks a sentence as wrong."
        raise Refusal(
            "no_wrong_facts", message, hint=f"Name the reason it is given by, instead of {', '.join(reasons)}."
        )
    staging.lock_task(into)
    fresh = derived_records.unknown(into, (row.made for row in chosen))
    new_rows = fresh[:MOST]
    digests = derived_records.take_in(task, into, new_rows, by=by, called="Claims") if new_rows else set()
    counts = Counter(row.answer[SUPPORTED] for row in new_rows if row.digest in digests)
    trail.record("claim_records_made", by=by, about=into, task=into.slug, of=task.slug, count=counts.total())
    left_out = len(new_rows) - counts.total() + too_long
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
    """Claims of all golds that may be used, each once, the newest decision's answer first.

    With them the number of drafts without a place, and of claims that are too long.
    """
    rows: dict[tuple[Any, str], _Row] = {}
    unplaced = too_long = 0
    golds = Decision.objects.filter(
        gold__isnull=False,
        task=task,
        bulk__isnull=True,
        draft__erased_at__isnull=True,
        draft__revocation__isnull=True,
        draft__thread__isnull=True,
        draft__known_answer__isnull=True,
        draft__record__erased_at__isnull=True,
    )
    read = golds.select_related("draft__record", "draft__task_version").defer("draft__messages")
    for decision in read.order_by("-created_at", "pk").iterator(chunk_size=_READ_AT_ONCE):
        claims = _claims(decision, reasons)
        unplaced += claims is None
        record, spec = decision.draft.record, decision.draft.task_version.spec
        for claim in claims or ():
            try:
                facts = {CLAIM: claim.text, PASSAGE: harvest.passage_of(spec, record.facts)}
                answer = {SUPPORTED: claim.supported}
                made = derived_records.derive(record, facts, answer, of=spec, into=target)
                rows.setdefault((record.pk, claim.text), _Row(claim, made))
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
    right = sorted(
        (row for row in rows if row.claim.supported), key=lambda row: sha256(row.made.digest.encode()).digest()
    )
    return [*wrong, *right[: _FOR_EACH * len(wrong)]]
