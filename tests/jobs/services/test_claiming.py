"""The right to do a job, raced on the real database."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from jobs.contracts import EngineError, EngineEvent, Result
from jobs.lifecycle import claim, end, events
from jobs.lifecycle.claim import AttemptLost, Worker
from jobs.models import Job, JobEvent
from tests.at_once import at_once
from tests.jobs.kinds import Counting

pytestmark = pytest.mark.django_db(transaction=True)
HERE, THERE = Worker("worker-1", "host-a", "boot-1"), Worker("worker-2", "host-b", "boot-9")
KIND = Counting()


def race(count: int, act) -> list:
    """Run `act(number)` in so many threads at once; what they returned."""
    return at_once(*(partial(act, number) for number in range(count)))


def test_of_many_workers_one_gets_the_job(launch):
    job = launch()

    answers = race(8, lambda n: claim.claim(job.pk, worker=Worker(f"worker-{n}", "host-a", "boot-1")))

    winners = [answer for answer in answers if answer is not None]
    assert len(answers) == 8
    assert [winner.fence for winner in winners] == [1]


def test_of_many_jobs_no_more_run_than_a_host_has_slots(launch):
    jobs = [launch("lonely") for _ in range(4)]

    race(4, lambda n: claim.claim(jobs[n].pk, worker=HERE))

    states = sorted(Job.objects.values_list("state", flat=True))
    assert states == ["running", "waiting", "waiting", "waiting"]


def test_the_lease_is_measured_by_the_databases_clock(launch, settings):
    settings.JOB_LEASE_S = 60
    job = launch()

    claimed = claim.claim(job.pk, worker=HERE)

    left_s = (claimed.lease_until - timezone.now()).total_seconds()
    assert 50 < left_s <= 60.5


@pytest.mark.parametrize("state", ["paused", "succeeded", "running", "cancelling"])
def test_a_job_that_is_not_queued_is_not_claimed(launch, state):
    job = launch()
    Job.objects.filter(pk=job.pk).update(state=state)

    assert claim.claim(job.pk, worker=HERE) is None


def test_another_host_waits_until_the_first_ones_engine_must_have_stopped(launch):
    job = launch()
    later, earlier = timezone.now() + timedelta(seconds=60), timezone.now() - timedelta(seconds=1)
    Job.objects.filter(pk=job.pk).update(host_id="host-a", settled=False, run_fence=1, engine_until=later)

    too_early = claim.claim(job.pk, worker=THERE)
    Job.objects.filter(pk=job.pk).update(engine_until=earlier)
    in_time = claim.claim(job.pk, worker=THERE)

    assert too_early is None
    assert in_time is not None


def test_an_obstacle_makes_the_job_wait_and_is_told_once(launch):
    job = launch()

    for _ in range(3):
        assert claim.claim(job.pk, worker=HERE, obstacle="the disk is full") is None

    job.refresh_from_db()
    assert (job.state, job.waiting_reason) == ("waiting", "the disk is full")
    assert JobEvent.objects.filter(job=job, kind="state").count() == 2


def late_writer(launch) -> tuple[Job, int]:
    """A job whose first worker has been overtaken by a second."""
    job = launch()
    first = claim.claim(job.pk, worker=HERE)
    claim.begin_attempt(job.pk, first.fence)
    end.crashed(job.pk, first.fence, error=EngineError(code="x", message="y"))
    assert claim.claim(job.pk, worker=HERE) is not None
    return job, first.fence


@pytest.mark.parametrize(
    "write",
    [
        lambda job, fence: claim.begin_attempt(job, fence),
        lambda job, fence: events.ingest(job, fence, [EngineEvent(seq=1, ts=1, kind="metric")], kind=KIND),
        lambda job, fence: events.tell_progress(job, fence, {"done": 1}),
        lambda job, fence: end.succeed(job, fence, result=Result(outcome="succeeded"), collected={}),
        lambda job, fence: end.fail(job, fence, error=EngineError(code="x", message="y")),
        lambda job, fence: end.stopped(job, fence),
        lambda job, fence: end.crashed(job, fence, error=EngineError(code="x", message="y")),
        lambda job, fence: end.release(job, fence, engine_lives=True),
        lambda job, fence: claim.record_reattached(job, fence, pid=1, pid_started="1"),
    ],
)
def test_a_write_under_an_old_fence_changes_nothing(launch, write):
    job, old = late_writer(launch)
    before = Job.objects.values().get(pk=job.pk), JobEvent.objects.count()

    with pytest.raises(AttemptLost):
        write(job.pk, old)

    assert (Job.objects.values().get(pk=job.pk), JobEvent.objects.count()) == before


def test_an_old_fence_renews_nothing_and_names_no_engine(launch):
    job, old = late_writer(launch)
    before = Job.objects.values().get(pk=job.pk)

    assert not claim.renew(job.pk, old)
    assert not claim.record_engine(job.pk, old, pid=7, pid_started="7")
    assert Job.objects.values().get(pk=job.pk) == before
