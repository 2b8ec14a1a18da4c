"""The scan of ended jobs for ends that a consumer has not heard of: in slices, over rounds and processes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.kinds import registry
from jobs.lifecycle import consumers, reaper, reaper_lock
from jobs.models import FinishedNotice, Job, ReaperTurn

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard(kinds, monkeypatch) -> list[int]:
    """Numbers of the jobs that the only consumer has heard of, in turn; slices are of ten jobs."""
    numbers: list[int] = []
    monkeypatch.setattr(consumers, "SCANNED_AT_ONCE", 10)
    registry.CONSUMERS.clear()
    registry.register_consumer("listener", frozenset({"counting"}), lambda job: numbers.append(job.spec["number"]))
    return numbers


def end_unmarked(count: int, *, heard_by: str = "") -> None:
    """Write ended jobs without a mark, number 0 the newest."""
    now = timezone.now()
    jobs = Job.objects.bulk_create(
        Job(kind="counting", title="old", state="succeeded", finished_at=now, spec={"number": number})
        for number in range(count)
    )
    for number, job in enumerate(jobs):
        Job.objects.filter(pk=job.pk).update(created_at=now - timedelta(seconds=number))
    if heard_by:
        FinishedNotice.objects.bulk_create(FinishedNotice(job=job, consumer=heard_by) for job in jobs)


def rounds_until_scanned() -> int:
    """Run rounds until no scan is under way or due; returns how many began a slice."""
    count = 0
    while reaper_lock.scan_cursor() is not None:
        reaper.reap()
        count += 1
        assert count < 50, "The scan does not end."
    return count


def test_a_scan_takes_one_slice_a_round_and_ends(heard):
    end_unmarked(35)

    assert rounds_until_scanned() == 4

    assert Job.objects.filter(unheard_since__isnull=False).count() + len(heard) == 35
    assert reaper.reap()["marked"] == 0


def test_a_round_during_a_scan_asks_the_same_however_many_jobs_have_ended(heard):
    statements = []
    for more in (15, 200):
        end_unmarked(more, heard_by="listener")
        ReaperTurn.objects.update(scan=None, looked_through_at=None)
        reaper.reap()
        with CaptureQueriesContext(connection) as captured:
            consumers.mark_missed(cursor="")
        statements.append([query["sql"].split("WHERE")[0] for query in captured])
        assert "LIMIT 11" in captured[0]["sql"]

    assert statements[0] == statements[1]
    assert len(statements[1]) == 2


def test_the_newest_ends_are_found_first(heard):
    end_unmarked(12)

    reaper.reap()

    marked = Job.objects.filter(unheard_since__isnull=False).values_list("spec__number", flat=True)
    assert sorted([*marked, *heard]) == list(range(10))


def test_a_consumer_that_comes_during_a_scan_gets_a_scan_of_its_own(heard):
    end_unmarked(25, heard_by="listener")
    reaper.reap()
    late: list[int] = []
    registry.register_consumer("newcomer", frozenset({"counting"}), lambda job: late.append(job.spec["number"]))

    rounds_until_scanned()
    while reaper.reap()["told"]:
        pass

    assert sorted(late) == list(range(25))
    assert heard == []


def test_slices_of_a_release_that_lacks_a_consumer_do_not_count_for_it(heard):
    end_unmarked(25, heard_by="listener")
    late: list[int] = []
    newcomer = (frozenset({"counting"}), lambda job: late.append(job.spec["number"]))
    registry.CONSUMERS["newcomer"] = newcomer
    reaper.reap()
    del registry.CONSUMERS["newcomer"]
    reaper.reap()

    registry.CONSUMERS["newcomer"] = newcomer
    rounds_until_scanned()
    while reaper.reap()["told"]:
        pass

    assert sorted(late) == list(range(25))


def test_a_round_calls_for_a_few_ends_and_a_tick_for_all_that_wait(heard, settings):
    settings.JOB_REAPER_EVERY_S = 3600
    end_unmarked(10)
    reaper.reap()
    assert len(heard) == consumers.CALLED_AT_ONCE

    reaper.tick()

    assert sorted(heard) == list(range(10))


def test_a_tick_calls_a_failing_consumer_once_for_each_end(heard, settings):
    settings.JOB_REAPER_EVERY_S = 3600
    calls: list[int] = []

    def consumer(job: Job) -> None:
        calls.append(job.spec["number"])
        raise RuntimeError("never")

    registry.register_consumer("listener", frozenset({"counting"}), consumer)
    end_unmarked(9)
    consumers.mark_missed(cursor="")

    reaper.tick()

    assert sorted(calls) == list(range(9))


@pytest.mark.slow
@pytest.mark.sqlite_only
def test_marking_a_slice_finds_its_jobs_by_key(heard, monkeypatch):
    monkeypatch.setattr(consumers, "SCANNED_AT_ONCE", 500)
    end_unmarked(500)
    with CaptureQueriesContext(connection) as captured:
        consumers.mark_missed(cursor="")
    statements = [query["sql"] for query in captured if query["sql"].startswith(("SELECT", "UPDATE"))]
    with connection.cursor() as cursor:
        plans = [row[3] for sql in statements for row in cursor.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()]

    assert len(statements) >= 3
    assert not [plan for plan in plans if "jobs_by_state" in plan or (plan.startswith("SCAN") and "USING" not in plan)]
