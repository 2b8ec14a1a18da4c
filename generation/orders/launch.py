"""Launches orders for drafts: the rows are written, and their money held, before a worker asks for anything."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID, uuid4

from django.db import transaction
from django.urls import reverse

from audit import trail
from generation.budgets import limits
from generation.diversity.mix import MixSettings
from generation.diversity.request import DEFAULT_MIX, MixRequest
from generation.models import Order, Teacher
from generation.orders import mix_estimate, run_spec
from generation.orders.estimate import OrderEstimate
from generation.orders.quote import MOST_PER_RECORD, Quote, Threads, quote, require_askable
from generation.orders.way import LIVE, WayRequest
from generation.states import Purpose, UncertainPolicy
from jobs.lifecycle import control
from members.models import Member
from review.models import Source, Task, TaskVersion
from web.errors import Refusal

# What an order is made of is found beside what launches it.
__all__ = ["MOST_PER_RECORD", "Quote", "Threads", "check_budget", "launch", "place", "quote", "require_askable"]


@transaction.atomic
def launch(
    task: Task,
    *,
    teacher: Teacher,
    count: int,
    by: Member | None,
    max_cost_usd: Decimal | None = None,
    source: Source | None = None,
    record_ids: Sequence[UUID] | None = None,
    version: TaskVersion | None = None,
    purpose: Purpose = Purpose.DESK,
    uncertain_policy: UncertainPolicy = UncertainPolicy.HOLD,
    seed: int | None = None,
    repeats: Order | None = None,
    per_record: int = 1,
    mix: MixRequest = DEFAULT_MIX,
    wish: WayRequest = LIVE,
    threads: Threads | None = None,
) -> Order:
    """Order drafts: the rows are written here, the calls are made by a worker.

    Args:
        task: See `quote`, as for the other arguments it shares.
        teacher: See `quote`.
        count: See `quote`.
        by: See `quote`.
        max_cost_usd: The budget. Needed when the teacher costs anything.
        source: See `quote`.
        record_ids: See `quote`.
        version: See `quote`.
        purpose: For the desk, drafts become drafts; for an evaluation they stay on the calls.
        uncertain_policy: What to do with a call of unknown fate.
        seed: Makes a second order differ from the first; by default drawn from the order's id.
        repeats: The order whose uncertain calls this one asks again.
        per_record: See `quote`.
        mix: See `quote`. The budget covers the judge as well.
        wish: See `quote`.
        threads: See `quote`.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: As for `quote`, or `budget_missing`, `budget_too_small`, `budget_used_up`.
    """
    quoted = quote(
        task,
        teacher=teacher,
        count=count,
        by=by,
        source=source,
        record_ids=record_ids,
        version=version,
        per_record=per_record,
        mix=mix,
        wish=wish,
        threads=threads,
    )
    if max_cost_usd is not None and quoted.judging is not None:
        aside_usd = mix_estimate.judging_budget_usd(max_cost_usd, quoted.estimate, quoted.judging)
        quoted.variety.judge_budget_usd, max_cost_usd = float(aside_usd), max_cost_usd - aside_usd
    title = f"{count:,} drafts by {mix_estimate.teacher_names(quoted.variety) or teacher.name}"[:160]
    order = place(
        task,
        quoted,
        title=title,
        teacher=teacher,
        count=count,
        by=by,
        max_cost_usd=max_cost_usd,
        source=source,
        purpose=purpose,
        uncertain_policy=uncertain_policy,
        seed=seed,
        repeats=repeats,
        wish=wish,
    )
    trail.record("generation_launched", by=by, about=order, task=task.slug, teacher=teacher.slug, count=count)
    return order


def place(
    task: Task,
    quoted: Quote,
    *,
    title: str,
    teacher: Teacher,
    count: int,
    by: Member | None,
    max_cost_usd: Decimal | None = None,
    source: Source | None = None,
    purpose: Purpose = Purpose.DESK,
    uncertain_policy: UncertainPolicy = UncertainPolicy.HOLD,
    seed: int | None = None,
    repeats: Order | None = None,
    follows: Order | None = None,
    wish: WayRequest = LIVE,
) -> Order:
    """Write the rows of an order that was quoted and launch its job, inside the caller's transaction.

    Raises:
        Refusal: `budget_missing`, `budget_too_small`, or 409 `budget_used_up`: the order may cost more than budgets leave.
    """
    check_budget(max_cost_usd, quoted.estimate)
    held_usd = limits.hold_all(task, max_cost_usd)
    order_id = uuid4()
    job = control.launch(
        kind=run_spec.KIND,
        title=title,
        spec={},
        by=by,
        task_slug=task.slug,
        subject_id=order_id,
        subject_url=reverse("generation:detail", args=[order_id]),
    )
    return Order.objects.create(
        id=order_id,
        job=job,
        task=task,
        task_version=quoted.version,
        source=source,
        teacher=teacher,
        teacher_spec=quoted.teacher.model_dump(mode="json"),
        purpose=purpose,
        count=count,
        max_cost_usd=max_cost_usd,
        reserved_usd=held_usd,
        estimate=quoted.estimate.as_json(),
        record_ids=quoted.record_ids,
        uncertain_policy=uncertain_policy,
        way=wish.way,
        stragglers=wish.stragglers,
        seed=order_id.int % 2**31 if seed is None else seed,
        repeats=repeats,
        follows=follows,
        variety=quoted.variety.model_dump(mode="json") if quoted.variety != MixSettings() else {},
        threads={str(pk): [dict(mail) for mail in thread] for pk, thread in quoted.threads.items()} or None,
        created_by=by,
    )


def check_budget(max_cost_usd: Decimal | None, estimated: OrderEstimate) -> None:
    """Refuse a budget that is missing where one is needed, or that buys nothing."""
    if max_cost_usd is None:
        if estimated.worst_call_usd > 0:
            message = "Say how much this may cost at most."
            raise Refusal("budget_missing", message, errors={"max_cost_usd": [message]})
        return
    if max_cost_usd < Decimal(str(estimated.worst_call_usd)):
        dearest = f"${estimated.worst_call_usd:.4f}"
        message = f"A budget of ${max_cost_usd} does not cover one call, which may cost up to {dearest}."
        hint = "Raise the budget, or lower the teacher's max_tokens."
        raise Refusal("budget_too_small", message, errors={"max_cost_usd": [f"{message} {hint}"]}, hint=hint)
