"""Unplanned ends in a job's life: only those without progress in between add up to giving it up."""

import pytest

from jobs.contracts import EngineError, EngineEvent
from jobs.lifecycle import claim, control, end, events, reaper
from jobs.lifecycle.claim import Worker
from jobs.models import Job

pytestmark = pytest.mark.django_db(transaction=True)
WORKER = Worker("worker-1", "host-a", "boot-1")
DIED = EngineError(code="crashed", message="The engine ended without a word.")


@pytest.fixture
def limit(settings) -> int:
    settings.JOB_MAX_ATTEMPTS = 3
    return 3


def attempt(job: Job, kind, *, done: int | None) -> None:
    """One attempt that says how far it is and dies."""
    claimed = claim.claim(job.pk, worker=WORKER)
    assert claimed is not None
    claim.begin_attempt(job.pk, claimed.fence)
    if done is not None:
        told = [EngineEvent(seq=1, ts=0.0, kind="progress", payload={"done": done, "total": 100})]
        events.ingest(job.pk, claimed.fence, told, kind=kind)
    end.crashed(job.pk, claimed.fence, error=DIED)


def state_after(job: Job, kind, *furthest: int | None) -> tuple[str, int]:
    for done in furthest:
        attempt(job, kind, done=done)
    job.refresh_from_db()
    return job.state, job.crashes


@pytest.mark.parametrize(
    ("furthest", "ends"),
    [
        ([10, 20, 30, 40, 50, 60, 70], ("queued", 1)),
        ([10, 10, 11, 11, 12, 12, 13], ("queued", 1)),
        ([10, 10, 10], ("failed", 2)),
        ([None, None, None], ("failed", 2)),
        # Counting up anew to where it had been is no progress.
        ([50, 20, 40], ("failed", 2)),
        ([10, 30, 30, 30], ("failed", 2)),
    ],
)
def test_ends_are_counted_since_the_job_came_further(launch, kinds, limit, furthest, ends):
    assert state_after(launch(), kinds["counting"], *furthest) == ends


def test_a_job_given_up_says_that_nothing_came_of_the_attempts(launch, kinds, limit):
    job = launch()
    state_after(job, kinds["counting"], *[None] * limit)

    assert "3 times without progress in between" in job.error["message"]


def test_workers_lost_are_counted_the_same_way(launch, kinds, limit):
    job = launch()
    for done in (1, 2, 3, 4, 5):
        claimed = claim.claim(job.pk, worker=WORKER)
        assert claimed is not None
        claim.begin_attempt(job.pk, claimed.fence)
        Job.objects.filter(pk=job.pk).update(progress={"done": done}, lease_until=job.created_at, settled=True)
        assert reaper.reap()["expired"] == 1

    job.refresh_from_db()
    assert (job.state, job.crashes) == ("queued", 1)


def test_a_person_who_resumes_a_job_gives_it_all_its_attempts_again(launch, kinds, limit, admin):
    job = launch()
    state_after(job, kinds["counting"], 10, 10, 10)
    control.resume(job, by=admin)

    # From nothing, as if its host's disk were lost.
    assert state_after(job, kinds["counting"], 5, 5) == ("queued", 2)
