"""Sequel of an order whose job has ended: its best drafts are chosen, and repeated ones asked for once more."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from generation.diversity import queries as diversity_queries
from generation.diversity.mix import MixSettings
from generation.diversity.request import MixRequest, TeacherRequest
from generation.models import LeftOut, Order, Teacher
from generation.money import budgets
from generation.orders import batches, launch
from generation.orders.way import WayRequest
from generation.selection import best, judge
from generation.states import LeftOutReason, Purpose, Stragglers, UncertainPolicy, Way
from jobs.models import Job
from jobs.states import JobState
from web.errors import Refusal


def on_job_ended(job: Job) -> None:
    """Do what remains once a job of this room has ended; called once each time it ends, so also after a resume.

    Records wait for drafts that are still to come: those of a failed order by a resume, those of a cancelled one by the
    job that closes its batches.
    """
    orders = Order.objects.select_related("task_version", "task", "follows", "created_by")
    order = orders.filter(batches.order_of_job(job)).first()
    if order is None:
        return
    is_own = order.job_id == job.pk
    variety = MixSettings.model_validate(order.variety)
    record_ids = [UUID(pk) for pk in dict.fromkeys(order.record_ids)]
    if order.purpose == Purpose.JUDGING:
        judge.fall_back_to_checks(order)
    elif job.state == JobState.FAILED or (is_own and batches.batches_of(order).closing):
        best.choose_complete(order, record_ids)
    elif variety.best_of == "judge":
        judge.order_judging(order)
    elif variety.best_of == "checks":
        best.choose_by_checks(order, record_ids)
    elif variety.near_duplicates == "ask_again" and is_own and job.state == JobState.SUCCEEDED:
        reorder_repeats(order)


def reorder_repeats(order: Order) -> Order | None:
    """Order the repeated drafts of an order once more, with other seeds and, where there are some, other angles.

    Within what is left of the order's budget; none where nothing repeats or nothing is left. Repeats of these are left
    out.
    """
    repeated = list(LeftOut.objects.filter(order=order, reason=LeftOutReason.DUPLICATE).select_related("draft"))
    left_usd = None if order.max_cost_usd is None else max(Decimal(0), order.max_cost_usd - budgets.spent_by(order))
    if not repeated or order.followers.exists() or (left_usd is not None and left_usd <= 0):
        return None
    request = launch.OrderRequest(
        order.task,
        teacher=order.teacher,
        count=len(repeated),
        by=None,
        record_ids=[row.draft.record_id for row in repeated],
        version=order.task_version,
        mix=mix_request_of(order),
        wish=way_request_of(order),
        max_cost_usd=left_usd,
        source=order.source,
        purpose=Purpose(order.purpose),
        uncertain_policy=UncertainPolicy(order.uncertain_policy),
        seed=(order.seed + order.count) % 2**31,
        follows=order,
    )
    try:
        quoted = launch.quote(request)
        quoted.variety.near_duplicates = "keep_out"
        quoted.variety.not_angles = {
            str(row.draft.record_id): str(row.draft.parameters.get("angle", "")) for row in repeated
        }
        request = replace(request, by=order.created_by)
        return launch.place(request, quoted, title=f"{len(repeated)} repeated drafts again")
    except Refusal:
        # Nothing is owed: the repeats stay off the desk, and the order's page says how many there are.
        return None


def mix_request_of(order: Order) -> MixRequest:
    """Return what was wished for an order, to wish it again; teachers that are gone or out of use are left out."""
    variety = MixSettings.model_validate(order.variety)
    teachers = {teacher.slug: teacher for teacher in Teacher.objects.filter(slug__in=variety.slugs, is_active=True)}
    return MixRequest(
        teachers=tuple(
            TeacherRequest(teachers[slug], mixed.share, tuple(mixed.temperatures))
            for slug, mixed in zip(variety.slugs, variety.teachers, strict=True)
            if slug in teachers
        ),
        personas=bool(variety.personas),
        angles=bool(variety.angles),
        examples=variety.shown,
        gold_set=diversity_queries.gold_set(order.task, variety.gold_set),
        near_duplicates=variety.near_duplicates,
    )


def way_request_of(order: Order) -> WayRequest:
    """Return how an order's calls went out, for calls of it that are asked for again."""
    return WayRequest(Way(order.way), Stragglers(order.stragglers))
