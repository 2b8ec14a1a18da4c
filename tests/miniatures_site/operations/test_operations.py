"""The admin's page of operations: what is wrong stands first, and failed jobs are retried from it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.kinds import registry
from jobs.lifecycle import reaper_lock
from jobs.models import BackupTrial, Host, Job, WorkerBeat
from miniatures_site.home import queries as home
from miniatures_site.operations import counts, readings
from miniatures_site.operations.troubles import troubles
from tests.review.factories import make_task

pytestmark = pytest.mark.django_db
PAGE = "/operations/"


def job(state="failed", kind="freeze", **more) -> Job:
    ended = {"finished_at": timezone.now()} if state == "failed" else {}
    return Job.objects.create(kind=kind, title=f"One of {kind}", state=state, **{**ended, **more})


def messages() -> str:
    return " ".join(f"{trouble.message} {trouble.hint}" for trouble in troubles(readings.read()))


def shift(model, row, **fields) -> None:
    """Write fields that are filled by themselves when a row is made."""
    model.objects.filter(pk=row.pk).update(**fields)


@pytest.fixture
def well(db):
    """An installation in which nothing is wrong."""
    reaper_lock.record_beat_start()
    WorkerBeat.objects.create(worker="w", host="h", queues="default,training", at=timezone.now())
    BackupTrial.objects.create(file_name="tonight.tar", bytes=5, verified_at=timezone.now())


def test_a_well_installation_has_nothing_wrong(well, as_member, admin, monkeypatch):
    monkeypatch.setattr(counts, "volumes", list)

    html = as_member(admin).get(PAGE).content.decode()

    assert "Nothing is wrong" in html
    assert "tonight.tar" in html


def test_what_is_wrong_is_said_in_sentences_the_gravest_first(well, monkeypatch):
    now = timezone.now()
    monkeypatch.setattr(counts, "volumes", lambda: [counts.Volume("Data", 1, 10**12)])
    reaper_lock.ReaperTurn.objects.update(ticked_at=now - timedelta(hours=3))
    BackupTrial.objects.create(file_name="broken.tar", problem="The table x has 3 rows; the backup had 4.")
    job("queued", queue="gpu")
    late = job("queued", queue="training", waiting_reason="no host has a GPU of 40 GiB")
    shift(Job, late, queued_at=now - timedelta(hours=5))
    job("running", lease_until=now - timedelta(hours=1), worker="gone")
    job()
    Host.objects.create(id="h", name="gpu-1", boot_id="b", problem="its folder is in use", seen_at=now)

    reading = readings.read()
    found = troubles(reading)

    assert [trouble.level for trouble in found] == sorted(trouble.level for trouble in found)
    said = " ".join(f"{trouble.message} {trouble.hint}" for trouble in found)
    for words in (
        "The beat last ticked 3 hours ago", "broken.tar did not come back", "the backup had 4",
        "queue gpu, which no worker takes", "The queue training has waited since 5 hours ago",
        "no host has a GPU of 40 GiB", "1 job is held by a worker", "1 job failed within 7 days",
        "gpu-1 accepts no jobs", "The disk of data has 0.0 GiB",
    ):  # fmt: skip
        assert words in said


def test_a_backup_that_was_never_verified_or_long_ago_is_said(db):
    assert "No backup was ever verified" in messages()

    row = BackupTrial.objects.create(file_name="old.tar", verified_at=timezone.now())
    assert "verified" not in messages()

    shift(BackupTrial, row, tried_at=timezone.now() - timedelta(days=9))
    assert "last verified backup was made 9 days ago" in messages()


def test_migrations_that_the_database_has_not_had_are_named(db, monkeypatch):
    monkeypatch.setattr(
        readings, "_migrations_on_disk", lambda: frozenset({("jobs", "9999_later"), ("jobs", "0001_release_tables")})
    )

    assert "1 migrations wait: jobs.9999_later." in messages()


def test_an_admin_retries_one_job_and_all_of_a_kind(as_member, admin):
    one, two, other = job(), job(), job(kind="other-kind")
    client = as_member(admin)

    client.post(f"{PAGE}retry/{one.pk}/")
    after_one = list(Job.objects.filter(state="queued"))
    client.post(f"{PAGE}retry/", {"kind": "freeze"})

    assert after_one == [one]
    assert set(Job.objects.filter(state="queued")) == {one, two}
    assert Job.objects.get(pk=other.pk).state == "failed"


def test_a_part_of_a_lost_run_is_neither_offered_for_another_try_nor_counted_nor_told(well, admin):
    task = make_task(by=admin)
    for _ in range(3):
        Job.objects.filter(pk=job(kind="training-part").pk).update(task_slug=task.slug)

    reading = readings.read()

    assert (reading.failed, reading.ended) == ([], {})
    assert home.failed_jobs(admin, task) == []
    assert "training-part" not in registry.CONSUMERS["webhooks"][0]
    assert "training" in registry.CONSUMERS["webhooks"][0]


def test_what_may_pay_or_send_again_is_retried_one_by_one_by_somebody_who_says_so(as_member, admin):
    paid = job(kind="generation")
    client = as_member(admin)

    page = client.get(PAGE).content.decode()
    client.post(f"{PAGE}retry/{paid.pk}/")
    client.post(f"{PAGE}retry/", {"kind": "generation"})
    without_a_word = Job.objects.get(pk=paid.pk).state
    client.post(f"{PAGE}retry/{paid.pk}/", {"is_sure": "on"})

    assert "paid or sent a second time" in page
    assert without_a_word == "failed"
    assert Job.objects.get(pk=paid.pk).state == "queued"


def test_a_paused_job_is_not_set_going_from_here(as_member, admin):
    paused = job("paused")

    as_member(admin).post(f"{PAGE}retry/{paused.pk}/")

    assert Job.objects.get(pk=paused.pk).state == "paused"


def test_over_the_api_it_is_the_same_reading(well, api_as, admin):
    job(error={"code": "x", "message": "It broke.", "hint": ""})

    told = api_as(admin, scopes=("admin",)).get("/api/v1/operations/").json()

    assert told["failed"][0]["jobs"][0]["error"]["message"] == "It broke."
    assert told["verified"]["file_name"] == "tonight.tar"
    assert told["queues"][0] == {
        "name": "default", "waiting": 0, "oldest": None, "reason": "", "running": 0, "workers": 1
    }  # fmt: skip
    assert set(told["versions"]) == {"Miniatures", "Python", "Django", "Database", "Broker"}


def test_more_jobs_cost_no_more_statements(well):
    def statements() -> int:
        with CaptureQueriesContext(connection) as counted:
            readings.read()
        return len(counted)

    job()
    few = statements()
    for _ in range(5):
        job()

    assert statements() == few < 25
