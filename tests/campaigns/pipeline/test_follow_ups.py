from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from django.utils import timezone

from campaigns.compose import content, message, repeats
from campaigns.mails import dry_run
from campaigns.models import Campaign, Contact, Event, Message
from campaigns.overview import waiting
from campaigns.planning import launch_checks
from campaigns.planning.plans import ArmPlan, StepPlan
from campaigns.replies import receive
from campaigns.sending import lifecycle, tick
from campaigns.states import Approval, MessageState, StepWriter
from campaigns.writing import order_drafts
from campaigns.writing import sequences as selectors
from generation.models import Order, Teacher
from members.models import Member
from review.erasure import erase
from review.models import Draft, Record, Task
from tests.campaigns import factories
from tests.campaigns.pipeline.conftest import answer_orders, carry_orders, judge, sent_before
from tests.review import factories as desk

db = pytest.mark.django_db
TWO = [StepPlan(), StepPlan(wait_s=3600)]


def begun(task: Task, lead: Member, **plan: Any) -> Campaign:
    """A campaign whose two mails a model writes; the first ones have gone two hours ago, and nobody answered."""
    teacher = Teacher.objects.get(slug="offline")
    wanted = {"arms": [ArmPlan("A", teacher=teacher)], "steps": TWO, "approval": Approval.SAMPLE, "sample_share": 0.0}
    campaign = factories.make_draft_campaign(task, by=lead, **{**wanted, **plan})
    campaign = lifecycle.launch(campaign, by=lead)
    tick.advance_all()
    answer_orders()
    tick.advance_all()
    sent_before(campaign, hours_ago=2)
    return campaign


def newest_order() -> Order:
    return Order.objects.order_by("-created_at")[0]


def second_texts(records: list[Record]) -> dict[Any, dict[str, str]]:
    return {
        record.pk: {
            "subject": "One more thing",
            "body": (
                f"Hi {{{{contact.first_name}}}}, I wrote about {record.facts['company']} last week. "
                "Who is the one to ask?"
            ),
        }
        for record in records
    }


@pytest.mark.slow
@db
def test_the_order_of_a_second_mail_is_told_the_first(
    task: Task, people: None, records: list[Record], lead: Member
) -> None:
    begun(task, lead)

    tick.advance_all()

    told = newest_order().threads
    assert set(told) == {str(record.pk) for record in records}
    assert told[str(records[0].pk)] == [desk.mail(records[0])]


@pytest.mark.slow
@db
def test_a_reader_who_is_away_gets_the_next_mail_after_the_return(task: Task, people: None, lead: Member) -> None:
    campaign = begun(task, lead)
    first, away = Message.objects.filter(campaign=campaign).order_by("pk")[:2]
    Message.objects.filter(campaign=campaign).exclude(pk__in=[first.pk, away.pk]).update(state=MessageState.FAILED)
    back = timezone.localdate() + timedelta(days=3)
    notice = EmailMessage()
    notice["From"], notice["Subject"] = away.contact.address, "Out of office"
    notice["In-Reply-To"] = f"<{away.message_id}>"
    notice.set_content(f"I am on leave. Back on {back.isoformat()}.")

    receive.take_mail(notice.as_bytes())
    tick.advance_all()
    followed = set(Message.objects.filter(campaign=campaign, step__number=2).values_list("contact", flat=True))
    past = Event.objects.get(kind="auto_replied").payload["back_on"]
    still = selectors.reader_away()

    assert followed == {first.contact_id}
    assert past == back.isoformat()
    assert set(Message.objects.filter(still, campaign=campaign, step__number=1)) == {away}
    Message.objects.filter(campaign=campaign, step__number=2).update(state=MessageState.SENT)
    told = waiting.wait_reason(campaign)
    assert told is not None
    assert (told.reason, told.until) == ("follow_up", None)
    assert told.message.endswith("once these contacts are back.")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_offline_teacher_writes_a_true_follow_up(task: Task, people: None, lead: Member) -> None:
    campaign = begun(task, lead)

    tick.advance_all()
    carry_orders()
    tick.advance_all()

    drafts = list(Draft.objects.filter(job_id=newest_order().job_id))
    assert len(drafts) == 6
    assert all(draft.thread and draft.messages for draft in drafts)
    assert all("has not answered" in draft.messages[-1]["content"] for draft in drafts)
    assert not any(repeats.find(draft.fields["body"], draft.thread or ()) for draft in drafts)
    assert Message.objects.filter(campaign=campaign, step__number=2, draft__in=drafts).count() == 6


@pytest.mark.slow
@db
def test_a_second_mail_that_repeats_the_first_is_held_with_how_near_it_is(
    task: Task, people: None, records: list[Record], lead: Member
) -> None:
    campaign = begun(task, lead)
    tick.advance_all()
    nearly = desk.mail(records[1])
    nearly["body"] += " Yours."

    answer_orders(texts={**second_texts(records[2:]), records[1].pk: nearly})
    tick.advance_all()

    seconds = Message.objects.filter(campaign=campaign, step__number=2)
    held = seconds.get(contact__record=records[0])
    near = seconds.get(contact__record=records[1])
    assert (held.state, held.draft) == (MessageState.FAILED, None)
    assert held.problem.startswith("It says the same as mail 1, word for word.")
    assert near.state == MessageState.FAILED
    assert "nearly the same as mail 1: 9" in near.problem
    assert seconds.exclude(state=MessageState.FAILED).count() == 4


