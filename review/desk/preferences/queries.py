"""Preference pairs of a task, and what was chosen among drafts. Reads only.

A pair says: of two texts for one record an expert preferred this one. It comes of an edit, of a preference among drafts, or
of a revision that was asked for. It does not know how an export writes it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Literal
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404

from members.models import Member
from review.drafts.queries import in_use
from review.models import Draft, Gold, Preference, Task
from review.spec.schema import Facts, Fields
from review.states import POSITIVE, Role, Verdict
from review.tasks.permissions import role_of

CHUNK = 500
Kind = Literal["edit", "preference", "revision"]
KINDS: tuple[Kind, ...] = ("edit", "preference", "revision")


@dataclass(frozen=True, slots=True)
class PreferencePair:
    """One preference.

    Attributes:
        record_id: The record both texts are for.
        draft_chosen: The draft whose text was preferred; of an edit, the draft that was edited.
        draft_rejected: The draft whose text was not; of an edit, the same draft as it was written.
        chosen_fields: The preferred text; where an expert judged it positive, the text that verdict ends with.
        rejected_fields: The other text, as its teacher wrote it.
        kind: What it comes of.
        decision_or_preference_id: The verdict (of an edit or a revision) or the preference behind it.
        reviewer: Username of the expert.
        at: When the expert said so.
        task_version_id: The version both drafts were written under; of a revision, the revision's.
        split: Where the record stands.
        group: The record's group.
        facts: The record's facts, to render the prompt with.
    """

    record_id: UUID
    draft_chosen: UUID
    draft_rejected: UUID
    chosen_fields: Fields
    rejected_fields: Fields
    kind: Kind
    decision_or_preference_id: UUID
    reviewer: str
    at: datetime
    task_version_id: UUID
    split: str
    group: str
    facts: Facts


def pairs(
    task: Task, *, kinds: Collection[Kind] = KINDS, drafts: Collection[UUID] | None = None, with_bulk: bool = False
) -> Iterator[PreferencePair]:
    """Every preference that stands in a task, kind after kind, each in the order in which it was said.

    Left out are pairs with a draft or record that was erased, with a draft that was revoked, and pairs of equal texts.
    Read in chunks: memory does not grow with their number.

    Args:
        task: The task.
        kinds: Only these.
        drafts: Only pairs whose preferred draft is among these, such as the golds a dataset selects.
        with_bulk: Also edits made to many drafts at once.
    """
    for kind in KINDS:
        if kind in kinds:
            pairs_of_kind = _SOURCES[kind](task, with_bulk)
            yield from (pair for pair in pairs_of_kind if drafts is None or pair.draft_chosen in drafts)


def standing(task: Task) -> QuerySet[Preference]:
    """Preferences that were not taken back, the earliest first; those that take back are none themselves."""
    preferences = Preference.objects.filter(task=task, retracts__isnull=True)
    return preferences.filter(~Exists(Preference.objects.filter(retracts=OuterRef("pk")))).order_by("created_at", "id")


def preferences_visible_to(member: Member, task: Task) -> QuerySet[Preference]:
    """Preferences a member may read, newest first: a reviewer their own, others all; with `is_retracted`."""
    preferences = Preference.objects.filter(task=task, retracts__isnull=True).select_related("reviewer", "record")
    preferences = preferences.annotate(is_retracted=Exists(Preference.objects.filter(retracts=OuterRef("pk"))))
    if role_of(member, task) == Role.REVIEWER:
        preferences = preferences.filter(reviewer=member)
    return preferences.order_by("-created_at", "-id")


def last_of(member: Member, task: Task) -> Preference | None:
    """The member's latest standing preference: what undo takes back."""
    return standing(task).filter(reviewer=member).select_related("record").last()


def preference_or_404(task: Task, preference_id: UUID) -> Preference:
    """A preference by its id.

    Raises:
        Http404: The task has no such preference.
    """
    preference = Preference.objects.filter(task=task, pk=preference_id).first()
    if preference is None:
        raise Http404("There is no such preference.")
    return preference


def preference_json(preference: Preference) -> dict[str, Any]:
    """A preference for programs."""
    return {
        "id": str(preference.pk),
        "record": str(preference.record_id),
        "reviewer": preference.reviewer.username,
        "chosen": str(preference.chosen_id) if preference.chosen_id else None,
        "shown": preference.shown,
        "seconds": preference.seconds,
        "note": preference.note,
        "retracts": str(preference.retracts_id) if preference.retracts_id else None,
        "is_retracted": getattr(preference, "is_retracted", False),
        "created_at": preference.created_at.isoformat(),
    }


