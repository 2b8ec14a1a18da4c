"""Visibility of a draft's author. Reviewers who have not judged the draft may not see it: it biases the verdict.

Takes the same few queries for any number of drafts, and knows nothing of the pages that ask.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Value

from members.models import Member
from review.models import Assignment, Decision, Draft
from review.states import JUDGED, AssignmentState, Role, Verdict
from review.tasks.permissions import slugs_with


def visible_to(member: Member, drafts: Iterable[Draft]) -> frozenset[UUID]:
    """Ids of those drafts of which the member may know who wrote them, with what, and for how much.

    Leads always may. Others may once they judged it themselves, or once others did and no card of it is theirs to
    judge.

    Args:
        member: Who looks; sees these drafts.
        drafts: With their task loaded.
    """
    led = slugs_with(member, Role.LEAD)
    rows = list(drafts)
    visible = {draft.pk for draft in rows if led is None or draft.task.slug in led}
    rest = [draft for draft in rows if draft.pk not in visible]
    if not rest:
        return frozenset(visible)
    gave, theirs = _own(member, [draft.pk for draft in rest])
    visible |= gave | {draft.pk for draft in rest if draft.state in JUDGED and draft.pk not in theirs}
    return frozenset(visible)


def _own(member: Member, ids: list[UUID]) -> tuple[set[UUID], set[UUID]]:
    """Return two sets of these drafts: with a standing verdict of the member, and with a card still theirs to judge."""
    decisions = Decision.objects.filter(draft__in=ids, reviewer=member, retracted_by__isnull=True)
    cards = Assignment.objects.filter(draft__in=ids, reviewer=member).exclude(state=AssignmentState.DONE)
    gave = decisions.exclude(verdict=Verdict.RETRACT).order_by().values_list("draft_id", Value(1))
    # Both in one statement: it is asked for every page of the list.
    rows = list(gave.union(cards.order_by().values_list("draft_id", Value(0)), all=True))
    return {pk for pk, is_said in rows if is_said}, {pk for pk, is_said in rows if not is_said}
