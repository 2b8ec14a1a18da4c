"""Errors that say no more than that the database or the queue is unavailable; the log has no traceback of them."""

from __future__ import annotations

from celery.beat import SchedulingError
from kombu.exceptions import OperationalError

from web.http import away


def is_outage(error: BaseException | None) -> bool:
    """Return whether an error means that the database or the queue is unavailable for a moment."""
    if isinstance(error, SchedulingError):
        # The beat's own word for whatever kept it from sending.
        error = error.__context__
    return isinstance(error, OperationalError) or away.is_away(error)
