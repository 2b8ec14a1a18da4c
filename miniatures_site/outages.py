"""Errors that say no more than that a service is unavailable or a disk full; the log has no traceback of them."""

from __future__ import annotations

from celery.beat import SchedulingError
from kombu.exceptions import OperationalError

from web.disk import full_disk
from web.http import away


def is_outage(error: BaseException | None) -> bool:
    """Return whether an error means that database or queue is unavailable for a moment, or that a disk is full."""
    if isinstance(error, SchedulingError):
        # The beat's own word for whatever kept it from sending.
        error = error.__context__
    is_full = error is not None and full_disk.is_full(error)
    return isinstance(error, OperationalError) or away.is_away(error) or is_full
