"""Choosing the best of several drafts for one record, and taking that back: one short transaction each.

The chosen draft waits for its chooser alone, to be judged; the others leave the desk. A preference never changes:
taking it back is a preference of its own. It does not know how the drafts were laid out, nor who wrote them.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.http import Http404

from members.models import Member
from review.desk.destinations import FOR_A_CAMPAIGN
from review.desk.preferences.lineups import FEWEST, MOST
from review.desk.verdict_fit import LONGEST_NOTE, LONGEST_S
from review.drafts.queries import in_use
from review.models import Assignment, Decision, Draft, Preference, Record, Task
from review.spec.prompting import canonical_json
from review.states import FIRST_IN_QUEUE, JUDGED, AssignmentState, DraftState, Role
from review.tasks.permissions import require, task_or_404
from web.errors import Refusal
from web.http.first_or_404 import first_or_404


@dataclass(frozen=True, slots=True)
class PreferenceOutcome:
    """Result of recording a preference.

    Attributes:
        preference: The preference, this one or, for a repeated request, the first.
        is_replay: Whether the very same request was recorded before.
    """

    preference: Preference
    is_replay: bool = False


def choose(
    task: Task,
    *,
    by: Member,
    id: UUID,
    record_id: UUID,
    shown: Sequence[UUID],
    chosen: UUID | None,
    seconds: float = 0.0,
    note: str = "",
) -> PreferenceOutcome:
    """Record which of the drafts shown is best, or that none is better than the others.

    The drafts are locked, so that of two who choose or judge at once the second is told. With none chosen all stay on
    the desk.

    Args:
        by: The expert; reviewer or lead of the task, or admin.
        id: The client's UUID; the same id with the same body gives the first result again.
        record_id: The record the drafts are for.
        shown: The drafts as they were laid out, left to right; two to eight.
        chosen: The best of them; None when none is better.

    Raises:
        Http404: A draft is none of this task.
        PermissionDenied: Not a reviewer of the task.
        Refusal: 422 when the parts do not fit together, or a draft was written for a campaign; 409 when the id came
            with another body, or when a draft is in front of somebody else, judged, or gone from the desk.
    """
    require(by, task, Role.REVIEWER)
    preference = _read(task, id=id, record_id=record_id, shown=shown, chosen=chosen, seconds=seconds, note=note)
    try:
        with transaction.atomic():
            return _again(preference, by=by) or _choose(preference, by=by)
    except IntegrityError:
        # Another request with this id came in between; what it wrote is seen now.
        return _again(preference, by=by) or _raise_reused()


def take_back(preference_id: UUID, *, by: Member, id: UUID) -> PreferenceOutcome:
    """Take an own preference back: the drafts it took off the desk come back, the chosen one waits for anybody.

    Raises:
        Http404: The member has no such preference.
        Refusal: 409 when it was taken back before, its chosen draft is judged or in front of somebody else, or the id
            belongs to another preference.
    """
    target = first_or_404(
        Preference.objects.select_related("task").filter(pk=preference_id, reviewer=by, retracts__isnull=True),
        "You have no preference to take back.",
    )
    task_or_404(by, target.task.slug)
    retraction = Preference(
        id=id,
        task=target.task,
        record_id=target.record_id,
        reviewer=by,
        chosen=None,
        shown=target.shown,
        retracts=target,
        body_hash=_hash({"retracts": str(target.pk)}),
    )
    try:
        with transaction.atomic():
            return _again(retraction, by=by) or _take_back(retraction, target, by=by)
    except IntegrityError:
        return _again(retraction, by=by) or _raise_reused()


def _read(
    task: Task, *, id: UUID, record_id: UUID, shown: Sequence[UUID], chosen: UUID | None, seconds: float, note: str
) -> Preference:
    if not FEWEST <= len(shown) <= MOST or len(set(shown)) != len(shown):
        raise _wrong("shown", f"Name {FEWEST} to {MOST} different drafts, in the order they were shown.")
    if chosen is not None and chosen not in shown:
        raise _wrong("chosen", "The chosen draft is none of those shown.")
    if not math.isfinite(seconds) or not 0 <= seconds <= LONGEST_S:
        raise _wrong("seconds", "Seconds are a number from 0 to 86400.")
    if len(note) > LONGEST_NOTE:
        raise _wrong("note", f"The note has {len(note)} characters; at most {LONGEST_NOTE} are kept.")
    body = {
        "record": str(record_id),
        "shown": [str(draft) for draft in shown],
        "chosen": str(chosen) if chosen else None,
        "seconds": seconds,
        "note": note,
    }
    return Preference(
        id=id,
        task=task,
        record_id=record_id,
        chosen_id=chosen,
        shown=body["shown"],
        seconds=seconds,
        note=note.strip(),
        body_hash=_hash(body),
    )


def _again(preference: Preference, *, by: Member) -> PreferenceOutcome | None:
    first = Preference.objects.select_related("task", "reviewer").filter(pk=preference.pk).first()
    if first is None:
        return None
    if (first.reviewer_id, first.task_id, first.body_hash) != (by.pk, preference.task_id, preference.body_hash):
        _raise_reused()
    return PreferenceOutcome(first, is_replay=True)


def _raise_reused() -> PreferenceOutcome:
    raise Refusal(
        "preference_id_reused",
        "This id was already used for another preference.",
        hint="Use a new UUID for each preference.",
        status=409,
    )


def _choose(preference: Preference, *, by: Member) -> PreferenceOutcome:
    # The record's row first: revisions and erasing that concern it wait their turn.
    drafts = _locked(preference)
    _check_free(drafts, by=by)
    preference.reviewer = by
    preference.save(force_insert=True)
    if preference.chosen_id is not None:
        _let_go(drafts, by=by)
        Draft.objects.filter(pk=preference.chosen_id).update(
            state=DraftState.PENDING, for_reviewer=by, queue_position=FIRST_IN_QUEUE
        )
        Draft.objects.filter(pk__in=[draft.pk for draft in drafts if draft.pk != preference.chosen_id]).update(
            state=DraftState.KEPT
        )
    return PreferenceOutcome(preference)


def _take_back(preference: Preference, target: Preference, *, by: Member) -> PreferenceOutcome:
    drafts = {draft.pk: draft for draft in _locked(target)}
    if Preference.objects.filter(retracts=target).exists():
        raise Refusal("already_retracted", "This preference was taken back already.", status=409)
    if target.chosen_id is not None:
        _check_open(drafts[target.chosen_id], by=by)
        _let_go([drafts[target.chosen_id]], by=by)
        usable = Draft.objects.filter(in_use())
        usable.filter(pk=target.chosen_id).update(state=DraftState.PENDING, for_reviewer=None)
        others = [pk for pk in drafts if pk != target.chosen_id]
        usable.filter(pk__in=others, state=DraftState.KEPT).update(state=DraftState.PENDING)
    preference.save(force_insert=True)
    return PreferenceOutcome(preference)


def _locked(preference: Preference) -> list[Draft]:
    """The drafts of a preference under lock, in one order that every writer keeps."""
    ids = [UUID(name) for name in preference.shown]
    drafts = list(
        Draft.objects.select_for_update(of=("self",))
        .filter(pk__in=ids, task_id=preference.task_id)
        .only("pk", "state", "record_id", "task_version_id", "for_reviewer_id", "erased_at", "origin")
        .order_by("pk")
    )
    if (
        len(drafts) != len(ids)
        or not Record.objects.filter(pk=preference.record_id, task_id=preference.task_id).exists()
    ):
        raise Http404("There are no such drafts.")
    if any(draft.record_id != preference.record_id for draft in drafts):
        raise _wrong("shown", "The drafts are not all for this record.")
    if len({draft.task_version_id for draft in drafts}) > 1:
        raise _wrong("shown", "The drafts were written under different versions of the task.")
    return drafts


def _check_free(drafts: Sequence[Draft], *, by: Member) -> None:
    if any(draft.origin == FOR_A_CAMPAIGN for draft in drafts):
        raise _wrong(
            "shown", "One of these drafts was written for a campaign: its mail waits for a verdict of its own."
        )
    ids = [draft.pk for draft in drafts]
    mine = set(
        Assignment.objects.filter(draft__in=ids, reviewer=by, state=AssignmentState.ACTIVE).values_list(
            "draft_id", flat=True
        )
    )
    judged = set(Decision.objects.filter(draft__in=ids).values_list("draft_id", flat=True))
    for draft in drafts:
        is_free = draft.state == DraftState.PENDING and draft.for_reviewer_id in (None, by.pk)
        if draft.erased_at or draft.pk in judged or not (is_free or draft.pk in mine):
            raise Refusal(
                "drafts_moved",
                "Another reviewer now has one of these drafts, or it was already judged.",
                hint="Nothing was changed. Continue with the next one.",
                status=409,
                state={"draft": str(draft.pk), "state": draft.state},
            )


def _check_open(chosen: Draft, *, by: Member) -> None:
    held = Assignment.objects.filter(draft=chosen, state=AssignmentState.ACTIVE).exclude(reviewer=by)
    if chosen.state in JUDGED or held.exists():
        raise Refusal(
            "judged_since",
            "The draft you chose was judged meanwhile, or another reviewer has it.",
            hint="Take that verdict back first, under My decisions.",
            status=409,
            state={"draft": str(chosen.pk), "state": chosen.state},
        )


def _let_go(drafts: Sequence[Draft], *, by: Member) -> None:
    held = Assignment.objects.filter(draft__in=[draft.pk for draft in drafts], reviewer=by)
    held.filter(state=AssignmentState.ACTIVE).update(state=AssignmentState.RELEASED)


def _hash(body: object) -> str:
    return hashlib.sha256(canonical_json(body).encode()).hexdigest()


def _wrong(part: str, message: str) -> Refusal:
    return Refusal("invalid_preference", message, hint="Correct this part and send it again.", errors={part: [message]})
