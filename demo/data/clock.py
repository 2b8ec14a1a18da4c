"""Clock of the loaders, behind the machine's: weeks pass while the demo is loaded, and nothing lies in the future.

For the loading process only, before any server runs. Engines go by the machine's clock, and their events are moved.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

from django.apps import apps
from django.db.models.functions import Now
from django.utils import timezone

from jobs.lifecycle import events
from web.db import database_clock

FIRST_HOUR = 9
_MACHINE, _TOLD = timezone.now, events._time
_behind = timedelta()


def now() -> datetime:
    return datetime.now(UTC) - _behind


def set_to(moment: datetime) -> None:
    """Run on from a moment, or from the machine's time where that is earlier."""
    global _behind
    _behind = max(timedelta(), datetime.now(UTC) - moment)


def wait(seconds: float) -> None:
    """Let some seconds of work pass."""
    set_to(now() + timedelta(seconds=seconds))


def days_ago(days: float) -> datetime:
    """Return the morning of a day, or a moment of the last day."""
    moment = datetime.now(UTC) - timedelta(days=days)
    return morning(moment) if days >= 1 else moment


def morning(moment: datetime) -> datetime:
    return moment.replace(hour=FIRST_HOUR, minute=0, second=0, microsecond=0)


@contextmanager
def running() -> Iterator[None]:
    """Have Django, the database and engines' events tell the time by this clock."""
    with ExitStack() as patches:
        patches.enter_context(patch.object(timezone, "now", now))
        patches.enter_context(patch.object(database_clock, "now", now))
        patches.enter_context(patch.multiple(Now, as_sqlite=_as_sql, as_postgresql=_as_sql))
        patches.enter_context(patch.object(events, "_time", lambda ts: _TOLD(ts) - _behind))
        # A default is the function itself, bound when the model was imported.
        for field in (field for model in apps.get_models() for field in model._meta.fields):
            if field.default is _MACHINE:
                patches.enter_context(patch.object(field, "_get_default", now))
        before = now()
        yield
        set_to(before)


def _as_sql(node: Now, compiler: Any, connection: Any, **more: Any) -> tuple[str, list[Any]]:
    return "%s", [connection.ops.adapt_datetimefield_value(now())]
