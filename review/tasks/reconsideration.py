"""Reconsideration of decisions given before a version changed what drafts are judged by, and of drafts that wait.

Reads only. Only what changes a verdict raises the question: guideline, rubric, checks, reasons and the written fields;
an example more or another template does not. A waiting draft that does not fit a newer version is judged by its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from review.models import Draft, Gold, Reconsideration, Task, TaskVersion
from review.spec.schema import Facts, Fields
from review.spec.task_spec import TaskSpec
from review.spec.values import normalise_fields
from review.states import POSITIVE, DraftState, Verdict
from review.text import checks

PARTS = {
    "guideline": "guideline",
    "rubric": "rubric",
    "checks": "checks",
    "reasons": "reasons for rejection",
    "output_schema": "written fields",
}
KINDS = {
    "marked": "Those that the checks newly mark",
    "accepted": "All that were accepted or edited",
    "reasons": "Those rejected for one of these reasons",
}
COUNT_UP_TO = 10_000
# Asking again looks at so many of the newest earlier decisions, and says so.
LOOK_AT = 5_000
CHUNK = 200


@dataclass(frozen=True, slots=True)
class ReconsiderationQuestion:
    """Do the earlier decisions stand?

    Attributes:
        version: The version that raises it.
        changed: Which parts it changed, in words.
        earlier: How many decisions count that were given under other words.
        is_more: Whether there are more than were counted.
        reasons: Reasons for rejection of the earlier versions: code and label.
    """

    version: TaskVersion
    changed: Sequence[str]
    earlier: int
    is_more: bool
    reasons: Sequence[tuple[str, str]]
    versions: Sequence[TaskVersion]


def open_question(task: Task) -> ReconsiderationQuestion | None:
    """Return the open question to a lead; None where no gold was decided by other criteria, or a lead has answered."""
    versions = list(TaskVersion.objects.filter(task=task).order_by("-number"))
    latest, now = versions[0], _judged_by(versions[0])
    others = [version for version in versions[1:] if _judged_by(version) != now]
    if not others:
        return None
    answered = Reconsideration.objects.filter(task=task).select_related("task_version").first()
    if answered is not None and _judged_by(answered.task_version) == now:
        return None
    # What an answer covered stays covered: only what differs from the words it was given for is new.
    last = answered.task_version if answered is not None else others[0]
    count = len(earlier(task, others).values_list("pk")[: COUNT_UP_TO + 1])
    if not count:
        return None
    before = _judged_by(last)
    changed = [label for part, label in PARTS.items() if before[part] != now[part]]
    labels = {reason.code: reason.label for version in reversed(others) for reason in version.spec.reasons}
    return ReconsiderationQuestion(
        latest, changed, min(count, COUNT_UP_TO), count > COUNT_UP_TO, list(labels.items()), others
    )


def earlier(task: Task, versions: Iterable[TaskVersion]) -> QuerySet[Gold]:
    """Return the golds on drafts of these versions, the newest first."""
    ids = [version.pk for version in versions]
    in_use = {"draft__erased_at__isnull": True, "draft__revocation__isnull": True}
    golds = Gold.objects.filter(task=task, draft__task_version__in=ids, **in_use)
    return golds.order_by("-decided_at")


def drafts_to_ask_again(about: ReconsiderationQuestion, *, kind: str, reasons: Sequence[str] = ()) -> Iterator[UUID]:
    """Drafts whose decisions would be asked again: of the newest earlier ones, those of this kind.

    Args:
        kind: One of `KINDS`.
        reasons: With `reasons`, codes of which one must be among the decision's.
    """
    golds = earlier(about.version.task, about.versions).filter(draft__state=DraftState.DECIDED)
    golds = golds.select_related("decision").only("draft_id", "verdict", "decision__reasons")
    if kind == "reasons":
        codes = set(reasons)
        rows = golds.filter(verdict=Verdict.REJECT)[:LOOK_AT]
        yield from (gold.draft_id for gold in rows if codes & set(gold.decision.reasons))
        return
    positive = golds.filter(verdict__in=POSITIVE)
    if kind == "accepted":
        yield from positive.values_list("draft_id", flat=True)[:LOOK_AT]
        return
    yield from _newly_marked(about, positive)


def answers(task: Task) -> list[Reconsideration]:
    """Return the latest 20 answers of leads, the newest first."""
    rows = Reconsideration.objects.filter(task=task).select_related("by", "task_version")
    return list(rows[:20])


def _newly_marked(about: ReconsiderationQuestion, golds: QuerySet[Gold]) -> Iterator[UUID]:
    specs = {version.pk: version.spec for version in about.versions}
    wide = golds.select_related("decision", "draft__record").only(
        "draft_id",
        "decision__fields",
        "draft__fields",
        "draft__task_version_id",
        "draft__record__facts",
    )
    for gold in wide[:LOOK_AT].iterator(chunk_size=CHUNK):
        draft = gold.draft
        text = gold.decision.fields or draft.fields
        before, now = specs[draft.task_version_id], about.version.spec
        if _kinds(now, draft.record.facts, text) - _kinds(before, draft.record.facts, text):
            yield gold.draft_id


def _kinds(spec: TaskSpec, facts: Facts, fields: Fields) -> set[tuple[str, str, str]]:
    """Return the marks of a version's checks on a text; only `shape` where the text does not fit the output schema."""
    try:
        fields = normalise_fields(spec.output_schema, fields)
    except ValueError:
        return {("shape", "", "")}
    return {(mark.check, mark.field, mark.message) for mark in checks.run(spec, facts, fields)}


