"""Why a draft is not part of a version: asked of versions long after they were frozen.

The answer comes from what was said until then, from the version's filters, and from the names it kept of what only a cap
or a near-duplicate left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from review import dataset_filters
from review.models import DatasetVersion, Decision, Draft, KnownAnswer, Ruling
from review.selectors import gold_steps, revoked
from review.services import golds_at
from review.services.datasets.selection import NEAR
from review.services.datasets.sifting import passes
from review.states import RulingKind, Verdict


@dataclass(frozen=True, slots=True)
class Why:
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


def why(version: DatasetVersion, drafts: Sequence[UUID]) -> dict[UUID, Why]:
    """Why drafts are no part of a frozen version, by draft. A fixed number of questions, however many drafts."""
    task, moment = version.dataset.task, moment_of(version)
    counting = golds_at.ids(task, moment, drafts=drafts)
    steps = gold_steps.steps(dataset_filters.parse(version.filters))
    tests = {f"passes_{index}": passes(step) for index, step in enumerate(steps)}
    rows = Decision.objects.filter(pk__in=counting).annotate(**tests).values_list("draft_id", *tests)
    failed = {
        draft: next((step.label for step, passed in zip(steps, passed_all, strict=True) if not passed), "")
        for draft, *passed_all in rows
    }
    gone = _gone(version, drafts)
    silent = _silent([draft for draft in drafts if draft not in failed], moment)
    left_out = version.manifest.get("left_out", {})
    found = {}
    for draft in drafts:
        if draft in gone:
            found[draft] = gone[draft]
        elif draft in silent:
            found[draft] = silent[draft]
        elif label := failed.get(draft):
            found[draft] = Why("filter", f"{label}: the filters leave it out")
        else:
            found[draft] = _beside_others(str(draft), left_out)
    return found


def _gone(version: DatasetVersion, drafts: Sequence[UUID]) -> dict[UUID, Why]:
    until = version.frozen_at or version.created_at
    erased = Draft.objects.filter(pk__in=list(drafts), erased_at__lte=until).values_list("pk", flat=True)
    found = {draft: Why("erased", "The person it was about was erased") for draft in erased}
    for draft, revocation in revoked.of_drafts(drafts).items():
        if revocation.created_at <= until:
            found[draft] = Why("revoked", f"Revoked by {revocation.by.name}: {revocation.reason}")
    return found


def _silent(drafts: Sequence[UUID], moment: datetime) -> dict[UUID, Why]:
    """Of drafts for which nothing counted then: why not."""
    said = Decision.objects.filter(draft__in=list(drafts), created_at__lte=moment).order_by("created_at", "pk")
    ruled = Ruling.objects.filter(draft__in=list(drafts), created_at__lte=moment).order_by("created_at", "pk")
    last = {decision.draft_id: decision for decision in said.only("draft_id", "verdict", "is_late")}
    rulings = dict(ruled.values_list("draft_id", "kind"))
    known = set(KnownAnswer.objects.filter(draft__in=list(drafts)).values_list("draft_id", flat=True))
    return {draft: _unsaid(last.get(draft), rulings.get(draft), is_known=draft in known) for draft in drafts}


def _unsaid(last: Decision | None, ruling: str | None, *, is_known: bool) -> Why:
    if is_known:
        return Why("known_answer", "It measures reviewers as a known answer")
    if last is None:
        return Why("not_judged", "Not judged by then")
    if ruling == RulingKind.SEND_BACK:
        return Why("sent_back", "Sent back to its reviewer")
    if last.verdict == Verdict.RETRACT:
        return Why("taken_back", "Its verdict was taken back")
    if last.is_late:
        return Why("late", "Its verdict came late and was not adopted")
    return Why("disputed", "Verdicts differed, or more of them were wanted")


def _beside_others(draft: str, left_out: dict[str, dict[str, str] | list[str]]) -> Why:
    if draft in left_out.get("cap", ()):
        return Why("cap", "Over a cap: enough others are like it")
    for name, label in NEAR.items():
        twins = left_out.get(name, {})
        if isinstance(twins, dict) and draft in twins:
            return Why(name, label.rstrip("s"), UUID(twins[draft]))
    return Why("beside_others", "A cap or a near-duplicate left it out")
