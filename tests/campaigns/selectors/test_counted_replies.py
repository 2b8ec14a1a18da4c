"""The class that a reply has now says whether it counts as one: every figure reads the same,
and a correction changes all.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import caches
from django.utils import timezone

from campaigns.events import outcomes
from campaigns.experiments import enrolments
from campaigns.mails import queries as mails_queries
from campaigns.models import Campaign, Event, Message, Reply, Step
from campaigns.outcomes import figures as draft_figures
from campaigns.outcomes.of_drafts import CampaignOutcomes
from campaigns.overview import figures, queries, reply_months
from campaigns.replies import record_reply
from campaigns.sending import contact_caps
from campaigns.states import EventKind, MessageState, Metric, ReplyClass, StepCondition, StopReason
from campaigns.writing import sequences
from members.models import Member
from review.models import Draft
from review.states import MailOutcome
from tests.campaigns import contact_outcomes
from tests.campaigns import factories as campaigns
from tests.campaigns.experiment_rows import event
from tests.review import factories
from tests.review.datasets import golds
from web.caching import slow_figures

pytestmark = pytest.mark.django_db
SENT = timezone.now() - timedelta(days=70)

# Kind of the event, whether a machine caused it, the class that stands on its reply, and whether it counts as a reply.
CASES: list[tuple[EventKind, bool, ReplyClass | None, bool]] = [
    (EventKind.REPLIED, False, None, True),
    (EventKind.REPLIED, False, ReplyClass.UNSUBSCRIBE, True),
    (EventKind.REPLIED, False, ReplyClass.OUT_OF_OFFICE, False),
    (EventKind.REPLIED, False, ReplyClass.MACHINE, False),
    (EventKind.AUTO_REPLIED, True, None, False),
    (EventKind.AUTO_REPLIED, True, ReplyClass.OUT_OF_OFFICE, False),
    (EventKind.AUTO_REPLIED, True, ReplyClass.QUESTION, True),
]
COUNTED = sum(counts for *_, counts in CASES)


@pytest.fixture
def campaign(admin: Member) -> Campaign:
    """A mail of a draft of its own for each case, and one that nobody answered."""
    task = factories.make_task(by=admin)
    golds.make_drafts(task, factories.make_records(factories.make_source(task), len(CASES) + 1))
    campaign = campaigns.make_plain_campaign(task, launched_at=SENT)
    campaign.arms.create(name="Teacher", is_control=True, position=0)
    for number, draft in enumerate(Draft.objects.filter(task=task).order_by("queue_position")):
        contact = campaigns.make_contact(task, f"ada@acme{number}.example")
        mail = campaigns.make_mail(campaign, contact, state=MessageState.SENT, sent_at=SENT, draft=draft)
        mail.enrolment.arm = mail.arm = campaign.arms.get()
        mail.enrolment.save()
        mail.save()
    return campaign


def mails_of(campaign: Campaign) -> list[Message]:
    return list(
        campaign.messages.select_related("enrolment", "contact", "step", "campaign").order_by("contact__address")
    )


def answer(mail: Message, kind: EventKind, is_machine: bool, meaning: ReplyClass | None) -> Event:
    told = event(mail, kind, at=SENT + timedelta(days=1), is_machine=is_machine)
    told.save()
    if meaning is not None:
        Reply.objects.create(event=told, message=mail, meaning=meaning, meant_by="rules", text="Words.")
    return told


def answer_all(campaign: Campaign) -> None:
    for mail, (kind, is_machine, meaning, _) in zip(mails_of(campaign), CASES, strict=False):
        answer(mail, kind, is_machine, meaning)


def replied(campaign: Campaign) -> dict[str, int]:
    """How many mails or people replied, by every reader of it."""
    drafts = Draft.objects.filter(task=campaign.task).values("pk")
    admin = Member.objects.get()
    [together] = draft_figures.of_drafts_together(drafts, by=admin)
    return {
        "contacts": sum(
            row.outcome for row in contact_outcomes.of_contacts(campaign, metric=Metric.REPLY, horizon_days=14)
        ),
        "experiment": len(enrolments.enrolled_in(campaign, Metric.REPLY).happened),
        "steps": sum(step.events.get(EventKind.REPLIED, 0) for step in figures.steps(campaign)),
        "costs by arm": sum(arm.events.get(EventKind.REPLIED, 0) for arm in figures.arms(campaign)),
        "list of campaigns": queries.lines([campaign])[0].replied,
        "list of mails": mails_queries.of_campaign(campaign, event="replied").count(),
        "drafts of a dataset": CampaignOutcomes().drafts_with(MailOutcome.REPLIED, until=None).count(),
        "drafts together": together.replied,
        "months": sum(month.replied for month in reply_months.reply_rate(campaign.task).months),
        "ended sequences": sum(sequences.stop_reason(mail) == StopReason.REPLIED for mail in mails_of(campaign)),
        "conversations": sum(in_conversation(mail) for mail in mails_of(campaign)),
    }


def in_conversation(mail: Message) -> bool:
    """Whether another campaign would wait because of what its reader answered here."""
    since = SENT - timedelta(days=1)
    others = contact_caps._replies_to_others(
        address_hmac=mail.contact.address_hmac, campaign=mail.contact_id, since=since
    )
    return bool(others)


def test_every_reader_counts_a_reply_by_the_class_it_has(campaign: Campaign) -> None:
    answer_all(campaign)

    assert replied(campaign) == dict.fromkeys(replied(campaign), COUNTED)


def test_a_correction_changes_what_every_reader_counts(campaign: Campaign, admin: Member) -> None:
    answer_all(campaign)
    kind_by_class = {False: ReplyClass.INTERESTED, True: ReplyClass.OUT_OF_OFFICE}
    for reply in Reply.objects.order_by("pk"):
        is_person = outcomes.by_people(Event.objects.filter(pk=reply.pk), EventKind.REPLIED).exists()
        reply = Reply.objects.select_related("message__contact", "message__campaign__task").get(pk=reply.pk)
        record_reply.correct_meaning(reply, kind_by_class[is_person], by=admin, why="I know the writer.")

    turned = sum(not counts if meaning else counts for _, _, meaning, counts in CASES)
    assert turned != COUNTED
    assert replied(campaign) == dict.fromkeys(replied(campaign), turned)


def test_the_positive_count_and_the_list_of_automatic_mails_read_the_class_too(campaign: Campaign) -> None:
    answer_all(campaign)

    positive = [
        CampaignOutcomes().drafts_with(each, until=None).count()
        for each in (MailOutcome.INTERESTED, MailOutcome.QUESTION)
    ]
    of_contacts = contact_outcomes.of_contacts(campaign, metric=Metric.POSITIVE_REPLY, horizon_days=14)

    assert positive == [0, 1]
    assert sum(row.outcome for row in of_contacts) == 1
    assert len(enrolments.enrolled_in(campaign, Metric.POSITIVE_REPLY).happened) == 1
    assert mails_queries.of_campaign(campaign, event="auto_replied").count() == len(CASES) - COUNTED


def test_an_absence_that_nobody_is_sure_of_holds_the_sequence_until_it_is_read(campaign: Campaign) -> None:
    mail = mails_of(campaign)[0]
    told = answer(mail, EventKind.REPLIED, False, ReplyClass.OUT_OF_OFFICE)
    Reply.objects.update(is_unsure=True)
    unsure = sequences.stop_reason(mail)
    Reply.objects.filter(pk=told.pk).update(is_unsure=False)

    assert unsure == StopReason.REPLIED
    assert sequences.stop_reason(mail) is None


def test_a_machine_that_was_a_person_after_all_ends_the_sequence_and_is_taken_up(
    campaign: Campaign, admin: Member
) -> None:
    mail = mails_of(campaign)[0]
    told = answer(mail, EventKind.AUTO_REPLIED, True, ReplyClass.OUT_OF_OFFICE)
    reply_step, second = (
        Step.objects.create(
            campaign=campaign, number=3, when=StepCondition.REPLIED, reply_classes=[ReplyClass.INTERESTED]
        ),
        Step.objects.create(campaign=campaign, number=2),
    )
    planned = Message.objects.create(
        campaign=campaign, contact=mail.contact, enrolment=mail.enrolment, step=second, state=MessageState.APPROVED
    )

    reply = Reply.objects.select_related("message__contact", "message__campaign__task").get(pk=told.pk)
    record_reply.correct_meaning(reply, ReplyClass.INTERESTED, by=admin)

    planned.refresh_from_db()
    assert (planned.state, planned.stop_reason) == (MessageState.STOPPED, StopReason.REPLIED)
    assert Message.objects.filter(sequences.holds(campaign, reply_step), pk=mail.pk).exists()
    assert not Message.objects.filter(sequences.holds(campaign, second), pk=mail.pk).exists()


def test_an_unsubscription_that_a_member_read_is_counted_no_more_once_it_is_taken_back(
    campaign: Campaign, admin: Member
) -> None:
    told = answer(mails_of(campaign)[0], EventKind.REPLIED, False, ReplyClass.INTERESTED)
    counts = []
    for meaning in (ReplyClass.UNSUBSCRIBE, ReplyClass.QUESTION, ReplyClass.UNSUBSCRIBE):
        reply = Reply.objects.select_related("message__contact", "message__campaign__task").get(pk=told.pk)
        record_reply.correct_meaning(reply, meaning, by=admin, why="I asked them.")
        counts.append(figures.arms(campaign)[0].events.get("unsubscribed", 0))

    assert counts == [1, 0, 1]


@pytest.mark.parametrize(
    "read",
    [
        lambda campaign: sum(arm.events.get("replied", 0) for arm in figures.counted(campaign).value[1]),
        lambda campaign: queries.lines([campaign])[0].replied,
        lambda campaign: reply_months.counted(campaign.task).value.months[0].replied,
    ],
    ids=["campaign", "list", "months"],
)
def test_figures_that_are_kept_are_thrown_away_by_a_correction(
    campaign: Campaign,
    admin: Member,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    read: Callable[[Campaign], int],
) -> None:
    settings.SLOW_FIGURES_S = 0.0
    monkeypatch.setattr(slow_figures, "TIMES_AS_LONG", 1e9)
    caches["figures"].clear()
    first, *others = mails_of(campaign)[:3]
    told = answer(first, EventKind.REPLIED, False, ReplyClass.INTERESTED)
    before = read(campaign)
    for mail in others:
        answer(mail, EventKind.REPLIED, False, ReplyClass.INTERESTED)
    kept = read(campaign)

    reply = Reply.objects.select_related("message__contact", "message__campaign__task").get(pk=told.pk)
    record_reply.correct_meaning(reply, ReplyClass.OUT_OF_OFFICE, by=admin)

    assert (before, kept) == (1, 1)
    assert read(campaign) == 2
    caches["figures"].clear()
