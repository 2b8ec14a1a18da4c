"""Questions about proposed task versions: a lead's, with the evidence behind each change."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from pydantic import ValidationError

from generation.learning.cases import ProposedChange, applied
from generation.models import TaskProposal
from generation.states import ProposalState
from members.models import Member
from review.models import Decision, Task
from review.spec.spec_diff import WordChange, changes, word_diff
from review.spec.task_spec import TaskSpec
from review.states import Role, Verdict
from review.tasks.permissions import may, tasks_for
from review.tasks.queries import latest_version
from review.text.search.words import texts_of_fields
from web.http.first_or_404 import first_or_404

LISTED = 50
# Of the decisions behind a change, so many are shown with their texts.
SHOWN_EVIDENCE = 3
SHOWN_CHARS = 600
LABELS = {
    "instruction": "Instruction",
    "guideline": "Guideline",
    "rubric": "New requirement",
    "forbidden_phrase": "Forbidden phrase",
    "check": "Check switched on",
}


@dataclass(frozen=True, slots=True)
class ChangeEvidence:
    """One decision behind a change, without who made it."""

    decision: str
    draft: str
    title: str
    verdict: str
    reasons: str
    note: str
    segments: tuple[WordChange, ...]


@dataclass(frozen=True, slots=True)
class ShownChange:
    """One change as a page draws it; `value` and `is_on` are what its wording and its tick begin with."""

    number: int
    part: str
    label: str
    value: str
    why: str
    is_long: bool
    segments: tuple[WordChange, ...]
    count: int
    evidence: list[ChangeEvidence]
    is_on: bool = True


@dataclass(frozen=True, slots=True)
class ShownProposal:
    """A proposal as a page draws it.

    Attributes:
        diff: What would differ from the version it was written for; empty where it no longer makes a whole task.
        counted: What the decisions have in common, as was counted.
    """

    changes: list[ShownChange]
    diff: Sequence[Any]
    latest: int
    is_stale: bool
    counted: dict[str, Any]


def of_task(member: Member, task: Task) -> QuerySet[TaskProposal]:
    """A task's proposals, newest first; for a lead of it."""
    return _visible(member).filter(task=task)


def get(member: Member, proposal_id: UUID) -> TaskProposal:
    """Return one proposal by its id.

    Raises:
        Http404: No such proposal, or of a task the member may not see.
        PermissionDenied: The member does not lead its task.
    """
    proposal = first_or_404(_visible(member).filter(pk=proposal_id), "There is no such proposal that you can see.")
    if not may(member, proposal.task, Role.LEAD):
        raise PermissionDenied
    return proposal


def show(proposal: TaskProposal) -> ShownProposal:
    """A proposal with its diff, and with some of the decisions behind each change."""
    changes = [ProposedChange(**raw) for raw in proposal.changes]
    decision_ids = {pk for change in changes for pk in change.decisions[:SHOWN_EVIDENCE]}
    evidence = _evidence(decision_ids)
    spec, latest = proposal.base_version.spec, latest_version(proposal.task)
    return ShownProposal(
        changes=[_show_change(number, change, spec, evidence) for number, change in enumerate(changes)],
        diff=_diff(spec, changes),
        latest=latest.number,
        is_stale=proposal.state == ProposalState.OPEN and latest.pk != proposal.base_version_id,
        counted=proposal.counted,
    )


def _visible(member: Member) -> QuerySet[TaskProposal]:
    rows = TaskProposal.objects.filter(task__in=tasks_for(member)).order_by("-created_at", "-id")
    return rows.select_related("task", "base_version", "accepted_version", "created_by", "order__job")


def _diff(spec: TaskSpec, proposed_changes: list[ProposedChange]) -> Sequence[Any]:
    try:
        return changes(spec, TaskSpec.model_validate(applied(spec, proposed_changes)))
    except ValidationError:
        return []


def _show_change(
    number: int, change: ProposedChange, spec: TaskSpec, evidence: dict[str, ChangeEvidence]
) -> ShownChange:
    is_long = change.part in ("instruction", "guideline")
    before = getattr(spec, change.part) if is_long else ""
    return ShownChange(
        number=number,
        part=change.part,
        label=LABELS.get(change.part, change.part),
        value=change.value,
        why=change.why,
        is_long=is_long,
        segments=word_diff(before, change.value),
        count=len(change.decisions),
        evidence=[evidence[pk] for pk in change.decisions[:SHOWN_EVIDENCE] if pk in evidence],
    )


def _evidence(decision_ids: Collection[str]) -> dict[str, ChangeEvidence]:
    rows = (
        Decision.objects.filter(pk__in=[UUID(pk) for pk in decision_ids], draft__erased_at__isnull=True)
        .select_related("draft__record", "draft__task_version")
        .defer("draft__messages", "draft__parameters", "draft__marks")
    )
    return {str(row.pk): _evidence_of(row) for row in rows}


def _evidence_of(row: Decision) -> ChangeEvidence:
    labels = {reason.code: reason.label for reason in row.draft.task_version.spec.reasons}
    before = texts_of_fields(row.draft.fields)[:SHOWN_CHARS]
    after = texts_of_fields(row.fields)[:SHOWN_CHARS] if row.verdict == Verdict.EDIT and row.fields else before
    return ChangeEvidence(
        decision=str(row.pk),
        draft=str(row.draft_id),
        title=row.draft.record.title,
        verdict=str(Verdict(row.verdict).label),
        reasons=", ".join(labels.get(code, code) for code in row.reasons),
        note=row.note,
        segments=word_diff(before, after),
    )
