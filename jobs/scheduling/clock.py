"""The database's clock, the only one leases are measured by: hosts may disagree about the time, a database cannot."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db.models import DateTimeField, ExpressionWrapper
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now
from django.utils import timezone

from web.db import database_clock


def database_time_in(seconds: float) -> ExpressionWrapper[CombinedExpression]:
    """The database's time in so many seconds; negative for the past."""
    return ExpressionWrapper(Now() + timedelta(seconds=seconds), output_field=DateTimeField())


# Mails are due and caps begin anew by the clock of the host that works; storage allows a quarter of an hour too.
MAY_DIFFER: Final = timedelta(minutes=15)


def problem() -> str:
    """Why this host's clock keeps it from work; empty where it is about right. A file's database has the host's own."""
    ahead = timezone.now() - database_clock.now()
    if abs(ahead) <= MAY_DIFFER:
        return ""
    side = "ahead of" if ahead > timedelta() else "behind"
    return f"its clock is more than a quarter of an hour {side} the database's: set it (timedatectl set-ntp true)"
