"""The look at the installation: by the beat, by a command, and with nothing there to ask."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core import mail
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone

from jobs.lifecycle import reaper_lock
from jobs.models import Alert, BackupTrial, Job, WorkerBeat
from jobs.scheduling import halt
from miniatures_site import celery_tasks
from miniatures_site.alerts import check as checking
from miniatures_site.alerts import database_away
from miniatures_site.management.commands import check_alerts, up
from miniatures_site.operations import counts, readings
from miniatures_site.operations.counts import LEAST_PATIENCE_S, MISSED_TICKS
from miniatures_site.operations.troubles import (
    BACKUP_EVERY,
    LEAST_FAILED,
    OUTBOX_LATE,
    QUEUE_LATE,
    AlertName,
    troubles,
)
from tests.full_disks import room_for
from tests.passes import ROOT

Later = Callable[[float], None]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()


@pytest.fixture
def well(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    reaper_lock.record_beat_start()
    WorkerBeat.objects.create(worker="w", host="h", queues="default", at=timezone.now())
    BackupTrial.objects.create(file_name="tonight.tar", bytes=5, verified_at=timezone.now())
    monkeypatch.setattr(counts, "volumes", list)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Take the database away and bring it back."""
    real = readings.read

    def set_to(is_away: bool) -> None:
        def refuse() -> Any:
            raise OperationalError("connection refused: password=hunter2")

        monkeypatch.setattr(readings, "read", refuse if is_away else real)

    return set_to


def test_the_names_of_prometheus_rules_are_those_of_alerts_where_both_tell_of_it() -> None:
    rules = set(re.findall(r"alert: (\w+)", (ROOT / "deploy" / "alerts.yml").read_text()))
    documented = set(re.findall(r"^- \*\*(Miniatures\w+)\*\*:", RUNBOOK, re.MULTILINE))

    assert rules | set(AlertName) == documented


@pytest.mark.parametrize(
    ("alert", "bound"),
    [
        ("MiniaturesBeatSilent", timedelta(seconds=LEAST_PATIENCE_S)),
        ("MiniaturesQueueStuck", QUEUE_LATE),
        ("MiniaturesOutboxStuck", OUTBOX_LATE),
        ("MiniaturesWebhooksStuck", OUTBOX_LATE),
        ("MiniaturesBackupMissed", BACKUP_EVERY),
    ],
)
def test_the_bounds_of_prometheus_rules_are_those_of_the_product(alert: str, bound: timedelta) -> None:
    assert re.findall(r"_seconds\)+ > (\d+)", rule_of(alert)) == [f"{bound.total_seconds():.0f}"]


def test_the_rule_of_failing_kinds_counts_as_the_product_does() -> None:
    rule = rule_of("MiniaturesKindFailing")

    assert f'{{state="failed"}}) >= {LEAST_FAILED}\n' in rule
    assert "> 0.5 * sum" in rule


def test_the_beat_is_called_silent_as_soon_as_its_rule_does_by_the_default_settings() -> None:
    every_s = re.search(r'"JOB_REAPER_EVERY_S", (\d+)', (ROOT / "miniatures_site/settings/base.py").read_text())

    assert every_s
    assert int(every_s[1]) * MISSED_TICKS <= LEAST_PATIENCE_S


def rule_of(alert: str) -> str:
    """The expression of a rule for Prometheus."""
    groups = yaml.safe_load((ROOT / "deploy" / "alerts.yml").read_text())["groups"]
    return next(str(rule["expr"]) for group in groups for rule in group["rules"] if rule["alert"] == alert)


