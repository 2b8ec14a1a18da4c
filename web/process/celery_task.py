"""Celery tasks that keep their types, whose messages age by the database's clock, and that may run one at a time.

Celery's own decorator loses the types.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from threading import Lock
from typing import Any, ParamSpec, TypeVar, cast

from celery import shared_task
from celery.signals import before_task_publish

from web.db import database_clock

P = ParamSpec("P")
R = TypeVar("R")


def celery_task(name: str, **options: Any) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function a Celery task of this name, whose result nothing reads.

    Args:
        name: The name in messages; it stays the same when the function moves.
        options: As for `celery.shared_task`.
    """
    options = {"ignore_result": True, "Request": "web.process.message_age:Request", **options}
    return cast(Callable[[Callable[P, R]], Callable[P, R]], shared_task(name=name, **options))


def one_at_a_time(task: Callable[P, None]) -> Callable[P, None]:
    """Make a call do nothing while another is under way in this process.

    For rounds of the beat that wait for strangers: more of them would only hold threads that others need.
    """
    lock = Lock()

    @wraps(task)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        if lock.acquire(blocking=False):
            try:
                task(*args, **kwargs)
            finally:
                lock.release()

    return run


def by_the_clock(task: Callable[P, None]) -> Callable[P, None]:
    """Make a call do nothing while this host's clock is far off: what is due, over or old would be told wrongly."""

    @wraps(task)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        if not database_clock.host_problem():
            task(*args, **kwargs)

    return run


@before_task_publish.connect
def expire_by_database(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """Say when a message expires in the database's time; Celery says it in this host's, which may be hours off."""
    if headers and headers.get("expires"):
        off_by = database_clock.now() - datetime.now(UTC)
        headers["expires"] = (datetime.fromisoformat(headers["expires"]) + off_by).isoformat()
