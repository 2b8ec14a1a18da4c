"""Queue of a lead: late decisions, disputed drafts, and the verdicts on one draft side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from members.models import Member
from review.drafts import etags, queries
from review.models import Decision, Draft, Gold, Ruling, Task
from review.spec.readable import is_prose, leaf_texts, readable
from review.spec.schema import Fields
from review.spec.spec_diff import WordChange, word_diff
from review.states import RULES_NOTHING, DraftState, Role, RulingKind, Verdict
from review.tasks.permissions import may

LETTERS = "abcd"
PLACES = ("First", "Second", "Third", "Fourth", "Fifth")
DRAFT = "the draft"
COUNT_UP_TO = 1000


@dataclass(frozen=True, slots=True)
class DisputeSide:
    """One verdict beside others.

    Attributes:
        letter: The key that picks it; empty beyond the fourth.
        who: Its author by place, such as "First reviewer": names sway a lead, and are shown on demand.
        reasons: Why it rejects, in words.
        ratings: Requirements of the rubric it rated, and whether each is met.
        changes: The text it ends with, with what differs from the draft; empty for a reject.
        segments: The same, with what differs from `against`: from the draft for the first text, else from the first.
        against: What that is, in words.
    """

    letter: str
    who: str
    decision: Decision
    look: str
    reasons: str
    ratings: tuple[tuple[str, bool], ...]
    changes: tuple[WordChange, ...]
    segments: tuple[WordChange, ...]
    against: str

    @property
    def is_changed(self) -> bool:
        return _differs(self.segments)

    @property
    def is_edited(self) -> bool:
        return _differs(self.changes)

    @property
    def is_beside_another(self) -> bool:
        return bool(self.segments) and self.against != DRAFT


def dispute_etag(draft_id: UUID) -> str:
    """The ETag of everything that was said of a draft: it changes with each decision and each ruling."""
    words = list(Decision.objects.filter(draft_id=draft_id).values_list("pk", flat=True))
    words += Ruling.objects.filter(draft_id=draft_id).values_list("pk", flat=True)
    return etags.draft_etag(draft_id, words)


def verdicts(draft: Draft) -> QuerySet[Decision]:
    """Verdicts on a draft that were neither taken back nor sent back, late ones among them, the earliest first."""
    sent_back = Ruling.objects.filter(decision=OuterRef("pk"), kind=RulingKind.SEND_BACK)
    decisions = Decision.objects.filter(~Exists(sent_back), draft=draft).exclude(verdict=Verdict.RETRACT)
    return decisions.filter(retracted_by__isnull=True).select_related("reviewer").order_by("created_at", "id")


def late_decisions(task: Task) -> QuerySet[Decision]:
    """Late decisions of a task that no lead has ruled on and no author took back, the newest first."""
    return (
        Decision.objects.filter(task=task, is_late=True, retracted_by__isnull=True)
        .exclude(verdict=Verdict.RETRACT)
        .exclude(Exists(Ruling.objects.filter(decision=OuterRef("pk"), kind__in=(RulingKind.ADOPT, RulingKind.LEAVE))))
        .select_related("reviewer", "draft__record", "draft__task_version")
        .defer("draft__messages", "draft__parameters", "draft__labelled_defects")
        .order_by("-created_at", "-id")
    )


def disputed_drafts(task: Task) -> QuerySet[Draft]:
    """Drafts of a task on which verdicts differ, the oldest first."""
    drafts = Draft.objects.filter(task=task, state=DraftState.DISPUTED)
    return drafts.select_related("task", "record", "task_version").order_by("created_at", "id")


def counts(task: Task) -> dict[str, int]:
    """Count a task's late decisions and disputed drafts, each up to `COUNT_UP_TO`."""
    return {
        "late": late_decisions(task).order_by()[:COUNT_UP_TO].count(),
        "disputed": disputed_drafts(task).order_by()[:COUNT_UP_TO].count(),
    }


def anything_waits(task: Task) -> bool:
    """Return whether a late decision or a disputed draft waits for a ruling."""
    return disputed_drafts(task).exists() or late_decisions(task).exists()


def tabs(member: Member, task: Task) -> dict[str, Any]:
    """Return what the tabs of a task's review pages show a member; only leads see what waits for a ruling."""
    may_lead = may(member, task, Role.LEAD)
    return {
        "task": task,
        "section": "review",
        "may_review": may(member, task, Role.REVIEWER),
        "may_lead": may_lead,
        "waiting": counts(task) if may_lead else None,
    }


