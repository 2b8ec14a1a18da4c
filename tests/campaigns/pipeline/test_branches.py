"""Sequences of up to six mails: whom each goes to, what ends them, and what a writer is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns.events import record
from campaigns.models import Campaign, Enrolment, Event, Message, Reply, WriteOrder
from campaigns.planning.edit import ArmPlan, StepPlan
from campaigns.planning.sequence_checks import MOST_STEPS
from campaigns.replies import classify
from campaigns.sending import lifecycle, outbox, tick
from campaigns.sending.outbox import SendingAttempt
from campaigns.states import Approval, EventKind, EventSource, MessageState, ReplyClass, StepCondition, StepWriter
from generation.models import Order, Teacher
from jobs.models import Job
from members.models import Member
from review.models import Record, Task
from tests.campaigns import factories
from tests.campaigns.pipeline.conftest import answer_orders
from web.errors import Refusal

db = pytest.mark.django_db
HOUR_S = 3600
WORDS = ("How is the new depot doing?", "Two customers of ours halved their losses.", "Shall I send one page?",
         "Who looks after the trucks at your place?", "The offer stands until the end of May.", "This is my last mail.")  # fmt: skip


def fixed(number: int, *, wait_s: int = HOUR_S, **more: Any) -> StepPlan:
    """A mail with a fixed text of its own."""
    return StepPlan(StepWriter.TEMPLATE, wait_s if number > 1 else 0, f"Mail {number}", WORDS[number - 1], **more)


def begun(task: Task, lead: Member, steps: Sequence[StepPlan], **plan: Any) -> Campaign:
    """A campaign whose first mails went two hours ago."""
    wanted = {
        "arms": [ArmPlan("A", teacher=Teacher.objects.get(slug="offline"))], "approval": Approval.SAMPLE,
        "sample_share": 0.0, "links": {"demo": "https://offer.example/demo"}, "quiet_from": 0, "quiet_until": 0,
        "sends_at_weekends": True,
    }  # fmt: skip
    campaign = factories.make_draft_campaign(task, by=lead, steps=steps, **{**wanted, **plan})
    lifecycle.launch(campaign, by=lead)
    tick.advance_all()
    went(campaign, number=1)
    return Campaign.objects.get(pk=campaign.pk)


def went(campaign: Campaign, *, number: int, hours_ago: float = 2) -> None:
    """The mails of a step that stand there have gone."""
    at = timezone.now() - timedelta(hours=hours_ago)
    Message.objects.filter(campaign=campaign, step__number=number).update(state=MessageState.SENT, sent_at=at)


def first_mail(campaign: Campaign, at: int = 0) -> Message:
    return Message.objects.filter(campaign=campaign, step__number=1).order_by("pk")[at]


def happened(mail: Message, kind: EventKind, *, hours_ago: float = 1.5, meaning: str = "", **more: Any) -> Event:
    event = record.record(
        mail, kind, source=EventSource.MAIL, key=f"{kind}:{mail.pk}:{hours_ago}",
        occurred_at=timezone.now() - timedelta(hours=hours_ago), **more,
    )  # fmt: skip
    assert event is not None
    if meaning:
        Reply.objects.create(event=event, message=mail, text="…", meaning=meaning, meant_by="rules")
    return event


def numbers(campaign: Campaign, mail: Message) -> list[int]:
    """Numbers of the mails that the reader of a mail got or is to get."""
    rows = Message.objects.filter(campaign=campaign, contact=mail.contact).exclude(state=MessageState.STOPPED)
    return list(rows.order_by("step__number").values_list("step__number", flat=True))


@db
def test_six_mails_go_one_after_the_other_and_no_seventh(task: Task, people: None, lead: Member) -> None:
    campaign = begun(task, lead, [fixed(number) for number in range(1, 7)])

    for number in range(2, 7):
        tick.advance_all()
        tick.advance_all()
        assert Message.objects.filter(campaign=campaign, step__number=number).count() == 6
        assert Message.objects.filter(campaign=campaign, step__number__gt=number).count() == 0
        went(campaign, number=number)
    tick.advance_all()

    assert Message.objects.filter(campaign=campaign).count() == 36


@db
def test_clicks_decide_which_mail_comes_next(task: Task, people: None, lead: Member) -> None:
    steps = [
        fixed(1), fixed(2, when=StepCondition.CLICKED), fixed(3, when=StepCondition.NOT_CLICKED), fixed(4),
    ]  # fmt: skip
    campaign = begun(task, lead, steps)
    clicked, machine, still = (first_mail(campaign, at) for at in range(3))
    happened(clicked, EventKind.CLICKED)
    happened(machine, EventKind.CLICKED, is_machine=True)

    tick.advance_all()
    after_one = [numbers(campaign, mail) for mail in (clicked, machine, still)]
    went(campaign, number=2)
    went(campaign, number=3)
    tick.advance_all()

    assert after_one == [[1, 2], [1, 3], [1, 3]]
    assert [numbers(campaign, mail) for mail in (clicked, machine, still)] == [[1, 2, 4], [1, 3, 4], [1, 3, 4]]


@db
def test_a_click_that_comes_late_lets_its_mail_go_until_a_later_one_has_gone(
    task: Task, people: None, lead: Member
) -> None:
    campaign = begun(task, lead, [fixed(1), fixed(2, when=StepCondition.CLICKED), fixed(3, wait_s=10 * HOUR_S)])
    early, late = first_mail(campaign), first_mail(campaign, 1)

    tick.advance_all()
    before = numbers(campaign, early)
    happened(early, EventKind.CLICKED)
    tick.advance_all()
    went(campaign, number=1, hours_ago=12)
    tick.advance_all()
    went(campaign, number=3)
    happened(late, EventKind.CLICKED)
    tick.advance_all()

    assert before == [1]
    assert numbers(campaign, early) == [1, 2]
    assert numbers(campaign, late) == [1, 3]


@db
def test_a_mail_whose_condition_holds_is_not_overtaken_while_it_waits(task: Task, people: None, lead: Member) -> None:
    campaign = begun(task, lead, [fixed(1), fixed(2, wait_s=10 * HOUR_S, when=StepCondition.CLICKED), fixed(3)])
    clicked, still = first_mail(campaign), first_mail(campaign, 1)
    happened(clicked, EventKind.CLICKED)

    tick.advance_all()
    while_it_waits = numbers(campaign, clicked), numbers(campaign, still)
    Message.objects.filter(pk=clicked.pk).update(sent_at=timezone.now() - timedelta(hours=11))
    tick.advance_all()

    assert while_it_waits == ([1], [1, 3])
    assert numbers(campaign, clicked) == [1, 2]


@db
@pytest.mark.parametrize(
    ("meaning", "is_unsure", "expected"),
    [
        ("question", False, [1, 3]),
        ("not_now", False, [1, 3]),
        ("question", True, [1]),
        ("interested", False, [1]),
        ("not_interested", False, [1]),
        ("", False, [1]),
    ],
)
def test_an_answer_is_taken_up_by_the_mail_that_names_its_class(
    task: Task, people: None, lead: Member, meaning: str, is_unsure: bool, expected: list[int]
) -> None:
    takes_up = fixed(3, when=StepCondition.REPLIED, reply_classes=["question", "not_now"])
    campaign = begun(task, lead, [fixed(1), fixed(2, wait_s=0), takes_up, fixed(4)])
    answered = first_mail(campaign)
    happened(answered, EventKind.REPLIED, meaning=meaning)
    Reply.objects.update(is_unsure=is_unsure)

    tick.advance_all()

    assert numbers(campaign, answered) == expected
    assert numbers(campaign, first_mail(campaign, 1)) == [1, 2]
    if 3 in expected:
        went(campaign, number=3)
        tick.advance_all()
        assert numbers(campaign, answered) == expected


@db
def test_the_wait_of_a_mail_that_takes_up_an_answer_is_counted_from_the_answer(
    task: Task, people: None, lead: Member
) -> None:
    campaign = begun(
        task, lead, [fixed(1), fixed(2, wait_s=HOUR_S, when=StepCondition.REPLIED, reply_classes=["not_now"])]
    )
    just, before = first_mail(campaign), first_mail(campaign, 1)
    happened(just, EventKind.REPLIED, meaning="not_now", hours_ago=0.5)
    happened(before, EventKind.REPLIED, meaning="not_now", hours_ago=1.5)

    tick.advance_all()

    assert (numbers(campaign, just), numbers(campaign, before)) == ([1], [1, 2])


@db
def test_only_the_last_answer_counts(task: Task, people: None, lead: Member) -> None:
    campaign = begun(task, lead, [fixed(1), fixed(2, when=StepCondition.REPLIED, reply_classes=["question"])])
    changed = first_mail(campaign)
    happened(changed, EventKind.REPLIED, meaning="question", hours_ago=1.8)
    happened(changed, EventKind.REPLIED, meaning="not_interested", hours_ago=1.5)

    tick.advance_all()

    assert numbers(campaign, changed) == [1]


@db
@pytest.mark.parametrize("kind", [EventKind.BOUNCED, EventKind.UNSUBSCRIBED, EventKind.COMPLAINED])
@pytest.mark.parametrize(
    "condition", [{"when": StepCondition.CLICKED}, {"when": StepCondition.NOT_CLICKED},
                  {"when": StepCondition.REPLIED, "reply_classes": ["question"]}],
)  # fmt: skip
def test_who_bounced_or_left_gets_no_mail_of_any_branch(
    task: Task, people: None, lead: Member, kind: EventKind, condition: dict[str, Any]
) -> None:
    campaign = begun(task, lead, [fixed(1), fixed(2, **condition)])
    gone, there = first_mail(campaign), first_mail(campaign, 1)
    for mail in (gone, there):
        if condition["when"] == StepCondition.CLICKED:
            happened(mail, EventKind.CLICKED)
        if condition["when"] == StepCondition.REPLIED:
            happened(mail, EventKind.REPLIED, meaning="question")
    happened(gone, kind)

    tick.advance_all()

    assert (numbers(campaign, gone), numbers(campaign, there)) == ([1], [1, 2])


def claim(campaign: Campaign) -> list[bool]:
    """Whether each mail that is due may go."""
    job = Job.objects.create(kind="campaign-send", title="Send", state="running", fence=1)
    turn = SendingAttempt.of(campaign, job_id=job.pk, fence=1)
    mails = outbox.due(campaign, now=timezone.now(), limit=10)
    return [outbox.claim(mail, turn, now=timezone.now()) is not None for mail in mails]


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


@db
def test_an_answer_that_is_corrected_before_its_mail_goes_stops_it(task: Task, people: None, lead: Member) -> None:
    campaign = begun(task, lead, [fixed(1), fixed(2, when=StepCondition.REPLIED, reply_classes=["question"])])
    kept, corrected = first_mail(campaign), first_mail(campaign, 1)
    for mail in (kept, corrected):
        happened(mail, EventKind.REPLIED, meaning="question")
    tick.advance_all()
    classify.correct_meaning(Reply.objects.get(message=corrected), ReplyClass.NOT_INTERESTED, by=lead)

    may_go = claim(campaign)

    assert sorted(may_go) == [False, True]
    states = Message.objects.filter(step__number=2).values_list("contact", "state")
    assert dict(states) == {kept.contact_id: "sending", corrected.contact_id: "stopped"}


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


@db
def test_a_writer_is_told_what_this_reader_got_also_where_two_share_a_record(
    task: Task, people: None, records: list[Record], lead: Member
) -> None:
    steps = [
        fixed(1), fixed(2, when=StepCondition.CLICKED), fixed(3, when=StepCondition.NOT_CLICKED),
        StepPlan(wait_s=HOUR_S),
    ]  # fmt: skip
    shared = factories.make_people(task, records[:1], start=50)[0]
    campaign = begun(task, lead, steps)
    clicked = Message.objects.get(campaign=campaign, contact=shared)
    happened(clicked, EventKind.CLICKED)
    tick.advance_all()
    went(campaign, number=2)
    went(campaign, number=3)

    tick.advance_all()

    orders = {order.branch: order.order for order in WriteOrder.objects.filter(step__number=4)}
    threads = {branch: (order.threads or {})[str(records[0].pk)] for branch, order in orders.items()}
    assert {branch: [mail["body"] for mail in thread] for branch, thread in threads.items()} == {
        "1,2": [WORDS[0], WORDS[1]],
        "1,3": [WORDS[0], WORDS[2]],
    }
    answer_orders()
    tick.advance_all()
    written = Message.objects.filter(step__number=4, contact__record=records[0]).select_related("draft")
    got = {mail.contact_id: [each["body"] for each in mail.draft.thread or ()] for mail in written if mail.draft}
    assert got[shared.pk] == [WORDS[0], WORDS[1]]
    assert sorted(got.values()) == [[WORDS[0], WORDS[2]], [WORDS[0], WORDS[1]]]
    assert Order.objects.count() == 2


WRONG: list[tuple[list[StepPlan], str]] = [
    ([fixed(1)] * (MOST_STEPS + 1), "A sequence has 1 to 6 mails; this one has 7."),
    ([fixed(1), fixed(2, wait_s=91 * 86_400)], "Mail 2: a wait is between 0 and 90 days."),
    ([fixed(1, when=StepCondition.CLICKED)], "Mail 1 goes to everybody: give the condition to a later mail."),
    ([fixed(1), fixed(2, when=StepCondition.REPLIED)], "Mail 2 takes up an answer: say which"),
    (
        [fixed(1), fixed(2, when=StepCondition.REPLIED, reply_classes=["not_interested"])],
        "Mail 2 cannot take up 'Not interested'",
    ),
    ([fixed(1), fixed(2, reply_classes=["question"])], "Mail 2 names what the answer says"),
    (
        [fixed(1), StepPlan(when=StepCondition.REPLIED, reply_classes=["question"])],
        "Mail 2 takes up an answer, which models are not shown: give it a fixed text.",
    ),
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

    assert [problem.code for problem in lifecycle.checks(campaign)] == ["no_links"]


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

    assert refused.value.errors["days_off"] == ["'2026-02-30' is no date; write one such as 2026-12-25."]
    assert not Enrolment.objects.exists()