def _golds(task: Task) -> QuerySet[Gold]:
    golds = Gold.objects.filter(in_use("draft__"), task=task)
    golds = golds.select_related("decision__reviewer", "draft__record", "draft__parent")
    return golds.defer("draft__messages", "draft__marks", "draft__parent__messages").order_by("decided_at", "draft_id")


def _edits(task: Task, with_bulk: bool) -> Iterator[PreferencePair]:
    golds = _golds(task).filter(verdict=Verdict.EDIT)
    if not with_bulk:
        golds = golds.filter(decision__bulk__isnull=True)
    for gold in golds.iterator(chunk_size=CHUNK):
        if gold.decision.fields != gold.draft.fields:
            yield _by_verdict(gold, rejected=gold.draft, kind="edit")


def _revisions(task: Task, with_bulk: bool) -> Iterator[PreferencePair]:
    """A revision that was accepted or edited is preferred to what it revises, unless that was accepted as well."""
    golds = _golds(task).filter(in_use("draft__parent__"), verdict__in=POSITIVE, draft__parent__isnull=False)
    golds = golds.filter(~Exists(Gold.objects.filter(draft=OuterRef("draft__parent"), verdict=Verdict.ACCEPT)))
    if not with_bulk:
        golds = golds.filter(decision__bulk__isnull=True)
    for gold in golds.iterator(chunk_size=CHUNK):
        parent = gold.draft.parent
        if parent is not None and _text_of(gold) != parent.fields:
            yield _by_verdict(gold, rejected=parent, kind="revision")


def _preferences(task: Task, with_bulk: bool) -> Iterator[PreferencePair]:
    said = standing(task).filter(chosen__isnull=False).select_related("reviewer", "record")
    rows = said.iterator(chunk_size=CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        drafts, golds = _shown_in(chunk)
        for preference in chunk:
            yield from _by_preference(preference, drafts, golds)


def _shown_in(chunk: Sequence[Preference]) -> tuple[dict[str, Draft], dict[str, Gold]]:
    ids = {draft for preference in chunk for draft in preference.shown}
    usable = Draft.objects.filter(in_use(), pk__in=ids).only("pk", "fields", "task_version_id", "thread")
    golds = Gold.objects.filter(draft__in=[preference.chosen_id for preference in chunk], verdict__in=POSITIVE)
    golds = golds.select_related("decision", "draft").only("decision__fields", "draft__fields")
    return {str(draft.pk): draft for draft in usable}, {str(gold.draft_id): gold for gold in golds}


def _by_preference(
    preference: Preference, drafts: Mapping[str, Draft], golds: Mapping[str, Gold]
) -> Iterator[PreferencePair]:
    chosen = drafts.get(str(preference.chosen_id))
    if chosen is None:
        return
    gold = golds.get(str(chosen.pk))
    text = _text_of(gold) if gold else chosen.fields
    for name in preference.shown:
        other = drafts.get(name)
        if other is None or other.pk == chosen.pk or other.fields == text:
            continue
        if (other.thread or []) != (chosen.thread or []):
            # They answer different prompts.
            continue
        yield PreferencePair(
            record_id=preference.record_id,
            draft_chosen=chosen.pk,
            draft_rejected=other.pk,
            chosen_fields=text,
            rejected_fields=other.fields,
            kind="preference",
            decision_or_preference_id=preference.pk,
            reviewer=preference.reviewer.username,
            at=preference.created_at,
            task_version_id=chosen.task_version_id,
            split=preference.record.split,
            group=preference.record.group,
            facts=preference.record.facts,
        )


def _by_verdict(gold: Gold, *, rejected: Draft, kind: Kind) -> PreferencePair:
    record = gold.draft.record
    return PreferencePair(
        record_id=record.pk,
        draft_chosen=gold.draft_id,
        draft_rejected=rejected.pk,
        chosen_fields=_text_of(gold),
        rejected_fields=rejected.fields,
        kind=kind,
        decision_or_preference_id=gold.decision_id,
        reviewer=gold.decision.reviewer.username,
        at=gold.decision.created_at,
        task_version_id=gold.draft.task_version_id,
        split=record.split,
        group=record.group,
        facts=record.facts,
    )


def _text_of(gold: Gold) -> Fields:
    """The text a positive verdict ends with."""
    fields: Fields = gold.decision.fields or gold.draft.fields
    return fields


_SOURCES = {"edit": _edits, "preference": _preferences, "revision": _revisions}
