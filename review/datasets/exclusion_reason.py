"""Why a draft is not part of a version: asked of versions long after they were frozen.

The answer comes from what was said until then, from the version's filters, and from the names it kept of what only a
cap or a near-duplicate left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from review.datasets import dataset_filters, gold_conditions, golds_at, removed_samples
from review.datasets.filtering import passes
from review.datasets.selection import NEAR
from review.models import DatasetVersion, Decision, Draft, KnownAnswer, Ruling
from review.states import RulingKind, Verdict


@dataclass(frozen=True, slots=True)
class ExclusionReason:
    """Why a draft is absent.

    Attributes:
        code: One word for programs.
        words: The same for people.
        twin: The draft that says nearly the same, where that is why.
    """

    code: str
    words: str
    twin: UUID | None = None


def moment_of(version: DatasetVersion) -> datetime:
    """Until when what was said counted for a version."""
    chosen = dataset_filters.parse(version.filters).as_of or version.frozen_at
    return chosen or version.created_at


def exclusion_reasons(version: DatasetVersion, drafts: Sequence[UUID]) -> dict[UUID, ExclusionReason]:
    """Why drafts are no part of a frozen version, by draft. A fixed number of questions, however many drafts."""
    task, moment = version.dataset.task, moment_of(version)
    counting = golds_at.decision_ids(task, moment, drafts=drafts)
    steps = gold_conditions.filter_conditions(dataset_filters.parse(version.filters))
    tests = {f"passes_{index}": passes(step) for index, step in enumerate(steps)}
    rows = Decision.objects.filter(pk__in=counting).annotate(**tests).values_list("draft_id", *tests)
    failed = {
        draft: next((step.label for step, passed in zip(steps, passed_all, strict=True) if not passed), "")
        for draft, *passed_all in rows
    }
    gone = _gone(version, drafts)
    silent = _silent([draft for draft in drafts if draft not in failed], moment)
    left_out = version.manifest.get("left_out", {})
    reasons = {}
    for draft in drafts:
        if draft in gone:
            reasons[draft] = gone[draft]
        elif draft in silent:
            reasons[draft] = silent[draft]
        elif label := failed.get(draft):
            reasons[draft] = ExclusionReason("filter", f"{label}: excluded by the filters")
        else:
            reasons[draft] = _beside_others(str(draft), left_out)
    return reasons


def _gone(version: DatasetVersion, drafts: Sequence[UUID]) -> dict[UUID, ExclusionReason]:
    until = version.frozen_at or version.created_at
    erased = Draft.objects.filter(pk__in=list(drafts), erased_at__lte=until).values_list("pk", flat=True)
    reasons = {draft: ExclusionReason("erased", "The person it is about was erased") for draft in erased}
    for draft, revocation in removed_samples.of_drafts(drafts).items():
        if revocation.created_at <= until:
            reasons[draft] = ExclusionReason("revoked", f"Revoked by {revocation.by.name}: {revocation.reason}")
    return reasons


def _silent(drafts: Sequence[UUID], moment: datetime) -> dict[UUID, ExclusionReason]:
    """Return the reason why each of these drafts had no gold at the moment."""
    decisions = Decision.objects.filter(draft__in=list(drafts), created_at__lte=moment).order_by("created_at", "pk")
    ruled = Ruling.objects.filter(draft__in=list(drafts), created_at__lte=moment).order_by("created_at", "pk")
    last = {decision.draft_id: decision for decision in decisions.only("draft_id", "verdict", "is_late")}
    rulings = dict(ruled.values_list("draft_id", "kind"))
    known_answers = set(KnownAnswer.objects.filter(draft__in=list(drafts)).values_list("draft_id", flat=True))
    return {draft: _unsaid(last.get(draft), rulings.get(draft), is_known=draft in known_answers) for draft in drafts}


def _unsaid(last: Decision | None, ruling: str | None, *, is_known: bool) -> ExclusionReason:
    if is_known:
        return ExclusionReason("known_answer", "It is a known answer, used to measure reviewers")
    if last is None:
        return ExclusionReason("not_judged", "Not judged at that time")
    if ruling == RulingKind.SEND_BACK:
        return ExclusionReason("sent_back", "Sent back to its reviewer")
    if last.verdict == Verdict.RETRACT:
        return ExclusionReason("taken_back", "Its verdict was taken back")
    if last.is_late:
        return ExclusionReason("late", "Its verdict came late and was not adopted")
    return ExclusionReason("disputed", "Reviewers disagreed, or more verdicts were required")


def _beside_others(draft: str, left_out: dict[str, dict[str, str] | list[str]]) -> ExclusionReason:
    if draft in left_out.get("cap", ()):
        return ExclusionReason("cap", "Over a cap")
    for name, label in NEAR.items():
        twins = left_out.get(name, {})
        if isinstance(twins, dict) and draft in twins:
            return ExclusionReason(name, label.rstrip("s"), UUID(twins[draft]))
    return ExclusionReason("beside_others", "Left out by a cap or as a near-duplicate")
