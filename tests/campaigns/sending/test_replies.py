"""Replies are read on their page and through the API, and a member's word on one counts before a rule's."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from audit.models import AuditRow
from campaigns.models import Event, Message, Reply, Suppression
from campaigns.replies import record_reply
from campaigns.states import EventKind, EventSource, MessageState, ReplyClass
from tests.campaigns import factories
from tests.review.factories import join

pytestmark = pytest.mark.django_db


def make_reply(mail, text="Sounds good", meaning="interested", found_by="reference", **payload):
    event = Event.objects.create(
        campaign_id=mail.campaign_id, enrolment_id=mail.enrolment_id, message=mail, kind=EventKind.REPLIED,
        source=EventSource.MAIL, key=uuid4().hex, occurred_at=timezone.now(), payload={"found_by": found_by, **payload},
    )  # fmt: skip
    return Reply.objects.create(event=event, message=mail, text=text, meaning=meaning, meant_by="rules")


@pytest.fixture
def sent(campaign):
    mails = factories.make_due_mails(campaign, 3)
    Message.objects.update(state=MessageState.SENT, sent_at=timezone.now())
    return mails


@pytest.fixture
def reply(sent):
    return make_reply(sent[0])


@pytest.mark.slow
def test_the_page_shows_replies_by_meaning_in_few_queries(sent, admin, as_member, django_assert_max_num_queries):
    for number in range(30):
        make_reply(
            sent[number % 3], text=f"Reply <b>{number}</b>", meaning="question" if number % 2 else "not_interested"
        )
    make_reply(sent[0], found_by="guess")
    client = as_member(admin)

    with django_assert_max_num_queries(20):
        first = client.get("/campaigns/first/replies/").content.decode()
    questions = client.get("/campaigns/first/replies/?meaning=question").content.decode()

    assert "Matched by the sender's address only" in first
    assert "<b>29</b>" not in first
    assert "Reply &lt;b&gt;29&lt;/b&gt;" in first
    assert "Reply &lt;b&gt;28&lt;/b&gt;" not in questions
    assert "Asks something 15" in first


def test_a_member_corrects_what_a_reply_means(reply, task, reviewer, as_member):
    join(reviewer, task)

    response = as_member(reviewer).post(f"/campaigns/replies/{reply.pk}/meaning/", {"meaning": "not_now"}, follow=True)

    reply.refresh_from_db()
    assert response.status_code == 200
    assert (reply.meaning, reply.meant_by) == ("not_now", reviewer.name)


@pytest.mark.parametrize(
    ("others", "words"), [(0, "The person may be written to again"), (1, "The person is still not written to")]
)
def test_who_takes_an_opt_out_back_reads_whether_the_person_is_written_to(sent, admin, as_member, others, words):
    replies = [make_reply(sent[0], text="Please no more", meaning="unsubscribe") for _ in range(1 + others)]
    answer = {"meaning": "question", "reason": "Asks about our pause"}

    page = as_member(admin).post(f"/campaigns/replies/{replies[0].pk}/meaning/", answer, follow=True)

    assert words in page.content.decode()


def test_a_viewer_is_offered_no_correction(reply, task, make_member, as_member):
    viewer = make_member("vic")
    join(viewer, task, role="viewer")

    page = as_member(viewer).get("/campaigns/first/replies/")

    assert page.status_code == 200
    assert "Confirm or correct" not in page.content.decode()


def test_the_form_leads_back_on_this_site_alone(reply, admin, as_member):
    answer = {"meaning": "not_now", "next": "https://evil.example/"}

    response = as_member(admin).post(f"/campaigns/replies/{reply.pk}/meaning/", answer)

    assert response["Location"] == "/campaigns/first/replies/"


def test_a_meaning_that_is_none_is_refused(reply, admin, as_member, api_as):
    as_member(admin).post(f"/campaigns/replies/{reply.pk}/meaning/", {"meaning": "great"})
    answer = api_as(admin).patch(f"/api/v1/replies/{reply.pk}/", {"meaning": "great"}, format="json")

    reply.refresh_from_db()
    assert reply.meaning == "interested"
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_a_correction_to_leaving_is_followed_at_once(reply, admin):
    record_reply.correct_meaning(reply, ReplyClass.UNSUBSCRIBE, by=admin)

    assert Suppression.objects.get().message_id == reply.message_id


def test_the_trail_keeps_who_confirmed_a_wish_to_leave_whatever_the_reply_is_read_as_later(reply, admin):
    record_reply.correct_meaning(reply, ReplyClass.UNSUBSCRIBE, by=admin)
    record_reply.correct_meaning(reply, ReplyClass.UNSUBSCRIBE, by=admin)

    row = AuditRow.objects.get(act="suppressed")
    assert (row.actor, row.subject_kind, row.subject_id) == (str(admin.pk), "reply", str(reply.pk))
    assert row.detail == {"addresses": 1, "reason": "unsubscribed"}


def test_a_models_word_replaces_the_rules_and_never_a_members(reply, admin):
    first = record_reply.label_by_model(reply.pk, ReplyClass.QUESTION, by_model="a model")
    record_reply.correct_meaning(reply, ReplyClass.NOT_NOW, by=admin)
    second = record_reply.label_by_model(reply.pk, ReplyClass.NOT_INTERESTED, by_model="a model")

    reply.refresh_from_db()
    assert (first, second) == (True, False)
    assert reply.meaning == "not_now"


def test_the_api_reads_and_corrects(reply, admin, api_as):
    api = api_as(admin)

    listed = api.get("/api/v1/replies/?campaign=first").json()["results"]
    corrected = api.patch(f"/api/v1/replies/{reply.pk}/", {"meaning": "question"}, format="json")

    assert [(each["id"], each["text"], each["found_by"]) for each in listed] == [
        (str(reply.pk), "Sounds good", "reference")
    ]
    assert api.get("/api/v1/replies/?campaign=other").json()["results"] == []
    assert (corrected.status_code, corrected.json()["meaning"]) == (200, "question")


def test_the_inbox_shows_the_whole_exchange_in_order(sent, reply, admin, as_member):
    hour = timezone.now() - timedelta(hours=1)
    Message.objects.filter(pk=sent[0].pk).update(subject="A question", body="Hi Reader0, would it help?", sent_at=hour)
    make_reply(sent[0], text="And what does it cost?", meaning="question")
    other = make_reply(sent[1], text="Of another person")

    page = as_member(admin).get(f"/campaigns/first/replies/?reply={reply.pk}").content.decode()

    thread = page[page.index('id="thread"') :]
    words = ["A question", "would it help?", "Sounds good", "what does it cost?"]
    assert sorted(words, key=thread.index) == words
    assert "Of another person" not in thread
    assert f"reply={other.pk}" in page


def test_who_does_not_lead_reads_our_mails_with_their_slots(sent, reply, task, reviewer, as_member):
    join(reviewer, task)
    Message.objects.filter(pk=sent[0].pk).update(body="Hi Reader0, would it help?")

    page = as_member(reviewer).get(f"/campaigns/first/replies/?reply={reply.pk}").content.decode()

    assert "Hi Reader0" not in page
    assert "Hi {{contact.first_name}}" in page
    assert "Our mail 1</h2>" in page


def test_replies_to_be_read_by_a_person_have_a_list_of_their_own(sent, reply, admin, as_member):
    unsure = make_reply(sent[1], text="Well, perhaps, who knows")
    Reply.objects.filter(pk=unsure.pk).update(is_unsure=True)
    client = as_member(admin)

    everything = client.get("/campaigns/first/replies/").content.decode()
    to_read = client.get("/campaigns/first/replies/?meaning=to_read").content.decode()
    record_reply.correct_meaning(unsure, ReplyClass.QUESTION, by=admin)
    nothing = client.get("/campaigns/first/replies/?meaning=to_read").content.decode()

    assert "To be read by a person 1" in everything
    assert everything.index("Well, perhaps") < everything.index("Sounds good")
    assert "Sounds good" not in to_read
    assert "Well, perhaps" in to_read
    assert "Nothing is left to be read by a person." in nothing


@pytest.mark.parametrize("named", ["nonsense", "5f0f3a3e-6f0c-4b52-8d5e-0d6b5f3c1a11"])
def test_a_reply_that_is_not_of_this_campaign_is_not_found(reply, admin, as_member, named):
    assert as_member(admin).get(f"/campaigns/first/replies/?reply={named}").status_code == 404


def test_possible_opt_outs_stand_first_and_are_decided_by_a_button(sent, reply, admin, as_member):
    doubtful = make_reply(sent[2], text="Is this ever going to end", meaning="other")
    unsure = make_reply(sent[1], text="Well, perhaps, who knows")
    Reply.objects.filter(pk=unsure.pk).update(is_unsure=True)
    Reply.objects.filter(pk=doubtful.pk).update(is_unsure=True, may_be_optout=True)
    client = as_member(admin)

    everything = client.get("/campaigns/first/replies/").content.decode()
    doubt = client.get("/campaigns/first/replies/?meaning=may_be_optout").content.decode()
    client.post(f"/campaigns/replies/{doubtful.pk}/meaning/", {"meaning": "other"})
    decided = client.get("/campaigns/first/replies/?meaning=may_be_optout").content.decode()

    assert "May ask to leave 1" in everything
    assert "May ask to leave. No further mail goes out until you decide." in everything
    assert everything.index("Is this ever") < everything.index("Well, perhaps") < everything.index("Sounds good")
    assert 'value="other">No opt-out: Other</button>' in doubt
    assert "Well, perhaps" not in doubt
    assert "No reply waits for a decision on leaving." in decided


def test_automatic_mails_stand_under_their_own_filter_alone_and_can_be_corrected(sent, reply, admin, as_member):
    notice = make_reply(sent[1], text="Back on Monday", meaning="out_of_office")
    client = as_member(admin)

    everything = client.get("/campaigns/first/replies/").content.decode()
    automatic = client.get("/campaigns/first/replies/?meaning=automatic").content.decode()
    client.post(f"/campaigns/replies/{notice.pk}/meaning/", {"meaning": "not_now"})

    assert "Automatic mails 1" in everything
    assert "Back on Monday" not in everything
    assert "Back on Monday" in automatic
    assert "Sounds good" not in automatic
    assert "Back on Monday" in client.get("/campaigns/first/replies/").content.decode()
