"""Storing what engines report."""

import pytest

from jobs.contracts import EngineEvent
from jobs.lifecycle import claim, events
from jobs.lifecycle.claim import Worker
from jobs.models import JobEvent
from jobs.rundir.tail import BadLine
from tests.jobs.kinds import Counting
from tests.jobs.services.test_claiming import race

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def job(launch):
    job = launch()
    claim.claim(job.pk, worker=Worker("worker-1", "host-a", "boot-1"))
    return claim.begin_attempt(job.pk, 1)


def metric(seq: int) -> EngineEvent:
    return EngineEvent(seq=seq, ts=1_700_000_000.0 + seq, kind="metric", payload={"step": seq})


def progress(seq: int, done: int) -> EngineEvent:
    return EngineEvent(seq=seq, ts=1.0, kind="progress", payload={"done": done, "total": 9})


def test_a_file_read_again_from_its_beginning_stores_nothing_twice(job):
    kind = Counting()

    events.ingest(job.pk, 1, [metric(1), metric(2)], kind=kind)
    events.ingest(job.pk, 1, [metric(1), metric(2), metric(3)], kind=kind)

    assert kind.heard == [1, 2, 3]
    assert list(JobEvent.objects.filter(kind="metric").values_list("engine_seq", flat=True)) == [1, 2, 3]


def test_numbers_have_no_gap_when_a_person_and_the_engine_write_at_once(job, admin):
    from jobs.lifecycle.transitions import append_event
    from jobs.models import Job

    def write(number: int) -> None:
        from django.db import transaction

        from jobs.lifecycle.transitions import lock_job

        if number == 0:
            for seq in range(1, 21):
                events.ingest(job.pk, 1, [metric(seq)], kind=Counting())
            return
        for _ in range(10):
            with transaction.atomic():
                append_event(lock_job(job.pk), "log", {"message": "hello"})

    race(3, write)

    seqs = list(JobEvent.objects.filter(job=job).order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, Job.objects.get(pk=job.pk).last_seq + 1))
    assert JobEvent.objects.filter(job=job, kind="log").count() == 20


def test_of_several_progress_events_the_last_is_kept_and_copied_to_the_job(job):
    stored = events.ingest(job.pk, 1, [progress(1, 1), progress(2, 2), metric(3), progress(4, 5)], kind=Counting())

    assert stored.progress == {"done": 5, "total": 9}
    assert list(JobEvent.objects.filter(kind="progress").values_list("payload__done", flat=True)) == [5]


def test_a_bad_line_is_told_once_as_a_log_event(job):
    bad = BadLine(2, "not JSON", "{oops")

    for _ in range(2):
        events.ingest(job.pk, 1, [metric(1), bad, metric(2)], kind=Counting())

    logs = JobEvent.objects.filter(job=job, kind="log")
    assert [log.payload["message"] for log in logs] == ["Line 2 of events.jsonl was passed over: not JSON."]


def test_what_the_kind_refuses_is_not_stored(job):
    job.spec["poison"] = "refused"
    job.save(update_fields=["spec"])

    with pytest.raises(ValueError, match="refused"):
        events.ingest(job.pk, 1, [metric(1)], kind=Counting())

    assert not JobEvent.objects.filter(kind="metric").exists()
