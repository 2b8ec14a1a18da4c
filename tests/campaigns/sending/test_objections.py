"""A wish to hear no more that was read from a reply is heeded at once, stands apart from the list,
and can be taken back.
"""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from django.utils import timezone

from audit.models import AuditRow
from campaigns.models import Contact, Enrolment, Event, Message, Reply, Suppression
from campaigns.overview import figures
from campaigns.planning import audience
from campaigns.replies import receive, record_reply
from campaigns.states import EventSource, MessageState, Metric, ReplyClass, StopReason, SuppressionReason
from campaigns.suppression.queries import is_suppressed, suppressed_among
from campaigns.suppression.suppress import suppress_many
from tests.campaigns import contact_outcomes, factories
from tests.review.factories import join
from web.errors import Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def mails(campaign):
    mails = factories.make_due_mails(campaign, 3)
    first = mails[0]
    Message.objects.filter(pk=first.pk).update(
        state=MessageState.SENT, sent_at=timezone.now(), message_id="1@sender.example"
    )
    return mails


def answer(mail, text, *, subject="Re: A question", message_id="a@acme.example", sender=None):
    sent = EmailMessage()
    sent["From"] = sender or mail.contact.address
    sent["Message-ID"] = f"<{message_id}>"
    sent["Subject"] = subject
    sent["In-Reply-To"] = "<1@sender.example>"
    sent.set_content(text)
    return receive.take_mail(sent.as_bytes())


def test_a_hot_lead_who_asks_about_gdpr_is_put_on_no_list(mails):
    answer(mails[0], "Are you GDPR compliant? If so, we'd love a demo on Tuesday.")

    reply = Reply.objects.get()
    assert (reply.meaning, reply.is_unsure, reply.may_be_optout) == ("other", True, False)
    assert not is_suppressed(mails[0].contact.address_hmac)


def test_a_wish_read_from_prose_stops_everything_and_puts_nobody_on_the_list(campaign, mails, task):
    person = mails[0].contact
    other = factories.make_sending_campaign(task, slug="second")
    enrolment = Enrolment.objects.create(campaign=other, contact=person, cluster=person.cluster)
    waiting = Message.objects.create(
        campaign=other, contact=person, enrolment=enrolment, step=other.steps.get(number=1), state=MessageState.APPROVED
    )

    answer(mails[0], "Nehmen Sie mich bitte aus dem Verteiler.")

    waiting.refresh_from_db()
    assert (waiting.state, waiting.stop_reason) == (MessageState.STOPPED, StopReason.OBJECTED)
    assert not Suppression.objects.exists()
    assert is_suppressed(person.address_hmac)
    assert suppressed_among([person.address_hmac, "0" * 64]) == {person.address_hmac}
    assert person not in audience.contacts_matching(campaign, {"everyone": True})
    assert figures.steps(campaign)[0].events.get("unsubscribed", 0) == 1


def test_an_address_is_put_on_the_list_though_a_reply_holds_its_wish(mails, admin):
    answer(mails[0], "Nehmen Sie mich bitte aus dem Verteiler.")
    address = mails[0].contact.address

    added = suppress_many([address], by=admin, reason=SuppressionReason.MANUAL)
    again = suppress_many([address], by=admin, reason=SuppressionReason.MANUAL)

    assert (added.added, added.known) == (1, 0)
    assert (again.added, again.known) == (0, 1)


def test_a_lead_takes_a_wish_back_with_a_reason_and_the_person_can_be_written_to(campaign, mails, admin):
    answer(mails[0], "Please remove me from your list.")
    reply = Reply.objects.get()

    record_reply.correct_meaning(reply, ReplyClass.QUESTION, by=admin, why="Meant the guest list of the fair")

    reply.refresh_from_db()
    person = mails[0].contact
    assert (reply.meaning, reply.meant_why) == ("question", "Meant the guest list of the fair")
    assert not is_suppressed(person.address_hmac)
    assert person in audience.contacts_matching(campaign, {"everyone": True})
    assert figures.steps(campaign)[0].events.get("unsubscribed", 0) == 0
    assert (
        sum(each.outcome for each in contact_outcomes.of_contacts(campaign, metric=Metric.UNSUBSCRIBE, horizon_days=7))
        == 0
    )
    row = AuditRow.objects.get(act="objection_taken_back")
    assert (row.actor, row.subject_kind, row.subject_id) == (str(admin.pk), "reply", str(reply.pk))
    assert "guest" not in str(row.detail)


