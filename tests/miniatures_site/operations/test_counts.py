"""Health, Prometheus, the alerts and the admin's page say the same of one installation,
whatever makes it hard to count.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns.states import MessageState
from jobs.lifecycle import reaper_lock
from jobs.models import BackupTrial, Host, Job, WorkerBeat
from members.models import Member
from miniatures_site.health import metrics, report
from miniatures_site.operations import counts, readings
from miniatures_site.operations.troubles import AlertName, troubles
from tests.campaigns import factories
from tests.review.factories import make_task
from training.models import Notice
from training.notices.send import MAX_ATTEMPTS
from webhooks.models import Delivery, Hook, WebhookEvent

# A scrape reads on a connection of its own, which it closes.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def told() -> Callable[[], dict[str, float]]:
    """Samples of a scrape."""

    def scrape() -> dict[str, float]:
        text, _ = metrics.scrape()
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        return {name.removeprefix("miniatures_"): float(value) for name, _, value in (x.rpartition(" ") for x in lines)}

    return scrape


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def mixed(admin: Member, now: datetime, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation that has of everything what counts and what does not."""
    settings.JOB_LEASE_S = settings.WORKER_BEAT_S = settings.JOB_REAPER_EVERY_S = 600
    reaper_lock.record_beat_start()
    for name, queues in (("one", "default,training"), ("two", "default")):
        WorkerBeat.objects.create(worker=name, host="here", queues=queues, at=now)
    for queue in ("default", "default", "gpu"):
        job = Job.objects.create(kind="freeze", queue=queue, title="x", state="queued")
        Job.objects.filter(pk=job.pk).update(queued_at=now - timedelta(minutes=3))
    for late_s in (60, 2400, 4800):
        Job.objects.create(kind="x", title="x", state="running", lease_until=now - timedelta(seconds=late_s))
    for state in ("failed", "failed", "failed", "succeeded"):
        Job.objects.create(kind="freeze", title="x", state=state, finished_at=now - timedelta(hours=1))
    for name, free, ago in (("here", 9 << 30, timedelta()), ("gone", 1, timedelta(days=2))):
        disk = {"disk_bytes": 1 << 40, "disk_free_bytes": free}
        Host.objects.create(id=name, name=name, boot_id="b", seen_at=now - ago, **disk)
    monkeypatch.setattr(
        counts, "volumes", lambda: [counts.Volume("Data", 900 << 30, 1 << 40), counts.Volume("Runs", 7, 1 << 40)]
    )
    _trials(now)
    _outboxes(admin, now)


def _trials(now: datetime) -> None:
    """The newest backup was tried first; one of nine days ago came back only now, and one that is newer not at all."""
    for name, days, problem in (("new.tar", 1, ""), ("old.tar", 9, ""), ("broken.tar", 0, "It did not come back.")):
        verified_at = None if problem else now
        made_at = now - timedelta(days=days)
        BackupTrial.objects.create(file_name=name, made_at=made_at, verified_at=verified_at, problem=problem)


def _outboxes(admin: Member, now: datetime) -> None:
    """A mail, a delivery and a notice that are due, and older ones that are not to leave."""
    task = make_task(by=admin)
    for slug, is_held, minutes in (("runs", False, 20), ("held", True, 90)):
        campaign = factories.make_sending_campaign(task, slug=slug, is_held=is_held)
        contact = factories.make_contact(task, f"ada@{slug}.example")
        due_at = now - timedelta(minutes=minutes)
        factories.make_mail(campaign, contact, state=MessageState.APPROVED, due_at=due_at)
    crm, paused = (
        Hook.objects.create(name=name, url="https://crm.example/", secret="x", created_by=admin, is_active=is_active)
        for name, is_active in (("To the CRM", True), ("Paused", False))
    )
    for key, hook, state, minutes in (
        ("1", crm, "pending", 25),
        ("2", crm, "delivered", 80),
        ("3", paused, "pending", 90),
    ):
        event = WebhookEvent.objects.create(kind="job.finished", key=key)
        Delivery.objects.create(hook=hook, event=event, state=state, next_at=now - timedelta(minutes=minutes))
    job = Job.objects.filter(state="succeeded").first()
    for attempts, minutes in ((1, 30), (MAX_ATTEMPTS, 70)):
        due_at = now - timedelta(minutes=minutes)
        Notice.objects.create(job=job, member=admin, subject="x", text="x", attempts=attempts, due_at=due_at)


