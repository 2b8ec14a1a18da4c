"""Order the paper's reproduction, and read it back: its job's spec holds what was chosen, other rows how far it is."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from functools import cached_property
from typing import Final
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse

from evaluation.models import Evaluation, Measurement, Study
from evaluation.paper.parts import TEXTS, PaperPart, chosen
from evaluation.paper.plan import PaperData, PaperRequest, PartPlan, forecast
from evaluation.rounds import queries as rounds
from evaluation.studies import cells
from generation.models import Order
from generation.money import budgets
from generation.money.figures import CENT
from generation.orders import launch as orders
from generation.orders.launch import OrderRequest
from jobs.lifecycle import control
from jobs.models import Job
from jobs.monitor.queries import why_ended
from jobs.states import CLAIMABLE, ENDED_BADLY, FINISHED, JobState
from members.models import Member
from review.models import DatasetVersion, Draft, Record, Task
from review.states import DraftState, Role
from review.tasks.permissions import require
from training.costs import run_cost
from training.models import TrainingRun
from training.runs import isolating
from training.students import downloading, registration
from web.errors import Refusal

KIND: Final = "paper"
# Drafts that a person has still to judge.
AT_THE_DESK: Final = (DraftState.PENDING, DraftState.LEASED, DraftState.DISPUTED)


@dataclass(frozen=True)
class PaperOrder:
    """A reproduction by its job."""

    job: Job

    @cached_property
    def task(self) -> Task:
        return Task.objects.get(slug=self.job.task_slug)

    @property
    def by(self) -> Member:
        """Return the member who ordered it.

        Raises:
            Refusal: The member is gone.
        """
        if self.job.created_by is None:
            raise Refusal("no_member", "The member who ordered this is gone.", hint="Order it again.")
        return self.job.created_by

    @property
    def parts(self) -> tuple[PaperPart, ...]:
        return chosen(tuple(self.job.spec["parts"]))

    @property
    def budget_usd(self) -> Decimal:
        return Decimal(self.job.spec["budget_usd"])

    @property
    def dataset_slug(self) -> str:
        return f"paper-{self.job.spec['paper'][:8]}"

    @cached_property
    def texts(self) -> Order | None:
        """Return the order by which the teacher writes; None where a frozen version was named."""
        named = self.job.spec["order"]
        return Order.objects.select_related("job", "teacher").get(pk=named) if named else None

    @cached_property
    def version(self) -> DatasetVersion | None:
        """Return the version that parts run on, frozen or under way."""
        versions = DatasetVersion.objects.select_related("dataset__task", "job")
        if self.job.spec["version"]:
            return versions.get(pk=self.job.spec["version"])
        own = versions.filter(dataset__task=self.task, dataset__slug=self.dataset_slug)
        # The first: whoever freezes the dataset again would have all parts run anew.
        return own.exclude(job__state=JobState.CANCELLED).order_by("number").first()

    @cached_property
    def data(self) -> PaperData:
        others = DatasetVersion.objects.select_related("dataset__task").filter(pk__in=self.job.spec["others"])
        absent = dict.fromkeys(self.job.spec["left_out"], "left out by who ordered it.")
        failed = (job for job in self.downloads.values() if job.state in ENDED_BADLY)
        absent |= {job.spec["hub_id"]: why_ended(job) for job in failed}
        if self.isolation is not None and self.isolation.state in ENDED_BADLY:
            absent |= {part.mixture: why_ended(self.isolation) for part in self.parts if part.mixture}
        is_ready = self.version is not None and self.version.is_frozen
        return PaperData(self.version if is_ready else None, tuple(others), absent)

    @property
    def downloads(self) -> dict[str, Job]:
        """Return the newest download of each student by hub id; what ended before the order began is none."""
        hub_ids = {hub_id for part in self.parts for hub_id in part.hub_ids}
        jobs = Job.objects.filter(kind=downloading.KIND, spec__hub_id__in=sorted(hub_ids)).order_by("created_at")
        since = self.job.created_at
        return {job.spec["hub_id"]: job for job in jobs if job.finished_at is None or job.finished_at >= since}

    @property
    def isolations(self) -> QuerySet[Job]:
        """Return isolations of experts by the order's texts, newest first, but those that ended before it began."""
        if self.version is None or not any(part.mixture for part in self.parts):
            return Job.objects.none()
        is_open = Q(finished_at=None) | Q(finished_at__gte=self.job.created_at)
        return isolating.jobs_of(self.version).filter(is_open)

    @property
    def isolation(self) -> Job | None:
        return self.isolations.first()

    def study_of(self, part: PaperPart) -> Study | None:
        """Return the study that the order began for a part, and none that its member began by hand meanwhile."""
        versions = self.job.spec["others"] if part.elsewhere else [self.version.pk] if self.version else []
        studies = Study.objects.filter(question=part.question, dataset_version__in=versions)
        own = studies.filter(created_by=self.job.created_by, created_at__gte=self.job.created_at)
        rows = own.select_related("job", "verdict", "dataset_version__dataset").order_by("created_at")
        return next((study for study in rows if part.fits(study.record)), None)

    def runs_of(self, part: PaperPart) -> list[TrainingRun]:
        """Runs that are evaluated: of each arm the first seed's at the largest size."""
        study = self.study_of(part)
        if study is None or not part.evaluates:
            return []
        cells = study.cells.filter(seed=study.record["grid"]["seeds"][0], measurement__run__isnull=False)
        newest = cells.select_related("measurement__run__job", "measurement__run__student").order_by(
            "records", "position"
        )
        return list({cell.arm: cell.measurement.run for cell in newest if cell.measurement.run}.values())

    def evaluations_of(self, part: PaperPart) -> list[Evaluation]:
        return [evaluation for run in self.runs_of(part) if (evaluation := rounds.evaluation_of(run))]

    def jobs(self) -> Iterator[Job]:
        """Yield every job that the order waits for, or has waited for."""
        if self.texts is not None and self.texts.job is not None:
            yield self.texts.job
        if self.version is not None and self.version.job is not None and not self.job.spec["version"]:
            yield self.version.job
        yield from self.downloads.values()
        if self.isolation is not None:
            yield self.isolation
        for part in self.parts:
            if (study := self.study_of(part)) is not None:
                yield study.job
            yield from (job for each in self.evaluations_of(part) if (job := rounds.job_of_evaluation(each)))

    @property
    def texts_at_the_desk(self) -> int:
        """Return how many of the teacher's texts nobody has judged."""
        if self.texts is None:
            return 0
        return Draft.objects.filter(job_id=self.texts.job_id, state__in=AT_THE_DESK).count()

    @property
    def spent_usd(self) -> Decimal:
        """Sum what the order's teachers were paid and its priced hosts were held, for cancelled work, too."""
        since = self.job.created_at
        studies = [study for part in self.parts if (study := self.study_of(part))]
        evaluations = [each for part in self.parts for run in self.runs_of(part) for each in rounds.evaluations_of(run)]
        fresh = Measurement.objects.filter(cells__study__in=studies, cells__is_reused=False)
        scored = fresh.select_related("run__job", "job")
        of_cells = [job for each in scored for job in (each.run and each.run.job, each.job)]
        of_cells += cells.former_jobs_of(fresh)
        # Jobs of before that the order has resumed are held since then, too.
        jobs = {job.pk: job for job in (*of_cells, *(each.job for each in evaluations), *self.isolations) if job}
        spans = [span for each in run_cost.spans_of(list(jobs.values()), since=since).values() for span in each]
        afresh = (each.teacher_order for each in evaluations if each.teacher_order)
        written = {order.pk: order for order in afresh if order.created_at >= since}
        written |= {self.texts.pk: self.texts} if self.texts else {}
        held = run_cost.held_usd(spans, run_cost.known_prices()) or Decimal(0)
        return sum((budgets.spent_by(order) for order in written.values()), held)

    @property
    def left_usd(self) -> Decimal:
        """Return what is left of the budget, in whole cents."""
        return max(Decimal(0), self.budget_usd - self.spent_usd).quantize(CENT, ROUND_DOWN)


