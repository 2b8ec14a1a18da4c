"""The beat goes on sending when the clock of its host is set back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from celery.schedules import schedule
from celery.utils.imports import symbol_by_name

from miniatures_site import celery

CLOCK = {"ahead": timedelta()}


def host_time() -> datetime:
    """The time by a host whose clock the tests set."""
    return datetime.now(UTC) + CLOCK["ahead"]


@pytest.fixture
def app() -> Iterator[Celery]:
    CLOCK["ahead"] = timedelta(days=1)
    app = Celery("beat", broker="memory://", set_as_current=False)
    entry = {"task": "jobs.reap", "schedule": schedule(1.0, nowfun=host_time), "options": {"queue": "beat"}}
    app.conf.update(beat_schedule={"reap": entry}, result_expires=None)
    yield app
    app.close()


def beat(app: Celery, folder: Path) -> Any:
    """Return the scheduler that the installation's beat has, with a schedule of its own."""
    scheduler = symbol_by_name(celery.app.conf.beat_scheduler)
    return closing(scheduler(app=app, schedule_filename=str(folder / "beat"), max_interval=1))


def sends(scheduler: Any, within_s: float = 60) -> bool:
    """Let it tick until it has sent the entry once more."""
    before = scheduler.schedule["reap"].total_run_count
    deadline = time.monotonic() + within_s
    while scheduler.schedule["reap"].total_run_count == before and time.monotonic() < deadline:
        time.sleep(max(0.01, min(scheduler.tick(), 0.1)))
    return bool(scheduler.schedule["reap"].total_run_count > before)


def test_a_clock_that_is_set_back_does_not_stop_the_beat(app: Celery, tmp_path: Path) -> None:
    with beat(app, tmp_path) as scheduler:
        assert sends(scheduler)
        CLOCK["ahead"] = timedelta()
        assert sends(scheduler)


def test_a_schedule_kept_by_a_clock_that_was_ahead_does_not_stop_the_beat(app: Celery, tmp_path: Path) -> None:
    with beat(app, tmp_path) as scheduler:
        assert sends(scheduler)

    CLOCK["ahead"] = timedelta()
    with beat(app, tmp_path) as scheduler:
        assert scheduler.schedule["reap"].last_run_at > host_time()
        assert sends(scheduler)


def test_an_entry_is_sent_no_sooner_because_a_clock_was_set_back(app: Celery, tmp_path: Path) -> None:
    app.conf.beat_schedule["reap"]["schedule"] = schedule(3600.0, nowfun=host_time)
    with beat(app, tmp_path) as scheduler:
        CLOCK["ahead"] = timedelta()
        assert not sends(scheduler, within_s=0.2)
