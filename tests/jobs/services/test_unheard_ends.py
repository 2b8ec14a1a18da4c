"""Ends that a consumer has not heard of: found without reading those that all have, and none is missed."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.contracts import Result
from jobs.kinds import registry
from jobs.lifecycle import adopt, consumers, control, reaper, reaper_lock
from jobs.lifecycle.transitions import lock_job, transition
from jobs.models import FinishedNotice, Job, ReaperTurn

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def heard(kinds) -> list[uuid.UUID]:
    """Ids of the jobs that the only consumer has heard of, in turn."""
    ids: list[uuid.UUID] = []
    registry.CONSUMERS.clear()
    registry.register_consumer("listener", frozenset({"counting"}), lambda job: ids.append(job.pk))
    return ids


def end_unheard(job: Job) -> None:
    """End a job as a worker does that dies before it can call anybody."""
    with transaction.atomic():
        transition(lock_job(job.pk), "cancelled")


def ended_long_ago(number: int) -> None:
    """Jobs whose ends everybody has heard of."""
    past = timezone.now() - timedelta(days=3)
    jobs = Job.objects.bulk_create(
        Job(kind="counting", title="old", state="succeeded", finished_at=past) for _ in range(number)
    )
    FinishedNotice.objects.bulk_create(FinishedNotice(job=job, consumer="listener") for job in jobs)


def read_by(tick) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        tick()
    return [query["sql"] for query in captured if "jobs_job" in query["sql"]]


def test_a_tick_reads_ends_nobody_heard_and_no_others(heard, launch):
    ended_long_ago(300)
    reaper.reap()
    lost = launch()
    end_unheard(lost)

    asked = read_by(reaper.reap)

    assert heard == [lost.pk]
    assert not [sql for sql in asked if "jobs_finishednotice" in sql and "EXISTS" in sql.upper()]
    marked = Job.objects.filter(unheard_since__isnull=False)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # A table of a few pages is read whole all the same; the question is whether the index can answer.
            cursor.execute("SET enable_seqscan = off")
        plan = marked.order_by("unheard_since").explain()
        if connection.vendor == "postgresql":
            cursor.execute("RESET enable_seqscan")
    assert "jobs_unheard" in plan, plan
    assert marked.count() == 0


@pytest.mark.sqlite_only
def test_no_question_of_a_round_reads_the_whole_table(heard):
    reaper.reap()

    asked: list[tuple[str, Any]] = []

    def collect(execute, sql, params, many, context):
        if sql.startswith("SELECT"):
            asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(collect):
        reaper.reap()
    with connection.cursor() as cursor:
        plans = [row[3] for sql, params in asked for row in cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)]

    assert len(asked) >= 3
    assert not [plan for plan in plans if plan.startswith("SCAN") and "USING" not in plan], plans


def test_an_end_that_commits_late_is_heard_although_later_ones_were_heard_before(heard, launch):
    late, early = launch(), launch()
    Job.objects.filter(pk=late.pk).update(created_at=timezone.now() - timedelta(days=9))
    end_unheard(early)
    reaper.reap()

    end_unheard(late)
    # As if its transaction had begun, and told its time, long before.
    long_ago = timezone.now() - timedelta(hours=5)
    Job.objects.filter(pk=late.pk).update(finished_at=long_ago, unheard_since=long_ago)
    reaper.reap()
    reaper.reap()

    assert heard == [early.pk, late.pk]


def test_the_end_of_a_failed_job_that_was_done_elsewhere_is_heard_too(heard, launch):
    job = launch()
    with transaction.atomic():
        transition(lock_job(job.pk), "failed")
    reaper.reap()

    adopt.adopt_result(job.pk, fence=job.fence, blocks=[], result=Result(outcome="succeeded"), collected={})

    assert heard == [job.pk, job.pk]


def test_the_end_of_a_failed_job_that_is_cancelled_is_heard_although_its_consumer_raised(heard, launch, admin):
    job = launch()
    with transaction.atomic():
        transition(lock_job(job.pk), "failed")
    reaper.reap()
    faults = [RuntimeError("once")]

    def stumble(job: Job) -> None:
        if faults:
            raise faults.pop()
        heard.append(job.pk)

    registry.register_consumer("listener", frozenset({"counting"}), stumble)

    control.cancel(job, by=admin)
    reaper.reap()

    assert (heard, faults) == ([job.pk, job.pk], [])


def test_a_consumer_that_a_later_release_brings_hears_of_every_end_there_was(heard, launch):
    jobs = [launch() for _ in range(3)]
    for job in jobs:
        end_unheard(job)
    reaper.reap()
    late: list[uuid.UUID] = []
    registry.register_consumer("newcomer", frozenset({"counting"}), lambda job: late.append(job.pk))

    reaper.reap()
    reaper.reap()

    assert sorted(late) == sorted(job.pk for job in jobs)
    assert sorted(heard) == sorted(late)


def test_a_consumer_that_waits_for_one_kind_more_hears_of_its_ends(heard, launch):
    inline = launch("inline")
    end_unheard(inline)
    reaper.reap()
    assert heard == []
    registry.register_consumer("listener", frozenset({"counting", "inline"}), lambda job: heard.append(job.pk))

    reaper.reap()

    assert heard == [inline.pk]


def test_what_an_earlier_release_ended_without_a_mark_is_found_within_the_hour(heard, launch):
    reaper.reap()
    job = launch()
    end_unheard(job)
    Job.objects.filter(pk=job.pk).update(unheard_since=None)
    reaper.reap()
    assert heard == []

    ReaperTurn.objects.update(looked_through_at=timezone.now() - timedelta(seconds=reaper_lock.FULL_SCAN_EVERY_S + 1))
    reaper.reap()

    assert heard == [job.pk]


def test_two_releases_side_by_side_do_not_look_through_everything_in_turn(heard):
    reaper.reap()
    registry.register_consumer("newcomer", frozenset({"counting"}), lambda job: None)
    reaper.reap()

    del registry.CONSUMERS["newcomer"]

    assert reaper_lock.scan_cursor() is None


def test_a_consumer_that_keeps_failing_holds_up_no_other_end(heard, launch, monkeypatch):
    monkeypatch.setattr(consumers, "CALLED_AT_ONCE", 1)
    poisoned, sound = launch(), launch()

    def consumer(job: Job) -> None:
        if job.pk == poisoned.pk:
            raise RuntimeError("never")
        heard.append(job.pk)

    registry.register_consumer("listener", frozenset({"counting"}), consumer)
    end_unheard(poisoned)
    end_unheard(sound)

    for _ in range(3):
        reaper.reap()

    assert heard == [sound.pk]
    assert list(Job.objects.filter(unheard_since__isnull=False)) == [poisoned]


def test_an_end_told_late_leaves_the_next_end_to_be_heard(heard, launch, admin):
    job = launch()
    with transaction.atomic():
        transition(lock_job(job.pk), "failed")
    control.resume(job, by=admin)
    # The first end is told only now, after the job was set going again.
    consumers.call(job.pk, job.kind)
    end_unheard(job)

    reaper.reap()

    assert heard == [job.pk]


def test_no_two_reapers_run_at_once(heard, launch):
    seconds: list[dict[str, int]] = []

    def reap_meanwhile(job: Job) -> None:
        """Runs inside the first reaper's call of a consumer."""
        seconds.append(reaper.reap())

    registry.register_consumer("listener", frozenset({"counting"}), reap_meanwhile)
    end_unheard(launch())

    reaper.reap()

    assert seconds == [{}]
    assert reaper.reap() != {}


def test_a_reaper_that_was_killed_holds_up_the_others_for_a_lease_only(heard):
    ReaperTurn.objects.create(pk=reaper_lock.ONLY, held_until=timezone.now() + timedelta(hours=1))
    assert reaper.reap() == {}

    ReaperTurn.objects.update(held_until=timezone.now() - timedelta(seconds=1))

    assert reaper.reap() != {}


def test_a_long_turn_is_kept(settings):
    with reaper_lock.acquire() as turn:
        assert turn
        ReaperTurn.objects.update(held_until=Now())
        turn._kept_at -= timedelta(seconds=settings.JOB_LEASE_S)
        turn.keep()

        with reaper_lock.acquire() as other:
            assert other is None
