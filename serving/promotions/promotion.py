"""Put a miniature to work, and take it back. Rows are only added, so the history stays."""

from __future__ import annotations

from django.db import transaction

from audit import trail
from evaluation.gates import queries as gates
from evaluation.gates.queries import GateStanding
from members.models import Member
from review.models import Task
from review.states import Role
from review.tasks.permissions import require
from serving.models import Promotion
from serving.promotions import queries, teachers, vllm_limits
from serving.runtime import capacity, switch
from serving.states import LONGEST_REASON, Act
from training.inputs import samples
from training.models import Miniature
from web.errors import Refusal


def promote(miniature: Miniature, *, by: Member, override_reason: str = "") -> Promotion:
    """Serve a miniature and make it its task's current one; starts serving where none runs.

    It becomes a teacher of its task too, for a second round of drafts. Promoting one that is served already makes it
    the current one; promoting the current one only has engines look again. Where the task has a gate, the miniature
    has to pass it; without one too it has to have something right, and not less than the nearest gold.

    Args:
        override_reason: Why it is promoted though something stands in its way; kept, shown and audited where it does.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 409, it does not pass the gate (`gate_not_passed`) or is no better than what costs nothing
            (`below_baseline`), with the reasons, or was tuned on unfiltered texts for a study; 422, its
            weights fit nowhere it could be served, vLLM cannot serve it where that is chosen, or the reason is too
            long.
    """
    require(by, miniature.task, Role.LEAD)
    samples.require_filtered(miniature.run.sample, name=miniature.name)
    # Before the transaction: it may ask the engine.
    capacity.require_capacity(miniature)
    vllm_limits.require_servable(miniature)
    return _promote(miniature, by, " ".join(override_reason.split()))


@transaction.atomic
def _promote(miniature: Miniature, by: Member, override_reason: str) -> Promotion:
    _lock(miniature)
    current = queries.current_promotions().filter(task=miniature.task_id).first()
    if current is not None and current.miniature_id == miniature.pk:
        switch.start_serving(by=by)
        switch.update_serving(by=by)
        return current
    standing = gates.standing_of_run(miniature.run)
    override = {} if standing.is_open else _override(standing, override_reason)
    row = Promotion.objects.create(task=miniature.task, miniature=miniature, act=Act.PROMOTE, by=by, **override)
    if override:
        trail.record(
            "gate_overridden",
            by=by,
            about=miniature,
            task=miniature.task.slug,
            gate=standing.gate.number if standing.gate else None,
            promotion=row.pk,
            reason=row.override_reason,
        )
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


def _override(standing: GateStanding, reason: str) -> dict[str, str]:
    if not reason:
        code, what = (
            ("below_baseline", "It is no better than a free baseline.")
            if standing.passes_gate
            else ("gate_not_passed", "It does not pass the gate of its task.")
        )
        raise Refusal(
            code,
            f"{what} {' '.join(standing.reasons)}",
            hint="Evaluate it again or train another one; a lead may promote it all the same with a written reason.",
            status=409,
            errors={"gate": standing.reasons, "override_reason": ["Needed to promote it all the same."]},
        )
    if len(reason) > LONGEST_REASON:
        raise Refusal(
            "reason_too_long",
            f"The reason has {len(reason)} characters.",
            hint=f"Shorten it to {LONGEST_REASON}.",
            errors={"override_reason": [f"At most {LONGEST_REASON} characters."]},
        )
    return {"override_reason": reason, "overridden": "\n".join(standing.reasons)}


def _lock(miniature: Miniature) -> None:
    # Acts on one task follow each other, so that "the newest" is one row for everybody.
    Task.objects.select_for_update().get(pk=miniature.task_id)
