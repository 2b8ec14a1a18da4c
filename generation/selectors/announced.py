"""Calls that an attempt has announced and told no end of: it may have asked for them before its host was lost."""

from __future__ import annotations

from generation.engine.batches.lines import inside, runs
from generation.engine.contracts import AnnouncedIn
from generation.models import Order
from jobs.models import JobEvent


def without_end(order: Order) -> list[AnnouncedIn]:
    """By attempt, what it announced since an attempt last came to its end, less what failed unpaid after it.

    What was answered, or is uncertain, has a row that says so, and is left to whoever reads these rows.
    """
    told = JobEvent.objects.filter(job=order.job_id, kind__in=("asking", "failure")).order_by("seq")
    by_attempt: dict[int, set[int]] = {}
    for kind, fence, payload in told.values_list("kind", "fence", "payload").iterator(chunk_size=1000):
        if kind == "asking":
            if payload["positions"]:
                by_attempt.setdefault(fence, set()).update(inside(payload["positions"]))
            else:
                by_attempt.clear()
            continue
        for indexes in by_attempt.values():
            indexes.discard(payload["index"])
    return [AnnouncedIn(attempt=fence, positions=runs(indexes)) for fence, indexes in by_attempt.items() if indexes]
