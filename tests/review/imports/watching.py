"""Looks at an import from another connection while it runs, and makes imports that have not arrived."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import connection, connections
from django.utils import timezone

from members.models import Member
from review.models import Record, Source, Task
from review.sources.imports import staging
from review.sources.imports.source_row import create_source
from review.states import SourceKind


def aside(question: Callable[[], Any]) -> Any:
    """Ask from another connection, which sees what is committed alone."""
    said: list[Any] = []

    def ask() -> None:
        try:
            said.append(question())
        finally:
            connections.close_all()

    asking = threading.Thread(target=ask)
    asking.start()
    asking.join()
    return said[0]


@contextmanager
def at_each_claim(look: Callable[[], None]) -> Iterator[None]:
    """Look around whenever the import asks for more time, which it does first in each of its transactions."""

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("BEGIN") if connection.vendor == "sqlite" else sql.startswith("UPDATE") and "arriving" in sql:
            look()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield


def arriving_source(task: Task, by: Member, path: Path, *, ago_s: float = 0) -> Source:
    """An import that was begun, with its first record."""
    source = create_source(
        task, SourceKind.RECORDS, path, "csv", {}, by=by, filename="", name="", provenance="",
        arriving_until=timezone.now() + timedelta(seconds=staging.LEASE_S - ago_s),
    )  # fmt: skip
    Record.everything.create(
        task=task, source=source, row_number=2, title="Half", facts={}, group="half", split="train", content_hash="half"
    )
    return source
