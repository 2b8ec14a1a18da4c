"""The page of an answer, what the inbox shows of it, and the rights of the person who was answered."""

from __future__ import annotations

import pytest

from campaigns.answers import write
from campaigns.models import Campaign, InboxAnswer
from campaigns.pipelines.contact_story import story_of
from campaigns.privacy import export_and_erase
from campaigns.sending import tick
from campaigns.states import StepCondition
from tests.review.factories import join
from web.errors import Refusal

pytestmark = pytest.mark.django_db


def page_of(reply, act=""):
    return f"/campaigns/replies/{reply.pk}/answer/{act}"


def sent(reply, admin, body="It costs {{contact.first_name}} 40 euros."):
    write.save(reply, body=body, revision=0, by=admin)
    InboxAnswer.objects.update(
        state="sent", subject="Re: A question", text="It costs Reader0 40 euros.", approved_by=admin
    )


@pytest.mark.slow
def test_a_person_writes_reads_and_sends_an_answer(reply, admin, as_member, django_assert_max_num_queries):
    client = as_member(admin)
    inbox = client.get(f"/campaigns/first/replies/?reply={reply.pk}").content.decode()

    client.post(page_of(reply), {"body": "Hi {{contact.first_name}}, 40 euros.", "revision": "0"})
    with django_assert_max_num_queries(30):
        shown = client.get(page_of(reply)).content.decode()
    went = client.post(page_of(reply, "send/"), {"revision": "1"}, follow=True).content.decode()

    assert f'href="{page_of(reply)}#write"' in inbox
    assert "Hi Reader0, 40 euros." in shown
    assert "&lt;abc@reader.example&gt;" in shown
    assert "The answer is being sent." in went
    assert InboxAnswer.objects.get().state == "approved"


def test_an_answer_stands_in_the_thread_with_names_for_leads_alone(reply, task, admin, reviewer, as_member):
    join(reviewer, task)
    sent(reply, admin)

    leads = as_member(admin).get("/campaigns/first/replies/").content.decode()
    others = as_member(reviewer).get("/campaigns/first/replies/").content.decode()

    assert "It costs Reader0 40 euros." in leads
    assert "It costs {{contact.first_name}} 40 euros." in others
    assert "It costs Reader0 40 euros." not in others
    assert page_of(reply) not in others


def test_what_was_typed_stays_on_the_page_where_another_was_faster(reply, admin, as_member):
    write.save(reply, body="Of a colleague", revision=0, by=admin)

    response = as_member(admin).post(page_of(reply), {"body": "Of mine", "revision": "0"})

    page = response.content.decode()
    assert response.status_code == 409
    assert "Of mine</textarea>" in page
    assert "Of a colleague" in page
    assert InboxAnswer.objects.get().body == "Of a colleague"


@pytest.mark.slow
def test_a_doubt_is_settled_on_the_page(reply, admin, as_member):
    sent(reply, admin)
    InboxAnswer.objects.update(state="unknown")
    client = as_member(admin)

    listed = client.get("/campaigns/first/replies/").content.decode()
    shown = client.get(page_of(reply)).content.decode()
    client.post(page_of(reply, "settle/"), {"arrived": "no"})
    settled = client.get("/campaigns/first/replies/").content.decode()

    assert "It is unknown whether 1 answer arrived" in listed
    assert "It is unknown whether" not in settled
    assert "Did it arrive?" in shown
    assert "<textarea" not in shown
    assert InboxAnswer.objects.get().state == "failed"


def test_an_answer_is_in_the_story_and_the_export_and_erased_with_the_person(reply, admin):
    sent(reply, admin)
    contact = reply.message.contact

    (story,) = story_of(contact)
    document = export_and_erase.export(contact.address, by=admin)
    export_and_erase.erase(contact.address, by=admin)

    assert [line.text for entry in story.entries for line in entry.lines if "Our answer" in entry.title] == [
        "It costs Reader0 40 euros."
    ]
    assert [each["body"] for each in document["answers"]] == ["It costs Reader0 40 euros."]
    answer = InboxAnswer.objects.get()
    assert (answer.subject, answer.body, answer.text, answer.state) == ("", "", "", "sent")


def test_nobody_who_was_erased_is_answered(reply, admin):
    write.save(reply, body="Hello", revision=0, by=admin)
    export_and_erase.erase(reply.message.contact.address, by=admin)

    assert (InboxAnswer.objects.get().body, InboxAnswer.objects.get().state) == ("", "stopped")
    with pytest.raises(Refusal, match="was erased"):
        write.save(reply, body="Hello", revision=0, by=admin)


def test_an_answer_on_the_wire_holds_an_erasure_up(reply, admin):
    write.save(reply, body="Hello", revision=0, by=admin)
    InboxAnswer.objects.update(state="sending")

    with pytest.raises(Refusal, match="being sent"):
        export_and_erase.erase(reply.message.contact.address, by=admin)


def test_a_reply_that_a_person_has_answered_is_not_answered_by_the_sequence(reply, admin):
    campaign = Campaign.objects.get()
    campaign.steps.create(
        number=2, writer="template", body="Prices", when=StepCondition.REPLIED, reply_classes=["question"]
    )
    write.save(reply, body="Hello", revision=0, by=admin)
    InboxAnswer.objects.update(state="approved")
    answered = tick.plan_next(campaign)
    InboxAnswer.objects.update(state="open")

    assert answered == 0
    assert tick.plan_next(campaign) == 1
