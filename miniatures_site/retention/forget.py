"""Retention: which rows are deleted, how many days after what, and their deletion a few rows a transaction.

Everything that tells where a decision, a draft, a cost or a mail comes from is kept for good and stands nowhere here;
docs/retention.md lists both.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from jobs.models import JobEvent
from jobs.states import JobState
from members.models import ApiToken, Invitation, RememberedRequest
from review.models import DailyMail
from training.models import Notice
from webhooks.models import WebhookEvent

logger = logging.getLogger(__name__)
# Rows of one transaction: some tens of milliseconds.
CHUNK = 1000
# Of an ended job these say what other rows say: its progress, and drafts that have long been rows of their own.
TOLD_ELSEWHERE = ("progress", "draft")
# A failed job may be set going again, and what it goes on from are its events.
ENDED_FOR_GOOD = (JobState.SUCCEEDED, JobState.CANCELLED)


@dataclass(frozen=True)
class Rule:
    """One kind of rows that go with time.

    Attributes:
        name: As it stands in what the command prints, and in docs/retention.md.
        setting: The setting that holds its days; None: rows go once they have expired.
        rows_before: The rows that go, of those older than a moment.
    """

    name: str
    setting: str | None
    rows_before: Callable[[datetime], QuerySet[Any]]

    @property
    def days(self) -> float:
        """Days that rows are kept after the moment that counts; 0 where their own end is that moment."""
        return float(getattr(settings, self.setting)) if self.setting else 0

    def rows(self) -> QuerySet[Any]:
        return self.rows_before(timezone.now() - timedelta(days=self.days))


RULES = (
    Rule("sessions", None, lambda before: Session.objects.filter(expire_date__lt=before)),
    Rule(
        "answers to repeated requests",
        "KEEP_REQUESTS_DAYS",
        # One without an answer is still being worked on, or lost its server: the next try with its key takes it over.
        lambda before: RememberedRequest.objects.filter(created_at__lt=before),
    ),
    Rule("ended tokens", "KEEP_TOKENS_DAYS", lambda before: ApiToken.objects.filter(expiry__lt=before)),
    Rule(
        "closed invitations",
        "KEEP_INVITATIONS_DAYS",
        lambda before: Invitation.objects.filter(
            Q(accepted_at__lt=before) | Q(revoked_at__lt=before) | Q(expires_at__lt=before)
        ),
    ),
    Rule(
        "mails about ended jobs",
        "KEEP_NOTICES_DAYS",
        # Whatever could not be sent was given up within a day.
        lambda before: Notice.objects.filter(created_at__lt=before),
    ),
    Rule("daily mails", "KEEP_NOTICES_DAYS", lambda before: DailyMail.objects.filter(day__lt=before.date())),
    Rule("events of webhooks", "WEBHOOK_KEEP_DAYS", lambda before: WebhookEvent.objects.filter(created_at__lt=before)),
    Rule(
        "progress of ended jobs",
        "KEEP_PROGRESS_DAYS",
        lambda before: JobEvent.objects.filter(
            kind__in=TOLD_ELSEWHERE, job__state__in=ENDED_FOR_GOOD, job__finished_at__lt=before
        ),
    ),
)


def forget(*, chunk: int = CHUNK) -> dict[str, int]:
    """Delete the rows of every rule; returns how many rows of each went, without those that went along with them.

    Any number may do so at once. Killed at any moment it has deleted whole chunks; the next call goes on.
    """
    return {rule.name: _forget(rule, chunk) for rule in RULES}


def count() -> dict[str, int]:
    return {rule.name: rule.rows().count() for rule in RULES}


def _forget(rule: Rule, chunk: int) -> int:
    rows, count, last = rule.rows().order_by("pk"), 0, None
    while True:
        # By key, so that no part of a long table is read twice.
        keys = list((rows if last is None else rows.filter(pk__gt=last)).values_list("pk", flat=True)[:chunk])
        if not keys:
            break
        with transaction.atomic():
            # Asked again with its condition: a row may have been used again since it was read.
            going = rule.rows().filter(pk__in=keys)
            count += going.count()
            going.delete()
        last = keys[-1]
    if count:
        logger.info("Deleted %s rows that were kept for %g days: %s.", count, rule.days, rule.name)
    return count
