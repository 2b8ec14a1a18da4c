"""What people do with jobs."""

import time

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction

from jobs.kinds import registry
from jobs.lifecycle import control, notify
from jobs.models import PLAYED_BACK, RECORDED_S, Job, JobEvent
from jobs.states import JobState
from tests.jobs.fleet import ring_through
from web.errors import Refusal

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bell(monkeypatch):
    """Rings, as the queue would get them."""
    rung = []
    monkeypatch.setattr(notify, "send", lambda job_id, queue: rung.append((job_id, queue)))
    return rung


def set_state(job: Job, state: str) -> Job:
    Job.objects.filter(pk=job.pk).update(state=state, fence=1)
    job.refresh_from_db()
    return job


def test_launching_rings_only_after_the_commit(launch, bell):
    with transaction.atomic():
        job = launch()
        before = list(bell)

    assert before == []
    assert bell == [(job.pk, "default")]
    assert JobEvent.objects.get(job=job).payload == {"state": "queued", "reason": ""}


def test_a_launch_rolled_back_rings_for_nothing(launch, bell):
    with transaction.atomic():
        launch()
        transaction.set_rollback(True)

    assert bell == []
    assert not Job.objects.exists()


def test_launching_an_unknown_kind_is_a_mistake_of_the_code(admin):
    with pytest.raises(ValueError, match="no kind of job 'unknown'"):
        control.launch(kind="unknown", title="x", spec={}, by=admin)


def test_a_dead_broker_neither_fails_nor_slows_a_launch(launch):
    ring_through("redis://127.0.0.1:1/0")
    try:
        launch()
        began = time.monotonic()
        job = launch()
        took_s = time.monotonic() - began
    finally:
        ring_through("memory://")

    assert job.state == JobState.QUEUED
    # Of a moment; who waited for the broker would wait for minutes.
    assert took_s < 30


def test_pausing_a_queued_job_pauses_it_at_once_and_twice_is_once(launch, admin):
    job = launch()

    control.pause(job, by=admin)
    job = control.pause(job, by=admin)

    assert job.state == "paused"
    assert JobEvent.objects.filter(job=job, kind="state").count() == 2


def test_cancelling_a_queued_job_ends_it_and_tells_the_rooms_above(launch, admin, kinds):
    heard = []
    registry.register_consumer("listener", frozenset({"counting"}), lambda job: heard.append(job.state))
    job = launch()

    job = control.cancel(job, by=admin)

    assert job.state == "cancelled"
    assert job.finished_at is not None
    assert kinds["counting"].ends == ["stopped"]
    assert heard == ["cancelled"]


def test_a_failed_job_that_is_cancelled_keeps_why_it_failed(launch, admin, kinds):
    job = set_state(launch(), "failed")
    Job.objects.filter(pk=job.pk).update(error={"code": "x", "message": "y", "hint": ""})

    job = control.cancel(job, by=admin)

    assert (job.state, job.error["message"], kinds["counting"].ends) == ("cancelled", "y", ["stopped"])


def test_resuming_clears_the_error_and_rings(launch, admin, bell):
    job = set_state(launch(), "failed")
    Job.objects.filter(pk=job.pk).update(error={"code": "x", "message": "y", "hint": ""}, crashes=4)

    job = control.resume(job, by=admin)

    assert (job.state, job.error, job.crashes, job.finished_at) == ("queued", None, 0, None)
    assert len(bell) == 2


def test_what_could_not_be_played_back_is_done_here_once_it_is_resumed(launch, admin, bell):
    job = set_state(launch(), "failed")
    spec = dict(job.spec)
    Job.objects.filter(pk=job.pk).update(spec={**spec, PLAYED_BACK: True, RECORDED_S: 87})

    job = control.resume(Job.objects.get(pk=job.pk), by=admin)

    assert not job.is_played_back
    assert job.spec == spec


@pytest.mark.parametrize(
    ("verb", "state"),
    [
        ("pause", "succeeded"),
        ("pause", "cancelling"),
        ("resume", "succeeded"),
        ("resume", "pausing"),
        ("resume", "cancelled"),
        ("cancel", "succeeded"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_state(launch, admin, verb, state):
    job = set_state(launch(), state)

    with pytest.raises(Refusal) as refused:
        getattr(control, verb)(job, by=admin)

    assert (refused.value.status, refused.value.state["state"]) == (409, state)
    assert Job.objects.get(pk=job.pk).state == state


@pytest.mark.parametrize("verb", ["pause", "resume", "cancel"])
def test_who_does_not_lead_the_task_may_not_steer(launch, outsider, verb):
    job = launch(task_slug="outreach")

    with pytest.raises(PermissionDenied):
        getattr(control, verb)(job, by=outsider)

    assert Job.objects.get(pk=job.pk).state == "queued"
