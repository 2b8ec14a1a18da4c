"""Unplanned ends of attempts, counted as long as the job comes no further between them.

A run of days loses its host or its engine now and then and goes on from what it saved; only one that no longer gets
anywhere is given up.
"""

from __future__ import annotations

from typing import Any

from jobs import ports
from jobs.models import Job


def after_one_more(job: Job) -> dict[str, Any]:
    """Columns of a locked job whose attempt has ended unplanned.

    Returns:
        `crashes`: such ends since it last came further, this one included; `reached`: how far it has come.
    """
    kind = ports.KINDS.get(job.kind)
    reached = kind.reached(job) if kind else 0
    has_advanced = job.reached is not None and reached > job.reached
    return {"crashes": 1 if has_advanced else job.crashes + 1, "reached": max(reached, job.reached or 0)}