def last(task: Task) -> PaperOrder | None:
    job = Job.objects.filter(kind=KIND, task_slug=task.slug).order_by("-created_at").first()
    return PaperOrder(job) if job else None


def by_id(order_id: UUID) -> PaperOrder:
    """A reproduction for its job, which is no member's."""
    return PaperOrder(Job.objects.get(kind=KIND, subject_id=order_id))


def waiting() -> list[tuple[UUID, str]]:
    """Jobs of reproductions, with their queues, that may wait for another job."""
    return list(Job.objects.filter(kind=KIND, state__in=CLAIMABLE).values_list("pk", "queue"))


def texts_usd(task: Task, request: PaperRequest, *, by: Member) -> Decimal | None:
    """Return what the teacher's texts may cost; None where none are written.

    Raises:
        PermissionDenied, Refusal: As for an order of texts.
    """
    return orders.quote(_texts(task, request, by)).suggested_budget_usd if request.writes else None


def compared_usd(plans: Sequence[PartPlan]) -> Decimal | None:
    """Return the most that evaluations pay the teacher they compare with, which writes once.

    None without evaluations.
    """
    is_compared = any(plan.part.evaluates and plan.cells for plan in plans)
    return Decimal(str(settings.EVALUATION_TEACHER_BUDGET_USD)) if is_compared else None


