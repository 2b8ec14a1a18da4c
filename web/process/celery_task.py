"""Celery tasks that keep their types, and whose messages age by the database's clock.

Celery's own decorator loses the types.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
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


@before_task_publish.connect
def expire_by_database(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """Say when a message expires in the database's time; Celery says it in this host's, which may be hours off."""
    if headers and headers.get("expires"):
        off_by = database_clock.now() - datetime.now(UTC)
        headers["expires"] = (datetime.fromisoformat(headers["expires"]) + off_by).isoformat()
