"""Two versions of a dataset, row by row: what came, went or changed, and why a draft is not part of a version.

Reasons come from what was said until then, from the version's filters, and from the names it kept of what only a cap or
a near-duplicate left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from review.datasets import dataset_filters, gold_conditions, removed_samples, row_changes
from review.datasets.filtering import passes
from review.datasets.row_changes import Kind
from review.datasets.selection import NEAR, words_of
from review.models import DatasetRow, DatasetVersion, Decision, Draft, KnownAnswer, Ruling
from review.spec.spec_diff import WordChange, word_diff
from review.states import RulingKind, Verdict

PAGE_ROWS = 25


@dataclass(frozen=True, slots=True)
class DecisionBetween:
    at: datetime
    by: str
    words: str
    note: str


@dataclass(frozen=True, slots=True)
class RowDifference:
    """One row that differs.

    Attributes:
        before: The decision whose text the older version holds.
        after: The same of the newer version.
        why: Why it is absent where it is: for what came from the older version, for what went from the newer.
        segments: What the text lost and gained, of a row whose text changed.
        said: Verdicts and rulings between the two versions, the earliest first.
    """

    draft: UUID
    title: str
    before: Decision | None
    after: Decision | None
    why: ExclusionReason | None
    segments: tuple[WordChange, ...] = ()
    said: list[DecisionBetween] = field(default_factory=list)


def page(
    older: DatasetVersion, newer: DatasetVersion, kind: Kind, *, after: UUID | None = None, size: int = PAGE_ROWS
) -> tuple[list[RowDifference], UUID | None]:
    """Rows that differ between two frozen versions of a dataset, by draft.

    Args:
        newer: The version to go to; it may be the older one in time, and then "removed" is what came since.
        after: The draft that the page before ended with.

    Returns:
        Rows, and the draft to go on after; None on the last page.
    """
    rows, last = row_changes.page(older, newer, kind, after=after, size=size)
    drafts = [row.draft_id for row in rows]
    decisions_by_draft = _said(drafts, *sorted((moment_of(older), moment_of(newer))))
    if kind == "changed":
        others = row_changes.twins(older, drafts)
        return [_changed(row, others[row.draft_id], decisions_by_draft[row.draft_id]) for row in rows], last
    why = exclusion_reasons(newer if kind == "removed" else older, drafts)
    return [_one_sided(row, kind, why[row.draft_id], decisions_by_draft[row.draft_id]) for row in rows], last


def _one_sided(row: DatasetRow, kind: Kind, why: ExclusionReason, decisions: list[DecisionBetween]) -> RowDifference:
    before, after = (row.decision, None) if kind == "removed" else (None, row.decision)
    return RowDifference(row.draft_id, row.draft.record.title, before, after, why, (), decisions)


def _changed(row: DatasetRow, older: DatasetRow, decisions: list[DecisionBetween]) -> RowDifference:
    draft = row.draft.fields
    texts = [words_of((decision.fields if decision else None) or draft) for decision in (older.decision, row.decision)]
    segments = word_diff(*texts) if texts[0] != texts[1] else ()
    same = row.decision_id == older.decision_id
    why = (
        ExclusionReason("rewritten", "Same verdict, different rendering: masked, or by a newer release")
        if same
        else None
    )
    return RowDifference(row.draft_id, row.draft.record.title, older.decision, row.decision, why, segments, decisions)


def _said(drafts: Sequence[UUID], begin: datetime, end: datetime) -> dict[UUID, list[DecisionBetween]]:
    by_draft: defaultdict[UUID, list[DecisionBetween]] = defaultdict(list)
    between = {"draft__in": drafts, "created_at__gt": begin, "created_at__lte": end}
    decisions: Iterable[Decision] = Decision.objects.filter(**between).select_related("reviewer")
    for decision in decisions:
        words = (
            f"{decision.get_verdict_display()}{' late' if decision.is_late else ''}"
            f"{' in bulk' if decision.bulk_id else ''}"
        )
        by_draft[decision.draft_id].append(
            DecisionBetween(decision.created_at, decision.reviewer.name, words, decision.note)
        )
    for ruling in Ruling.objects.filter(**between).select_related("lead"):
        words = f"Ruled: {ruling.get_kind_display().lower()}"
        by_draft[ruling.draft_id].append(DecisionBetween(ruling.created_at, ruling.lead.name, words, ruling.note))
    for of_draft in by_draft.values():
        of_draft.sort(key=lambda decision: decision.at)
    return by_draft


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
    counting = gold_conditions.decision_ids(task, moment, drafts=drafts)
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
