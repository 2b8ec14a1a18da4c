"""How old a message is goes by the database's clock: hosts whose own clock is hours off drop none that is young."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from celery.utils.imports import symbol_by_name
from django.utils import timezone

from jobs import celery_tasks
from miniatures_site.celery import app
from web.db import database_clock

TASK: Any = celery_tasks.reap
HOURS = timedelta(hours=3)


@pytest.fixture(params=[HOURS, timedelta(), -HOURS])
def database_time(request: pytest.FixtureRequest) -> Iterator[datetime]:
    """The database's time, from which the clock of this process's host is off by so much."""
    database_time = timezone.now() - request.param
    database_clock.remember(database_time)
    yield database_time
    database_clock.forget()


def send(expires_s: float) -> Any:
    """Send a message and take it out of its queue."""
    with app.connection_for_write() as connection, connection.SimpleQueue("ages") as queue:
        TASK.apply_async(connection=connection, queue="ages", expires=expires_s)
        message = queue.get(timeout=60)
        message.ack()
        return message


def is_dropped(message: Any, expires: datetime) -> bool:
    """Whether a worker here drops a message that expires then."""
    headers = {**message.headers, "expires": expires.isoformat()}
    request = symbol_by_name(TASK.Request)(message, app=app, task=TASK, headers=headers)
    return bool(request.maybe_expire())


def test_a_message_expires_by_the_databases_clock(database_time):
    message = send(60)

    expires_in = datetime.fromisoformat(message.headers["expires"]) - database_time
    assert timedelta(seconds=59) < expires_in < timedelta(minutes=30)


def test_a_worker_takes_a_young_message_and_drops_an_old_one(database_time):
    message = send(60)

    assert not is_dropped(message, database_time + timedelta(minutes=30))
    assert is_dropped(message, database_time - timedelta(seconds=1))
