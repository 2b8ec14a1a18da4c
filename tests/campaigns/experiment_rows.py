"""Rows of experiments for tests and benchmarks: a campaign of two arms, and what came of it, as a table says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from campaigns.models import Campaign, Contact, Enrolment, Event, Experiment, Message
from campaigns.planning.plans import ArmPlan
from campaigns.states import CampaignState, EventKind, EventSource, LawfulBasis, MessageState
from campaigns.suppression import email_addresses
from generation.models import Teacher
from members.models import Member
from review.models import Task
from tests.campaigns import factories

LAUNCHED = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
SAID: dict[str, Any] = {"hypothesis": "The variant is as good as the teacher.", "margin": 0.02, "baseline": 0.06}


@dataclass(frozen=True)
class Row:
    """One contact of the table: its arm by number, its company, and after how many days it replied, if it did."""

    arm: int
    company: str
    replied_after: float | None = None
    segment: str = ""
    state: MessageState = MessageState.SENT
    sent_after: float = 0.0


def two_arms(
    task: Task, *, by: Member, slug: str = "ab", names: Sequence[str] = ("Teacher", "Variant"), **values: Any
) -> Campaign:
    """A draft campaign whose first arm is the control; its arms' writers are two offline teachers."""
    writers = [Teacher.objects.get(slug="offline"), *(_variant(name) for name in names[1:])]
    arms = [
        ArmPlan(name, teacher=writer, is_control=number == 0)
        for number, (name, writer) in enumerate(zip(names, writers, strict=True))
    ]
    made = factories.make_draft_campaign(task, by=by, slug=slug, **{"arms": arms, **values})
    # The same arms in every run: a random salt may leave one of three arms with a single company.
    Campaign.objects.filter(pk=made.pk).update(salt=f"salt of {slug}")
    return Campaign.objects.get(pk=made.pk)


def launched(experiment: Experiment, rows: Iterable[Row], *, at: datetime = LAUNCHED) -> Experiment:
    """Give a registered experiment's campaign these contacts, as if it had been launched at that moment."""
    campaign = experiment.campaign
    Campaign.objects.filter(pk=campaign.pk).update(state=CampaignState.RUNNING, launched_at=at)
    table = list(rows)
    contacts = Contact.objects.bulk_create(
        [_contact(campaign, row, number) for number, row in enumerate(table)], batch_size=500
    )
    arms = list(campaign.arms.order_by("position"))
    enrolments = Enrolment.objects.bulk_create(
        [
            Enrolment(
                campaign=campaign, contact=contact, arm=arms[row.arm], cluster=contact.cluster, segment=row.segment
            )
            for row, contact in zip(table, contacts, strict=True)
        ],
        batch_size=500,
    )  # fmt: skip
    step = campaign.steps.get(number=1)
    mails = Message.objects.bulk_create(
        [_mail(step, row, enrolment, at) for row, enrolment in zip(table, enrolments, strict=True)], batch_size=500
    )
    Event.objects.bulk_create(
        [
            event(mail, EventKind.REPLIED, at=mail.sent_at + timedelta(days=row.replied_after))
            for row, mail in zip(table, mails, strict=True)
            if row.replied_after is not None and mail.sent_at
        ],
        batch_size=500,
    )
    return Experiment.objects.get(pk=experiment.pk)


def event(mail: Message, kind: EventKind, *, at: datetime, **values: Any) -> Event:
    """Something that happened to a mail, not yet saved."""
    return Event(
        campaign_id=mail.campaign_id, enrolment_id=mail.enrolment_id, message=mail, kind=kind, source=EventSource.MAIL,
        key=f"{kind}:{mail.pk.hex}:{at.timestamp():.0f}", occurred_at=at, **values,
    )  # fmt: skip


def counts(control: tuple[int, int], variant: tuple[int, int]) -> list[Row]:
    """Independent contacts: replies and contacts of each of two arms."""
    return [
        Row(arm, f"co{arm}x{number}", replied_after=1.0 if number < replies else None)
        for arm, (replies, contacts) in enumerate((control, variant))
        for number in range(contacts)
    ]


def _variant(name: str) -> Teacher:
    slug = f"offline-{name.lower()}"
    given = {"name": name, "provider": "offline", "model": "offline-composer", "parameters": {"defect_rate": 0.0}}
    return Teacher.objects.get_or_create(slug=slug, defaults=given)[0]


def _contact(campaign: Campaign, row: Row, number: int) -> Contact:
    read = email_addresses.parse(f"person{number}@{row.company}.example")
    return Contact(
        task_id=campaign.task_id, address=read.text, address_hmac=read.hmac, cluster=read.cluster, segment=row.segment,
        first_name=f"Ada{number}", lawful_basis=LawfulBasis.CONSENT, basis_source="fair", basis_date=date(2026, 5, 4),
    )  # fmt: skip


def _mail(step: Any, row: Row, enrolment: Enrolment, at: datetime) -> Message:
    went = at + timedelta(days=row.sent_after)
    is_sent = row.state == MessageState.SENT
    return Message(
        campaign_id=enrolment.campaign_id, contact_id=enrolment.contact_id, enrolment=enrolment,
        arm_id=enrolment.arm_id, step=step, state=row.state, sent_at=went if is_sent else None,
        sending_at=went if is_sent or row.state == MessageState.UNKNOWN else None,
    )  # fmt: skip
