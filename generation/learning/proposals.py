"""Proposes a next task version from what was decided, and lets a lead accept, change or dismiss it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import ROUND_UP, Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from audit import trail
from generation.learning import advice_prompt, counting, evidence
from generation.learning.cases import Case, ProposedChange, applied
from generation.learning.counting import PatternCounts
from generation.models import TaskProposal, Teacher
from generation.orders import estimate as orders_estimate
from generation.orders import launch
from generation.orders.estimate import OrderEstimate
from generation.orders.launch import Quote
from generation.states import ProposalState, Provider, Purpose
from members.models import Member
from review.models import Decision, Task, TaskVersion
from review.states import Role
from review.tasks import authoring, permissions
from review.tasks.queries import latest_version
from web.errors import Refusal

LEAST_DECISIONS = 5
CENT_OF_A_CENT = Decimal("0.0001")


def price(task: Task, *, teacher: Teacher, by: Member, look_at: int = evidence.DEFAULT_DECISIONS) -> OrderEstimate:
    """What asking this teacher would cost; writes nothing.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: As for `propose`.
    """
    permissions.require(by, task, Role.LEAD)
    version, cases, counted = _latest_cases(task, look_at)
    return _estimate(version, cases, counted, teacher)


@transaction.atomic
def propose(
    task: Task, *, by: Member, teacher: Teacher | None = None, look_at: int = evidence.DEFAULT_DECISIONS
) -> TaskProposal:
    """Propose changes of the latest version from the latest decisions.

    With a teacher its one paid call is ordered like any other, with its worst case as budget; without one, or with the
    offline teacher, the changes are counted here and now.

    Args:
        task: Which task.
        by: A lead of it.
        teacher: Whom to ask; None counts.
        look_at: How many decisions, the latest.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: `too_few_decisions`, or as a teacher that cannot be asked is refused.
    """
    permissions.require(by, task, Role.LEAD)
    version, cases, counted = _latest_cases(task, look_at)
    proposal = TaskProposal(
        task=task,
        base_version=version,
        decisions=[case.decision for case in cases],
        counted=counted.as_json(),
        created_by=by,
    )
    if teacher is None or teacher.provider == Provider.OFFLINE:
        found = counting.rule_changes(version.spec, counted)
        proposal.changes = [change.as_json() for change in found]
        proposal.state = ProposalState.OPEN if found else ProposalState.FAILED
        proposal.why_not = "" if found else "Nothing is common enough among these decisions to make a rule of."
    else:
        proposal.state = ProposalState.WAITING
        proposal.order = _order_advice(task, version, cases, counted, teacher, by)
    proposal.save(force_insert=True)
    trail.record("proposal_made", by=by, about=proposal, task=task.slug, decisions=len(cases))
    return proposal


def proposed_spec(proposal: TaskProposal, edited: Mapping[int, str | None] | None = None) -> dict[str, Any]:
    """The next version's body as proposed, unvalidated.

    Args:
        proposal: The proposal.
        edited: By number of the change: its value as edited by hand, or None to leave it out. Those absent stay.
    """
    return applied(proposal.base_version.spec, _chosen(proposal, edited or {}))


@transaction.atomic
def accept(proposal: TaskProposal, *, by: Member, edited: Mapping[int, str | None] | None = None) -> TaskVersion:
    """Make the proposal the task's next version.

    The proposal's row is locked, so that of two leads at once one makes the version.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 409 `proposal_closed`, 409 `base_changed` when the task has moved on, `spec_invalid`, or 409
            `nothing_changed` when every change is left out.
    """
    open_one = _lock_open(proposal, by)
    latest = latest_version(open_one.task)
    if latest.pk != open_one.base_version_id:
        raise Refusal(
            "base_changed",
            f"This was written for version {open_one.base_version.number}; the task is at version {latest.number}.",
            hint="Rebase it: its changes are laid on the latest version, where they still fit.",
            status=409,
        )
    spec = authoring.parse_spec(proposed_spec(open_one, edited))
    note = f"From {len(open_one.decisions)} decisions"
    made = authoring.new_version(open_one.task, spec=spec, by=by, note=note)
    _close(open_one, ProposalState.ACCEPTED, by, made)
    trail.record("proposal_accepted", by=by, about=open_one, task=open_one.task.slug, number=made.number)
    return made


@transaction.atomic
def dismiss(proposal: TaskProposal, *, by: Member) -> None:
    """Put a proposal away; the task stays as it is.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 409 `proposal_closed`.
    """
    open_one = _lock_open(proposal, by)
    _close(open_one, ProposalState.DISMISSED, by, None)
    trail.record("proposal_dismissed", by=by, about=open_one, task=open_one.task.slug)


@transaction.atomic
def rebase(proposal: TaskProposal, *, by: Member) -> TaskProposal:
    """Lay an open proposal's changes on the task's latest version.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 409 `proposal_closed`, or 409 `rebase_conflict` when a text that it replaces as a whole reads
            differently now.
    """
    open_one = _lock_open(proposal, by)
    latest, base = latest_version(open_one.task), open_one.base_version
    for change in open_one.changes:
        part = change["part"]
        if part in ("instruction", "guideline") and getattr(latest.spec, part) != getattr(base.spec, part):
            raise Refusal(
                "rebase_conflict",
                f"The {part} was changed after version {base.number}, and this replaces all of it.",
                hint="Dismiss this and have it proposed anew from the latest decisions.",
                status=409,
            )
    open_one.base_version = latest
    open_one.save(update_fields=["base_version"])
    return open_one


def _latest_cases(task: Task, look_at: int) -> tuple[TaskVersion, list[Case], PatternCounts]:
    version = latest_version(task)
    cases = evidence.latest(task, at_most=look_at)
    if sum(case.verdict != "accept" for case in cases) < LEAST_DECISIONS:
        raise Refusal(
            "too_few_decisions",
            f"Among the latest {len(cases)} decisions of the training split fewer than {LEAST_DECISIONS} are edits or "
            "rejections.",
            hint="Review some more drafts first.",
        )
    return version, cases, counting.count(version.spec, cases)


def _estimate(version: TaskVersion, cases: Sequence[Case], counted: PatternCounts, teacher: Teacher) -> OrderEstimate:
    spec = launch.require_askable(teacher)
    if teacher.provided_by:
        raise Refusal("teacher", f"{teacher.name} writes drafts and cannot advise.", hint="Choose another teacher.")
    asked = advice_prompt.advice_conversation(version.spec, advice_prompt.select_cases(cases), counted)
    return replace(
        orders_estimate.estimate_conversation(advice_prompt.advice_task(), asked, spec),
        basis="guessed from the length of the question",
    )


def _order_advice(
    task: Task, version: TaskVersion, cases: Sequence[Case], counted: PatternCounts, teacher: Teacher, by: Member
) -> Any:
    estimate = _estimate(version, cases, counted, teacher)
    worst = Decimal(str(estimate.worst_call_usd)).quantize(CENT_OF_A_CENT, rounding=ROUND_UP)
    # A call is for a record: that of the newest decision that it is about.
    record_id = Decision.objects.values_list("draft__record_id", flat=True).get(pk=cases[0].decision)
    request = launch.OrderRequest(
        task, teacher=teacher, count=1, by=by, max_cost_usd=worst or None, purpose=Purpose.TEACHING
    )
    quoted = Quote(version, [str(record_id)], launch.require_askable(teacher), estimate)
    return launch.place(request, quoted, title=f"What rejections teach, by {teacher.name}")


def _chosen(proposal: TaskProposal, edited: Mapping[int, str | None]) -> list[ProposedChange]:
    chosen = []
    for number, raw in enumerate(proposal.changes):
        value = edited.get(number, raw["value"])
        if value is not None and value.strip():
            chosen.append(ProposedChange(raw["part"], value.strip(), raw["why"], raw["decisions"]))
    return chosen


def _lock_open(proposal: TaskProposal, by: Member) -> TaskProposal:
    permissions.require(by, proposal.task, Role.LEAD)
    Task.objects.select_for_update().get(pk=proposal.task_id)
    rows = TaskProposal.objects.select_for_update(of=("self",)).select_related("base_version", "task")
    found = rows.get(pk=proposal.pk)
    if found.state != ProposalState.OPEN:
        raise Refusal(
            "proposal_closed",
            f"This proposal is {found.get_state_display().lower()}.",
            hint="Load the page again.",
            status=409,
        )
    return found


def _close(proposal: TaskProposal, state: ProposalState, by: Member, made: TaskVersion | None) -> None:
    proposal.state, proposal.decided_by, proposal.decided_at = state, by, timezone.now()
    proposal.accepted_version = made
    proposal.save(update_fields=["state", "decided_by", "decided_at", "accepted_version"])
