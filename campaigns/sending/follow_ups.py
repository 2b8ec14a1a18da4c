"""Plans the second mail of a sequence once it is due, for those who have not answered, bounced, left or been erased.

A mail is planned under the same lock on the contact that an answer takes, so an answer is either seen here or finds the
planned mail and stops it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from campaigns.models import Campaign, Contact, Message, Step
from campaigns.pipelines import queries as pipelines
from campaigns.sending.lifecycle import planned
from campaigns.writing import sequences as selectors

CHUNK = 500


def plan_next(campaign: Campaign) -> int:
    """Plan up to 500 mails that follow one sent long enough ago. Runs inside the tick's transaction.

    Returns:
        How many were planned; 0 when none is due.
    """
    steps = list(Step.objects.filter(campaign=campaign).order_by("number"))
    return sum(_plan(campaign, before, step) for before, step in pairwise(steps))


def _plan(campaign: Campaign, before: Step, step: Step) -> int:
    due = _due(campaign, before, step)
    due_rows: list[Any] = list(due.order_by("sent_at", "pk").values_list("pk", "contact_id")[:CHUNK])
    if not due_rows:
        return 0
    held = _held([contact_id for _, contact_id in due_rows])
    # Asked again under the lock: an answer may have come between the two.
    still = _due(campaign, before, step).filter(pk__in=[pk for pk, _ in due_rows], contact__in=held)
    before_it = list(still.select_related("enrolment").order_by("pk"))
    enrolments = [mail.enrolment for mail in before_it]
    prepared = pipelines.prepared_arms(campaign) if step == pipelines.first_written_step(campaign) else set()
    records = {mail.enrolment_id: mail.record_id for mail in before_it}
    mails = [planned(enrolment, step=step, is_prepared=enrolment.arm_id in prepared) for enrolment in enrolments]
    for mail in mails:
        # What stages made for the first mail is what the next ones are written from.
        mail.record_id = records.get(mail.enrolment_id)
    Message.objects.bulk_create(mails, ignore_conflicts=True)
    return len(enrolments)


def _due(campaign: Campaign, before: Step, step: Step) -> QuerySet[Message]:
    """Mails of the step before that ask for the next one: found by when they went, the rest by key; of absent readers none."""
    gone_by = timezone.now() - timedelta(seconds=step.wait_s)
    return selectors.to_follow(campaign, before, step).filter(~selectors.reader_away(), sent_at__lte=gone_by)


def _held(contacts: Sequence[UUID]) -> list[UUID]:
    with transaction.atomic():
        rows = Contact.objects.select_for_update(no_key=True).filter(pk__in=contacts).order_by("pk")
        return list(rows.values_list("pk", flat=True))