def _judged_by(version: TaskVersion) -> dict[str, Any]:
    body = version.body
    return {part: body.get(part) for part in PARTS}


# So many of those that wait are looked at, the oldest first: a page is drawn meanwhile.
UNFIT_AMONG = 2_000
REASONS_SHOWN, DRAFTS_SHOWN = 8, 5


@dataclass(frozen=True, slots=True)
class UnfitGroup:
    """Drafts that do not fit for one reason; `drafts` are the first few of `count`."""

    reason: str
    count: int
    drafts: Sequence[Draft]


@dataclass(frozen=True, slots=True)
class UnfitDrafts:
    """Waiting drafts of earlier versions that do not fit a version.

    Attributes:
        groups: By reason, the most frequent first, the first few reasons.
        looked_at: How many waiting drafts were looked at.
    """

    version: TaskVersion
    groups: Sequence[UnfitGroup]
    count: int
    looked_at: int
    is_more: bool


def waiting(version: TaskVersion) -> UnfitDrafts | None:
    """Waiting drafts of earlier versions whose fields a version would refuse; None where all of them fit."""
    schema = version.spec.output_schema
    earlier = TaskVersion.objects.filter(task=version.task_id, number__lt=version.number)
    others = {each.pk for each in earlier if each.spec.output_schema != schema}
    rows = _oldest(version) if others else []
    by_reason: dict[str, list[Draft]] = {}
    for draft in (row for row in rows[:UNFIT_AMONG] if row.task_version_id in others):
        try:
            normalise_fields(schema, draft.fields)
        except ValueError as error:
            by_reason.setdefault(str(error), []).append(draft)
    if not by_reason:
        return None
    ranked = sorted(by_reason.items(), key=lambda each: (-len(each[1]), each[0]))
    groups = [UnfitGroup(reason, len(of_it), of_it[:DRAFTS_SHOWN]) for reason, of_it in ranked[:REASONS_SHOWN]]
    count = sum(map(len, by_reason.values()))
    return UnfitDrafts(version, groups, count, min(len(rows), UNFIT_AMONG), len(rows) > UNFIT_AMONG)


def _oldest(version: TaskVersion) -> list[Draft]:
    """The oldest drafts that wait, one more than is looked at; an index holds their order, however many there are."""
    drafts = Draft.objects.filter(task=version.task_id, state=DraftState.PENDING, erased_at__isnull=True)
    narrow = drafts.select_related("record").only("fields", "task_version_id", "record__title")
    return list(narrow.order_by("created_at")[: UNFIT_AMONG + 1])
