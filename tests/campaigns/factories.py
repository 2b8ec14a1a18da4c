"""Rows for tests of the campaigns room. Contacts and suppressions come through the services, as they do in life."""

from __future__ import annotations

from datetime import date
from typing import Any

from campaigns import addresses
from campaigns.models import Campaign, Contact, Enrolment, Message, SenderIdentity, Step
from campaigns.states import CampaignState, LawfulBasis, MessageState
from review.models import Record, Task

BASIS = {"lawful_basis": "legitimate_interest", "basis_source": "trade fair in Lund", "basis_date": "2026-05-04"}


def make_contact(
    task: Task, address: str = "ada@acme.example", *, record: Record | None = None, **values: Any
) -> Contact:
    """A contact of a task, with a lawful basis."""
    read = addresses.read(address)
    given = {
        "first_name": "Ada", "company": "Acme", "lawful_basis": LawfulBasis.LEGITIMATE_INTEREST,
        "basis_source": "trade fair in Lund", "basis_date": date(2026, 5, 4), **values,
    }  # fmt: skip
    return Contact.objects.create(
        task=task, address=read.text, address_hmac=read.hmac, cluster=read.cluster, record=record, **given
    )


def make_sender(*, slug: str = "nora", **values: Any) -> SenderIdentity:
    """A sender identity that may launch."""
    given = {
        "name": "Nora", "from_name": "Nora Lind", "from_address": "nora@sender.example",
        "reply_address": "replies@sender.example", "postal_address": "Sender Ltd, 1 Quay Street, Lund", **values,
    }  # fmt: skip
    return SenderIdentity.objects.create(slug=slug, **given)


def make_plain_campaign(task: Task, *, slug: str = "first", **values: Any) -> Campaign:
    """A running campaign of one step, without models or a sender: for tests of what happens around its mails."""
    version = task.versions.order_by("-number")[0]
    given = {"name": slug.capitalize(), "state": CampaignState.RUNNING, **values}
    campaign = Campaign.objects.create(task=task, task_version=version, slug=slug, **given)
    Step.objects.create(campaign=campaign, number=1)
    return campaign


def make_mail(
    campaign: Campaign, contact: Contact, *, state: MessageState = MessageState.PLANNED, **values: Any
) -> Message:
    """A mail of the first step to a contact, who is enrolled for it."""
    enrolment, _ = Enrolment.objects.get_or_create(
        campaign=campaign, contact=contact, defaults={"cluster": contact.cluster, "segment": contact.segment}
    )
    step = campaign.steps.get(number=1)
    return Message.objects.create(
        campaign=campaign, contact=contact, enrolment=enrolment, step=step, state=state, **values
    )
