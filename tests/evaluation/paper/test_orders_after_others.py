"""An order beside earlier ones: what it resumes counts, what was lost is done anew, and what others wait for stays."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone

from evaluation.evaluations import start_evaluation
from evaluation.models import Evaluation, Study
from evaluation.paper.order import PaperOrder
from evaluation.studies import cells
from jobs.lifecycle import claim, control
from jobs.lifecycle import end as lifecycle_end
from jobs.lifecycle.claim import Worker
from jobs.models import Job
from jobs.states import JobState
from jobs.supervisor import run_job
from members.models import Member
from review.datasets import freezing
from review.models import DatasetVersion
from tests.evaluation.paper.conftest import look
from tests.evaluation.studies.conftest import end, finish_all
from training.costs import host_prices
from training.models import Student

pytestmark = pytest.mark.django_db(transaction=True)


def again(order: PaperOrder) -> PaperOrder:
    return PaperOrder(Job.objects.get(pk=order.job.pk))


def test_a_job_of_before_that_the_order_resumes_counts_against_its_budget(
    start: Callable[..., PaperOrder], gemma: Student, admin: Member
) -> None:
    first = look(start("context"))
    study = Study.objects.get()
    run_job(study.job_id, worker="w")
    control.cancel(first.job, by=None)
    training = Job.objects.filter(kind="training").earliest("created_at")
    Job.objects.filter(pk=training.pk).update(state=JobState.FAILED, finished_at=timezone.now())
    host_prices.set_price(host="default", usd_per_hour=Decimal(10_000), by=admin)

    order = look(start("context", budget=Decimal(10**6)))
    run_job(Study.objects.latest("created_at").job_id, worker="w")
    assert claim.claim(training.pk, worker=Worker("w", "host", "boot")) is not None

    assert again(order).spent_usd > 0


def hold_and_cancel(job: Job) -> None:
    """A worker holds the job until somebody cancels it."""
    held = claim.claim(job.pk, worker=Worker("w", "host", "boot"))
    assert held is not None
    control.cancel(held, by=None)
    lifecycle_end.stopped(job.pk, held.fence)


def test_a_cancelled_run_counts_against_the_budget_after_another_took_its_place(
    start: Callable[..., PaperOrder], gemma: Student, admin: Member
) -> None:
    order = look(start("context"))
    study = Study.objects.get()
    run_job(study.job_id, worker="w")
    host_prices.set_price(host="default", usd_per_hour=Decimal(10_000), by=admin)
    cell = study.cells.earliest("position")
    training = Job.objects.get(training_run=cell.measurement.run_id)
    hold_and_cancel(training)
    spent_usd = again(order).spent_usd

    cells.begin(cell.measurement_id)

    cell.measurement.refresh_from_db()
    assert cell.measurement.run.job_id != training.pk
    assert again(order).spent_usd == spent_usd > 0


@pytest.mark.slow
def test_a_cancelled_evaluation_counts_after_another_took_its_place(
    start: Callable[..., PaperOrder], gemma: Student, admin: Member, tmp_path: Path
) -> None:
    order = look(start("baseline"))
    finish_all(Study.objects.get(), tmp_path)
    host_prices.set_price(host="default", usd_per_hour=Decimal(10_000), by=admin)
    look(order)
    lost = Evaluation.objects.get().job
    assert lost is not None
    hold_and_cancel(lost)
    spent_usd = again(order).spent_usd

    start_evaluation.start(Evaluation.objects.get().run, by=None)

    assert again(order).spent_usd == spent_usd > 0


def test_a_later_version_of_its_dataset_is_not_the_order_s(
    start: Callable[..., PaperOrder], version: DatasetVersion, gemma: Student, admin: Member
) -> None:
    order = start("context")
    Job.objects.filter(pk=order.job.pk).update(spec={**order.job.spec, "version": ""})
    dataset = freezing.create(version.dataset.task, name=order.dataset_slug, by=admin)
    first = DatasetVersion.objects.create(dataset=dataset, number=1)
    DatasetVersion.objects.create(dataset=dataset, number=2)

    assert again(order).version == first


@pytest.mark.slow
def test_an_evaluation_that_was_cancelled_with_an_order_is_done_by_the_next(
    start: Callable[..., PaperOrder], gemma: Student, tmp_path: Path
) -> None:
    order = look(start("baseline"))
    finish_all(Study.objects.get(), tmp_path)
    order = look(order)
    lost = Evaluation.objects.get()
    control.cancel(order.job, by=None)
    of_lost = lost.job or (lost.teacher_order and lost.teacher_order.job)
    assert of_lost is not None and Job.objects.get(pk=of_lost.pk).state == JobState.CANCELLED

    later = look(start("baseline"))
    run_job(Study.objects.latest("created_at").job_id, worker="w")
    look(later)

    assert Evaluation.objects.exclude(pk=lost.pk).exists()


def test_a_download_goes_on_for_others_when_the_order_is_cancelled(
    start: Callable[..., PaperOrder], gemma: Student
) -> None:
    order = look(start("methods"))
    download = Job.objects.get(kind="download")

    control.cancel(order.job, by=None)

    download.refresh_from_db()
    assert download.state == JobState.QUEUED
    end(download, "failed", error={"code": "gated", "message": "Accept its licence.", "hint": ""})
