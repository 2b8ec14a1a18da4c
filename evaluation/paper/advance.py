"""Carry a reproduction on by one look.

The texts, then part by part its students, its study and its evaluations, within the budget.

All that it knows stands in rows, so a worker that died between two looks costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from evaluation.evaluations import inputs, start_evaluation
from evaluation.models import Evaluation, Study
from evaluation.paper import order as orders
from evaluation.paper.order import PaperOrder
from evaluation.paper.parts import PaperPart
from evaluation.paper.plan import PartPlan, plan_part
from evaluation.rounds import advance as rounds
from evaluation.rounds import queries as round_queries
from evaluation.studies import launch_study
from generation.money.figures import CENT
from jobs.kinds.composite import STOPPING, UNDER_WAY, Progress, notify_waiting, resume_sub_job
from jobs.lifecycle import claim, control
from jobs.models import Job
from jobs.monitor.queries import why_ended
from jobs.states import CANCELLABLE, ENDED_BADLY, FINISHED, JobState
from review.datasets import freezing
from review.models import Dataset
from review.states import Split
from training.models import TrainingRun
from training.runs import isolating
from training.students import downloading
from web.errors import Refusal

VERDICTS: Final = ("accept", "edit", "reject")


class PartState(StrEnum):
    """Progress of a part."""

    OPEN = "open"
    RUNNING = "running"
    MEASURED = "measured"
    COMPUTED = "computed"
    NOT_RUN = "not run"


@dataclass(frozen=True)
class PartProgress:
    """A part as its order has it now.

    Attributes:
        reason: Why it did not run, or what it waits for.
    """

    part: PaperPart
    state: PartState
    reason: str = ""
    study: Study | None = None
    evaluations: tuple[Evaluation, ...] = ()

    @property
    def is_over(self) -> bool:
        return self.state not in (PartState.OPEN, PartState.RUNNING)


@transaction.atomic
def look(order_id: UUID, *, fence: int) -> Progress:
    """Bring the first part that is not over one step on.

    Raises:
        jobs.lifecycle.claim.AttemptLost: The fence has passed on.
        Refusal: The teacher's texts cannot be had, or their freeze failed.
    """
    order = orders.by_id(order_id)
    job = claim.lock_held(order.job.pk, fence)
    if job.state != JobState.RUNNING:
        return STOPPING
    total = len(order.parts)
    if reason := _prepare_texts(order):
        return Progress(0, total, reason)
    for place, part in enumerate(order.parts):
        if reason := _advance(order, part):
            return Progress(place, total, reason)
    return Progress(total, total, "")


def conclude(order_id: UUID, *, fence: int) -> dict[str, Any]:
    """Return what the job keeps: the state of every part with its reason, and the dollars spent.

    Raises:
        jobs.lifecycle.claim.AttemptLost: The fence has passed on.
    """
    with transaction.atomic():
        order = orders.by_id(order_id)
        claim.lock_held(order.job.pk, fence)
        parts = [{"part": each.part.key, "state": str(each.state), "reason": each.reason} for each in progress(order)]
        return {"parts": parts, "spent_usd": str(order.spent_usd.quantize(CENT))}


def has_news(order_id: UUID) -> bool:
    """Return whether nothing that the order waits for is under way: a job, or a text at the desk."""
    order = orders.by_id(order_id)
    return not order.texts_at_the_desk and all(job.state in FINISHED for job in order.jobs())


def on_part_ended(job: Job) -> None:
    """Ring for reproductions that may have waited for this job."""
    notify_waiting(orders.waiting())


def jobs_under_way(order_id: UUID, *, with_shared: bool) -> Iterator[Job]:
    """Yield the jobs that the order has set going; downloads, which others may wait for too, only if `with_shared`."""
    for job in orders.by_id(order_id).jobs():
        if job.state not in FINISHED and (with_shared or job.kind != downloading.KIND):
            yield job


def forget_problems(order_id: UUID) -> None:
    """Resume what failed, so that an order that is set going again tries it again."""
    for job in orders.by_id(order_id).jobs():
        if job.state == JobState.FAILED:
            control.resume(job, by=None)


def progress(order: PaperOrder) -> list[PartProgress]:
    """Read the state of each part; what did not run says why, as the ended order kept it or as it would be now."""
    kept = {each["part"]: each["reason"] for each in (order.job.result or {}).get("parts", [])}
    return [_progress(order, part, kept.get(part.key)) for part in order.parts]


def _progress(order: PaperOrder, part: PaperPart, kept: str | None) -> PartProgress:
    if part.kind is None:
        return PartProgress(part, PartState.COMPUTED)
    study, evaluations = order.study_of(part), tuple(order.evaluations_of(part))
    if study is None:
        reason = _why_not(order, plan_part(part, order.data)) if kept is None else kept
        if order.job.state in FINISHED:
            return PartProgress(part, PartState.NOT_RUN, reason or f"the order is {order.job.state}")
        is_open = not reason or order.data.version is None
        return PartProgress(part, PartState.OPEN if is_open else PartState.NOT_RUN, reason)
    if study.job.state in ENDED_BADLY:
        is_spent = study.job.state == JobState.CANCELLED and order.spent_usd > order.budget_usd
        reason = "cancelled: the budget was used up" if is_spent else why_ended(study.job)
        return PartProgress(part, PartState.NOT_RUN, reason, study)
    is_over = study.job.state == JobState.SUCCEEDED and not any(round_queries.is_awaited(each) for each in evaluations)
    missing = [f"{hub_id}: {why}" for hub_id, why in order.data.absent.items() if hub_id in part.hub_ids]
    # Without a record held out none would be evaluated with any budget.
    may_begin = is_over and _to_begin(order, part) and inputs.held_out(order.task, Split.VALIDATION, limit=1)
    if may_begin and order.spent_usd > order.budget_usd:
        missing.append("not all runs were evaluated beside the teacher: the budget was used up")
    state = PartState.MEASURED if is_over else PartState.RUNNING
    return PartProgress(part, state, "; ".join(missing), study, evaluations)


def _prepare_texts(order: PaperOrder) -> str:
    """Reason to wait for the teacher, the desk or the freeze; empty once a frozen version is there.

    Raises:
        Refusal: The order of texts or the freeze ended badly.
    """
    if order.texts is None or order.data.version is not None:
        return ""
    job = order.texts.job
    if job is None or job.state not in FINISHED:
        return f"{order.texts} {UNDER_WAY}"
    if job.state in ENDED_BADLY:
        raise Refusal("no_texts", why_ended(job), hint="Resume the order of texts, then this one.")
    if left := order.texts_at_the_desk:
        return f"{left:,} texts to judge at the desk"
    freeze = (order.version or freezing.freeze(_dataset(order), by=order.by)).job
    if freeze is not None and freeze.state in ENDED_BADLY:
        raise Refusal("freeze_failed", why_ended(freeze), hint="Resume this order.")
    return f"The freeze {UNDER_WAY}"


def _dataset(order: PaperOrder) -> Dataset:
    dataset = Dataset.objects.filter(task=order.task, slug=order.dataset_slug).first()
    filters = {"verdicts": list(VERDICTS), "machine": "take" if order.job.spec["judged_by_machine"] else "leave_out"}
    return dataset or freezing.create(order.task, name=order.dataset_slug, by=order.by, filters=filters)


def _advance(order: PaperOrder, part: PaperPart) -> str:
    """Bring a part on; returns what it waits for, empty where it is over."""
    if part.kind is None:
        return ""
    study = order.study_of(part)
    if study is None:
        return _begin(order, part)
    if study.job.state in ENDED_BADLY:
        return ""
    if study.job.state != JobState.SUCCEEDED:
        if order.spent_usd > order.budget_usd and study.job.state in CANCELLABLE:
            control.cancel(study.job, by=None)
        resume_sub_job(study.job)
        return f"Part {part.key} {'is paused' if study.job.state == JobState.PAUSED else UNDER_WAY}"
    return _evaluate(order, part)


def _begin(order: PaperOrder, part: PaperPart) -> str:
    plan = plan_part(part, order.data)
    if not plan.problem and plan.to_fetch:
        return _fetch(order, plan.to_fetch)
    if _why_not(order, plan) or plan.version is None:
        return ""
    if plan.mixture is not None:
        resume_sub_job(isolating.order(plan.mixture, version=plan.version, by=order.by))
        return f"The isolation of experts {UNDER_WAY}"
    if plan.request is None or plan.student is None:
        return ""
    others = order.data.others if not part.elsewhere else ()
    launch_study.launch(plan.request, version=plan.version, student=plan.student, by=order.by, others=others)
    return f"Part {part.key} {UNDER_WAY}"


def _fetch(order: PaperOrder, hub_ids: Sequence[str]) -> str:
    """Order the downloads of a part's students that are not under way."""
    begun = order.downloads
    for hub_id in hub_ids:
        if hub_id not in begun:
            downloading.order(hub_id=hub_id, by=order.by)
        else:
            resume_sub_job(begun[hub_id])
    return f"The download of {', '.join(hub_id.rpartition('/')[2] for hub_id in hub_ids)} {UNDER_WAY}"


