"""The database's clock, the only one leases are measured by: hosts may disagree about the time, a database cannot."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import DateTimeField, ExpressionWrapper
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now


def database_time_in(seconds: float) -> ExpressionWrapper[CombinedExpression]:
    """The database's time in so many seconds; negative for the past."""
    return ExpressionWrapper(Now() + timedelta(seconds=seconds), output_field=DateTimeField())
