"""Answers and decisions that come in the very moment the tick moves a mail: the later of the two is what holds."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from campaigns.events import record
from campaigns.models import Campaign, Message
from campaigns.planning.plans import ArmPlan, StepPlan
from campaigns.sending import lifecycle, tick
from campaigns.states import EventKind, EventSource, FixedVerdict, MessageState, StepWriter, StopReason
from campaigns.writing import fixed_texts
from members.models import Member
from review.models import Draft, Task
from tests.at_once import at_once
from tests.campaigns import factories
from tests.campaigns.pipeline.conftest import answer_orders, judge, states, take_back
from tests.review import factories as desk

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 12


@pytest.fixture
def sequence(task: Task, lead: Member) -> Campaign:
    factories.make_people(task, desk.make_records(desk.make_source(task), ROUNDS))
    fixed = StepPlan(StepWriter.TEMPLATE, 0, "Hello", "Hi {{contact.first_name}}")
    again = StepPlan(StepWriter.TEMPLATE, 60, "Again", "Me once more, {{contact.first_name}}")
    campaign = factories.make_draft_campaign(task, by=lead, arms=[ArmPlan("A")], steps=[fixed, again])
    lifecycle.launch(campaign, by=lead)
    tick.advance_all()
    Message.objects.update(state=MessageState.SENT, sent_at=timezone.now())
    return campaign


@pytest.mark.slow
def test_a_reply_racing_the_second_mail_always_wins(sequence: Campaign) -> None:
    for mail in list(Message.objects.filter(step__number=1).select_related("contact", "campaign")):
        # One contact's wait is over; the tick plans for it while its reply comes in.
        Message.objects.filter(pk=mail.pk).update(sent_at=timezone.now() - timedelta(hours=1))

        at_once(
            tick.advance_all,
            lambda mail=mail: record.record(mail, EventKind.REPLIED, source=EventSource.MAIL, key=f"reply:{mail.pk}"),
        )

    tick.advance_all()
    second = Message.objects.filter(step__number=2)
    assert {mail.state for mail in second} <= {MessageState.STOPPED}


@pytest.mark.slow
def test_a_decision_taken_back_while_the_tick_runs_holds_the_mail(task: Task, lead: Member) -> None:
    factories.make_people(task, desk.make_records(desk.make_source(task), 4))
    campaign = factories.make_draft_campaign(task, by=lead)
    lifecycle.launch(campaign, by=lead, is_held=True)
    tick.advance_all()
    answer_orders()
    tick.advance_all()

    for draft in Draft.objects.order_by("queue_position"):
        decision = judge(draft, lead, "accept")
        at_once(tick.advance_all, lambda draft=draft, decision=decision: take_back(draft, lead, decision))

    tick.advance_all()
    assert states(campaign) == {"awaiting": 4}


def test_ending_while_the_tick_runs_stops_everything(task: Task, lead: Member) -> None:
    factories.make_people(task, desk.make_records(desk.make_source(task), 8))
    campaign = factories.make_draft_campaign(task, by=lead)
    lifecycle.launch(campaign, by=lead)
    tick.advance_all()
    answer_orders()

    at_once(tick.advance_all, tick.advance_all, lambda: lifecycle.end(campaign, by=lead))
    tick.advance_all()

    assert states(campaign) == {"stopped": 8}


def somebody_waits_for_a_row() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


# Where writers take turns as a whole, as on SQLite, nobody waits for a single row.
@pytest.mark.postgres_only
@pytest.mark.parametrize(
    ("verdict", "since"),
    [
        (FixedVerdict.REFUSE, {"state": MessageState.SENDING}),
        (FixedVerdict.REOPEN, {"state": MessageState.STOPPED, "stop_reason": StopReason.REPLIED}),
    ],
)
def test_a_word_on_a_fixed_text_leaves_a_mail_alone_that_moved_while_it_waited(
    task: Task, lead: Member, verdict: FixedVerdict, since: dict[str, str]
) -> None:
    factories.make_people(task, desk.make_records(desk.make_source(task), 1))
    fixed = StepPlan(StepWriter.TEMPLATE, 0, "Hello", "Hi {{contact.first_name}}")
    campaign = lifecycle.launch(factories.make_draft_campaign(task, by=lead, steps=[fixed]), by=lead)
    tick.advance_all()
    assert fixed_texts.decide_fixed_mails(campaign, verdict=FixedVerdict.APPROVE, by=lead) == 1
    mail = Message.objects.get()
    counts: list[int] = []

    def decide() -> None:
        try:
            counts.append(fixed_texts.decide_fixed_mails(campaign, verdict=verdict, by=lead, message_ids=[mail.pk]))
        finally:
            connections.close_all()

    said = threading.Thread(target=decide)
    with transaction.atomic():
        Message.objects.filter(pk=mail.pk).update(**since)
        said.start()
        give_up_s = time.monotonic() + 30
        while not somebody_waits_for_a_row() and said.is_alive() and time.monotonic() < give_up_s:
            time.sleep(0.01)
    said.join(30)

    mail.refresh_from_db()
    assert (counts, mail.state) == ([0], since["state"])