def test_taking_back_needs_a_reason_and_a_lead(mails, task, admin, reviewer, as_member, api_as):
    answer(mails[0], "Stop emailing me.")
    reply = Reply.objects.get()
    join(reviewer, task)

    with pytest.raises(Refusal) as refused:
        record_reply.correct_meaning(reply, ReplyClass.OTHER, by=admin, why="  ")
    as_reviewer = api_as(reviewer).patch(
        f"/api/v1/replies/{reply.pk}/", {"meaning": "other", "reason": "no"}, format="json"
    )
    without = api_as(admin).patch(f"/api/v1/replies/{reply.pk}/", {"meaning": "other"}, format="json")
    page = as_member(admin).post(f"/campaigns/replies/{reply.pk}/meaning/", {"meaning": "other"}, follow=True)

    assert refused.value.code == "reason_missing"
    assert as_reviewer.status_code == 403
    assert without["Content-Type"] == "application/problem+json"
    assert "reason" in without.json()["errors"]
    assert "Write why it is not" in page.content.decode()
    assert is_suppressed(mails[0].contact.address_hmac)


def test_the_api_takes_a_wish_back(mails, admin, api_as):
    answer(mails[0], "Merci de ne plus me contacter.")
    reply, api = Reply.objects.get(), api_as(admin)

    listed = api.get("/api/v1/replies/?meaning=unsubscribe").json()["results"]
    taken = api.patch(
        f"/api/v1/replies/{reply.pk}/", {"meaning": "not_now", "reason": "Read in haste"}, format="json"
    ).json()

    assert [(each["id"], each["is_listed"]) for each in listed] == [(str(reply.pk), False)]
    assert (taken["meaning"], taken["meant_why"]) == ("not_now", "Read in haste")
    assert not is_suppressed(mails[0].contact.address_hmac)


def test_what_a_link_or_a_member_said_stays_for_good_whatever_the_reply_is_read_as(mails, admin):
    answer(mails[0], "Please unsubscribe me.")
    reply = Reply.objects.get()
    record_reply.unsubscribe(mails[0], source=EventSource.LINK, how="one-click")

    record_reply.correct_meaning(reply, ReplyClass.OTHER, by=admin, why="Was read wrong")

    assert Suppression.objects.get().address_hmac == mails[0].contact.address_hmac
    assert is_suppressed(mails[0].contact.address_hmac)


def test_a_model_that_reads_a_wish_puts_nobody_on_the_list_either(mails):
    answer(mails[0], "Hm, well.")

    record_reply.label_by_model(Reply.objects.get().pk, ReplyClass.UNSUBSCRIBE, by_model="a model")

    assert not Suppression.objects.exists()
    assert is_suppressed(mails[0].contact.address_hmac)


def test_the_subject_of_a_mail_that_only_its_sender_ties_to_us_is_no_one_click(mails):
    sent = EmailMessage()
    sent["From"], sent["Subject"] = mails[0].contact.address, "unsubscribe"
    sent.set_content("")

    receive.take_mail(sent.as_bytes())

    assert not Suppression.objects.exists()
    assert is_suppressed(mails[0].contact.address_hmac)


def test_an_absence_is_no_answer_and_stops_nothing(campaign, mails):
    text = "Ich bin bis 3. Mai nicht im Büro. In dringenden Fällen wenden Sie sich an die Zentrale."

    answer(mails[0], text)

    assert [(event.kind, event.is_machine) for event in Event.objects.all()] == [("auto_replied", True)]
    assert Reply.objects.get().meaning == "out_of_office"
    assert figures.steps(campaign)[0].events.get("replied", 0) == 0


def test_the_pages_show_the_wish_with_its_mail_and_how_to_take_it_back(mails, task, admin, as_member):
    answer(mails[0], "No me escriban más.")
    client = as_member(admin)

    listed = client.get(f"/tasks/{task.slug}/suppression/").content.decode()
    shown = client.get("/campaigns/first/replies/").content.decode()

    for page in (listed, shown):
        assert "No me escriban más." in page
        assert "Read from this reply" in page
        assert f"/campaigns/first/mails/{mails[0].pk}/" in page
        assert 'name="reason"' in page


def test_the_contact_says_that_it_is_not_written_to(mails, admin, api_as):
    answer(mails[0], "Schrijf mij uit.")

    found = api_as(admin).get(f"/api/v1/contacts/{mails[0].contact_id}/").json()

    assert found["is_suppressed"] is True
    assert Contact.objects.count() == 3
