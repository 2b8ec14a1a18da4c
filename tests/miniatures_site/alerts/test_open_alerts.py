"""Each trouble is told once when it begins and once when it ends, whoever looks and whatever breaks meanwhile."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from jobs.models import Alert
from miniatures_site.alerts import channels, open_alerts
from miniatures_site.operations.troubles import AlertName, Trouble
from tests.miniatures_site.alerts.looks import BEAT, CPU, GPU, Later, lasting, subjects
from tests.webhooks.receiver import Receiver

pytestmark = pytest.mark.django_db
HALT = Trouble("look", "All outgoing traffic was stopped.")


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
