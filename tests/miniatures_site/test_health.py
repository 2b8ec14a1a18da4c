"""Is it alive, and is everything it needs there?"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.utils import OperationalError, ProgrammingError
from django.utils import timezone

from jobs.lifecycle import reaper, reaper_lock
from jobs.models import Job, ReaperTurn
from jobs.scheduling import halt, workers
from jobs.scheduling.clock import database_time_in
from miniatures_site import celery
from miniatures_site.health import pages, report
from tests.jobs.fleet import ring_through

# The report is read on a connection of its own, which sees what is committed.
pytestmark = pytest.mark.django_db(transaction=True)
BASE_QUEUES = "default,generation,campaigns"


@pytest.fixture
def fleet() -> None:
    """A worker for the base's queues, and a beat that ticks."""
    workers.beat(worker="one@host", host="host-a", queues=BASE_QUEUES)
    reaper_lock.record_beat_start()


def test_alive_needs_nothing(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/livez")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_all_is_well_with_database_broker_beat_and_a_worker(client, fleet):
    answer = client.get("/healthz")

    expected = {
        "database": "ok",
        "broker": "ok",
        "beat": "ok",
        "workers": 1,
        "queues": {"campaigns": 1, "default": 1, "generation": 1},
        "unserved": [],
        "halted_since": None,
    }
    assert (answer.status_code, answer.json()) == (200, expected)


def test_a_halt_is_said_without_names_and_is_no_illness(client, fleet):
    standing = halt.halt(by=None, reason="a leak at Acme")

    answer = client.get("/healthz")

    assert (answer.status_code, answer.json()["halted_since"]) == (200, standing.since.isoformat())
    assert "Acme" not in answer.content.decode()


def test_without_a_worker_it_is_not_well(client):
    reaper_lock.record_beat_start()

    answer = client.get("/healthz")

    assert (answer.status_code, answer.json()["workers"]) == (503, 0)


def test_work_that_no_worker_takes_is_said_by_its_queue(client, fleet):
    Job.objects.create(kind="counting", title="Count", queue="default")
    assert client.get("/healthz").status_code == 200
    workers.beat(worker="one@host", host="host-a", queues="generation,campaigns")

    answer = client.get("/healthz")

    assert (answer.status_code, answer.json()["unserved"]) == (503, ["default"])


def test_a_beat_that_is_dead_is_said_with_its_silence(client, fleet):
    ReaperTurn.objects.update(ticked_at=database_time_in(-600))

    answer = client.get("/healthz")

    assert answer.status_code == 503
    assert answer.json()["beat"].startswith("silent for 60")


def test_a_beat_that_never_was_is_said(client):
    workers.beat(worker="one@host", host="host-a", queues=BASE_QUEUES)

    answer = client.get("/healthz")

    assert (answer.status_code, answer.json()["beat"]) == (503, "never seen")


def test_each_round_of_the_reaper_is_a_tick(db):
    reaper.reap()
    ReaperTurn.objects.update(ticked_at=database_time_in(-600))

    reaper.reap()

    assert (timezone.now() - reaper_lock.last_tick()).total_seconds() < 300


def test_a_beat_that_begins_says_so_and_survives_a_database_that_is_away(db, monkeypatch):
    celery.begin_beat()
    assert reaper_lock.last_tick() is not None

    def away() -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(reaper_lock, "record_beat_start", away)
    celery.begin_beat()


@pytest.fixture
def frozen(monkeypatch) -> Iterator[None]:
    """A database that accepts questions and answers none."""
    wakes = threading.Event()
    monkeypatch.setattr(report, "read", wakes.wait)
    monkeypatch.setattr(pages, "DATABASE_WITHIN_S", 0.2)
    yield
    wakes.set()


@pytest.mark.slow
def test_a_frozen_database_is_said_however_often_one_asks(client, frozen):
    answers = [client.get("/healthz") for _ in range(4)]

    assert [(answer.status_code, answer.json()["database"]) for answer in answers] == [(503, pages.NO_ANSWER)] * 4
    assert {answer.json()["broker"] for answer in answers} == {"ok"}


def test_before_migrations_it_answers_as_ever(client, fleet):
    with connection.schema_editor() as editor:
        editor.execute("ALTER TABLE jobs_workerbeat RENAME TO jobs_workerbeat_away")
    try:
        answer = client.get("/healthz")
    finally:
        with connection.schema_editor() as editor:
            editor.execute("ALTER TABLE jobs_workerbeat_away RENAME TO jobs_workerbeat")

    assert (answer.status_code, answer.json()["database"]) == (503, "not migrated")


def test_a_fault_is_told_in_a_word():
    assert report.fault(ProgrammingError('relation "x" does not exist')) == "not migrated"
    assert report.fault(OperationalError("no such table: x")) == "not migrated"
    assert report.fault(OperationalError("connection refused")) == "unreachable: OperationalError"


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("broker", ["redis://127.0.0.1:1/0", "redis://10.255.255.1:6379/0"])
def test_a_broker_that_is_away_is_said_within_a_second(client, fleet, broker):
    ring_through(broker)
    client.get("/livez")

    began = time.monotonic()
    try:
        answer = client.get("/healthz")
    finally:
        ring_through("memory://")

    assert (answer.status_code, answer.json()["database"]) == (503, "ok")
    assert answer.json()["broker"].startswith("unreachable")
    # Seconds, where the bound is one: this machine may be busy, and unbounded it would take minutes.
    assert time.monotonic() - began < 30
