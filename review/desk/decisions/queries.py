"""A member's own decisions: searchable, and what can still be taken back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from members.models import Member
from review.drafts import queries, sent_mails
from review.drafts.openings import openings
from review.mail_figures import MailFigures
from review.models import Assignment, Decision, Gold, KnownAnswer, Task
from review.spec.readable import in_reading_order, readable
from review.states import Drawn, RulingKind, Verdict
from review.text import edits
from web.db.spellings import holds
from web.language.sentences import in_language

UNDO_REACHES = 10
SEARCHED = ("draft__record__title", "note", "fields", "draft__fields")


def decisions_of(member: Member, task: Task, *, search: str = "", verdict: str = "") -> QuerySet[Decision]:
    """The member's verdicts in a task, latest first, with `is_retracted`; those that take back are not listed.

    Args:
        search: Words found in the record's title, the note, or the text the decision ends with.
        verdict: Only accept, edit or reject.
    """
    decisions = (
        Decision.objects.filter(reviewer=member, task=task)  # type: ignore[no-redef]
        .exclude(verdict=Verdict.RETRACT)
        .select_related("draft__record", "draft__task_version", "draft__task")
        .defer("draft__messages", "draft__parameters", "draft__labelled_defects")
        .annotate(
            is_retracted=Exists(Decision.objects.filter(retracts=OuterRef("pk"))), ruled=queries.last_ruling_kind()
        )
        .order_by("-created_at", "-id")
    )
    if verdict:
        decisions = decisions.filter(verdict=verdict)
    for word in search.split():
        decisions = decisions.filter(holds(word, *SEARCHED))
    return decisions


def random_slice(task: Task) -> list[Decision]:
    """First verdicts on drafts of the random slice: rates over them are unbiased, whatever order the others come in.

    Of each draft that was drawn at random, the earliest verdict that was not taken back; neither late ones nor any
    given in bulk, elsewhere, on a known answer or after a lead sent the first one back. Which comes first is told here
    and not by the database: without statistics it compares every verdict with every other. Texts are not loaded.
    """
    drawn = Assignment.objects.filter(task=task, drawn=Drawn.RANDOM).values("draft")
    known_answers = KnownAnswer.objects.filter(task=task).values("draft")
    taken_back = set(Decision.objects.filter(task=task, retracts__isnull=False).values_list("retracts", flat=True))
    decisions = (
        Decision.objects.filter(task=task, is_late=False, draft__in=drawn)
        .exclude(verdict=Verdict.RETRACT)
        .exclude(draft__in=known_answers)
        .only("draft_id", "verdict", "bulk_id", "imported_from_id", "created_at")
        .order_by("created_at", "pk")
    )
    first: dict[UUID, Decision] = {}
    for decision in decisions.iterator(chunk_size=2000):
        if decision.pk not in taken_back:
            first.setdefault(decision.draft_id, decision)
    return [decision for decision in first.values() if decision.bulk_id is None and decision.imported_from_id is None]


def undoable(member: Member, task: Task) -> list[Decision]:
    """The member's latest standing decisions, latest first: what Z reaches across cards and across a reload."""
    annotated: Any = decisions_of(member, task)
    return list(annotated.filter(is_retracted=False, is_late=False)[:UNDO_REACHES])


def judged_one_by_one(decisions: QuerySet[Decision]) -> QuerySet[Decision]:
    """Return the decisions not made in bulk: their draft was read. Agreement, pace and preference pairs take these."""
    return decisions.filter(bulk__isnull=True)


def last_one(member: Member, task: Task) -> Decision | None:
    """The member's latest verdict in the task."""
    return decisions_of(member, task).first()


def mails_of(decisions: Sequence[Decision], member: Member) -> dict[UUID, list[MailFigures]]:
    """Return mail figures by decision. Decisions that do not count, or whose draft was not sent, are absent.

    Args:
        decisions: With their drafts and the tasks of these.
    """
    drafts = {decision.draft_id: decision.draft for decision in decisions}
    mails = sent_mails.of_each(member, list(drafts.values()))
    counting = set(Gold.objects.filter(draft__in=list(mails)).values_list("decision", flat=True)) if mails else set()
    return {decision.pk: mails[decision.draft_id] for decision in decisions if decision.pk in counting}


def decision_row(decision: Decision, etag: str) -> dict[str, Any]:
    """A decision in the member's own list."""
    spec = decision.draft.task_version.spec
    reasons = {reason.code: reason.label for reason in spec.reasons}
    fields, names = (
        decision.fields or decision.draft.fields,
        [field.name for field in in_reading_order(spec.output_schema)],
    )
    return {
        "decision": decision,
        "title": decision.draft.record.title,
        "verdict": Verdict(decision.verdict).label,
        "look": queries.VERDICT_LOOKS[decision.verdict],
        "reasons": ", ".join(reasons.get(code, code) for code in decision.reasons),
        "opening": openings([fields], names)[0],
        "etag": etag,
        "may_reopen": not decision.is_retracted,  # type: ignore[attr-defined]
        "ruled": _ruled(decision),
        "edit": _edit(decision),
    }


def decision_on_draft(decision: Decision) -> dict[str, Any]:
    """A decision beneath the draft it is about, with what the edit changed."""
    return {
        "verdict": Verdict(decision.verdict).label,
        "look": queries.VERDICT_LOOKS.get(decision.verdict, "is-idle"),
        "by": decision.reviewer.name,
        "at": decision.created_at,
        "reasons": ", ".join(decision.reasons),
        "note": decision.note,
        "is_late": decision.is_late,
        "ruled": _ruled(decision),
        "edit": _edit(decision),
        "text": _text(decision) if decision.verdict == Verdict.EDIT else "",
    }


def _edit(decision: Decision) -> str:
    """The size and kinds of an edit in the page's language."""
    described = edits.describe(decision.edit_size, ())
    return " · ".join(filter(None, [in_language(described), ", ".join(map(_, decision.edit_kinds))]))


def _ruled(decision: Decision) -> str:
    return RulingKind(decision.ruled).label.lower() if decision.ruled else ""


def _text(decision: Decision) -> str:
    return readable(decision.draft.task_version.spec, decision.fields or {})
