"""Rows for tests of the campaigns room. Contacts and suppressions come through the services, as they do in life."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils import timezone

from campaigns.models import Campaign, Contact, Enrolment, Message, SenderIdentity, Step
from campaigns.planning import edit
from campaigns.planning.plans import ArmPlan, CampaignPlan
from campaigns.states import CampaignState, LawfulBasis, MessageState
from campaigns.suppression import email_addresses
from generation.models import Teacher
from members.models import Member
from review.models import Record, Task

BASIS = {"lawful_basis": "legitimate_interest", "basis_source": "trade fair in Lund", "basis_date": "2026-05-04"}


def make_contact(
    task: Task, address: str = "ada@acme.example", *, record: Record | None = None, **values: Any
) -> Contact:
    """A contact of a task, with a lawful basis."""
    read = email_addresses.parse(address)
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
    given = {
        "name": slug.capitalize(), "state": CampaignState.RUNNING, "audience": {"everyone": True}, **values,
    }  # fmt: skip
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


def make_people(
    task: Task, records: Sequence[Record], *, domain: str = "{n}.example", start: int = 0, **values: Any
) -> list[Contact]:
    """A contact a record, each at a company of its own, by the record's order."""
    rows = []
    for n, record in enumerate(records, start=start):
        read = email_addresses.parse(f"person{n}@{domain.format(n=f'co{n}')}")
        given = {
            "first_name": f"Ada{n}", "company": record.facts.get("company", ""), "basis_source": "trade fair",
            "lawful_basis": LawfulBasis.LEGITIMATE_INTEREST, "basis_date": date(2026, 5, 4), **values,
        }  # fmt: skip
        rows.append(
            Contact(task=task, address=read.text, address_hmac=read.hmac, cluster=read.cluster, record=record, **given)
        )
    return Contact.objects.bulk_create(rows, batch_size=500)


def make_draft_campaign(task: Task, *, by: Member, slug: str = "spring", **values: Any) -> Campaign:
    """A draft that is ready to be launched, by the service: one arm with the offline teacher, one step, a sender.

    `values` override the plan.
    """
    offline = Teacher.objects.get(slug="offline")
    plan = CampaignPlan(
        **{
            "name": slug.capitalize(),
            "arms": [ArmPlan("Offline", teacher=offline)],
            "sender": SenderIdentity.objects.filter(slug="nora").first() or make_sender(),
            "audience": {"everyone": True},
            **values,
        }
    )
    return edit.create(task, plan, slug=slug, by=by)


def make_sending_campaign(task: Task, *, slug: str = "first", **values: Any) -> Campaign:
    """A running campaign that is ready to send: a sender, one link, a fixed text, no quiet hours, a fast pace."""
    given = {
        "sender": make_sender(slug=f"sender-of-{slug}"), "quiet_from": 0, "quiet_until": 0, "sends_at_weekends": True,
        "mails_per_minute": 60_000, "daily_cap": 100_000, **values,
    }  # fmt: skip
    campaign = make_plain_campaign(task, slug=slug, **given)
    campaign.steps.update(
        writer="template",
        subject="A question for {{contact.company}}",
        body="Hi {{contact.first_name}},\n\nwould {{link.demo}} help {{contact.company}}?\n\nNora",
    )
    campaign.links.create(name="demo", url="https://offer.example/demo?from=mail")
    return campaign


def make_due_mails(campaign: Campaign, count: int, *, name: str = "reader") -> list[Message]:
    """Approved mails whose time has come, each to a contact of its own company; rows only, in bulk."""
    now = timezone.now()
    read = [email_addresses.parse(f"{name}-{index}@company-{index}.example") for index in range(count)]
    contacts = Contact.objects.bulk_create(
        [
            Contact(
                task=campaign.task, address=each.text, address_hmac=each.hmac, cluster=each.cluster,
                first_name=f"Reader{index}", company=f"Company {index}", lawful_basis=LawfulBasis.CONSENT,
                basis_source="trade fair in Lund", basis_date=date(2026, 5, 4),
            )
            for index, each in enumerate(read)
        ],
        batch_size=500,
    )  # fmt: skip
    enrolments = Enrolment.objects.bulk_create(
        [Enrolment(campaign=campaign, contact=contact, cluster=contact.cluster) for contact in contacts], batch_size=500
    )
    step = campaign.steps.get(number=1)
    return Message.objects.bulk_create(
        [
            Message(
                campaign=campaign, contact=contact, enrolment=enrolment, step=step,
                state=MessageState.APPROVED, due_at=now,
            )
            for contact, enrolment in zip(contacts, enrolments, strict=True)
        ],
        batch_size=500,
    )  # fmt: skip
