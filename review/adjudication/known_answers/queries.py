"""Known answers of a task for its lead, and how one reviewer met them.

Told to reviewers after they judged, never before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from members.models import Member
from review.models import Assignment, Decision, KnownAnswer, Task
from review.states import Drawn, Verdict

SHOWN = 200


@dataclass(frozen=True, slots=True)
class AnsweredKnown:
    """One known answer as one reviewer judged it.

    Attributes:
        decision: Their verdict, with draft and record loaded.
        known: The right one.
        is_right: Whether the two are the same verdict; reasons and texts are not compared.
    """

    decision: Decision
    known: KnownAnswer
    is_right: bool


def verdicts(task: Task) -> QuerySet[Decision]:
    """Standing verdicts on cards that were dealt as known answers; what was said of the draft before is none."""
    dealt = Assignment.objects.filter(draft=OuterRef("draft"), reviewer=OuterRef("reviewer"), drawn=Drawn.KNOWN)
    decisions = Decision.objects.filter(Exists(dealt), task=task, draft__known_answer__isnull=False)
    return decisions.filter(is_late=False, retracted_by__isnull=True).exclude(verdict=Verdict.RETRACT)


def answered_by(member: Member, task: Task) -> list[AnsweredKnown]:
    """Return a reviewer's verdicts on known answers, the latest first, at most `SHOWN`."""
    decisions = verdicts(task).filter(reviewer=member).select_related("draft__record", "draft__known_answer")
    ordered = decisions.defer("draft__messages", "draft__parameters").order_by("-created_at", "-id")[:SHOWN]
    return [
        AnsweredKnown(decision, decision.draft.known_answer, decision.verdict == decision.draft.known_answer.verdict)
        for decision in ordered
    ]


def known_answers_of(task: Task) -> list[dict[str, Any]]:
    """Return lines of a task's known answers, those still dealt before those taken out, at most `SHOWN`."""
    return with_results(newest(task).order_by(F("retired_at").desc(nulls_first=True), "-created_at", "-id")[:SHOWN])


def newest(task: Task) -> QuerySet[KnownAnswer]:
    """Known answers of a task for its lead, the newest first."""
    held = KnownAnswer.objects.filter(task=task).select_related("task", "draft__record", "created_by")
    return held.defer("draft__messages", "draft__parameters").order_by("-created_at", "-id")


def with_results(known_answers: Iterable[KnownAnswer]) -> list[dict[str, Any]]:
    """Return lines of known answers of one task, with how often each was judged and judged right."""
    held = list(known_answers)
    if not held:
        return []
    rows = verdicts(held[0].task).filter(draft__in=[each.draft_id for each in held])
    right = Q(verdict=F("draft__known_answer__verdict"))
    results = rows.order_by().values("draft").annotate(judged=Count("pk"), right=Count("pk", filter=right))
    counted = {row["draft"]: (row["right"], row["judged"]) for row in results}
    lines = []
    for known_answer in held:
        was_right, judged = counted.get(known_answer.draft_id, (0, 0))
        title, verdict = known_answer.draft.record.title, Verdict(known_answer.verdict).label
        lines.append({"known": known_answer, "title": title, "verdict": verdict, "judged": judged, "right": was_right})
    return lines
