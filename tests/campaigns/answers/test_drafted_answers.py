"""An answer is drafted by a model in an ordinary order, priced before, paid once, and sent by a person alone."""

from __future__ import annotations

from decimal import Decimal

import pytest

from campaigns.answers import ask, setup, write
from campaigns.answers.pages import KEEP
from campaigns.answers.setup import InboxChoice
from campaigns.models import InboxAnswer, InboxSetup
from generation.models import Order, Teacher
from jobs.models import Job
from review.drafts.intake import NewDraft, add_drafts
from review.models import Draft, Record
from review.states import Role
from tests.campaigns.answers.tasks_of_replies import make_answer_task, make_sorting_task
from tests.campaigns.stage_rows import make_paid_teacher
from tests.review.factories import join
from web.errors import Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def answering(campaign, admin):
    task = make_answer_task(admin)
    offline = Teacher.objects.get(slug="offline")
    setup.choose(campaign, InboxChoice(answer_task=task, answer_teacher=offline), by=admin)
    return task


def ordered(reply, admin):
    return ask.ask(reply, at_most_usd=Decimal(1), by=admin)


def end(order, words="It costs 40 euros, {{contact.first_name}}."):
    """The order has ended; with a draft, where one came."""
    if words:
        record = Record.objects.get(pk=order.record_ids[0])
        draft = NewDraft(record.pk, {"answer": words}, is_kept=True, origin="campaign")
        add_drafts(version=order.task_version, drafts=[draft], job_id=order.job_id)
    Job.objects.filter(pk=order.job_id).update(state="succeeded")
    ask.on_order_ended(Job.objects.get(pk=order.job_id))


def test_the_model_is_given_the_thread_without_a_name_and_its_draft_is_the_answer(reply, answering, admin):
    end(ordered(reply, admin).order)

    answer, record = InboxAnswer.objects.get(), Record.objects.get(task=answering)
    assert (answer.body, answer.revision, answer.state) == ("It costs 40 euros, {{contact.first_name}}.", 1, "open")
    assert record.facts["reply"] == "What does it cost?"
    assert [turn["role"] for turn in record.facts["conversation"]] == ["assistant", "user"]
    assert record.facts["sender"] == "Nora Lind"
    assert "Reader0" not in str(record.facts)
    assert "{{contact.first_name}}" in record.facts["conversation"][0]["content"]


def test_pressed_twice_it_is_ordered_once_and_after_its_end_again(reply, answering, admin):
    first = ordered(reply, admin)
    second = ordered(reply, admin)
    end(first.order)
    third = ordered(reply, admin)

    assert first.order_id == second.order_id
    assert third.order_id != first.order_id
    assert Order.objects.count() == 2


def test_the_price_is_said_before_and_one_that_rose_is_said_again(reply, campaign, answering, admin):
    free = ask.offer(reply, by=admin)
    setup.choose(campaign, InboxChoice(answer_task=answering, answer_teacher=make_paid_teacher()), by=admin)
    told = ask.offer(reply, by=admin)

    with pytest.raises(Refusal, match="may now cost"):
        ask.ask(reply, at_most_usd=free.at_most_usd, by=admin)
    orders_before = Order.objects.count()
    asked = ask.ask(reply, at_most_usd=told.at_most_usd, by=admin)

    assert (free.at_most_usd, free.teacher.slug) == (Decimal(0), "offline")
    assert told.at_most_usd > 0
    assert (orders_before, asked.order.max_cost_usd) == (0, told.at_most_usd)


def test_what_a_person_wrote_meanwhile_is_not_written_over(reply, answering, admin):
    order = ordered(reply, admin).order
    write.save(reply, body="My own words", revision=0, by=admin)
    end(order)
    ask.on_order_ended(Job.objects.get(pk=order.job_id))

    answer = InboxAnswer.objects.get()
    assert answer.body == "My own words"
    assert ask.words_of(answer.draft).startswith("It costs")


def test_an_order_that_ends_without_a_draft_says_why(reply, answering, admin):
    end(ordered(reply, admin).order, words="")

    answer = InboxAnswer.objects.get()
    assert (answer.body, answer.state) == ("", "open")
    assert answer.problem.startswith("No draft came: ")


def test_a_draft_for_an_answer_that_has_gone_changes_nothing(reply, answering, admin):
    order = ordered(reply, admin).order
    InboxAnswer.objects.update(state="sent", body="As it went")
    end(order)

    assert InboxAnswer.objects.get().body == "As it went"


def test_a_draft_is_kept_from_the_desk(reply, answering, admin):
    end(ordered(reply, admin).order)

    assert Draft.objects.get(task=answering).state == "kept"


def test_an_inbox_without_a_task_offers_no_draft(reply, admin):
    assert ask.offer(reply, by=admin).task is None
    with pytest.raises(Refusal, match="no model to draft answers"):
        ordered(reply, admin)


def test_a_task_that_writes_no_text_or_nobody_to_write_is_refused(campaign, admin):
    offline = Teacher.objects.get(slug="offline")
    task = make_answer_task(admin)
    sorting = make_sorting_task(admin)

    with pytest.raises(Refusal) as nobody:
        setup.choose(campaign, InboxChoice(answer_task=task), by=admin)
    with pytest.raises(Refusal) as needs:
        setup.choose(campaign, InboxChoice(answer_task=sorting, answer_teacher=offline), by=admin)

    assert "answer_teacher" in nobody.value.errors
    assert "answer_task" in needs.value.errors


@pytest.mark.slow
def test_the_tasks_are_chosen_and_a_draft_ordered_on_pages(reply, campaign, admin, as_member):
    task = make_answer_task(admin)
    client = as_member(admin)

    page = client.get("/campaigns/first/replies/tasks/").content.decode()
    client.post("/campaigns/first/replies/tasks/", {"answer_task": task.slug, "answer_teacher": "offline"})
    offered = client.get(f"/campaigns/replies/{reply.pk}/answer/").content.decode()
    client.post(f"/campaigns/replies/{reply.pk}/answer/draft/", {"at_most_usd": "0"})
    waiting = client.get(f"/campaigns/replies/{reply.pk}/answer/").content.decode()

    assert f'value="{task.slug}"' in page
    assert "Have it written" in offered
    assert "hx-trigger" in waiting
    assert "Have it written" not in waiting
    assert Order.objects.get().task == task


def test_a_lead_of_the_campaign_alone_is_promised_no_draft_and_undoes_no_choice(
    reply, campaign, answering, admin, make_member, as_member
):
    lead = make_member("lea")
    join(lead, campaign.task, Role.LEAD)
    client = as_member(lead)

    shown = client.get(f"/campaigns/replies/{reply.pk}/answer/").content.decode()
    form = client.get("/campaigns/first/replies/tasks/").content.decode()
    saved = client.post("/campaigns/first/replies/tasks/", {"answer_task": KEEP, "answer_teacher": "offline"})

    assert "Only leads of the task" in shown
    assert "Have it written" not in shown
    assert f'<option value="{KEEP}" selected>' in form
    assert saved.status_code == 302
    assert InboxSetup.objects.get().answer_task == answering


def test_a_choice_that_is_refused_stays_in_the_form(campaign, answering, admin, as_member):
    offered = make_sorting_task(admin)
    choice = {"sorting_task": offered.slug, "answer_task": answering.slug, "answer_teacher": ""}

    answer = as_member(admin).post("/campaigns/first/replies/tasks/", choice)

    page = answer.content.decode()
    assert answer.status_code == 422 and "Choose who drafts the answers." in page
    assert f'<option value="{offered.slug}" selected>' in page
    assert '<option value="offline" >' in page
