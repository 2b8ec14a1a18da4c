"""What a sender may send is held across campaigns and races; a provider that puts mails off is given time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from campaigns.models import Campaign, Message, ProviderSlowing, RecipientDomain, SenderIdentity
from campaigns.overview import waiting
from campaigns.senders import capacity, providers
from campaigns.senders.providers import ProviderPaces
from campaigns.sending import outbox
from campaigns.sending.attempt import SendingAttempt
from campaigns.sending.transport import SendResult, ServerReply
from campaigns.states import MessageState
from demo.mail_sink.mail_folder import MailFolder
from jobs.lifecycle import control
from jobs.models import Job
from members.models import Member
from review.models import Task
from tests.campaigns import factories
from tests.campaigns.dns_server import dns_server
from tests.review.factories import make_task

db = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)
Send = Callable[[Campaign], Job]


@pytest.fixture
def second(admin: Member, campaign: Campaign) -> Campaign:
    """A campaign of another task with the same sender."""
    return factories.make_sending_campaign(make_task(by=admin, slug="other"), slug="second", sender=campaign.sender)


def limit(campaign: Campaign, **values: object) -> SenderIdentity:
    SenderIdentity.objects.filter(pk=campaign.sender_id).update(**values)
    return SenderIdentity.objects.get(pk=campaign.sender_id)


def turn_of(campaign: Campaign) -> SendingAttempt:
    job = control.launch(kind="campaign-send", title="Send", spec={"campaign": str(campaign.pk)}, by=None)
    Job.objects.filter(pk=job.pk).update(state="running", fence=1)
    fresh = Campaign.objects.select_related("sender", "task").get(pk=campaign.pk)
    return SendingAttempt.of(fresh, job_id=job.pk, fence=1)


def due_to(campaign: Campaign, address: str) -> Message:
    contact = factories.make_contact(campaign.task, address)
    factories.make_mail(campaign, contact, state=MessageState.APPROVED, due_at=timezone.now())
    [mail] = [each for each in outbox.due(campaign, now=timezone.now(), limit=50) if each.contact_id == contact.pk]
    return mail


def states(campaign: Campaign) -> list[str]:
    return sorted(Message.objects.filter(campaign=campaign).values_list("state", flat=True))


@committed
def test_a_limit_holds_over_all_campaigns_and_says_until_when(
    campaign: Campaign, second: Campaign, mailbox: MailFolder, send: Send
) -> None:
    limit(campaign, daily_limit=3)
    factories.make_due_mails(campaign, 2)
    factories.make_due_mails(second, 3, name="other")

    send(campaign)
    send(second)

    assert states(campaign) == ["sent", "sent"]
    assert states(second) == ["approved", "approved", "sent"]
    assert len(list(mailbox.newest())) == 3
    held = Message.objects.filter(campaign=second, state="approved")
    tomorrow = capacity.day_bounds(timezone.now())[1]
    assert {(mail.held_because, mail.due_at) for mail in held} == {("sender", tomorrow)}
    reason = waiting.wait_reason(second)
    assert reason is not None
    assert (reason.reason, reason.until) == ("sender_limit", tomorrow)
    assert "sent its mails of the day" in reason.message


@committed
def test_a_warm_up_lets_no_more_go_than_its_day_allows(campaign: Campaign, mailbox: MailFolder, send: Send) -> None:
    limit(campaign, daily_limit=500, warm_up_first=2, warm_up_since=timezone.now().date())
    factories.make_due_mails(campaign, 5)

    send(campaign)

    assert states(campaign) == ["approved"] * 3 + ["sent"] * 2


@db
def test_a_follow_up_goes_before_first_mails_while_room_is_short(campaign: Campaign) -> None:
    sender = limit(campaign, daily_limit=2)
    first = due_to(campaign, "ada@acme.example")
    gone = due_to(campaign, "bob@bolt.example")
    Message.objects.filter(pk=gone.pk).update(state="sent", sender=sender, sending_at=timezone.now())
    step = campaign.steps.create(number=2, writer="template", subject="Again", body="Hello again.")
    Message.objects.create(
        campaign=campaign, contact=gone.contact, enrolment=gone.enrolment, step=step, state="approved",
        due_at=timezone.now(),
    )  # fmt: skip
    turn = turn_of(campaign)

    assert outbox.claim(first, turn, now=timezone.now()) is None
    [follow_up] = [mail for mail in outbox.due(campaign, now=timezone.now(), limit=9) if mail.step_id == step.pk]
    assert outbox.claim(follow_up, turn, now=timezone.now()) is not None


@committed
def test_two_campaigns_at_once_send_no_more_than_their_sender_may(campaign: Campaign, second: Campaign) -> None:
    limit(campaign, daily_limit=1)
    mails = [
        (due_to(campaign, "ada@acme.example"), turn_of(campaign)),
        (due_to(second, "bob@bolt.example"), turn_of(second)),
    ]
    together = threading.Barrier(2)

    def claim(mail: Message, turn: SendingAttempt) -> None:
        together.wait(30)
        outbox.claim(mail, turn, now=timezone.now())
        connections.close_all()

    threads = [threading.Thread(target=claim, args=each) for each in mails]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(Message.objects.values_list("state", flat=True)) == ["approved", "sending"]


@db
def test_a_limit_set_while_an_attempt_lasts_is_heeded(campaign: Campaign) -> None:
    limit(campaign, daily_limit=50)
    turn, mails = turn_of(campaign), [due_to(campaign, f"ada@acme{n}.example") for n in range(2)]
    limit(campaign, daily_limit=1)

    taken = [outbox.claim(mail, turn, now=timezone.now()) is not None for mail in mails]

    assert taken == [True, False]


@db
def test_a_provider_that_puts_a_mail_off_gets_none_from_that_sender_for_a_while(campaign: Campaign) -> None:
    turn, now = turn_of(campaign), timezone.now()
    first, other, elsewhere = (
        due_to(campaign, address) for address in ("ada@gmail.com", "bob@gmail.com", "cleo@acme.example")
    )
    claimed = outbox.claim(first, turn, now=now)
    assert claimed is not None
    outbox.settle(claimed, turn, ServerReply(SendResult.DEFERRED, code=421, text="4.7.28 too many"), now=now)

    assert outbox.claim(other, turn, now=now) is None
    assert outbox.claim(elsewhere, turn, now=now) is not None
    slowing = ProviderSlowing.objects.get()
    assert (slowing.provider, slowing.level) == ("google", 1)
    held = Message.objects.get(pk=other.pk)
    assert (held.state, held.held_because, held.due_at) == ("approved", "provider", slowing.until)
    # The time over, the next goes.
    assert outbox.claim(Message.objects.select_related("contact", "step", "draft", "enrolment").get(pk=other.pk), turn,
                        now=slowing.until + timedelta(seconds=1)) is not None  # fmt: skip


@db
@pytest.mark.parametrize("text", ["4.2.2 mailbox is full", "4.1.8 sender address", "450 4.2.1 try later"])
def test_a_full_mailbox_is_its_own_affair(campaign: Campaign, text: str) -> None:
    turn, now = turn_of(campaign), timezone.now()
    claimed = outbox.claim(due_to(campaign, "ada@gmail.com"), turn, now=now)
    assert claimed is not None
    outbox.settle(claimed, turn, ServerReply(SendResult.DEFERRED, code=452, text=text), now=now)

    assert not ProviderSlowing.objects.exists()


@db
def test_each_putting_off_doubles_the_time_and_an_hour_takes_one_back(campaign: Campaign) -> None:
    sender, now = campaign.sender, timezone.now()
    assert sender is not None
    waits = []
    for _ in range(4):
        row = providers.slow(sender, "google", said="421", now=now)
        waits.append((row.until - now) / timedelta(minutes=1))
        now = row.until
    assert waits == [5, 10, 20, 40]
    assert [providers.level_of(row, row.updated_at + timedelta(hours=hours)) for hours in (0, 1, 3, 4, 9)] == [
        4,
        3,
        1,
        0,
        0,
    ]


@db
def test_a_pace_is_counted_by_the_hour_and_halved_while_slowed(campaign: Campaign, settings) -> None:
    settings.PROVIDER_MAILS_PER_HOUR = {"google": 9}
    sender, now = limit(campaign, provider_paces={"google": 4}), timezone.now()
    for minutes in (50, 40, 30):
        contact = factories.make_contact(campaign.task, f"reader{minutes}@gmail.com")
        factories.make_mail(
            campaign, contact, state=MessageState.SENT, sender=sender, provider="google",
            sending_at=now - timedelta(minutes=minutes),
        )  # fmt: skip

    assert ProviderPaces().until(sender, "google", now=now) is None
    assert ProviderPaces().until(sender, "microsoft", now=now) is None
    ProviderSlowing.objects.create(
        sender=sender, provider="google", level=1, until=now - timedelta(minutes=1), updated_at=now
    )
    # Two an hour: the newest two are 30 and 40 minutes old.
    assert ProviderPaces().until(sender, "google", now=now) == now + timedelta(minutes=20)


@db
def test_a_company_whose_mail_google_takes_is_found_by_its_servers_and_kept(settings, task: Task) -> None:
    settings.MX_LOOKUPS = True
    records = {
        "acme.com MX": ["10 aspmx.l.google.com.", "20 alt1.aspmx.l.google.com."],
        "own.com MX": ["10 mx.own.com."],
    }
    with dns_server(records) as server:
        settings.DNS_SERVER = server.address
        for _ in range(2):
            paces = ProviderPaces()
            paces.learn(["ada@acme.com", "bob@own.com", "cleo@gmail.com", "dan@none.example"], now=timezone.now())
            assert [paces.provider_of(f"x@{name}") for name in ("acme.com", "own.com", "gmail.com", "none.example")] == [
                "google", "", "google", "",
            ]  # fmt: skip

    assert sorted(server.asked) == ["acme.com MX", "own.com MX"]
    assert dict(RecipientDomain.objects.values_list("domain", "provider")) == {"acme.com": "google", "own.com": ""}


@pytest.mark.parametrize(
    ("hosts", "provider"),
    [
        (["acme-com.mail.protection.outlook.com"], "microsoft"),
        (["mx00.ionos.de"], "united"),
        (["mx.notgoogle.com"], ""),
        ([""], ""),
        ([], ""),
    ],
)
def test_providers_are_known_by_whole_labels_of_their_servers(hosts: list[str], provider: str) -> None:
    assert providers.by_servers(hosts) == provider


def test_a_pace_for_no_provider_is_refused_at_start(settings) -> None:
    settings.PROVIDER_MAILS_PER_HOUR = {"google": 3, "gogle": 3}

    assert [error.msg for error in providers.check_setting()] == ["PROVIDER_MAILS_PER_HOUR names 'gogle'."]
