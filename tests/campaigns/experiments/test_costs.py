"""What a mail and a reply cost: every paid call of an arm counts, shared drafts are shared out, minutes have a wage."""

from __future__ import annotations

import uuid
from decimal import Decimal

import numpy as np
import pytest
from django.urls import reverse

from campaigns.experiments import arm_costs, page_data, results
from campaigns.models import Contact, Message, Step, WriteOrder
from generation.models import Call, Teacher
from generation.orders import launch
from generation.states import Purpose
from review.desk import decisions, deck
from review.drafts.intake import NewDraft, add_drafts, put_on_desk
from review.models import Draft, Record
from tests.campaigns.experiment_rows import Row, launched
from tests.campaigns.experiments.test_results import AFTER
from tests.review import factories as desk


@pytest.fixture
def spent(experiment, lead):
    """Two companies an arm; the teacher's first has two contacts who share a draft.

    Calls cost a cent each, one twice.
    """
    rows = [
        Row(0, "twins", replied_after=1.0), Row(0, "twins"), Row(0, "lone"), Row(1, "east"),
        Row(1, "west", replied_after=2.0),
    ]  # fmt: skip
    experiment = launched(experiment, rows)
    records = list(Record.objects.order_by("row_number")[:4])
    for company, record in zip(("twins", "lone", "east", "west"), records, strict=True):
        Contact.objects.filter(cluster=f"{company}.example").update(record=record)
    arms = list(experiment.campaign.arms.order_by("position"))
    for arm, own in ((arms[0], [records[0], records[0], records[1]]), (arms[1], [records[2], records[3]])):
        order = launch.launch(launch.OrderRequest(
            experiment.campaign.task, teacher=arm.teacher, count=1, by=None, record_ids=[own[0].pk],
            purpose=Purpose.CAMPAIGN,
        ))  # fmt: skip
        WriteOrder.objects.create(
            campaign=experiment.campaign, arm=arm, step=experiment.campaign.steps.get(), order=order
        )  # fmt: skip
        for record in own:
            Call.objects.create(
                id=uuid.uuid4(), order=order, record=record, state="answered", cost_usd=Decimal("0.01"),
                input_tokens=800, output_tokens=200,
            )  # fmt: skip
    return experiment


def of(found, name):
    return next(arm for arm in found["costs"]["arms"] if arm["name"] == name)


def test_every_paid_call_counts_and_a_shared_draft_is_shared(spent):
    found = results.result(spent, at=AFTER)

    teacher, variant = of(found, "Teacher"), of(found, "Variant")
    assert teacher["model_usd"] == pytest.approx(0.03)
    assert variant["model_usd"] == pytest.approx(0.02)
    assert (teacher["mails"], teacher["replies"]) == (3, 1)
    assert teacher["mail"]["usd"] == pytest.approx(0.01)
    assert variant["reply"]["usd"] == pytest.approx(0.02)
    assert teacher["tokens"] == (800, 200)


def test_fixed_texts_are_mails_that_no_model_wrote(spent):
    first = spent.campaign.steps.get()
    later = Step.objects.create(campaign=spent.campaign, number=2, writer="template", subject="Hi", body="Hi")
    Message.objects.filter(step=first, enrolment__arm__name="Teacher", contact__cluster="lone.example").update(
        step=later
    )

    teacher, variant = (of(results.result(spent, at=AFTER), name) for name in ("Teacher", "Variant"))
    (line, *_) = page_data._gpu([teacher], "Teacher", 1.5, 500.0, [])

    assert (teacher["mails"], teacher["written"]) == (3, 2)
    assert (variant["mails"], variant["written"]) == (2, 2)
    # 150 mails an hour at a cent each, of which two in three take a text of the 500 that a GPU writes.
    assert line.own.mails_per_hour == pytest.approx(150)
    assert line.own.share_of_capacity == pytest.approx(150 * 2 / 3 / 500)


def test_a_draft_takes_the_tokens_of_the_answers_that_were_no_drafts(spent):
    order = WriteOrder.objects.get(arm__name="Teacher").order
    call = Call.objects.filter(order=order).first()
    Call.objects.filter(pk=call.pk).update(state="failed", error_code="flawed")

    assert of(results.result(spent, at=AFTER), "Teacher")["tokens"] == (1200, 300)


