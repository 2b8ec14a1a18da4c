"""A lead's answer to "do the earlier decisions stand?": they do, or some drafts go back to the desk. Kept for good."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from members.models import Member
from review.desk import golds
from review.models import Draft, Reconsideration, Ruling, Task
from review.states import DraftState, Role
from review.tasks import reconsideration
from review.tasks.permissions import require
from review.tasks.reconsideration import KINDS, ReconsiderationQuestion
from web.db.chunks import chunked
from web.errors import Refusal

STAND = "stand"
CHUNK = 500


def answer(task: Task, *, by: Member, version: int, kind: str = STAND, reasons: Sequence[str] = ()) -> Reconsideration:
    """Say that the earlier decisions stand, or have some of them asked about again.

    Drafts that are asked about again wait for a second opinion, in front of those who have not judged them; the verdict
    that stands goes on to count until another contradicts it. What a lead has ruled on stays ruled. All of it is one
    transaction under the task's row: of two leads who answer at once the second is told.

    Args:
        by: A lead of it, or admin.
        version: Number of the version the question was asked for.
        kind: `stand`, `marked`, `accepted` or `reasons`.
        reasons: With `reasons`, codes of reasons for rejection.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 422 for an answer there is not; 409 when nothing is asked, or another version came meanwhile.
    """
    require(by, task, Role.LEAD)
    if kind != STAND and kind not in KINDS:
        raise Refusal("unknown_answer", f"'{kind}' is not an answer; write {', '.join([STAND, *KINDS])}.")
    if kind == "reasons" and not reasons:
        raise Refusal("no_reasons", "Name at least one reason.", errors={"reasons": ["Choose at least one."]})
    with transaction.atomic():
        Task.objects.select_for_update().get(pk=task.pk)
        about = _asked(task, version)
        ids = [] if kind == STAND else list(reconsideration.drafts_to_ask_again(about, kind=kind, reasons=reasons))
        return Reconsideration.objects.create(
            task=task,
            task_version=about.version,
            kind=kind,
            reasons=list(reasons) if kind == "reasons" else [],
            earlier=about.earlier,
            asked_again=sum(_to_desk(chunk) for chunk in chunked(ids, CHUNK)),
            by=by,
        )


def _asked(task: Task, version: int) -> ReconsiderationQuestion:
    about = reconsideration.open_question(task)
    if about is None or about.version.number != version:
        raise Refusal(
            "nothing_asked",
            "This was answered already, or another version came meanwhile.",
            hint="Reload the page.",
            status=409,
        )
    return about


def _to_desk(ids: list[UUID]) -> int:
    rows = Draft.objects.select_for_update(of=("self",)).filter(pk__in=ids, state=DraftState.DECIDED)
    judged = [draft.pk for draft in rows.only("pk").order_by("pk")]
    touched = set(Ruling.objects.filter(draft__in=judged).values_list("draft_id", flat=True))
    free = [pk for pk in judged if pk not in touched or golds.in_force(pk) is None]
    return Draft.objects.filter(pk__in=free).update(state=DraftState.PENDING, for_reviewer=None)
