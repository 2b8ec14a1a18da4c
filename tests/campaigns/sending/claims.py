"""Attempts and due mails for tests of the claim."""

from __future__ import annotations

from django.utils import timezone

from campaigns.models import Campaign, Message
from campaigns.sending import outbox
from campaigns.sending.attempt import SendingAttempt
from campaigns.states import MessageState
from jobs.lifecycle import control
from jobs.models import Job
from tests.campaigns import factories


def turn_of(campaign: Campaign) -> SendingAttempt:
    """An attempt that holds a running job of a campaign."""
    job = control.launch(kind="campaign-send", title="Send", spec={"campaign": str(campaign.pk)}, by=None)
    Job.objects.filter(pk=job.pk).update(state="running", fence=1)
    fresh = Campaign.objects.select_related("sender", "task").get(pk=campaign.pk)
    return SendingAttempt.of(fresh, job_id=job.pk, fence=1)


def due_to(campaign: Campaign, address: str) -> Message:
    """A due first mail to a new contact, as the attempt reads it."""
    contact = factories.make_contact(campaign.task, address)
    factories.make_mail(campaign, contact, state=MessageState.APPROVED, due_at=timezone.now())
    [mail] = [each for each in outbox.due(campaign, now=timezone.now(), limit=50) if each.contact_id == contact.pk]
    return mail
