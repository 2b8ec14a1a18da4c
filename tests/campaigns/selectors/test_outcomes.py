"""What came of a campaign is counted by contact, everyone assigned counts, and machines do not."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from campaigns.events import outcomes
from campaigns.models import Event, Message, Reply
from campaigns.overview import figures
from campaigns.states import EventKind, EventSource, MessageState, Metric
from tests.campaigns import contact_outcomes, factories
from tests.review.factories import make_task

NOW = timezone.now()


@pytest.fixture
def campaign(admin):
    campaign = factories.make_sending_campaign(make_task(by=admin))
    first = campaign.arms.create(name="Teacher", is_control=True, position=0)
    second = campaign.arms.create(name="Miniature", position=1)
    mails = factories.make_due_mails(campaign, 6)
    Message.objects.update(state=MessageState.SENT, sent_at=NOW - timedelta(days=5))
    for index, mail in enumerate(mails):
        mail.enrolment.arm = mail.arm = second if index % 2 else first
        mail.save(update_fields=["arm"])
        mail.enrolment.cluster = f"company-{index // 4}"
        mail.enrolment.save()
    return campaign


def mails_of(campaign):
    return list(Message.objects.select_related("enrolment").order_by("contact__address"))


def happen(mail, kind, *, after=timedelta(days=1), machine=False, meaning="", **payload):
    event = Event.objects.create(
        campaign_id=mail.campaign_id, enrolment_id=mail.enrolment_id, message=mail, kind=kind, source=EventSource.MAIL,
        key=uuid4().hex, occurred_at=NOW - timedelta(days=5) + after, is_machine=machine, payload=payload,
    )  # fmt: skip
    if meaning:
        Reply.objects.create(event=event, message=mail, meaning=meaning)
    return event


def test_counts_are_of_contacts_in_the_order_of_arms(campaign):
    mails = mails_of(campaign)
    for mail in mails[:2]:
        happen(mail, EventKind.REPLIED, meaning="interested")
    happen(mails[0], EventKind.REPLIED, meaning="declined")
    happen(mails[2], EventKind.BOUNCED)
    happen(mails[3], EventKind.AUTO_REPLIED, machine=True)
    happen(mails[3], EventKind.UNSUBSCRIBED)
    happen(mails[4], EventKind.COMPLAINED)

    teacher, miniature = figures.arms(campaign)

    positive = outcomes.of_metric(campaign, Metric.POSITIVE_REPLY)
    assert (teacher.arm.name, teacher.arm.is_control, teacher.contacts, teacher.clusters) == ("Teacher", True, 3, 2)
    assert (teacher.sent, teacher.events) == (3, {"bounced": 1, "replied": 1})
    assert (miniature.sent, miniature.events) == (3, {"replied": 1, "unsubscribed": 1})
    assert {event.message_id for event in positive} == {mail.pk for mail in mails[:2]}
    assert [event.message_id for event in outcomes.human_events(campaign, EventKind.COMPLAINED)] == [mails[4].pk]


def test_a_mail_of_unknown_fate_is_neither_sent_nor_lost(campaign):
    mail = mails_of(campaign)[0]
    Message.objects.filter(pk=mail.pk).update(state=MessageState.UNKNOWN, sent_at=None)

    teacher, _ = figures.arms(campaign)

    assert (teacher.contacts, teacher.sent) == (3, 2)


def test_a_scanners_round_counts_for_nothing_from_its_first_link_on(campaign):
    scanned, read, *_ = mails_of(campaign)
    at = timedelta(hours=3)
    happen(scanned, EventKind.CLICKED, after=at, link="demo")
    happen(scanned, EventKind.CLICKED, after=at + timedelta(seconds=0.3), link="terms", machine=True, why="burst")
    happen(read, EventKind.CLICKED, after=at, link="demo")
    happen(read, EventKind.CLICKED, after=at + timedelta(seconds=9), link="demo", machine=True, why="agent")

    teacher, miniature = figures.arms(campaign)

    assert (teacher.events, miniature.events) == ({}, {"clicked": 1})


def test_everyone_assigned_has_an_outcome_and_the_horizon_holds(campaign):
    mails = mails_of(campaign)
    happen(mails[0], EventKind.REPLIED, after=timedelta(days=2))
    happen(mails[1], EventKind.REPLIED, after=timedelta(days=4))
    happen(mails[2], EventKind.REPLIED, after=timedelta(days=1))
    Message.objects.filter(pk=mails[2].pk).update(state=MessageState.STOPPED, sent_at=None)

    rows = contact_outcomes.of_contacts(campaign, metric=Metric.REPLY, horizon_days=3)

    by_enrolment = {row.enrolment_id: row for row in rows}
    assert len(rows) == 6
    assert [by_enrolment[mail.enrolment_id].outcome for mail in mails] == [1, 0, 0, 0, 0, 0]
    assert by_enrolment[mails[1].enrolment_id].happened_at is not None
    assert by_enrolment[mails[2].enrolment_id].sent_at is None
    assert {row.cluster for row in rows} == {"company-0", "company-1"}


@pytest.mark.parametrize(
    ("metric", "kind", "meaning"),
    [
        (Metric.REPLY, EventKind.REPLIED, "other"),
        (Metric.POSITIVE_REPLY, EventKind.REPLIED, "question"),
        (Metric.CLICK, EventKind.CLICKED, ""),
        (Metric.UNSUBSCRIBE, EventKind.UNSUBSCRIBED, ""),
    ],
)
def test_each_metric_counts_its_own(campaign, metric, kind, meaning):
    happen(mails_of(campaign)[0], kind, meaning=meaning)

    totals = {
        each: sum(row.outcome for row in contact_outcomes.of_contacts(campaign, metric=each, horizon_days=14))
        for each in Metric
    }

    assert totals[metric] == 1
    assert sum(totals.values()) == (2 if metric == Metric.POSITIVE_REPLY else 1)


def test_a_wish_taken_back_counts_no_more_though_another_reply_says_the_same(campaign):
    mail = mails_of(campaign)[0]
    first, second = (happen(mail, EventKind.REPLIED, meaning="unsubscribe") for _ in range(2))
    for reply in (first, second):
        Event.objects.create(
            campaign_id=mail.campaign_id, enrolment_id=mail.enrolment_id, message=mail, kind=EventKind.UNSUBSCRIBED,
            source=EventSource.MAIL, key=f"{outcomes.READ_KEY}{reply.pk.hex}", occurred_at=NOW,
        )  # fmt: skip
    counted = outcomes.human_events(campaign, EventKind.UNSUBSCRIBED)
    both = counted.count()
    Reply.objects.filter(pk=first.pk).update(meaning="question")

    assert both == 2
    assert [event.key for event in counted.all()] == [f"{outcomes.READ_KEY}{second.pk.hex}"]
    assert figures.arms(campaign)[0].events["unsubscribed"] == 1


def test_counting_asks_a_fixed_number_of_questions(campaign, django_assert_max_num_queries):
    with django_assert_max_num_queries(3):
        contact_outcomes.of_contacts(campaign, metric=Metric.REPLY, horizon_days=14)