def plans_of(request: PaperRequest) -> list[PartPlan]:
    """Forecast what was chosen.

    Raises:
        Refusal: There is no such part.
    """
    return forecast(chosen(request.parts), request.data)


@transaction.atomic
def start(task: Task, request: PaperRequest, *, by: Member) -> Job:
    """Order a reproduction; one at a time in a task.

    Raises:
        PermissionDenied: The member does not lead the task, or is no admin and students have to be fetched.
        Refusal: 409, one is under way, or the budget does not cover the teacher's texts; 422, no part can run, or what
            an hour of the host costs is not entered.
    """
    require(by, task, Role.LEAD)
    Task.objects.select_for_update().get(pk=task.pk)
    previous = last(task)
    if previous is not None and previous.job.state not in FINISHED:
        hint = "Wait until it has ended, or cancel it."
        raise Refusal("paper_under_way", "This task reproduces the paper already.", hint=hint, status=409)
    plans = plans_of(request)
    if all(plan.problem for plan in plans):
        raise Refusal("no_part_runs", plans[0].problem, hint="Choose another part, or add what it needs.")
    if run_cost.price_of() is None and any(plan.seconds != 0.0 for plan in plans):
        hint = "Enter it under Training, Host prices; 0 for a host of your own."
        raise Refusal("host_price_unknown", "What an hour of the host costs is not known.", hint=hint)
    if any(plan.to_fetch or plan.mixture for plan in plans):
        registration.require_admin(by)
    texts = _order_texts(task, request, by)
    order_id = uuid4()
    return control.launch(
        kind=KIND,
        title="Reproduce the paper",
        spec={
            "paper": str(order_id),
            "parts": [plan.part.key for plan in plans],
            "budget_usd": str(request.budget_usd),
            "version": str(request.version.pk) if request.version else "",
            "order": str(texts.pk) if texts else "",
            "others": [str(version.pk) for version in request.others],
            "left_out": list(request.left_out),
            "judged_by_machine": request.judged_by_machine,
        },
        by=by,
        task_slug=task.slug,
        subject_id=order_id,
        subject_url=reverse("evaluation:paper-order", args=[task.slug]),
    )


def _texts(task: Task, request: PaperRequest, by: Member) -> OrderRequest:
    """Request so many texts that 1,000 are left for training, and never two of one record."""
    assert request.teacher is not None
    records = Record.objects.filter(task=task, erased_at=None).count()
    count = min(records, math.ceil(TEXTS / (task.train_fraction or 1)))
    return OrderRequest(task, teacher=request.teacher, count=count, by=by)


def _order_texts(task: Task, request: PaperRequest, by: Member) -> Order | None:
    if request.version is None and request.teacher is None:
        raise Refusal("no_texts", "There are no approved texts yet.", hint="Name a frozen version, or a teacher.")
    usd = texts_usd(task, request, by=by)
    if usd is None:
        return None
    if usd > request.budget_usd:
        message = f"The teacher's texts may cost ${usd}, more than the budget."
        raise Refusal("budget_too_small", message, hint="Raise the budget, or name a frozen version.", status=409)
    return orders.launch_as_priced(_texts(task, request, by))
