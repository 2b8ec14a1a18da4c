"""Plans the next mail of a sequence once it is due, for those whom its condition fits and who have not bounced, left or been erased.

A mail is planned under the same lock on the contact that an answer takes, so an answer is either seen here or finds the
planned mail and stops it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from campaigns.models import Campaign, Contact, Message, Step
from campaigns.pipelines import queries as pipelines
from campaigns.sending.lifecycle import planned
from campaigns.writing import sequences

CHUNK = 500


def plan_next(campaign: Campaign) -> int:
    """Plan, and count, up to 500 mails that follow one sent long enough ago. Runs inside the tick's transaction."""
    steps = list(Step.objects.filter(campaign=campaign).order_by("number"))
    return sum(_plan(campaign, step, steps) for step in steps[1:])


def _plan(campaign: Campaign, step: Step, steps: Sequence[Step]) -> int:
    now = timezone.now()
    due = sequences.due(campaign, step, steps=steps, now=now)
    due_rows: list[Any] = list(due.order_by("sent_at", "pk").values_list("pk", "contact_id")[:CHUNK])
    if not due_rows:
        return 0
    held = _held([contact_id for _, contact_id in due_rows])
    # Asked again under the lock: an answer may have come between the two.
    still = sequences.due(campaign, step, steps=steps, now=now).filter(
        pk__in=[pk for pk, _ in due_rows], contact__in=held
    )
    before_it = list(still.select_related("enrolment").order_by("pk"))
    arms = pipelines.prepared_arms(campaign, step)
    # By reader: who was not sent the first mail that a model words is prepared for the first that comes.
    looked_at = pipelines.prepared_before([mail.enrolment_id for mail in before_it]) if arms else set()
    mails = []
    for before in before_it:
        is_prepared = before.enrolment.arm_id in arms and before.enrolment_id not in looked_at
        mail = planned(before.enrolment, step=step, is_prepared=is_prepared)
        # What stages made for the first such mail is what the next ones are written from.
        mail.record_id = before.record_id
        mails.append(mail)
    Message.objects.bulk_create(mails, ignore_conflicts=True)
    return len(mails)


def _held(contacts: Sequence[UUID]) -> list[UUID]:
    with transaction.atomic():
        rows = Contact.objects.select_for_update(no_key=True).filter(pk__in=contacts).order_by("pk")
        return list(rows.values_list("pk", flat=True))
