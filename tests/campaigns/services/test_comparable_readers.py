"""Between whom no exploratory pair is made: readers who cannot be compared,
and drafts that say nothing of each other.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Campaign, Reply
from campaigns.outcomes import of_drafts
from campaigns.states import EventKind, MessageState, ReplyClass
from members.models import Member
from review.models import Draft, Task
from tests.campaigns import factories as campaigns
from tests.campaigns.answered_mails import SENT, contact, reply, send, tell
from tests.review import factories

pytestmark = pytest.mark.django_db
Case = Callable[[Campaign, Campaign, list[Draft]], None]


@pytest.fixture
def task(admin: Member) -> Task:
    task = factories.make_task(by=admin)
    [record] = factories.make_records(factories.make_source(task), 1)
    factories.make_variants(task, record)
    return task


def started(task: Task) -> tuple[Campaign, Campaign, list[Draft]]:
    """Two campaigns, and two drafts for one record."""
    spring, summer = (campaigns.make_plain_campaign(task, slug=slug) for slug in ("spring", "summer"))
    return spring, summer, list(Draft.objects.filter(task=task).order_by("queue_position"))


def test_two_readers_of_one_company_are_compared(task: Task) -> None:
    spring, summer, drafts = started(task)
    reply(send(spring, drafts[0], "ada"))
    send(summer, drafts[1], "ben")

    [pair] = of_drafts.of_task(task, until=None)

    assert (pair.better, pair.worse) == (drafts[0].pk, drafts[1].pk)


NOT_COMPARABLE: dict[str, Case] = {}


def not_comparable(make: Case) -> None:
    NOT_COMPARABLE[make.__name__] = make


@not_comparable
def readers_of_two_companies(spring: Campaign, summer: Campaign, drafts: list[Draft]) -> None:
    reply(send(spring, drafts[0], "ada"))
    send(summer, drafts[1], "ben", "other")


@not_comparable
def one_person_mailed_twice(spring: Campaign, summer: Campaign, drafts: list[Draft]) -> None:
    reply(send(spring, drafts[0], "ada"))
    send(summer, drafts[1], "ada", at=SENT + timedelta(days=9))


@not_comparable
def a_reader_whom_another_campaign_had_mailed_before(spring: Campaign, summer: Campaign, drafts: list[Draft]) -> None:
    reply(send(spring, drafts[0], "ada"))
    campaigns.make_mail(spring, contact(spring.task, "ben"), state=MessageState.SENT, sent_at=SENT - timedelta(days=2))
    send(summer, drafts[1], "ben")


@not_comparable
def a_silent_mail_that_may_still_be_answered(spring: Campaign, summer: Campaign, drafts: list[Draft]) -> None:
    reply(send(spring, drafts[0], "ada", at=timezone.now() - timedelta(days=20)))
    send(summer, drafts[1], "ben", at=timezone.now() - timedelta(days=13))


@not_comparable
def mails_more_than_a_quarter_apart(spring: Campaign, summer: Campaign, drafts: list[Draft]) -> None:
    reply(send(spring, drafts[0], "ada"))
    send(summer, drafts[1], "ben", at=SENT - timedelta(days=91))


@not_comparable
def a_reader_who_was_away(spring: Campaign, summer: Campaign, drafts: list[Draft]) -> None:
    reply(send(spring, drafts[0], "ada"))
    tell(send(summer, drafts[1], "ben"), EventKind.AUTO_REPLIED, is_machine=True)


@not_comparable
def a_mail_that_never_arrived(spring: Campaign, summer: Campaign, drafts: list[Draft]) -> None:
    reply(send(spring, drafts[0], "ada"))
    tell(send(summer, drafts[1], "ben"), EventKind.BOUNCED)


@not_comparable
def an_answer_that_declines(spring: Campaign, summer: Campaign, drafts: list[Draft]) -> None:
    reply(send(spring, drafts[0], "ada"), ReplyClass.NOT_INTERESTED)
    send(summer, drafts[1], "ben")


@not_comparable
def interest_that_was_taken_back(spring: Campaign, summer: Campaign, drafts: list[Draft]) -> None:
    mail = send(spring, drafts[0], "ada")
    reply(mail)
    reply(mail, ReplyClass.NOT_INTERESTED, days=2)
    send(summer, drafts[1], "ben")


@not_comparable
def an_answer_after_the_window(spring: Campaign, summer: Campaign, drafts: list[Draft]) -> None:
    reply(send(spring, drafts[0], "ada"), days=15)
    send(summer, drafts[1], "ben")


@not_comparable
def a_machines_answer(spring: Campaign, summer: Campaign, drafts: list[Draft]) -> None:
    mail = send(spring, drafts[0], "ada")
    told = tell(mail, EventKind.AUTO_REPLIED, is_machine=True)
    Reply.objects.create(event=told, message=mail, meaning=ReplyClass.MACHINE)
    send(summer, drafts[1], "ben")


@not_comparable
def two_answers(spring: Campaign, summer: Campaign, drafts: list[Draft]) -> None:
    reply(send(spring, drafts[0], "ada"))
    reply(send(summer, drafts[1], "ben"), ReplyClass.OTHER)


@not_comparable
def one_draft_that_two_readers_got(spring: Campaign, summer: Campaign, drafts: list[Draft]) -> None:
    reply(send(spring, drafts[0], "ada"))
    send(summer, drafts[0], "ben")


@not_comparable
def a_silent_reader_of_a_text_that_another_reader_answered(
    spring: Campaign, summer: Campaign, drafts: list[Draft]
) -> None:
    reply(send(spring, drafts[0], "ada"))
    send(summer, drafts[1], "ben")
    reply(send(summer, drafts[1], "cy"), ReplyClass.OTHER)


@not_comparable
def a_real_and_a_simulated_inbox(spring: Campaign, summer: Campaign, drafts: list[Draft]) -> None:
    reply(send(spring, drafts[0], "ada"))
    Campaign.objects.filter(pk=summer.pk).update(is_simulated=True)
    send(summer, drafts[1], "ben")


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("case", NOT_COMPARABLE.values(), ids=lambda make: make.__name__)
def test_no_pair_is_made_of(case: Case, task: Task) -> None:
    case(*started(task))

    assert of_drafts.of_task(task, until=None) == []
