"""Keeps what an hour of a task's reviewers costs: a lead's to set."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import transaction

from audit import trail
from generation.models import HourlyRate
from generation.money.figures import CENT
from members.models import Member
from review.models import Task
from review.states import Role
from review.tasks.permissions import require
from web.errors import Refusal

DEAREST = Decimal(10_000)


def rate_of(task: Task) -> Decimal:
    """US dollars for an hour of a task's reviewers: as a lead set it, else the setting `PERSON_USD_PER_HOUR`."""
    row = HourlyRate.objects.filter(task=task).first()
    return row.usd_per_hour if row else Decimal(str(settings.PERSON_USD_PER_HOUR)).quantize(CENT)


def set_rate(task: Task, usd_per_hour: Decimal, *, by: Member) -> HourlyRate:
    """Set the hourly rate of a task's reviewers.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: `rate_invalid`, with errors by field.
    """
    require(by, task, Role.LEAD)
    if not (usd_per_hour.is_finite() and 0 <= usd_per_hour <= DEAREST):
        message = "US dollars an hour, from 0 to 10,000."
        raise Refusal("rate_invalid", message, errors={"usd_per_hour": [message]})
    with transaction.atomic():
        row, _ = HourlyRate.objects.update_or_create(task=task, defaults={"usd_per_hour": usd_per_hour, "set_by": by})
        trail.record("hourly_rate_set", by=by, about=task, usd_per_hour=str(usd_per_hour))
    return row
