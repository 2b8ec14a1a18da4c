"""A clock the demo can set: weeks of a campaign pass while it is loaded.

What the product writes is then dated as if the weeks had gone by, from its first row on. For the loading process alone,
before any server of it runs; the database's own clock, by which jobs are claimed, stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from unittest.mock import patch

from django.utils import timezone

from review.models import Decision


class Clock:
    """Stands still until it is set."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


@contextmanager
def stopped(at: datetime) -> Iterator[Clock]:
    """Have `django.utils.timezone.now` tell this clock's time."""
    clock, real = Clock(at), timezone.now
    timezone.now = clock.now
    try:
        # Its default is the function itself, taken when the model was read.
        with patch.object(Decision._meta.get_field("created_at"), "_get_default", clock.now):
            yield clock
    finally:
        timezone.now = real