def test_the_command_says_that_all_is_well(well: None, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    monkeypatch.setattr(check_alerts, "check", lambda **_: checking.check())

    call_command("check_alerts")

    assert capsys.readouterr().out == "No alerts.\n"


def test_the_command_names_each_alert_and_ends_with_status_1(
    well: None, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    monkeypatch.setattr(check_alerts, "check", lambda **_: checking.check())
    Job.objects.create(kind="freeze", queue="gpu", title="x", state="queued")

    with pytest.raises(SystemExit) as ended:
        call_command("check_alerts")

    assert ended.value.code == 1
    assert capsys.readouterr().out.startswith("MiniaturesQueueUnserved: 1 job waits in the queue gpu")


def test_a_kind_of_which_most_fail_is_an_alert_and_one_long_job_counts_when_it_ends(well: None) -> None:
    ended = {"kind": "training", "title": "x", "finished_at": timezone.now()}
    Job.objects.bulk_create([Job(state="failed", **ended) for _ in range(3)])
    Job.objects.update(created_at=timezone.now() - timedelta(days=4))
    Job.objects.bulk_create([Job(state="succeeded", **ended) for _ in range(2)])

    [failing] = [each for each in troubles(readings.read()) if each.alert == AlertName.KIND_FAILING]
    assert failing.message == "3 of 5 jobs of the kind training that ended within a day failed."

    Job.objects.create(state="succeeded", **ended)
    assert [each for each in troubles(readings.read()) if each.alert == AlertName.KIND_FAILING] == []


def test_a_queue_that_waits_for_the_end_of_a_halt_is_no_alert(well: None) -> None:
    WorkerBeat.objects.update(queues="default,generation")
    Job.objects.create(kind="generation", queue="generation", title="x", state="queued")
    Job.objects.update(queued_at=timezone.now() - 2 * QUEUE_LATE)
    assert [each.alert for each in troubles(readings.read()) if each.alert] == [AlertName.QUEUE_STUCK]

    halt.halt(by=None, reason="A drill.")

    assert [each.alert for each in troubles(readings.read()) if each.alert] == []


def test_the_beat_looks_only_where_somebody_is_to_be_told(well: None, settings: Any) -> None:
    Job.objects.create(kind="freeze", queue="gpu", title="x", state="queued")
    settings.ALERT_MAILS = []
    celery_tasks.check_alerts()
    assert not Alert.objects.exists()

    settings.ALERT_MAILS, settings.ALERT_AFTER_S = ["ops@example.com"], 0
    celery_tasks.check_alerts()
    assert [alert.name for alert in Alert.objects.all()] == ["MiniaturesQueueUnserved"]
    assert len(mail.outbox) == 1


def test_a_database_that_is_away_is_told_once_from_a_file_and_once_when_it_is_back(
    well: None, broken: Callable[[bool], None], later: Later, settings: Any
) -> None:
    broken(True)
    for _ in range(4):
        found = checking.check()
        later(61)
    assert [trouble.alert for trouble in found] == [AlertName.DATABASE_AWAY]
    assert [message.subject for message in mail.outbox] == [
        "[Miniatures] began: The database does not answer (unreachable: OperationalError)."
    ]
    assert "hunter2" not in mail.outbox[0].body
    assert (settings.VAR_DIR / "database-away.json").stat().st_mode & 0o077 == 0

    broken(False)
    reaper_lock.ReaperTurn.objects.update(ticked_at=timezone.now())
    for _ in range(2):
        checking.check()
    assert len(mail.outbox) == 1
    later(121)
    reaper_lock.ReaperTurn.objects.update(ticked_at=timezone.now())
    for _ in range(2):
        checking.check()
    assert [message.subject.split(":")[0] for message in mail.outbox] == ["[Miniatures] began", "[Miniatures] ended"]


def test_a_database_that_a_full_disk_took_away_is_told_once_though_no_file_can_be_written(
    later: Later, settings: Any
) -> None:
    away = database_away.trouble("unreachable: OperationalError")

    with room_for(0):
        for seconds in (settings.ALERT_AFTER_S + 1, 60, 60):
            database_away.seen(away)
            later(seconds)
    later(settings.ALERT_AFTER_S)
    database_away.gone()
    database_away.gone()

    assert [letter.subject.split(":")[0] for letter in mail.outbox] == ["[Miniatures] began", "[Miniatures] ended"]


def test_a_file_that_was_cut_off_is_begun_again(later: Later, settings: Any) -> None:
    (settings.VAR_DIR / "database-away.json").write_text('{"name": "Min')
    away = database_away.trouble("no answer")

    database_away.seen(away)
    later(121)
    database_away.seen(away)

    assert len(mail.outbox) == 1


@pytest.mark.slow
def test_the_command_works_with_neither_database_nor_redis(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "miniatures_site.settings.dev",
        "DATABASE_URL": f"postgres://nobody@/nothing?host={tmp_path}",
        "REDIS_URL": f"redis+socket://{tmp_path}/none.sock",
        "VAR_DIR": str(tmp_path),
        "ALERT_AFTER_S": "0",
        "ALERT_MAILS": "ops@example.com",
        "EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend",
    }

    line = [sys.executable, "manage.py", "check_alerts"]
    done = subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 1, done.stderr
    assert "MiniaturesDatabaseAway: The database does not answer" in done.stdout
    assert "Subject: [Miniatures] began: The database does not answer" in done.stdout
    assert json.loads((tmp_path / "database-away.json").read_text())["told"] == ["mail"]


def test_up_looks_beside_the_beat_where_somebody_is_to_be_told(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[dict[str, str]] = []

    class Runner:
        def __init__(self, lines: dict[str, str], **_: Any) -> None:
            started.append(lines)

        def run(self) -> int:
            return 0

    monkeypatch.setattr(up, "ProcfileRunner", Runner)
    up.run_processes("127.0.0.1", 8000)
    settings.ALERT_MAILS = []
    up.run_processes("127.0.0.1", 8000)

    assert started[0]["alerts"] == "python -m django check_alerts --every 60"
    assert "alerts" not in started[1]
