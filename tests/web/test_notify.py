"""Messages to workers: what is sent, and that a broker that is away or slow never holds or fails a caller."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import pytest

from web import notify


class Broker:
    """Takes messages as Celery does, or refuses them."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.is_away = False

    def send_task(self, name: str, **options: Any) -> None:
        if self.is_away:
            raise ConnectionError
        self.sent.append((name, options))


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    broker = Broker()
    monkeypatch.setattr(notify, "current_app", broker)
    return broker


def test_a_message_names_its_task_and_queue_and_expires(broker: Broker) -> None:
    assert notify.send("jobs.ring", "42", queue="training", expires_s=40.0, retries=1)

    [(name, options)] = broker.sent
    assert (name, options["args"], options["queue"], options["expires"]) == ("jobs.ring", ("42",), "training", 40.0)
    assert options["retry"] is True
    assert options["retry_policy"]["max_retries"] == 1


def test_without_a_queue_the_task_keeps_its_own_and_nothing_is_tried_twice(broker: Broker) -> None:
    assert notify.send("review.order_desk", "42")

    [(_, options)] = broker.sent
    assert "queue" not in options
    assert options["retry"] is False


def test_a_broker_that_is_away_is_one_warning(broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    broker.is_away = True

    assert not notify.send("jobs.ring", "42")

    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "jobs.ring" in caplog.text


def test_a_broker_that_hangs_does_not_hold_the_caller() -> None:
    let_go, ended = threading.Event(), threading.Event()

    def hang() -> None:
        let_go.wait(60)
        ended.set()

    notify.notify_workers(hang, wait_s=0.01)

    assert not ended.is_set()
    let_go.set()
    assert ended.wait(60)


def test_a_message_is_sent_before_the_caller_goes_on_where_the_broker_is_quick(broker: Broker) -> None:
    notify.notify_workers(partial(notify.send, "jobs.ring", "42"), wait_s=60)

    assert len(broker.sent) == 1
