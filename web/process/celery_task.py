"""Celery tasks that keep their types. Celery's own decorator has none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

from celery import shared_task

P = ParamSpec("P")
R = TypeVar("R")


def celery_task(name: str, **options: Any) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function a Celery task of this name, whose result nothing reads.

    Args:
        name: The name in messages; it stays the same when the function moves.
        options: As for `celery.shared_task`.
    """
    return cast(Callable[[Callable[P, R]], Callable[P, R]], shared_task(name=name, ignore_result=True, **options))