@pytest.mark.slow
def test_page_and_figures_count_alike(mixed: None, now: datetime, told: Callable[[], dict[str, float]]) -> None:
    figures, reading = told(), readings.read()

    assert {queue.name: queue.waiting for queue in reading.queues if queue.waiting} == labelled(figures, "queue_jobs")
    assert {queue.name: queue.workers for queue in reading.queues if queue.workers} == labelled(
        figures, "queue_workers"
    )
    assert figures["job_leases_overdue"] == reading.stuck_number == len(reading.stuck) == 2
    mails, hooks, notices = reading.outboxes
    assert (figures["outbox_mails"], figures["webhook_deliveries_due"]) == (mails.due, hooks.due) == (1, 1)
    assert [now - each.oldest for each in (mails, hooks, notices)] == [timedelta(minutes=n) for n in (20, 25, 30)]
    ages = (figures["outbox_oldest_seconds"], figures["webhook_oldest_seconds"])
    assert ages == pytest.approx([(reading.at - each.oldest).total_seconds() for each in (mails, hooks)], abs=240)
    assert figures["backup_verified_timestamp_seconds"] == pytest.approx(reading.verified.made_at.timestamp(), abs=1)
    assert reading.verified.file_name == "new.tar"
    assert figures["beat_last_tick_timestamp_seconds"] == pytest.approx(reading.beat.timestamp(), abs=1)
    ended = {f"{kind},{state}": n for kind, of in reading.ended.items() for state, n in of.items()}
    assert ended == labelled(figures, "jobs_ended") == {"freeze,failed": 3, "freeze,succeeded": 1}
    assert figures["disk_free_bytes"] == min(volume.free_bytes for volume in reading.volumes) == 7
    there = {state.host.name: state.host.disk_free_bytes for state in reading.hosts if state.is_present}
    assert labelled(figures, "host_disk_free_bytes") == there
    low = {name for name, is_low in labelled(figures, "disk_low").items() if is_low}
    assert low == {trouble.subject for trouble in troubles(reading) if trouble.alert == AlertName.DISK_FULL}
    assert not [name for name in figures if name.startswith("scrape_error")]


@pytest.mark.slow
def test_alerts_rest_on_what_is_counted(mixed: None, told: Callable[[], dict[str, float]]) -> None:
    figures = told()

    current = troubles(readings.read())
    alerts = {(trouble.alert, trouble.subject) for trouble in current if trouble.alert}

    assert alerts - {(AlertName.BROKER_AWAY, "")} == {
        (AlertName.QUEUE_UNSERVED, "gpu"),
        (AlertName.LEASES_OVERDUE, ""),
        (AlertName.KIND_FAILING, "freeze"),
        (AlertName.BACKUP_FAILED, ""),
        (AlertName.DISK_FULL, "The disk of runs"),
        (AlertName.OUTBOX_STUCK, "Mails of running campaigns"),
        (AlertName.OUTBOX_STUCK, "Webhooks"),
        (AlertName.OUTBOX_STUCK, "Notices to members"),
    }
    assert {trouble.alert for trouble in current if trouble.is_local} - {AlertName.BROKER_AWAY} == {AlertName.DISK_FULL}
    assert "gpu" in labelled(figures, "queue_jobs") and "gpu" not in labelled(figures, "queue_workers")


@pytest.mark.slow
def test_health_names_the_same_queues_and_workers(mixed: None, told: Callable[[], dict[str, float]]) -> None:
    figures, health = told(), report.read()

    assert health["queues"] == labelled(figures, "queue_workers") == {"default": 2, "training": 1}
    assert health["unserved"] == [queue.name for queue in readings.read().queues if queue.is_unserved] == ["gpu"]
    assert health["beat"] == "ok"


@pytest.mark.parametrize(("silent_s", "is_dead"), [(-900, False), (900, True), (-2700, False), (-4500, True)])
def test_health_and_alerts_call_the_same_beat_dead(db: None, settings: Any, silent_s: float, is_dead: bool) -> None:
    settings.JOB_REAPER_EVERY_S = 600
    reaper_lock.record_beat_start()
    ticked_at = timezone.now() - counts.beat_patience() - timedelta(seconds=silent_s)
    reaper_lock.ReaperTurn.objects.update(ticked_at=ticked_at)

    alerts = {trouble.alert for trouble in troubles(readings.read())}

    assert (AlertName.BEAT_SILENT in alerts) == (report.read()["beat"] != "ok") == is_dead


def test_a_host_whose_clock_is_behind_the_database_calls_no_beat_dead(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    reaper_lock.record_beat_start()
    reaper_lock.ReaperTurn.objects.update(ticked_at=timezone.now())
    here, behind = timezone.now, counts.beat_patience() + timedelta(seconds=15)
    monkeypatch.setattr(timezone, "now", lambda: here() - behind)

    assert report.read()["beat"] == "ok"


def test_an_old_backup_that_came_back_again_is_not_a_new_one(db: None, now: datetime) -> None:
    BackupTrial.objects.create(file_name="old.tar", made_at=now - timedelta(days=9), verified_at=now)

    [missed] = [trouble for trouble in troubles(readings.read()) if trouble.alert == AlertName.BACKUP_MISSED]

    assert missed.message == "The last verified backup was made 9 days ago."


def test_more_stuck_jobs_than_the_page_lists_are_counted_whole(
    db: None, now: datetime, monkeypatch: pytest.MonkeyPatch, as_member: Callable[..., Any], admin: Member
) -> None:
    monkeypatch.setattr(readings, "LEASE_ROWS", 2)
    lost = {"kind": "x", "title": "x", "state": "running", "lease_until": now - timedelta(days=1)}
    Job.objects.bulk_create([Job(**lost) for _ in range(5)])

    reading = readings.read()
    page = as_member(admin).get("/operations/").content.decode()

    assert (len(reading.stuck), reading.stuck_number) == (2, 5)
    assert "5 jobs are held by a worker that stopped answering" in page


def labelled(figures: dict[str, float], name: str) -> dict[str, float]:
    """Samples of a figure, by the values of their labels."""
    found = {}
    for sample, value in figures.items():
        if sample.startswith(f"{name}{{"):
            found[",".join(re.findall(r'"([^"]*)"', sample))] = value
    return found
