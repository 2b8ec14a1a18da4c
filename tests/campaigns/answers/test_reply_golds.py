"""What people say a reply means becomes decisions and golds of the campaign's sorting task."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied

from campaigns.answers import setup
from campaigns.answers.setup import InboxChoice
from campaigns.contacts import correct
from campaigns.models import Contact
from campaigns.privacy import export_and_erase
from campaigns.replies import queries, reply_golds
from campaigns.states import ReplyClass
from review.models import Decision, Draft, Gold, Record, Source
from review.tasks import authoring
from tests.campaigns import factories
from tests.campaigns.answers.tasks_of_replies import make_sorting_task, sorting_spec
from tests.campaigns.sending.test_replies import make_reply
from tests.review.factories import join, make_task
from web.errors import Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def sorting(campaign, admin):
    task = make_sorting_task(admin)
    setup.choose(campaign, InboxChoice(sorting_task=task), by=admin)
    return task


def golds():
    return {gold.decision.fields["meaning"]: gold.verdict for gold in Gold.objects.select_related("decision")}


def test_a_corrected_class_is_a_gold_of_the_sorting_task(reply, sorting, admin):
    _, no_gold = reply_golds.correct(reply, ReplyClass.INTERESTED, by=admin)

    draft = Draft.objects.get(task=sorting)
    decision = Decision.objects.get(task=sorting)
    assert no_gold == ""
    assert draft.record.facts == {
        "subject": "Re: A question for Company 0",
        "company": "Company 0",
        "reply": "What does it cost?",
    }
    assert (draft.origin, draft.model, draft.fields, draft.state) == (
        "reply",
        "rules",
        {"meaning": "question"},
        "decided",
    )
    assert (decision.verdict, decision.reviewer, decision.fields) == ("edit", admin, {"meaning": "interested"})
    assert decision.imported_from.name == "Replies to First"
    assert golds() == {"interested": "edit"}


def test_a_confirmed_class_is_an_accepted_gold(reply, sorting, admin):
    reply_golds.correct(reply, ReplyClass.QUESTION, by=admin)

    assert golds() == {"question": "accept"}


def test_saying_it_twice_adds_nothing_and_another_mind_adds_a_decision(reply, sorting, admin):
    for said in ("interested", "interested", "question", "interested"):
        reply.refresh_from_db()
        reply_golds.correct(reply, ReplyClass(said), by=admin)

    assert Draft.objects.filter(task=sorting).count() == 1
    assert Record.objects.filter(task=sorting).count() == 1
    assert golds() == {"interested": "edit"}
    standing = Decision.objects.filter(task=sorting).exclude(verdict="retract")
    assert standing.count() == 3


@pytest.mark.parametrize(("needs", "records"), [("reply", 1), ("segment", 2)])
def test_a_reply_stays_one_example_when_its_contact_is_corrected_and_the_task_still_takes_it(
    reply, sorting, admin, needs, records
):
    reply_golds.correct(reply, ReplyClass.INTERESTED, by=admin)
    spec = sorting_spec(needs=needs).model_copy(update={"instruction": "Sort it."})
    authoring.new_version(sorting, spec=spec, by=admin)
    correct.correct(reply.message.contact, {"company": "Company Zero", "segment": "North"}, by=admin)

    again = queries.reply_or_404(admin, reply.pk)
    assert reply_golds.correct(again, ReplyClass.QUESTION, by=admin)[1] == ""

    assert Record.objects.filter(task=sorting).count() == Gold.objects.count() == records
    newest = Gold.objects.order_by("-decision__created_at")[0]
    assert newest.decision.fields == {"meaning": "question"}


def test_without_a_sorting_task_only_the_class_changes(reply, admin):
    corrected, no_gold = reply_golds.correct(reply, ReplyClass.INTERESTED, by=admin)

    assert (corrected.meaning, no_gold) == ("interested", "")
    assert not Decision.objects.exists()


def test_who_is_no_reviewer_of_the_sorting_task_corrects_without_a_gold(reply, task, sorting, reviewer):
    join(reviewer, task)

    corrected, no_gold = reply_golds.correct(reply, ReplyClass.INTERESTED, by=reviewer)

    assert corrected.meaning == "interested"
    assert "you are not a reviewer of the task" in no_gold
    assert sorting.name not in no_gold
    assert not Record.objects.filter(task=sorting).exists()


def test_a_reply_without_words_is_no_gold(reply, sorting, admin):
    type(reply).objects.update(text="")
    reply.refresh_from_db()

    _, no_gold = reply_golds.correct(reply, ReplyClass.INTERESTED, by=admin)

    assert no_gold
    assert not Record.objects.filter(task=sorting).exists()
    assert not Source.objects.filter(task=sorting).exists()


@pytest.mark.parametrize(
    ("own", "told", "language"), [("de", "", "German"), ("", "English", "English"), ("fr", "", None)]
)
def test_a_task_that_asks_for_the_language_gets_it_or_no_gold(reply, campaign, admin, own, told, language):
    setup.choose(campaign, InboxChoice(sorting_task=make_sorting_task(admin, with_language=True)), by=admin)
    Contact.objects.update(language=own)
    reply.message.contact.refresh_from_db()

    _, no_gold = reply_golds.correct(reply, ReplyClass.QUESTION, by=admin, language=told)

    said = [gold.decision.fields["language"] for gold in Gold.objects.all()]
    assert said == ([language] if language else [])
    assert bool(no_gold) == (language is None)


@pytest.mark.slow
def test_a_gold_of_a_reply_is_erased_with_its_person(reply, sorting, admin):
    reply_golds.correct(reply, ReplyClass.INTERESTED, by=admin)
    document = export_and_erase.export(reply.message.contact.address, by=admin)

    export_and_erase.erase(reply.message.contact.address, by=admin)

    assert [each["facts"]["reply"] for each in document["records"]] == ["What does it cost?"]
    record = Record.objects.get(task=sorting)
    assert record.erased_at is not None
    assert "cost" not in str(record.facts)
    reply.refresh_from_db()
    assert "needs reply" in reply_golds.correct(reply, ReplyClass.QUESTION, by=admin)[1]
    assert Record.objects.filter(task=sorting).count() == 1


@pytest.mark.slow
def test_two_people_with_the_same_words_share_no_record(reply, sorting, admin):
    other = make_reply(factories.make_due_mails(reply.message.campaign, 1, name="other")[0], text=reply.text)
    type(reply).objects.update(subject="Re: Hello")
    for each in (reply, other):
        each.refresh_from_db()
        reply_golds.correct(each, ReplyClass.QUESTION, by=admin)

    export_and_erase.erase(reply.message.contact.address, by=admin)

    assert Record.objects.filter(task=sorting).count() == 2
    assert Record.objects.filter(task=sorting, erased_at__isnull=True).count() == 1


@pytest.mark.parametrize(
    ("spec", "message"),
    [(sorting_spec(needs="ticket_age"), "needs ticket_age"), (None, "labels are the nine classes")],
)
def test_a_task_that_does_not_fit_is_refused(campaign, admin, spec, message):
    unfit = make_task(by=admin, slug="unfit", **({"spec": spec} if spec else {}))

    with pytest.raises(Refusal) as refused:
        setup.choose(campaign, InboxChoice(sorting_task=unfit), by=admin)

    assert message in str(refused.value.errors)


def test_only_who_leads_both_tasks_chooses(campaign, task, admin, reviewer):
    join(reviewer, task, role="lead")
    sorting = make_sorting_task(admin)

    with pytest.raises(PermissionDenied):
        setup.choose(campaign, InboxChoice(sorting_task=sorting), by=reviewer)