def ruling_on(member: Member, draft: Draft) -> dict[str, Any] | None:
    """Return the ruling in force and the acts open to a lead of the draft's task; None for any other member."""
    if not may(member, draft.task, Role.LEAD):
        return None
    last = Ruling.objects.filter(draft=draft).exclude(kind__in=RULES_NOTHING).select_related("lead").last()
    in_force = last if last is not None and last.decision_id else None
    is_judged, is_in_use = draft.state == DraftState.DECIDED, queries.is_in_use(draft)
    return {
        "tag": dispute_etag(draft.pk),
        "in_force": in_force,
        "may_ask_again": is_judged and in_force is None and is_in_use,
        "is_disputed": draft.state == DraftState.DISPUTED,
        "may_be_known": draft.state not in (DraftState.LEASED, DraftState.KEPT, DraftState.MACHINE) and is_in_use,
    }


def sides(draft: Draft) -> list[DisputeSide]:
    """The verdicts on a draft side by side: the first against the draft, others against the first with a text."""
    original = _text(draft, draft.fields)
    before, against = original, DRAFT
    result: list[DisputeSide] = []
    for place, decision in enumerate(verdicts(draft)):
        text = _text(draft, decision.fields) if decision.fields is not None else ""
        letter = LETTERS[place : place + 1]
        result.append(
            DisputeSide(
                letter=letter,
                who=f"{PLACES[place]} reviewer" if place < len(PLACES) else f"Reviewer {place + 1}",
                decision=decision,
                look=queries.VERDICT_LOOKS[decision.verdict],
                reasons=_reasons(draft, decision),
                ratings=tuple(sorted(decision.ratings.items())),
                changes=word_diff(original, text) if text else (),
                segments=word_diff(before, text) if text else (),
                against=against,
            )
        )
        if text and against == DRAFT:
            before, against = text, letter.upper()
    return result


@dataclass(frozen=True, slots=True)
class DisputedField:
    """One value of a draft beside what each verdict makes of it.

    Attributes:
        draft: The draft's value as text.
        cells: Of each verdict, what differs from the draft; None for one without a final text.
        differs: Whether the verdicts do not all say the same of it.
    """

    name: str
    draft: str
    cells: tuple[tuple[WordChange, ...] | None, ...]
    differs: bool


def disputed_fields(draft: Draft, sides: Sequence[DisputeSide]) -> list[DisputedField]:
    """The values of a draft field by field, those that differ first; none where a mail or one text is all there is."""
    spec = draft.task_version.spec
    if is_prose(spec):
        return []
    original = leaf_texts(spec, draft.fields)
    ends = [None if side.decision.fields is None else leaf_texts(spec, side.decision.fields) for side in sides]
    names = dict.fromkeys([*original, *(name for end in ends if end for name in end)])
    rows = [_disputed_field(name, original, ends) for name in names]
    return sorted(rows, key=lambda row: not row.differs)


def _disputed_field(name: str, original: dict[str, str], ends: Sequence[dict[str, str] | None]) -> DisputedField:
    before, texts = original.get(name, ""), [None if end is None else end.get(name, "") for end in ends]
    cells = tuple(None if text is None else word_diff(before, text) for text in texts)
    return DisputedField(name, before, cells, len({text for text in texts if text is not None} | {before}) > 1)


def late_line(decision: Decision) -> dict[str, Any]:
    """A late decision in the lead's list, beside what counts now."""
    draft = decision.draft
    gold = Gold.objects.filter(draft=draft).select_related("decision__reviewer").first()
    now = draft.fields if gold is None or gold.decision.fields is None else gold.decision.fields
    text = _text(draft, decision.fields) if decision.fields is not None else ""
    return {
        "decision": decision,
        "title": draft.record.title,
        "look": queries.VERDICT_LOOKS[decision.verdict],
        "reasons": _reasons(draft, decision),
        "segments": word_diff(_text(draft, now), text) if text else (),
        "gold": gold,
        "gold_look": queries.VERDICT_LOOKS[gold.verdict] if gold else "",
        "is_in_deck": draft.state == DraftState.LEASED,
        "tag": dispute_etag(draft.pk),
    }


def _differs(segments: tuple[WordChange, ...]) -> bool:
    return any(segment.kind != "same" for segment in segments)


def _text(draft: Draft, fields: Fields) -> str:
    return readable(draft.task_version.spec, fields)


def _reasons(draft: Draft, decision: Decision) -> str:
    labels = {reason.code: reason.label for reason in draft.task_version.spec.reasons}
    return ", ".join(labels.get(code, code) for code in decision.reasons)
