"""A load of the demo that was killed is taken up by the next."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from demo.data import load, simulated_reviewers, task_steps
from jobs.lifecycle import claim
from jobs.lifecycle.claim import Worker
from jobs.models import Job
from jobs.states import JobState
from members.models import Member
from review.desk import decisions, deck
from review.models import Source
from review.states import Role
from tests.review import factories

pytestmark = pytest.mark.django_db


def held_by(worker: str) -> Job:
    """A job that a worker has claimed, and does not renew."""
    job = Job.objects.create(kind="freeze", title="x", queue="default")
    assert claim.claim(job.pk, worker=Worker(worker, "host", "boot"))
    return job


@pytest.mark.slow
def test_jobs_that_a_killed_load_held_are_free_once_their_lease_has_ended(settings: Any) -> None:
    settings.JOB_LEASE_S = 0.5
    job, elsewhere = held_by(task_steps.WORKER), held_by("worker-1")
    Job.objects.filter(pk=elsewhere.pk).update(lease_until=timezone.now() + timedelta(hours=1))

    assert task_steps.await_leases()

    job.refresh_from_db()
    elsewhere.refresh_from_db()
    assert (job.state, elsewhere.state) == (JobState.QUEUED, JobState.RUNNING)
    assert not task_steps.await_leases()


@pytest.mark.slow
def test_a_load_that_lives_beside_this_one_is_not_waited_for_without_end(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.JOB_LEASE_S = 0.5
    job = held_by(task_steps.WORKER)
    monkeypatch.setattr(task_steps.reaper, "release_expired", lambda: claim.renew(job.pk, 1))
    began = time.monotonic()

    task_steps.await_leases()

    assert time.monotonic() - began < 30
    job.refresh_from_db()
    assert job.state == JobState.RUNNING


@pytest.mark.slow
def test_what_a_killed_load_held_is_given_back_before_the_first_step(settings: Any) -> None:
    settings.JOB_LEASE_S = 0.5
    job, said = held_by(task_steps.WORKER), list[str]()

    load.load(said.append, until="registering the demo student and the demo encoder")

    job.refresh_from_db()
    assert job.state == JobState.QUEUED
    assert said == ["taking up what a load that was stopped had begun"]


@pytest.mark.slow
def test_an_import_that_a_killed_load_had_begun_is_taken_back_so_that_the_next_may_import(admin: Member) -> None:
    task = factories.make_task(by=admin)
    source = factories.make_source(task)
    factories.make_records(source, 3)
    Source.objects.filter(pk=source.pk).update(arriving_until=timezone.now() + timedelta(seconds=0.5))

    assert task_steps.await_leases()

    assert not Source.everything.filter(task=task).exists()
    assert not task_steps.await_leases()


def test_a_card_that_a_killed_load_had_just_dealt_is_judged_by_the_next(admin: Member) -> None:
    task = factories.make_task(by=admin)
    drafts = factories.make_drafts(task, factories.make_records(factories.make_source(task), 3))
    other = Member.objects.create(username="ben")
    factories.join(other, task, Role.REVIEWER)
    deck.hold(admin, drafts[0].pk)
    decided = deck.hold(other, drafts[1].pk)
    decisions.record(decided.draft_id, by=other, id=uuid.uuid4(), verdict="accept", if_match=decided.etag)

    mine, others = (set(simulated_reviewers.undecided(task, each)) for each in (admin, other))

    assert mine == {drafts[0], drafts[2]}
    assert others == {drafts[2]}
    assert simulated_reviewers.decide_drafts(admin, mine) == 2
