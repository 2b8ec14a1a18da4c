"""An outage of database or queue, or a full disk, takes a line or two of the log each time, not a traceback."""

from __future__ import annotations

import errno
import logging
import logging.config
import sqlite3
from pathlib import Path

import psycopg
import pytest
from celery import Celery
from celery.schedules import schedule
from django.conf import settings
from django.db import OperationalError, connection
from kombu.exceptions import OperationalError as QueueAway

from miniatures_site.beat_scheduler import Scheduler

AWAY = 'connection failed: connection to server at "127.0.0.1", port 5432 failed: FATAL:  starting up\nIs it running?'


def formatter(name: str) -> logging.Formatter:
    """The formatter that settings give the log."""
    made = logging.config.DictConfigurator({"version": 1, "formatters": settings.LOGGING["formatters"]})
    return made.configure_formatter(made.config["formatters"][name])


def line_of(error: Exception, cause: BaseException | None, name: str = "plain") -> str:
    try:
        raise error from cause
    except Exception as caught:
        info = (type(caught), caught, caught.__traceback__)
    return formatter(name).format(logging.LogRecord("jobs", logging.ERROR, "", 0, "Could not.", (), info))


@pytest.mark.parametrize("name", ["plain", "json"])
@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (OperationalError(AWAY), psycopg.OperationalError(AWAY)),
        (OperationalError("the system shuts down"), psycopg.errors.AdminShutdown("the system shuts down")),
        (OperationalError("database or disk is full"), sqlite3.OperationalError("database or disk is full")),
        (QueueAway("Error 111 connecting to 127.0.0.1:6379. Connection refused."), ConnectionError(111)),
    ],
)
def test_an_outage_is_named_without_its_traceback(error: Exception, cause: Exception, name: str) -> None:
    line = line_of(error, cause, name)

    assert "Traceback" not in line and len(line.splitlines()) <= 2
    # JSON marks each quote of the message.
    named = f"OperationalError: {str(error).splitlines()[0]}"
    assert named in line.replace('\\"', '"')


def test_a_full_disk_is_named_without_its_traceback() -> None:
    line = line_of(OSError(errno.ENOSPC, "No space left on device"), None)

    assert "No space left on device" in line and "Traceback" not in line and len(line.splitlines()) <= 2


@pytest.mark.parametrize("name", ["plain", "json"])
def test_a_fault_keeps_its_traceback(name: str) -> None:
    assert "Traceback" in line_of(KeyError("a"), OperationalError(AWAY), name)
    assert "Traceback" in line_of(OperationalError("deadlock"), psycopg.errors.DeadlockDetected("deadlock"), name)


@pytest.mark.django_db
def test_a_faulty_statement_keeps_its_traceback() -> None:
    with pytest.raises(Exception) as fault, connection.cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere_at_all")

    assert "Traceback" in line_of(fault.value, fault.value.__cause__)


def test_the_beat_names_a_queue_that_is_away_without_its_stack(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Celery("beat", broker="redis://127.0.0.1:1/0", set_as_current=False) as app:
        entry = {"task": "jobs.reap", "schedule": schedule(1.0), "options": {"queue": "beat"}}
        app.conf.update(beat_schedule={"reap": entry}, result_expires=None, broker_transport_options={"max_retries": 0})
        app.conf.task_publish_retry = False
        scheduler = Scheduler(app=app, schedule_filename=str(tmp_path / "beat"))
        scheduler.apply_entry(scheduler.schedule["reap"])
        scheduler.close()

    [line] = [formatter("plain").format(record) for record in caplog.records if record.levelno >= logging.ERROR]
    assert "reap" in line and "connecting to 127.0.0.1:1" in line
    assert "Traceback" not in line and "File " not in line and len(line.splitlines()) <= 2
