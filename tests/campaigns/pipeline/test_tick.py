from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from campaigns.models import Campaign, Message, WriteOrder
from campaigns.sending import lifecycle, send, tick
from campaigns.states import Approval, SuppressionReason
from campaigns.suppression import suppress
from campaigns.writing import order_drafts
from generation.models import Order, Teacher
from jobs.models import Job
from members.models import Member
from review.models import Draft, Record, Task
from tests.campaigns import factories
from tests.campaigns.pipeline.conftest import answer_orders, carry_orders, judge, states, take_back
from tests.review import factories as desk

db = pytest.mark.django_db


def drafts() -> list[Draft]:
    return list(Draft.objects.order_by("queue_position", "id"))


@pytest.mark.slow
@db
def test_the_move_from_planned_to_approval_and_on(launched: Campaign, lead: Member) -> None:
    tick.advance_all()
    assert states(launched) == {"writing": 6}
    answer_orders()

    tick.advance_all()
    assert states(launched) == {"awaiting": 6}
    for draft, verdict in zip(drafts(), ["accept", "reject"] * 3, strict=True):
        judge(draft, lead, verdict)
    tick.advance_all()

    assert states(launched) == {"approved": 3, "rejected": 3}
    assert Message.objects.filter(state="approved", due_at__lte=timezone.now()).count() == 3
    assert Job.objects.filter(kind=send.KIND, subject_id=launched.pk).count() == 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_real_engine_writes_and_the_desk_gets_the_drafts(launched: Campaign) -> None:
    tick.advance_all()
    carry_orders()
    tick.advance_all()

    assert states(launched) == {"awaiting": 6}
    assert {(draft.origin, draft.state) for draft in drafts()} == {("campaign", "pending")}
    assert Order.objects.get().purpose == "campaign"


@pytest.mark.slow
@db
def test_people_with_the_same_facts_share_one_draft(task: Task, records: list[Record], lead: Member) -> None:
    factories.make_people(task, records)
    factories.make_people(task, records, start=100)
    campaign = lifecycle.launch(factories.make_draft_campaign(task, by=lead), by=lead)

    tick.advance_all()
    answer_orders()
    tick.advance_all()

    assert states(campaign) == {"awaiting": 12}
    assert Draft.objects.count() == 6
    judge(drafts()[0], lead, "accept")
    tick.advance_all()
    assert states(campaign) == {"awaiting": 10, "approved": 2}


@db
def test_a_draft_is_ordered_once_however_often_the_tick_comes(launched: Campaign) -> None:
    for _ in range(3):
        tick.advance_all()

    assert WriteOrder.objects.count() == 1
    assert Order.objects.get().count == 6


@db
def test_each_arm_has_an_order_of_its_own(task: Task, lead: Member) -> None:
    from tests.campaigns.pipeline.test_launch import register, two_arms

    # Chance gives each company its arm: so many that none is left without.
    factories.make_people(task, desk.make_records(desk.make_source(task), 30))
    campaign = factories.make_draft_campaign(task, by=lead, arms=two_arms())
    register(campaign)
    lifecycle.launch(campaign, by=lead)

    tick.advance_all()

    orders = WriteOrder.objects.select_related("order", "arm")
    assert {order.arm.name for order in orders} == {"A", "B"}
    assert sum(order.order.count for order in orders) == 30


@pytest.mark.slow
@db
def test_a_failed_call_fails_its_mail_with_the_reason_and_can_be_written_again(
    launched: Campaign, records: list[Record], lead: Member
) -> None:
    tick.advance_all()
    answer_orders(failing=(records[0].pk,))
    tick.advance_all()
    failed = Message.objects.get(state="failed")
    assert failed.problem == "The answer was cut."

    assert order_drafts.write_again(launched, by=lead) == 1
    tick.advance_all()
    answer_orders()
    tick.advance_all()

    assert states(launched) == {"awaiting": 6}
    assert sorted(Order.objects.values_list("count", flat=True)) == [1, 6]
    assert order_drafts.write_again(launched, by=lead) == 0


@pytest.mark.slow
@db
def test_an_order_that_is_cancelled_fails_what_it_has_not_written(launched: Campaign) -> None:
    tick.advance_all()
    Job.objects.filter(kind="generation").update(state="cancelled")

    tick.advance_all()

    assert states(launched) == {"failed": 6}
    assert set(Message.objects.values_list("problem", flat=True)) == {"The order ended before its turn."}


@db
def test_what_cannot_be_ordered_fails_with_the_reason(launched: Campaign) -> None:
    Teacher.objects.filter(slug="offline").update(is_active=False)

    tick.advance_all()

    assert states(launched) == {"failed": 6}
    assert "out of use" in Message.objects.first().problem  # type: ignore[union-attr]


