"""What a halt does to engines at work."""

from __future__ import annotations

import pytest

from jobs.lifecycle import control, reaper
from jobs.models import Job
from jobs.scheduling import halt
from jobs.supervisor import run_job
from tests.jobs.conftest import state_of, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.slow
def test_a_running_engine_stops_its_job_waits_and_goes_on_where_it_stood(launch, carrying, ledger):
    job = launch("leaving", count=4000, step_s=0.02)
    thread = carrying(job)
    wait_for(ledger.exists)

    halt.halt(by=None, reason="a leak")
    thread.join(60)
    counted = len(ledger.read_text().split())
    run_job(job.pk, worker="worker-2")
    assert state_of(job) == "waiting"
    halt.resume(by=None)
    Job.objects.filter(pk=job.pk).update(spec={**job.spec, "count": counted + 3})
    run_job(job.pk, worker="worker-1")

    job.refresh_from_db()
    assert 0 < counted < 4000
    assert (job.state, job.crashes, job.error) == ("succeeded", 0, None)
    assert ledger.read_text().split() == [str(number) for number in range(1, counted + 4)]


@pytest.mark.slow
def test_an_engine_that_does_not_heed_is_ended_and_its_job_still_waits(launch, carrying, ledger, settings):
    settings.JOB_STOP_GRACE_S = 0.3
    job = launch("leaving", count=4000, step_s=0.02, deaf=True)
    thread = carrying(job)
    wait_for(ledger.exists)

    halt.halt(by=None)
    thread.join(60)

    job.refresh_from_db()
    assert (job.state, job.crashes) == ("queued", 0)


@pytest.mark.slow
def test_a_person_who_cancels_a_job_that_a_halt_stops_is_heard(launch, admin, carrying, ledger):
    job = launch("leaving", count=4000, step_s=0.02)
    thread = carrying(job)
    wait_for(ledger.exists)

    halt.halt(by=admin)
    control.cancel(job, by=admin)
    thread.join(60)

    assert state_of(job) == "cancelled"


@pytest.mark.slow
def test_engines_whose_work_stays_go_on(launch, ledger):
    halt.halt(by=None)
    job = launch("counting")

    run_job(job.pk, worker="worker-1")

    assert state_of(job) == "succeeded"


def test_resuming_rings_for_what_waits(launch, settings):
    settings.JOB_RERING_S = 3600
    halt.halt(by=None)
    job = launch("leaving")
    run_job(job.pk, worker="worker-1")
    assert reaper.reap()["rung"] == 0

    halt.resume(by=None)

    assert reaper.reap()["rung"] == 1
    assert Job.objects.get(pk=job.pk).state == "waiting"
