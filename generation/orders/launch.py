"""Launches orders for drafts: the rows are written, and their money held, before a worker asks for anything."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

from django.db import transaction
from django.urls import reverse

from audit import trail
from generation.diversity.mix import MixSettings
from generation.models import Order, Teacher
from generation.money import limits
from generation.money.estimate import CENT_OF_A_CENT
from generation.money.figures import rounded_up
from generation.orders import mix_estimate, run_spec
from generation.orders.quote import MOST_PER_RECORD, OrderRequest, Quote, Threads, quote
from generation.orders.run_spec import require_askable
from generation.states import Purpose
from jobs.lifecycle import control
from members.models import Member
from review.models import Task
from web.errors import Refusal

# What an order is made of is found beside what launches it.
__all__ = [
    "MOST_PER_RECORD",
    "OrderRequest",
    "Quote",
    "Threads",
    "check_budget",
    "launch",
    "launch_as_priced",
    "place",
    "place_one",
    "quote",
    "require_askable",
]


@transaction.atomic
def launch(request: OrderRequest) -> Order:
    """Order drafts: the rows are written here, the calls are made by a worker.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: As for `quote`, or `budget_missing`, `budget_too_small`, `budget_used_up`.
    """
    quoted = quote(request, is_launch=True)
    task, teacher, count, by = request.task, request.teacher, request.count, request.by
    check_budget(request.max_cost_usd, quoted)
    if request.max_cost_usd is not None and quoted.drafts is not None and quoted.judging is not None:
        aside_usd = mix_estimate.judging_budget_usd(request.max_cost_usd, quoted.drafts, quoted.judging)
        quoted.variety.judge_budget_usd = float(aside_usd)
        request = replace(request, max_cost_usd=request.max_cost_usd - aside_usd)
        quoted = replace(quoted, judging=None)
    title = f"{count:,} drafts by {mix_estimate.teacher_names(quoted.variety) or teacher.name}"[:160]
    order = place(request, quoted, title=title)
    trail.record("generation_launched", by=by, about=order, task=task.slug, teacher=teacher.slug, count=count)
    return order


def place(request: OrderRequest, quoted: Quote, *, title: str) -> Order:
    """Write the rows of an order that was quoted and launch its job, inside the caller's transaction.

    Raises:
        Refusal: `budget_missing`, `budget_too_small`, or 409 `budget_used_up`: the order may cost more than budgets
            leave.
    """
    check_budget(request.max_cost_usd, quoted)
    held_usd = limits.hold_all(request.task, request.max_cost_usd)
    order_id = uuid4()
    job = control.launch(
        kind=run_spec.KIND,
        title=title,
        spec={},
        by=request.by,
        task_slug=request.task.slug,
        subject_id=order_id,
        subject_url=reverse("generation:detail", args=[order_id]),
    )
    return Order.objects.create(
        id=order_id,
        job=job,
        task=request.task,
        task_version=quoted.version,
        source=request.source,
        teacher=request.teacher,
        teacher_spec=quoted.teacher.model_dump(mode="json"),
        purpose=request.purpose,
        count=request.count,
        max_cost_usd=request.max_cost_usd,
        reserved_usd=held_usd,
        estimate=quoted.estimate.as_json(),
        record_ids=quoted.record_ids,
        uncertain_policy=request.uncertain_policy,
        way=request.wish.way,
        stragglers=request.wish.stragglers,
        seed=order_id.int % 2**31 if request.seed is None else request.seed,
        repeats=request.repeats,
        follows=request.follows,
        variety=quoted.variety.model_dump(mode="json") if quoted.variety != MixSettings() else {},
        threads={str(pk): [dict(mail) for mail in thread] for pk, thread in quoted.threads.items()} or None,
        created_by=request.by,
    )


def place_one(quoted: Quote, task: Task, *, teacher: Teacher, by: Member, purpose: Purpose, title: str) -> Order:
    """Place an order for one call, with its worst case as budget.

    Raises:
        Refusal: As for `place`.
    """
    worst_usd = quoted.estimate.worst_usd or None
    request = OrderRequest(task, teacher=teacher, count=1, by=by, max_cost_usd=worst_usd, purpose=purpose)
    return place(request, quoted, title=title[:160])


def launch_as_priced(request: OrderRequest) -> Order:
    """Order drafts with a budget that covers their upper estimate, or with the request's where that is less.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: As for `launch`.
    """
    budget_usd = quote(request).suggested_budget_usd or None
    if budget_usd is not None and request.max_cost_usd is not None:
        budget_usd = min(budget_usd, request.max_cost_usd)
    return launch(replace(request, max_cost_usd=budget_usd))


def check_budget(max_cost_usd: Decimal | None, quoted: Quote) -> None:
    """Refuse a budget that is missing where one is needed, or that buys nothing; says what would be enough."""
    if max_cost_usd is None:
        if quoted.least_budget_usd > 0:
            message, hint = "Enter the most that this may cost.", f"${quoted.suggested_budget_usd} would cover it."
            raise Refusal("budget_missing", message, hint=hint, errors={"max_cost_usd": [f"{message} {hint}"]})
        return
    if max_cost_usd < quoted.least_budget_usd:
        calls = "one call and one of the judge" if quoted.judging else "one call"
        least_usd = rounded_up(quoted.least_budget_usd, CENT_OF_A_CENT)
        message = f"A budget of ${max_cost_usd} does not cover {calls}, which may cost up to ${least_usd}."
        hint = "Raise the budget, or lower the teacher's max_tokens."
        raise Refusal("budget_too_small", message, errors={"max_cost_usd": [f"{message} {hint}"]}, hint=hint)
