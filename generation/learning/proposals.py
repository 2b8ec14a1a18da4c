"""Proposes a next task version from what was decided, and lets a lead accept, change or dismiss it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.utils import timezone

from audit import trail
from generation.learning import advice_prompt, counting, evidence, examples
from generation.learning.advice_call import EXAMPLES
from generation.learning.cases import Case, ProposedChange, applied
from generation.learning.counting import PatternCounts
from generation.models import TaskProposal, Teacher
from generation.money.estimate import OrderEstimate, estimate_conversation
from generation.orders import launch
from generation.orders.launch import Quote
from generation.states import ProposalState, Provider, Purpose
from members.models import Member
from review.models import Decision, Task, TaskVersion
from review.spec.prompting import Message
from review.states import Role
from review.tasks import authoring, permissions
from review.tasks.queries import latest_version
from web.errors import Refusal

LEAST_DECISIONS = 5


class Basis(StrEnum):
    """Basis of a proposal."""

    DECISIONS = "decisions"
    EXAMPLES = "examples"


@dataclass(frozen=True, slots=True)
class _Question:
    """Question of a proposal: the version, the decisions or rows it is asked of, and how an adviser would be asked."""

    version: TaskVersion
    cases: list[Case]
    counted: PatternCounts
    rows: list[str]
    asked: list[Message]

    def record_id(self) -> str:
        """A call is for a record: the first row, or that of the newest decision."""
        if self.rows:
            return self.rows[0]
        return str(Decision.objects.values_list("draft__record_id", flat=True).get(pk=self.cases[0].decision))


def price(task: Task, *, teacher: Teacher, by: Member, basis: Basis = Basis.DECISIONS) -> OrderEstimate:
    """Estimate the cost of asking this teacher; writes nothing.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: As for `propose`.
    """
    permissions.require(by, task, Role.LEAD)
    return _estimate(_question(task, basis, evidence.DEFAULT_DECISIONS), teacher)


@transaction.atomic
def propose(
    task: Task,
    *,
    by: Member,
    teacher: Teacher | None = None,
    look_at: int = evidence.DEFAULT_DECISIONS,
    basis: Basis = Basis.DECISIONS,
) -> TaskProposal:
    """Propose changes of the latest version from the latest decisions, or from its rows where none were made yet.

    With a teacher its one paid call is ordered like any other, with its worst case as budget; without one, or with the
    offline teacher, the changes are counted here and now.

    Args:
        teacher: Whom to ask; None counts.
        look_at: How many decisions, the latest.
        basis: What it is made of. Of rows nothing is counted: a teacher has to be asked.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: `too_few_decisions`, `too_few_examples`, `no_teacher`, or as a teacher that cannot be asked is refused.
    """
    permissions.require(by, task, Role.LEAD)
    question = _question(task, basis, look_at)
    proposal = TaskProposal(
        task=task,
        base_version=question.version,
        decisions=[case.decision for case in question.cases],
        counted=question.counted.as_json() | ({EXAMPLES: question.rows} if question.rows else {}),
        created_by=by,
    )
    if teacher is None or teacher.provider == Provider.OFFLINE:
        if question.rows:
            message = "Rows cannot be counted: a teacher must read them."
            raise Refusal("no_teacher", message, hint="Choose a teacher.", errors={"teacher": [message]})
        changes = counting.rule_changes(question.version.spec, question.counted)
        proposal.changes = [asdict(change) for change in changes]
        proposal.state = ProposalState.OPEN if changes else ProposalState.FAILED
        proposal.why_not = "" if changes else "These decisions have nothing in common that would make a rule."
    else:
        proposal.state = ProposalState.WAITING
        proposal.order = _order_advice(task, question, teacher, by)
    proposal.save(force_insert=True)
    trail.record("proposal_made", by=by, about=proposal, task=task.slug, decisions=len(question.cases))
    return proposal


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
    before = open_one.base_version.spec
    spec = authoring.parse_spec(applied(before, _chosen(open_one, edited or {})), before)
    rows = len(open_one.counted.get(EXAMPLES, ()))
    note = f"From {rows} examples" if rows else f"From {len(open_one.decisions)} decisions"
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
                hint="Dismiss this and request a new proposal from the latest decisions.",
                status=409,
            )
    open_one.base_version = latest
    open_one.save(update_fields=["base_version"])
    return open_one


def _question(task: Task, basis: Basis, look_at: int) -> _Question:
    version = latest_version(task)
    if basis is Basis.EXAMPLES:
        shown = examples.first_of(task)
        messages = examples.conversation(version.spec, shown)
        return _Question(version, [], counting.count(version.spec, []), [example.record for example in shown], messages)
    cases = evidence.latest(task, at_most=look_at)
    if sum(case.verdict != "accept" for case in cases) < LEAST_DECISIONS:
        raise Refusal(
            "too_few_decisions",
            f"Among the latest {len(cases)} decisions of the training split fewer than {LEAST_DECISIONS} are edits or "
            "rejections.",
            hint="Review some more drafts first.",
        )
    counted = counting.count(version.spec, cases)
    messages = advice_prompt.advice_conversation(version.spec, advice_prompt.select_cases(cases), counted)
    return _Question(version, cases, counted, [], messages)


def _estimate(question: _Question, teacher: Teacher) -> OrderEstimate:
    spec = launch.require_askable(teacher)
    if teacher.provided_by:
        raise Refusal("teacher", f"{teacher.name} writes drafts and cannot advise.", hint="Choose another teacher.")
    return replace(
        estimate_conversation(advice_prompt.advice_task(), question.asked, spec),
        basis="guessed from the length of the question",
    )


def _order_advice(task: Task, question: _Question, teacher: Teacher, by: Member) -> Any:
    spec, estimate = launch.require_askable(teacher), _estimate(question, teacher)
    quoted = Quote(question.version, [question.record_id()], spec, estimate)
    title = f"{'A wording from examples' if question.rows else 'What rejections teach'}, by {teacher.name}"
    return launch.place_one(quoted, task, teacher=teacher, by=by, purpose=Purpose.TEACHING, title=title)


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
    row = rows.get(pk=proposal.pk)
    if row.state != ProposalState.OPEN:
        raise Refusal(
            "proposal_closed",
            f"This proposal is {row.get_state_display().lower()}.",
            hint="Reload the page.",
            status=409,
        )
    return row


def _close(proposal: TaskProposal, state: ProposalState, by: Member, version: TaskVersion | None) -> None:
    proposal.state, proposal.decided_by, proposal.decided_at = state, by, timezone.now()
    proposal.accepted_version = version
    proposal.save(update_fields=["state", "decided_by", "decided_at", "accepted_version"])
