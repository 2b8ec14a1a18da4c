"""What a planned mail of a sequence is asked before it goes, what a sequence may say, and days off."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Campaign, Enrolment, Message, Reply
from campaigns.planning import launch_checks
from campaigns.planning.plans import MOST_STEPS, StepPlan
from campaigns.replies import record_reply
from campaigns.sending import outbox, tick
from campaigns.states import EventKind, MessageState, ReplyClass, StepCondition
from jobs.models import Job
from members.models import Member
from review.models import Task
from tests.campaigns import factories
from tests.campaigns.pipeline.sequence_rows import begun, claim, first_mail, fixed, happened, numbers
from web.errors import Refusal

db = pytest.mark.django_db


@pytest.mark.slow
@db
def test_a_click_before_a_planned_mail_goes_stops_it_and_the_other_branch_follows(
    task: Task, people: None, lead: Member
) -> None:
    steps = [fixed(1), fixed(2, when=StepCondition.NOT_CLICKED), fixed(3, when=StepCondition.CLICKED)]
    campaign = begun(task, lead, steps)
    mail = first_mail(campaign)
    Message.objects.filter(campaign=campaign).exclude(pk=mail.pk).update(state=MessageState.FAILED)
    tick.advance_all()
    happened(mail, EventKind.CLICKED)

    may_go = claim(campaign)
    tick.advance_all()

    stopped = Message.objects.get(contact=mail.contact, step__number=2)
    assert may_go == [False]
    assert (stopped.state, stopped.stop_reason) == (MessageState.STOPPED, "condition")
    assert numbers(campaign, mail) == [1, 3]


@pytest.mark.slow
@db
def test_an_answer_that_is_corrected_before_its_mail_goes_stops_it(task: Task, people: None, lead: Member) -> None:
    campaign = begun(task, lead, [fixed(1), fixed(2, when=StepCondition.REPLIED, reply_classes=["question"])])
    kept, corrected = first_mail(campaign), first_mail(campaign, 1)
    for mail in (kept, corrected):
        happened(mail, EventKind.REPLIED, meaning="question")
    tick.advance_all()
    record_reply.correct_meaning(Reply.objects.get(message=corrected), ReplyClass.NOT_INTERESTED, by=lead)

    may_go = claim(campaign)

    assert sorted(may_go) == [False, True]
    states = Message.objects.filter(step__number=2).values_list("contact", "state")
    assert dict(states) == {kept.contact_id: "sending", corrected.contact_id: "stopped"}


@pytest.mark.slow
@db
def test_a_claim_that_died_is_unknown_and_no_branch_follows_or_doubles_it(
    task: Task, people: None, lead: Member
) -> None:
    campaign = begun(task, lead, [fixed(1), fixed(2, when=StepCondition.NOT_CLICKED), fixed(3)])
    tick.advance_all()
    assert claim(campaign) == [True] * 6
    Job.objects.filter(kind="campaign-send").update(state="failed", fence=2)

    outbox.settle_left_behind(campaign)
    happened(first_mail(campaign), EventKind.CLICKED)
    tick.advance_all()
    tick.advance_all()

    assert claim(campaign) == []
    assert Message.objects.filter(step__number=2, state=MessageState.UNKNOWN).count() == 6
    assert not Message.objects.filter(step__number=3).exists()


WRONG: list[tuple[list[StepPlan], str]] = [
    ([fixed(1)] * (MOST_STEPS + 1), "A sequence has 1 to 6 mails; this one has 7."),
    ([fixed(1), fixed(2, wait_s=91 * 86_400)], "Mail 2: a wait is between 0 and 90 days."),
    ([fixed(1, when=StepCondition.CLICKED)], "Mail 1 goes to everybody: give the condition to a later mail."),
    ([fixed(1), fixed(2, when=StepCondition.REPLIED)], "Mail 2 responds to an answer: choose its class"),
    (
        [fixed(1), fixed(2, when=StepCondition.REPLIED, reply_classes=["not_interested"])],
        "Mail 2 cannot take up 'Not interested'",
    ),
    ([fixed(1), fixed(2, reply_classes=["question"])], "Mail 2 names a class of answer"),
]


@db
@pytest.mark.parametrize(("steps", "message"), WRONG, ids=range(len(WRONG)))
def test_a_sequence_that_cannot_be_is_refused_by_its_mail(
    task: Task, lead: Member, steps: list[StepPlan], message: str
) -> None:
    with pytest.raises(Refusal) as refused:
        factories.make_draft_campaign(task, by=lead, steps=steps)

    assert refused.value.errors["steps"][0].startswith(message)
    assert not Campaign.objects.exists()


@db
def test_a_condition_on_clicks_needs_a_link(task: Task, people: None, lead: Member) -> None:
    steps = [fixed(1), fixed(2, when=StepCondition.NOT_CLICKED)]
    campaign = factories.make_draft_campaign(task, by=lead, steps=steps)

    assert [problem.code for problem in launch_checks.launch_problems(campaign)] == ["no_links"]


@pytest.mark.slow
@db
def test_nothing_leaves_on_a_day_off(task: Task, people: None, lead: Member) -> None:
    today = timezone.now().date()
    days = [(today + timedelta(days=ahead)).isoformat() for ahead in range(2)]
    campaign = begun(task, lead, [fixed(1), fixed(2)], days_off=days)
    tick.advance_all()

    assert claim(campaign) == [False] * 6
    due = set(Message.objects.filter(step__number=2).values_list("due_at", flat=True))
    assert [at.date() for at in due if at] == [today + timedelta(days=2)]


@db
def test_days_off_that_are_no_dates_are_refused(task: Task, lead: Member) -> None:
    with pytest.raises(Refusal) as refused:
        factories.make_draft_campaign(task, by=lead, days_off=["2026-12-25", "2026-02-30"])

    assert refused.value.errors["days_off"] == ["'2026-02-30' is not a date; write one such as 2026-12-25."]
    assert not Enrolment.objects.exists()
