"""Which of several senders writes: drawn by company in proportion to their days, kept for good, blind to arms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from uuid import UUID

import pytest
from django.utils import timezone

from campaigns.models import Campaign, Enrolment, FurtherSender, Message, SenderIdentity
from campaigns.senders import rotation
from campaigns.states import MessageState
from demo.mail_sink.mail_folder import MailFolder
from jobs.models import Job
from members.models import Member
from review.models import Task
from tests.campaigns import factories
from tests.review.factories import make_task

pytestmark = pytest.mark.django_db
Send = Callable[[Campaign], Job]


@pytest.fixture
def task(admin: Member) -> Task:
    return make_task(by=admin)


@pytest.fixture
def campaign(task: Task) -> Campaign:
    """A campaign of two senders, the second of which may send three times as much as the first."""
    first = factories.make_sender(slug="nora", id=UUID(int=1), daily_limit=100)
    made = factories.make_sending_campaign(task, daily_cap=1000, sender=first, salt="fixed")
    further(made, "olaf", UUID(int=2), daily_limit=300)
    return Campaign.objects.select_related("sender", "task").get(pk=made.pk)


def further(campaign: Campaign, name: str, pk: UUID, **values: object) -> SenderIdentity:
    sender = factories.make_sender(
        slug=name, id=pk, name=name.title(), from_name=name.title(), from_address=f"{name}@other.example",
        reply_address=f"replies@{name}.example", **values,
    )  # fmt: skip
    FurtherSender.objects.create(campaign=campaign, sender=sender, position=1)
    return sender


def draws(campaign: Campaign, companies: int) -> Counter[str]:
    senders, now = rotation.senders_of(campaign), timezone.now()
    return Counter(rotation.drawn(campaign, f"company-{n}.example", senders, now=now).slug for n in range(companies))


def test_companies_fall_to_senders_as_their_days_allow(campaign: Campaign) -> None:
    # Of 4,000 a quarter, within four standard errors.
    assert abs(draws(campaign, 4000)["nora"] - 1000) < 110


@pytest.mark.slow
def test_a_third_sender_takes_companies_from_others_and_moves_none_between_them(campaign: Campaign) -> None:
    now, names = timezone.now(), [f"company-{n}.example" for n in range(200)]
    before = [rotation.drawn(campaign, name, rotation.senders_of(campaign), now=now) for name in names]
    third = factories.make_sender(slug="third", id=UUID(int=3), daily_limit=200)
    FurtherSender.objects.create(campaign=campaign, sender=third, position=2)
    after = [rotation.drawn(campaign, name, rotation.senders_of(campaign), now=now) for name in names]

    moved = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert moved
    assert {new for _, new in moved} == {third}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_contact_keeps_the_sender_of_its_first_mail(campaign: Campaign, mailbox: MailFolder, send: Send) -> None:
    mails = factories.make_due_mails(campaign, 12)
    send(campaign)

    rows = Message.objects.filter(campaign=campaign).select_related("sender", "enrolment__sender")
    assert {row.state for row in rows} == {MessageState.SENT}
    assert len({row.sender for row in rows}) == 2
    assert all(row.sender == row.enrolment.sender for row in rows)
    seen = {message_from_bytes(mailbox.read(kept.name) or b"", policy=default)["From"] for kept in mailbox.newest()}
    assert seen == {"Nora Lind <nora@sender.example>", "Olaf <olaf@other.example>"}
    kept = {row.enrolment_id: row.sender for row in rows}

    step = campaign.steps.create(number=2, writer="template", subject="Again", body="Hello again, {{contact.company}}.")
    for mail in mails:
        Message.objects.create(
            campaign=campaign, contact=mail.contact, enrolment=mail.enrolment, step=step,
            state=MessageState.APPROVED, due_at=timezone.now(),
        )  # fmt: skip
    # More room for one of them draws others to it, and none who has been written to.
    SenderIdentity.objects.filter(slug="olaf").update(daily_limit=100_000)
    send(campaign)

    later = Message.objects.filter(step=step, state=MessageState.SENT).select_related("sender")
    assert {row.enrolment_id: row.sender for row in later} == kept


def test_who_wrote_to_an_address_for_another_campaign_writes_again(campaign: Campaign, admin: Member) -> None:
    other = factories.make_sending_campaign(make_task(by=admin, slug="other"), slug="second")
    olaf = SenderIdentity.objects.get(slug="olaf")
    address = next(
        f"ada@acme{n}.example"
        for n in range(100)
        if rotation.drawn(campaign, f"acme{n}.example", rotation.senders_of(campaign), now=timezone.now()) != olaf
    )
    before = factories.make_contact(other.task, address)
    factories.make_mail(other, before, state=MessageState.SENT, sender=olaf, sending_at=timezone.now())
    mail = factories.make_mail(campaign, factories.make_contact(campaign.task, address))

    assert rotation.chosen(mail, rotation.senders_of(campaign), now=timezone.now()) == olaf


def test_an_arm_gets_no_more_of_one_sender_than_another_arm(campaign: Campaign) -> None:
    """Arms and senders are drawn by hashes of their own: knowing one tells nothing of the other."""
    from campaigns.planning.assignment import arm_of

    senders, now = rotation.senders_of(campaign), timezone.now()
    table = Counter(
        (arm_of(campaign.salt, name, [1, 1]), rotation.drawn(campaign, name, senders, now=now).slug)
        for name in (f"company-{n}.example" for n in range(4000))
    )

    # A quarter of each arm; four standard errors of a share of 2,000 are .039.
    for arm in (0, 1):
        whole = table[arm, "olaf"] + table[arm, "nora"]
        assert abs(table[arm, "nora"] / whole - 0.25) < 0.039


@pytest.mark.django_db(transaction=True)
def test_a_campaign_of_one_sender_leaves_enrolments_alone(task: Task, mailbox: MailFolder, send: Send) -> None:
    alone = factories.make_sending_campaign(task)
    factories.make_due_mails(alone, 2)
    send(alone)

    assert set(Message.objects.values_list("sender__slug", "state")) == {("sender-of-first", MessageState.SENT)}
    assert Enrolment.objects.filter(sender__isnull=False).count() == 0