@pytest.mark.slow
@db
def test_a_sample_and_every_marked_mail_go_to_the_desk(task: Task, lead: Member) -> None:
    from tests.review import factories as desk

    records = desk.make_records(desk.make_source(task), 60)
    factories.make_people(task, records)
    bad = {records[0].pk: {**desk.mail(records[0]), "body": desk.mail(records[0])["body"] + "\nhttps://evil.example/x"}}
    sound = sum(1 for record in records[1:] if not _marks(task, desk.mail(record), record))
    campaign = factories.make_draft_campaign(task, by=lead, approval=Approval.SAMPLE, sample_share=0.25)
    lifecycle.launch(campaign, by=lead)

    tick.advance_all()
    answer_orders(texts=bad)
    tick.advance_all()

    found = states(campaign)
    assert found["awaiting"] + found["approved"] == 60
    assert 0.5 * sound < found["approved"] < 0.95 * sound
    seen = Message.objects.get(draft__record=records[0])
    assert (seen.state, seen.needs_approval) == ("awaiting", True)
    assert "own_address" in {mark["check"] for mark in seen.draft.marks}  # type: ignore[union-attr]
    assert Draft.objects.filter(state="kept").count() == found["approved"]


def _marks(task: Task, fields: dict[str, str], record: Record) -> list[Any]:
    from review.tasks.queries import latest_version
    from review.text import checks

    return checks.run(latest_version(task).spec, record.facts, fields)


@pytest.mark.slow
@db
def test_a_decision_taken_back_holds_the_mail_again(launched: Campaign, lead: Member) -> None:
    tick.advance_all()
    answer_orders()
    tick.advance_all()
    draft = drafts()[0]
    decision = judge(draft, lead, "accept")
    tick.advance_all()
    assert states(launched) == {"awaiting": 5, "approved": 1}

    take_back(draft, lead, decision)
    tick.advance_all()

    assert states(launched) == {"awaiting": 6}
    assert Message.objects.get(draft=draft).due_at is None


@pytest.mark.slow
@db
def test_an_edit_with_a_slot_that_nothing_fills_is_not_approved(launched: Campaign, lead: Member) -> None:
    tick.advance_all()
    answer_orders()
    tick.advance_all()
    draft = drafts()[0]
    decision = judge(
        draft, lead, "edit", fields={**draft.fields, "body": "Hi {{contact.shoe_size}}, " + draft.fields["body"]}
    )

    for _ in range(2):
        tick.advance_all()

    mail = Message.objects.get(draft=draft)
    assert mail.state == "rejected"
    assert "no value for {{contact.shoe_size}}" in mail.problem
    take_back(draft, lead, decision)
    tick.advance_all()
    mail.refresh_from_db()
    assert (mail.state, mail.problem) == ("awaiting", "")


@pytest.mark.slow
@db
def test_the_suppressed_are_stopped_at_approval(launched: Campaign) -> None:
    tick.advance_all()
    answer_orders()
    person = Message.objects.first().contact  # type: ignore[union-attr]
    suppress.suppress(person.address, reason=SuppressionReason.MANUAL)

    tick.advance_all()

    assert states(launched) == {"awaiting": 5, "stopped": 1}


@pytest.mark.slow
@db
def test_a_held_campaign_is_approved_and_sends_nothing(campaign: Campaign, lead: Member) -> None:
    lifecycle.launch(campaign, by=lead, is_held=True)
    tick.advance_all()
    answer_orders()
    tick.advance_all()
    for draft in drafts():
        judge(draft, lead, "accept")
    tick.advance_all()
    assert states(campaign) == {"approved": 6}
    assert not Job.objects.filter(kind=send.KIND).exists()

    lifecycle.release(campaign, by=lead)
    tick.advance_all()

    assert Job.objects.filter(kind=send.KIND, subject_id=campaign.pk).count() == 1


@pytest.mark.slow
@db
def test_a_paused_campaign_begins_nothing_and_takes_what_came(launched: Campaign, lead: Member) -> None:
    tick.advance_all()
    lifecycle.pause(launched, by=lead)
    assert Job.objects.get(kind="generation").state == "paused"
    answer_orders()

    tick.advance_all()

    assert states(launched) == {"awaiting": 6}
    assert not Job.objects.filter(kind=send.KIND).exists()


@db
def test_resuming_resumes_the_orders(launched: Campaign, lead: Member) -> None:
    tick.advance_all()
    lifecycle.pause(launched, by=lead)

    lifecycle.resume(launched, by=lead)

    assert Job.objects.get(kind="generation").state == "queued"


@db
def test_nothing_to_do_costs_one_query(
    launched: Campaign, lead: Member, django_assert_num_queries: Callable[..., Any]
) -> None:
    lifecycle.end(launched, by=lead)

    with django_assert_num_queries(1):
        tick.advance_all()
