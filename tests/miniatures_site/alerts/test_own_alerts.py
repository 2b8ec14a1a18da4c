"""What one machine alone sees is told of that machine, whoever else looks and however often it boots."""

from __future__ import annotations

import platform
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.models import Alert, Host
from jobs.rundir import identity
from miniatures_site.alerts import open_alerts
from miniatures_site.operations.troubles import AlertName, Trouble
from tests.miniatures_site.alerts.looks import BEAT, BROKER, DISK, Later, lasting, subjects

pytestmark = pytest.mark.django_db


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Look from a machine of this name from now on."""

    def move(name: str) -> None:
        monkeypatch.setattr(platform, "node", lambda: name)
        monkeypatch.setattr(identity, "boot_id", lambda: f"boot-of-{name}")

    return move


@pytest.mark.parametrize("trouble", [DISK, BROKER])
def test_a_machine_that_sees_no_trouble_ends_none_of_another(
    later: Later, on: Callable[[str], None], trouble: Trouble
) -> None:
    for _ in range(6):
        on("home")
        open_alerts.update([trouble, BEAT])
        later(130)
        on("gpu-1")
        open_alerts.update([BEAT])
        later(130)
    began = [f"[Miniatures] began: {message}" for message in (BEAT.message, f"On home: {trouble.message}")]
    assert subjects() == began

    on("home")
    open_alerts.update([BEAT])
    assert subjects()[2:] == [f"[Miniatures] ended: On home: {trouble.message}"]
    assert [alert.name for alert in Alert.objects.all()] == [AlertName.BEAT_SILENT]


def test_two_machines_with_one_trouble_are_two_alerts(later: Later, on: Callable[[str], None]) -> None:
    for name in ("home", "gpu-1"):
        on(name)
        lasting(later, DISK)

    assert subjects() == [f"[Miniatures] began: On {name}: {DISK.message}" for name in ("home", "gpu-1")]


def test_what_a_machine_saw_once_is_not_told_by_another(later: Later, on: Callable[[str], None]) -> None:
    on("home")
    open_alerts.update([BROKER])
    later(121)
    on("gpu-1")
    open_alerts.update([])
    on("home")
    open_alerts.update([])

    assert subjects() == []
    assert not Alert.objects.exists()


def test_the_alert_of_a_machine_that_looks_no_more_ends_in_time(later: Later, on: Callable[[str], None]) -> None:
    on("home")
    lasting(later, DISK)
    on("gpu-1")
    later(open_alerts.GONE_AFTER.total_seconds() + 1)

    open_alerts.update([])

    assert subjects()[1:] == [f"[Miniatures] ended: On home: {DISK.message}"]
    assert not Alert.objects.exists()


@pytest.mark.parametrize("trouble", [DISK, BROKER])
def test_what_outlasts_a_boot_of_its_machine_stays_the_alert_it_was(
    later: Later, on: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, trouble: Trouble
) -> None:
    on("home")
    lasting(later, trouble)
    later(300)
    monkeypatch.setattr(identity, "boot_id", lambda: "boot-anew")
    monkeypatch.setattr(identity, "booted_at", lambda: timezone.now().timestamp() - 60)

    for _ in range(3):
        open_alerts.update([trouble])
        later(open_alerts.GONE_AFTER.total_seconds())
    assert subjects() == [f"[Miniatures] began: On home: {trouble.message}"]

    open_alerts.update([])
    assert subjects()[1:] == [f"[Miniatures] ended: On home: {trouble.message}"]
    assert not Alert.objects.exists()


@pytest.mark.parametrize("trouble", [DISK, BROKER])
def test_a_machine_that_boots_takes_no_alert_of_another_that_works_on(
    later: Later, on: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, trouble: Trouble
) -> None:
    on("home")
    lasting(later, trouble)
    later(300)
    on("gpu-1")
    monkeypatch.setattr(identity, "booted_at", lambda: timezone.now().timestamp() - 60)
    Host.objects.create(id="home", name="home", boot_id="boot-of-home", seen_at=timezone.now())
    lasting(later, trouble)
    on("home")
    lasting(later, trouble)

    assert subjects() == [f"[Miniatures] began: On {name}: {trouble.message}" for name in ("home", "gpu-1")]


@pytest.mark.parametrize("trouble", [DISK, BROKER])
def test_an_alert_of_before_there_were_marks_is_told_no_second_time(later: Later, trouble: Trouble) -> None:
    told = {"told": ["mail"], "name": trouble.alert, "subject": trouble.subject, "message": trouble.message}
    long_ago = timezone.now() - timedelta(hours=2)
    Alert.objects.create(first_seen_at=long_ago, last_seen_at=long_ago, **told)

    lasting(later, trouble)

    assert subjects() == []
    assert Alert.objects.get().first_seen_at == long_ago
