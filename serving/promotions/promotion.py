"""Put a miniature to work, and take it back. Rows are only added, so the history stays."""

from __future__ import annotations

from django.db import transaction

from audit import trail
from members.models import Member
from review.models import Task
from review.states import Role
from review.tasks.permissions import require
from serving.models import Promotion
from serving.promotions import queries, teachers
from serving.runtime import capacity, switch
from serving.states import Act
from training.models import Miniature


def promote(miniature: Miniature, *, by: Member) -> Promotion:
    """Serve a miniature and make it its task's current one; starts serving where none runs.

    It becomes a teacher of its task too, for a second round of drafts. Promoting one that is served already makes it
    the current one; promoting the current one changes nothing.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 422, its weights fit nowhere it could be served.
    """
    require(by, miniature.task, Role.LEAD)
    # Before the transaction: it may ask the engine.
    capacity.require_capacity(miniature)
    return _promote(miniature, by)


@transaction.atomic
def _promote(miniature: Miniature, by: Member) -> Promotion:
    _lock(miniature)
    current = queries.current_promotions().filter(task=miniature.task_id).first()
    if current is not None and current.miniature_id == miniature.pk:
        switch.start_serving(by=by)
        return current
    row = Promotion.objects.create(task=miniature.task, miniature=miniature, act=Act.PROMOTE, by=by)
    trail.record("miniature_promoted", by=by, about=miniature, task=miniature.task.slug)
    teachers.offer_as_teacher(miniature)
    switch.start_serving(by=by)
    switch.update_serving(by=by)
    return row


@transaction.atomic
def demote(miniature: Miniature, *, by: Member) -> Promotion | None:
    """Serve a miniature no longer; what it is writing it ends. One that is not served stays so.

    Returns:
        The row of its history; None when there was nothing to do.

    Raises:
        PermissionDenied: The member does not lead the task.
    """
    require(by, miniature.task, Role.LEAD)
    _lock(miniature)
    if not queries.is_promoted(miniature):
        return None
    row = Promotion.objects.create(task=miniature.task, miniature=miniature, act=Act.DEMOTE, by=by)
    trail.record("miniature_demoted", by=by, about=miniature, task=miniature.task.slug)
    teachers.withdraw_teacher(miniature)
    switch.update_serving(by=by)
    return row


def _lock(miniature: Miniature) -> None:
    # Acts on one task follow each other, so that "the newest" is one row for everybody.
    Task.objects.select_for_update().get(pk=miniature.task_id)
