"""A job of jobs: it waits without a worker, wakes when it is rung for, and its stops reach what it has set going."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.db.models.functions import Now

from jobs.kinds import registry
from jobs.kinds.base import Attempt, JobKind, MustWait
from jobs.lifecycle import control, reaper
from jobs.models import Job
from jobs.scheduling.clock import database_time_in
from jobs.supervisor import run_job
from tests.jobs.conftest import state_of

pytestmark = pytest.mark.django_db(transaction=True)


class Gathering(JobKind):
    """Waits until its flag is up."""

    name = "gathering"
    label = "Gathering"

    def __init__(self) -> None:
        self.is_over = False
        self.rises_unheard = False
        self.steered: list[str] = []

    def run_inline(self, job: Job, attempt: Attempt) -> dict[str, Any]:
        if self.is_over:
            return {"gathered": True}
        self.is_over = self.rises_unheard
        raise MustWait("2 of 8 cells are done", again_s=60, is_over=lambda: self.is_over)

    def on_paused(self, job: Job) -> None:
        self.steered.append("paused")

    def on_resumed(self, job: Job) -> None:
        self.steered.append("resumed")


@pytest.fixture
def gathering() -> Gathering:
    kind = Gathering()
    registry.register_kind(kind)
    return kind


def test_it_waits_without_a_worker_and_ends_when_rung_for_again(launch, gathering):
    job = launch("gathering")

    run_job(job.pk, worker="worker-1")
    waiting = Job.objects.get(pk=job.pk)
    gathering.is_over = True
    run_job(job.pk, worker="worker-2")

    assert (waiting.state, waiting.waiting_reason) == ("waiting", "2 of 8 cells are done")
    assert (waiting.lease_until, waiting.worker, waiting.settled) == (None, "", True)
    job.refresh_from_db()
    assert (job.state, job.result) == ("succeeded", {"gathered": True})


def test_the_reaper_rings_for_it_late_not_every_few_seconds(launch, gathering):
    job = launch("gathering")
    run_job(job.pk, worker="worker-1")

    early = Job.objects.filter(pk=job.pk, rung_at__gt=Now()).exists()
    Job.objects.filter(pk=job.pk).update(rung_at=database_time_in(-settings.JOB_RERING_S - 1))
    found = reaper.reap()

    assert early
    assert found["rung"] == 1


def test_what_happened_while_it_was_looking_is_not_slept_through(launch, gathering, monkeypatch):
    rings: list[Any] = []
    monkeypatch.setattr("jobs.lifecycle.notify.send", lambda job_id, queue: rings.append(job_id) or True)
    job = launch("gathering")
    gathering.rises_unheard = True
    rings.clear()

    run_job(job.pk, worker="worker-1")

    assert rings == [job.pk]


def test_a_waiting_job_pauses_and_resumes_at_once_and_tells_its_kind(launch, gathering, admin):
    job = launch("gathering")
    run_job(job.pk, worker="worker-1")

    control.pause(job, by=admin)
    paused = state_of(job)
    control.pause(job, by=admin)
    control.resume(job, by=admin)

    assert (paused, state_of(job)) == ("paused", "queued")
    assert gathering.steered == ["paused", "resumed"]


def test_the_product_itself_may_steer_what_a_job_has_set_going(launch):
    job = launch("counting")

    control.pause(job, by=None)
    control.resume(job, by=None)
    control.cancel(job, by=None)

    assert state_of(job) == "cancelled"