@pytest.mark.slow
def test_minutes_of_decisions_have_a_wage(spent, lead):
    record = Record.objects.order_by("row_number")[0]
    fields = desk.mail(record)
    (draft,) = add_drafts(
        version=spent.campaign.task_version, drafts=[NewDraft(record.pk, fields, origin="campaign", is_kept=True)]
    )
    put_on_desk([Draft.objects.get(pk=draft.pk)])
    Message.objects.filter(contact__cluster="twins.example").update(draft=draft, needs_approval=True)
    card = deck.hold(lead, draft.pk)
    decisions.record(draft.pk, by=lead, id=uuid.uuid4(), verdict="accept", if_match=card.etag, seconds=90)

    found = results.result(spent, at=AFTER, person_usd_per_hour=60)

    teacher = of(found, "Teacher")
    assert teacher["minutes"] == pytest.approx(1.5)
    assert teacher["mail_with_people"]["usd"] == pytest.approx((0.03 + 1.5) / 3)
    assert teacher["mail"]["usd"] == pytest.approx(0.01)
    assert of(found, "Variant")["minutes"] == 0


def test_the_page_sets_a_gpu_against_what_was_paid_and_against_connected_teachers(spent):
    Teacher.objects.create(slug="gpt", name="GPT-4o", provider="openai", model="gpt-4o")

    page = page_data.live(spent, person_usd_per_hour=None, gpu_usd_per_hour=2.0)

    paid, gpt = page["gpu"]
    assert paid.name == "Teacher, as paid here"
    assert paid.own.mails_per_hour == pytest.approx(200)
    # Nobody measured what a GPU writes, so none is promised to suffice.
    assert (page["capacity"], paid.own.share_of_capacity, paid.own.why_never) == (None, None, "")
    assert gpt.name == "gpt-4o"
    assert gpt.own.usd_per_mail == pytest.approx((800 * 2.5 + 200 * 10) / 1e6)


def test_the_page_says_how_to_connect_a_teacher_where_none_is_connected(spent, lead, as_member):
    address = reverse("campaigns:experiment", args=[spent.slug])
    sentence = "No teacher with a price is connected"

    assert sentence in as_member(lead).get(address).content.decode()

    Teacher.objects.create(slug="gpt", name="GPT-4o", provider="openai", model="gpt-4o")
    assert sentence not in as_member(lead).get(address).content.decode()


def test_what_one_gpu_cannot_write_takes_more_of_them_and_never_pays():
    enough = arm_costs.own_gpu(usd_per_mail=0.01, usd_per_gpu_hour=2.0, mails_per_hour_capacity=400)
    beyond = arm_costs.own_gpu(usd_per_mail=0.01, usd_per_gpu_hour=2.0, mails_per_hour_capacity=90)

    assert (enough.share_of_capacity, enough.why_never) == (0.5, "")
    assert beyond.why_never == "never: that many take 3 GPUs, which cost 3 times as much"


def test_the_break_even_has_the_range_of_the_cost():
    own = arm_costs.own_gpu(usd_per_mail=0.01, usd_per_gpu_hour=2.0, usd_low=0.005, usd_high=0.02)

    assert (own.fewest_per_hour, own.mails_per_hour, own.most_per_hour) == pytest.approx((100, 200, 400))
    assert own.share_of_capacity is None
    assert (own.mails_per_day, own.mails_per_month) == pytest.approx((4800, 146_000))
    # From this volume on both cost the same.
    assert own.mails_per_hour * 0.01 == pytest.approx(2.0)
    assert arm_costs.own_gpu(usd_per_mail=0.01, usd_per_gpu_hour=2.0, usd_low=0.0, usd_high=0.02).most_per_hour is None


def test_a_free_model_is_never_dearer_than_a_gpu():
    own = arm_costs.own_gpu(usd_per_mail=0.0, usd_per_gpu_hour=1.0)

    assert own.mails_per_hour is None
    assert "never pays" in own.why_never


def test_without_a_reply_there_is_no_cost_of_one():
    ones = np.ones(4)
    spent = arm_costs.ContactCosts(
        ("A",), np.zeros(4, dtype=np.int64), np.arange(4), ones * 0.01, ones * 0, ones, ones, ones * 0, {}
    )

    (arm,) = arm_costs.costs_by_arm(spent, usd_per_hour=40, level=0.95)

    assert arm.reply is None
    assert arm.mail is not None
    assert arm.mail.usd == pytest.approx(0.01)


def test_a_bound_that_cannot_be_told_is_null_in_json(spent):
    reply = of(results.result(spent, at=AFTER), "Teacher")["reply"]

    assert reply["interval"]["high"] is None