@pytest.mark.slow
@db
def test_a_repeat_that_is_written_again_is_ordered_anew_with_the_thread(
    task: Task, people: None, records: list[Record], lead: Member
) -> None:
    campaign = begun(task, lead)
    tick.advance_all()
    answer_orders()
    tick.advance_all()
    first_try = newest_order()

    assert order_drafts.write_again(campaign, by=lead) == 6
    tick.advance_all()

    assert newest_order().pk != first_try.pk
    assert newest_order().threads == first_try.threads
    answer_orders(texts=second_texts(records))
    tick.advance_all()
    seconds = content.with_words(Message.objects.filter(campaign=campaign, step__number=2))
    assert {content.fields_of(mail)["subject"] for mail in seconds} == {"One more thing"}


@pytest.mark.slow
@db
def test_a_second_mail_stands_in_the_thread_of_the_first(
    task: Task, people: None, records: list[Record], lead: Member
) -> None:
    campaign = begun(task, lead)
    tick.advance_all()
    answer_orders(texts=second_texts(records))
    tick.advance_all()
    first, second = content.with_words(Message.objects.filter(campaign=campaign, contact__record=records[0]))

    made = message.compose(second, links={})

    assert campaign.sender is not None
    first_id = message.message_id_of(first.pk, campaign.sender)
    assert made.mail.extra_headers["In-Reply-To"] == f"<{first_id}>"
    assert made.mail.extra_headers["References"] == f"<{first_id}>"
    assert made.subject == f"Re: {desk.mail(records[0])['subject']}"
    assert "In-Reply-To" not in message.compose(first, links={}).mail.extra_headers


@pytest.mark.slow
@db
def test_a_text_with_a_subject_of_its_own_keeps_it(
    task: Task, people: None, records: list[Record], lead: Member
) -> None:
    fixed = StepPlan(StepWriter.TEMPLATE, 3600, "One page for {{contact.company}}", "Hi, here is one page for you.")
    campaign = begun(task, lead, steps=[StepPlan(), fixed])
    tick.advance_all()
    second = content.with_words(Message.objects.filter(campaign=campaign, step__number=2))[0]

    made = message.compose(second, links={})

    assert made.subject == f"One page for {second.contact.company}"
    assert "References" in made.mail.extra_headers


@pytest.mark.slow
@db
def test_an_edit_that_makes_the_second_mail_the_first_does_not_go(
    task: Task, people: None, records: list[Record], lead: Member
) -> None:
    campaign = begun(task, lead, approval=Approval.ALL)
    tick.advance_all()
    answer_orders(texts=second_texts(records))
    tick.advance_all()
    second = Message.objects.get(campaign=campaign, step__number=2, contact__record=records[0])
    assert second.draft is not None

    judge(second.draft, lead, "edit", fields={**second.draft.fields, "body": desk.mail(records[0])["body"]})
    tick.advance_all()

    second.refresh_from_db()
    assert second.state == MessageState.REJECTED
    assert "it says the same as mail 1" in second.problem


@db
def test_fixed_texts_that_repeat_each_other_keep_a_launch_back(task: Task, people: None, lead: Member) -> None:
    text = "Hi {{contact.first_name}}, would a short call on Thursday be of use to you?"
    steps = [StepPlan(StepWriter.TEMPLATE, wait, subject, text) for wait, subject in ((0, "One"), (3600, "Two"))]

    campaign = factories.make_draft_campaign(task, by=lead, steps=steps)

    assert [problem.code for problem in launch_checks.launch_problems(campaign)] == ["repeated_text"]


@pytest.mark.slow
@db
def test_an_erased_record_is_no_longer_told_of(task: Task, people: None, records: list[Record], lead: Member) -> None:
    begun(task, lead)
    tick.advance_all()
    answer_orders(texts=second_texts(records))
    drafts = Draft.objects.filter(record=records[0], thread__isnull=False)
    assert drafts.count() == 1

    erase.erase_records([records[0].pk])

    assert str(records[0].pk) not in newest_order().threads
    assert not drafts.exists()


@pytest.mark.slow
@db
def test_a_look_at_every_mail_shows_the_second_before_it_is_planned(
    task: Task, people: None, records: list[Record], lead: Member
) -> None:
    fixed = StepPlan(StepWriter.TEMPLATE, 3600, "One page", "Hi {{contact.first_name}}, here is one page for you.")
    campaign = factories.make_draft_campaign(task, by=lead, steps=[StepPlan(), fixed])
    lifecycle.launch(campaign, by=lead, is_held=True)
    tick.advance_all()
    answer_orders()
    tick.advance_all()

    shown = list(dry_run.rows(campaign))

    assert [row["step"] for row in shown] == [1, 2] * 6
    assert "here is one page" in str(shown[1]["text"])
    assert shown[1]["to"] == shown[0]["to"]
    assert Contact.objects.count() == Message.objects.count() == 6
