"""Each trouble is told once when it begins and once when it ends, whoever looks and whatever breaks meanwhile."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from jobs.models import Alert
from jobs.rundir import identity
from miniatures_site.alerts import channels, open_alerts
from miniatures_site.operations.troubles import AlertName, Trouble
from tests.webhooks.receiver import Receiver

pytestmark = pytest.mark.django_db
Later = Callable[[float], None]
BEAT = Trouble("failed", "The beat last ticked 3 hours ago.", "Start it.", AlertName.BEAT_SILENT)
GPU = Trouble("failed", "2 jobs wait in the queue gpu.", "", AlertName.QUEUE_UNSERVED, "gpu")
CPU = Trouble("failed", "1 job waits in the queue cpu.", "", AlertName.QUEUE_UNSERVED, "cpu")
BROKER = Trouble("failed", "The broker does not answer.", "", AlertName.BROKER_AWAY, is_local=True)
DISK = Trouble("failed", "The disk of data is full.", "", AlertName.DISK_FULL, "The disk of data", is_local=True)
HALT = Trouble("look", "All outgoing traffic was stopped.")


def subjects() -> list[str]:
    return [message.subject for message in mail.outbox]


def lasting(later: Later, *troubles: Trouble) -> None:
    """Have troubles that have lasted long enough to be told."""
    open_alerts.update(troubles)
    later(121)
    open_alerts.update(troubles)


def told_and_dead(later: Later, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a checker die after it told of the beat and before it wrote that down."""

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(open_alerts, "_record", die)
        with pytest.raises(KeyboardInterrupt):
            lasting(later, BEAT)


def test_a_trouble_is_told_once_when_it_has_lasted_and_once_when_it_has_been_gone(later: Later) -> None:
    open_alerts.update([BEAT])
    assert subjects() == []

    later(121)
    for _ in range(3):
        open_alerts.update([BEAT])
        later(60)
    assert subjects() == ["[Miniatures] began: The beat last ticked 3 hours ago."]
    assert mail.outbox[0].to == ["ops@example.com", "night@example.com"]
    assert "docs/runbook.md, MiniaturesBeatSilent" in mail.outbox[0].body

    open_alerts.update([])
    later(121)
    for _ in range(3):
        open_alerts.update([])
    assert subjects()[1:] == ["[Miniatures] ended: The beat last ticked 3 hours ago."]
    assert not Alert.objects.exists()


def test_what_is_over_before_it_has_lasted_is_not_told(later: Later) -> None:
    for _ in range(4):
        open_alerts.update([BEAT])
        later(100)
        open_alerts.update([])
        later(100)

    assert subjects() == []
    assert not Alert.objects.exists()


def test_what_comes_and_goes_is_one_alert(later: Later) -> None:
    lasting(later, BEAT)
    for _ in range(5):
        later(60)
        open_alerts.update([])
        later(50)
        open_alerts.update([BEAT])

    assert len(subjects()) == 1


def test_a_message_that_changes_is_the_same_alert_and_another_subject_another(later: Later) -> None:
    lasting(later, GPU)
    later(60)
    open_alerts.update([Trouble("failed", "9 jobs wait.", "", AlertName.QUEUE_UNSERVED, "gpu")])
    assert len(subjects()) == 1

    lasting(later, GPU, CPU)
    assert subjects()[1:] == ["[Miniatures] began: 1 job waits in the queue cpu."]


def test_many_troubles_come_in_one_message_and_a_halt_in_none(later: Later) -> None:
    lasting(later, BEAT, GPU, CPU, HALT)

    assert subjects() == ["[Miniatures] 3 alerts began, 0 ended"]
    assert all(trouble.message in mail.outbox[0].body for trouble in (BEAT, GPU, CPU))
    assert HALT.message not in mail.outbox[0].body


def test_the_webhook_gets_words_for_people_and_fields_for_programs(later: Later, receiver: Receiver) -> None:
    lasting(later, GPU)

    [(headers, body)] = receiver.calls
    told = json.loads(body)
    assert headers["Content-Type"] == "application/json"
    assert GPU.message in told["text"]
    [alert] = told["alerts"]
    assert (alert["name"], alert["subject"], alert["state"]) == ("MiniaturesQueueUnserved", "gpu", "began")
    assert alert["runbook"] == "docs/runbook.md, MiniaturesQueueUnserved"


def test_a_receiver_that_is_away_is_tried_again_and_the_other_channel_is_told_once(
    later: Later, receiver: Receiver
) -> None:
    receiver.statuses = [500, 503, 200]
    lasting(later, BEAT)
    for _ in range(3):
        open_alerts.update([BEAT])  # At once: no storm of tries.
    assert len(receiver.calls) == 1

    for _ in range(4):
        later(open_alerts.CLAIM_S + 1)
        open_alerts.update([BEAT])

    assert len(receiver.calls) == 3
    assert len(subjects()) == 1


def test_an_address_in_a_private_network_is_not_called(later: Later, receiver: Receiver, settings: Any) -> None:
    settings.ALLOWED_PRIVATE_HOSTS = []

    lasting(later, BEAT)

    assert receiver.calls == []
    assert Alert.objects.get().told == ["mail"]


def test_of_two_checkers_one_tells(later: Later, monkeypatch: pytest.MonkeyPatch) -> None:
    real, told = channels.tell, []

    def beside(channel: str, changes: Any) -> bool:
        told.append(channel)
        if len(told) == 1:
            open_alerts.update([BEAT])  # Another checker, while this one is at it.
        return real(channel, changes)

    monkeypatch.setattr(channels, "tell", beside)
    lasting(later, BEAT)
    open_alerts.update([BEAT])

    assert told == ["mail"]
    assert len(subjects()) == 1


def test_a_checker_that_dies_after_it_told_has_it_told_twice_and_never_not_at_all(
    later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    told_and_dead(later, monkeypatch)
    open_alerts.update([BEAT])
    assert len(subjects()) == 1

    later(open_alerts.CLAIM_S + 1)
    open_alerts.update([BEAT])
    assert len(subjects()) == 2

    later(open_alerts.CLAIM_S + 1)
    open_alerts.update([BEAT])
    assert len(subjects()) == 2


def test_a_checker_that_dies_while_a_trouble_ends_has_the_end_told(
    later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    told_and_dead(later, monkeypatch)

    later(200)
    open_alerts.update([])

    assert [subject.split(":")[0] for subject in subjects()] == ["[Miniatures] began", "[Miniatures] ended"]
    assert not Alert.objects.exists()


def test_a_channel_that_was_taken_out_of_the_settings_keeps_no_alert_open(
    later: Later, receiver: Receiver, settings: Any
) -> None:
    lasting(later, BEAT)
    settings.ALERT_WEBHOOK_URL = ""

    later(200)
    open_alerts.update([])

    assert len(receiver.calls) == 1
    assert not Alert.objects.exists()


def test_an_alert_of_long_ago_ends_at_the_first_look_after_a_pause(later: Later) -> None:
    told = {"told": ["mail"], "name": AlertName.DISK_FULL, "subject": "x", "message": "Full."}
    long_ago = timezone.now() - timedelta(days=2)
    Alert.objects.create(first_seen_at=long_ago, last_seen_at=long_ago, **told)

    open_alerts.update([])

    assert subjects() == ["[Miniatures] ended: Full."]


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Look from a machine of this name from now on."""

    def move(name: str) -> None:
        monkeypatch.setattr(socket, "gethostname", lambda: name)
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
