"""What every act of a lead on a draft does: lock it, compare the tag of what was said, add a row, move the draft."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404

from audit.services import trail
from members.models import Member
from review import submitted_verdict
from review.models import Decision, Draft, Ruling
from review.permissions import require, tasks_for
from review.selectors import rulings as said
from review.states import DraftState, Role, RulingKind
from web.errors import Refusal


@contextmanager
def locked(draft_id: UUID, *, by: Member) -> Iterator[Draft]:
    """The draft under lock, for a lead of its task; verdicts on it wait until the block ends.

    Raises:
        Http404: No such draft for this member.
        PermissionDenied: The member does not lead its task.
    """
    with transaction.atomic():
        seen = Draft.objects.filter(task__in=tasks_for(by), pk=draft_id)
        draft = seen.select_for_update(of=("self",)).select_related("task", "task_version").first()
        if draft is None:
            raise Http404("There is no such draft.")
        require(by, draft.task, Role.LEAD)
        yield draft


def check_tag(draft: Draft, if_match: str | None) -> None:
    """Refuse a lead who has not seen all that was said.

    Raises:
        Refusal: 428 without a tag; 412 when more was said since.
    """
    if if_match is None:
        raise Refusal(
            "if_match_missing",
            "A ruling names what it is about: If-Match is missing.",
            hint="Send the ETag you got with what was said of the draft.",
            status=428,
        )
    current = said.tag(draft.pk)
    if if_match != current:
        raise Refusal(
            "said_since",
            "More was said of this draft since you looked.",
            hint="Look at it as it is now and rule again.",
            status=412,
            state={"draft": str(draft.pk), "state": draft.state, "etag": current},
        )


def rule(draft: Draft, kind: RulingKind, *, by: Member, decision: Decision | None, note: str) -> Ruling:
    """Add the row of a ruling, its note cut to what is kept."""
    words = note.strip()[: submitted_verdict.LONGEST_NOTE]
    ruling = Ruling.objects.create(draft=draft, kind=kind, decision=decision, lead=by, note=words)
    trail.record("ruled", by=by, about=draft, kind=str(kind))
    return ruling


def moved(draft: Draft, state: DraftState) -> Draft:
    """Write where the draft stands now; its row is locked."""
    Draft.objects.filter(pk=draft.pk).update(state=state)
    draft.state = state
    return draft


def not_so(code: str, message: str, draft: Draft) -> Refusal:
    """A refusal of an act that the draft's state does not allow, with that state."""
    state: dict[str, Any] = {"draft": str(draft.pk), "state": draft.state}
    return Refusal(code, message, hint="Look at the draft as it is now.", status=409, state=state)