def _why_not(order: PaperOrder, plan: PartPlan) -> str:
    """Reason why a part is not begun: what it lacks, or the budget."""
    if plan.problem:
        return plan.problem
    if plan.usd is not None and plan.usd > (left := order.left_usd):
        return f"It would take ${plan.usd.quantize(CENT)}, and ${left} of the budget is left."
    return ""


def _evaluate(order: PaperOrder, part: PaperPart) -> str:
    """Have the part's runs evaluated beside the teacher, one after another, while the budget lasts."""
    to_begin = _to_begin(order, part)
    for run in order.runs_of(part):
        evaluation = round_queries.evaluation_of(run)
        if run in to_begin and order.spent_usd > order.budget_usd:
            continue
        if run not in to_begin and (evaluation is None or not round_queries.is_awaited(evaluation)):
            continue
        try:
            with transaction.atomic():
                begin = partial(start_evaluation.start, by=None) if evaluation and run in to_begin else rounds.evaluate
                evaluation = begin(run, most_teacher_usd=order.left_usd)
        except Refusal:
            continue
        if (job := round_queries.job_of_evaluation(evaluation)) is not None:
            resume_sub_job(job)
            return f"The evaluation of {run.name.lower()} {UNDER_WAY}"
    return ""


def _to_begin(order: PaperOrder, part: PaperPart) -> list[TrainingRun]:
    """Return the part's runs that succeeded and have no evaluation, or none that the order may count on."""
    runs = (run for run in order.runs_of(part) if run.job.state == JobState.SUCCEEDED)
    return [run for run in runs if (each := round_queries.evaluation_of(run)) is None or _was_lost_before(order, each)]


def _was_lost_before(order: PaperOrder, evaluation: Evaluation) -> bool:
    """Return whether an evaluation failed or was cancelled before the order, which then has it done anew."""
    job = round_queries.job_of_evaluation(evaluation)
    return (
        job is not None
        and job.state in ENDED_BADLY
        and (job.finished_at or job.created_at) < order.job.created_at
        and not evaluation.is_done
    )
