"""Imports that write their records a few at a time: claimed at first, hidden meanwhile, then visible all at once.

One transaction for a whole file kept every other writer waiting for as long as the file took. Here each transaction is
short. The source's row says until when its import may go on; while it stands there, `objects` of sources and records
leave its rows out, and nobody else brings records into its task. An import that is cut off goes past its time, and its
rows go.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from review.models import Record, Source, Task
from web.db.turns import SqlitePauses
from web.errors import Refusal

logger = logging.getLogger(__name__)
# Longer than a whole file takes to be read before its first record is written.
LEASE_S: Final = 300.0
WAIT_S, LOOK_S = 20.0, 0.1
CHUNK: Final = 500


def lock_task(task: Task) -> Task:
    """Lock a task's row before records are imported into it.

    Raises:
        Refusal: `import_running` (409) while a file is being imported into the task.
    """
    task = Task.objects.select_for_update().get(pk=task.pk)
    until = Source.everything.filter(task=task, arriving_until__isnull=False).values_list("arriving_until", flat=True)
    if (running := until.first()) is not None:
        raise Refusal(
            "import_running",
            "Another file is being imported into this task.",
            status=409,
            hint=f"Try again when it is done; an interrupted import is removed after {running:%H:%M:%S} UTC.",
        )
    return task


def claim(task: Task, draw: Callable[[Task], Source]) -> Source:
    """Draw up an import once no other runs into the task; one that is nearly done is waited for.

    Args:
        draw: Inserts the import's row, with its `arriving_until`.

    Raises:
        Refusal: `import_running` (409), the other one takes too long.
    """
    until = time.monotonic() + WAIT_S
    while True:
        try:
            with transaction.atomic():
                return draw(lock_task(task))
        except Refusal:
            if connection.in_atomic_block or time.monotonic() > until:
                raise
        time.sleep(LOOK_S)


def renew(source: Source) -> None:
    """Go on for another while; called in the transaction of each chunk.

    Raises:
        Refusal: `import_lost` (409), its time was over and its rows have gone.
    """
    now = timezone.now()
    mine = Source.everything.filter(pk=source.pk, arriving_until__gt=now)
    if not mine.update(arriving_until=now + timedelta(seconds=LEASE_S)):
        raise Refusal(
            "import_lost",
            "The import stalled and was removed.",
            status=409,
            hint="Nothing of it is kept; import the file again.",
        )


@contextmanager
def undone_on_failure(source: Source) -> Iterator[None]:
    """Leave nothing of an import that ends in an exception."""
    try:
        yield
    except BaseException:
        undo(source.pk)
        raise


def undo(source_id: UUID) -> None:
    """Delete an import that has not arrived, a few records at a time."""
    turns = SqlitePauses()
    while True:
        with transaction.atomic():
            few = Record.everything.filter(source=source_id, source__arriving_until__isnull=False)
            ids = list(few.order_by("pk").values_list("pk", flat=True)[:CHUNK])
            Record.everything.filter(pk__in=ids).delete()
            if not ids:
                Source.everything.filter(pk=source_id, arriving_until__isnull=False).delete()
                return
        turns.give_way()


def undo_abandoned() -> int:
    """Delete imports that were cut off. Returns how many."""
    left = Source.everything.filter(arriving_until__lte=timezone.now()).values_list("pk", "name", "task__slug")
    for pk, name, slug in list(left):
        logger.warning("The import '%s' into %s was cut off; its rows are taken back.", name, slug)
        undo(pk)
    return len(left)
