"""What nobody looks after any more."""

import os
import subprocess
import sys
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from jobs.contracts import Result
from jobs.kinds import registry
from jobs.lifecycle import claim, notify, reaper, reaper_lock
from jobs.lifecycle.claim import AttemptLost, Worker
from jobs.models import FinishedNotice, Job, JobEvent, WorkerBeat
from jobs.rundir import identity
from jobs.scheduling import workers
from tests.jobs.conftest import state_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bell(monkeypatch):
    rung = []
    monkeypatch.setattr(notify, "send", lambda job_id, queue: rung.append(job_id) or True)
    return rung


@pytest.fixture
def lapsed(launch):
    """A held job whose worker stopped answering, in the given state."""

    def make(state: str = "running", **values) -> Job:
        job = launch()
        claim.claim(job.pk, worker=Worker("worker-1", "host-a", "boot-1"))
        claim.begin_attempt(job.pk, 1)
        past = timezone.now() - timedelta(seconds=5)
        Job.objects.filter(pk=job.pk).update(state=state, lease_until=past, **values)
        return job

    return make


def test_an_expired_lease_queues_the_job_again_and_says_why(lapsed, bell):
    job = lapsed()

    found = reaper.reap()

    job.refresh_from_db()
    assert found["expired"] == 1
    assert (job.state, job.fence, job.crashes) == ("queued", 2, 1)
    assert "worker-1 stopped answering" in JobEvent.objects.filter(job=job).latest("seq").payload["reason"]
    assert job.pk in bell


@pytest.mark.parametrize(
    ("kind", "dies", "state"),
    [
        ("inline", True, "queued"),
        ("inline", False, "running"),
        ("counting", True, "running"),
    ],
)
def test_work_of_a_dead_process_of_this_host_does_not_wait_for_its_lease(launch, bell, kind, dies, state):
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    job = launch(kind)
    claim.claim(job.pk, worker=Worker("worker-1", identity.host_id(), identity.boot_id()))
    claim.begin_attempt(job.pk, 1, process=identity.mark_of(process.pid))
    claim.renew(job.pk, 1)
    if dies:
        process.kill()
        process.wait()

    reaper.reap()

    assert state_of(job) == state
    process.kill()
    process.wait()
    if state == "queued":
        # No other host waits for an engine that never was, and a claim made since is not the dead process's.
        assert Job.objects.get().engine_until is None
        claim.claim(job.pk, worker=Worker("worker-2", identity.host_id(), identity.boot_id()))
        reaper.reap()
        assert state_of(job) == "running"


def test_a_process_whose_start_is_unknown_is_not_taken_for_dead(launch, bell):
    job = launch("inline")
    claim.claim(job.pk, worker=Worker("worker-1", identity.host_id(), identity.boot_id()))
    unknown = identity.mark_of(os.getpid()).model_copy(update={"pid_started": ""})
    claim.begin_attempt(job.pk, 1, process=unknown)
    claim.renew(job.pk, 1)

    reaper.reap()

    assert state_of(job) == "running"


def test_leases_that_workers_lost_are_counted_for_good(lapsed):
    for _ in range(2):
        lapsed()
        reaper.reap()
    reaper.reap()

    assert reaper_lock.lost_leases() == 2


@pytest.mark.parametrize(("state", "ends"), [("pausing", "paused"), ("cancelling", "cancelled")])
def test_a_job_being_stopped_comes_to_rest_when_its_worker_is_lost(lapsed, kinds, state, ends):
    job = lapsed(state)

    reaper.reap()

    assert state_of(job) == ends
    assert kinds["counting"].ends == (["stopped"] if ends == "cancelled" else [])


def test_a_job_that_costs_worker_after_worker_is_given_up(lapsed, settings, kinds):
    job = lapsed(crashes=settings.JOB_MAX_ATTEMPTS - 1)

    reaper.reap()

    job.refresh_from_db()
    assert (job.state, job.error["code"]) == ("failed", "worker_lost")
    assert kinds["counting"].ends == ["failed"]


def test_a_lease_in_time_is_left_alone(launch):
    job = launch()
    claim.claim(job.pk, worker=Worker("worker-1", "host-a", "boot-1"))

    assert reaper.reap()["expired"] == 0
    assert state_of(job) == "running"


def test_a_worker_that_wakes_after_the_reaper_writes_nothing(lapsed):
    job = lapsed()
    reaper.reap()

    with pytest.raises(AttemptLost):
        claim.held_job(job.pk, 1)

    assert not claim.renew(job.pk, 1)


def test_a_ring_nobody_heard_is_repeated_but_not_at_every_round(launch, bell, settings):
    settings.JOB_RERING_S = 30
    job = launch()
    bell.clear()
    Job.objects.filter(pk=job.pk).update(rung_at=timezone.now() - timedelta(seconds=31))

    rounds = [reaper.reap()["rung"] for _ in range(3)]

    assert rounds == [1, 0, 0]
    assert bell == [job.pk]


def test_a_consumer_that_failed_is_called_again_until_it_succeeds_and_never_after(launch, admin, kinds):
    calls = []

    def consumer(job: Job) -> None:
        calls.append(job.pk)
        if len(calls) < 3:
            raise RuntimeError("not yet")

    registry.register_consumer("hesitant", frozenset({"counting"}), consumer)
    job = launch()
    from jobs.lifecycle import control

    control.cancel(job, by=admin)
    for _ in range(5):
        reaper.reap()

    assert calls == [job.pk] * 3
    assert FinishedNotice.objects.filter(job=job, consumer="hesitant").count() == 1


def test_workers_that_have_not_been_heard_of_are_not_present(settings):
    workers.beat(worker="fresh@host", host="host-a", queues="default")
    old = timezone.now() - timedelta(days=2)
    WorkerBeat.objects.create(worker="gone@host", host="host-a", at=old)

    present = [beat.worker for beat in workers.present()]
    forgotten = reaper.reap()["gone"]

    assert present == ["fresh@host"]
    assert forgotten == 1


def test_looking_round_an_idle_house_asks_few_questions(django_assert_max_num_queries):
    # The first round of an installation looks through all that has ended.
    reaper.reap()

    with django_assert_max_num_queries(10):
        reaper.reap()


def test_a_job_whose_kind_cannot_hear_of_its_end_holds_up_no_other(lapsed, kinds, monkeypatch):
    def refuse(job: Job, result: Result, collected: dict[str, Any]) -> None:
        raise ValueError("not today")

    monkeypatch.setattr(kinds["counting"], "on_finished", refuse)
    stuck, other = lapsed("cancelling"), lapsed()

    found = reaper.reap()

    assert (state_of(stuck), state_of(other)) == ("cancelled", "queued")
    assert found["expired"] == 2


@pytest.mark.parametrize("state", ["running", "failed"])
def test_what_happened_to_a_job_before_its_row_was_locked_counts(lapsed, monkeypatch, state):
    job, lock = lapsed(), reaper.lock_expired

    def lock_late(job_id: UUID) -> Job | None:
        Job.objects.filter(pk=job_id).update(state=state, lease_until=timezone.now() + timedelta(seconds=60))
        return lock(job_id)

    monkeypatch.setattr(reaper, "lock_expired", lock_late)

    found = reaper.reap()

    job.refresh_from_db()
    assert (job.state, job.fence, job.crashes) == (state, 1, 0)
    assert found["expired"] == 0
