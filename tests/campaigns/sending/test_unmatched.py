"""A reply from another address of a known company is kept as unmatched,
and acts as a reply once a person attaches it.
"""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from audit.models import AuditRow
from campaigns.models import Event, Message, Reply, UnmatchedReply
from campaigns.privacy import export_and_erase
from campaigns.replies import attach, receive, record_reply, unmatched
from campaigns.replies.receive import InboundResult
from campaigns.sending import obstacles
from campaigns.states import HoldReason, MessageState, ReplyClass, StopReason
from campaigns.suppression import email_addresses
from campaigns.suppression.queries import is_suppressed
from review.states import Role
from tests.campaigns import factories
from tests.review.factories import join, make_task
from web.errors import Refusal

pytestmark = pytest.mark.django_db
OTHER = "first.last@acme.example"


@pytest.fixture
def sent(campaign):
    """A mail that went to Ada at Acme."""
    mail = factories.make_mail(campaign, factories.make_contact(campaign.task), state=MessageState.SENT)
    Message.objects.filter(pk=mail.pk).update(sending_at=timezone.now(), sent_at=timezone.now())
    return mail


@pytest.fixture
def due(campaign, sent):
    """A mail that is due to Bob at Acme."""
    contact = factories.make_contact(campaign.task, "bob@acme.example")
    return factories.make_mail(campaign, contact, state=MessageState.APPROVED, due_at=timezone.now())


def take(text="Yes please, Tuesday.", sender=OTHER, **headers):
    mail = EmailMessage()
    given = {
        "From": f"R <{sender}>",
        "To": "nora@sender.example",
        "Subject": "Trucks",
        "Message-ID": f"<{len(text)}@x>",
    }
    for name, value in {**given, **headers}.items():
        mail[name] = value
    mail.set_content(text)
    return receive.take_mail(mail.as_bytes())


def hold(mail):
    with transaction.atomic():
        return obstacles.before_claim(Message.objects.get(pk=mail.pk), mail.campaign, now=timezone.now())


def test_a_mail_from_another_address_of_the_company_is_kept_once_and_counts_for_nothing(sent):
    assert [take(), take()] == [InboundResult.UNMATCHED, InboundResult.KNOWN]

    row = UnmatchedReply.objects.get()
    assert (row.sender, row.text, row.campaign, row.state) == (OTHER, "Yes please, Tuesday.", sent.campaign, "open")
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("sender", "headers"),
    [
        ("stranger@elsewhere.example", {}),
        ("ada.private@gmail.com", {}),
        ("noreply@acme.example", {}),
        (OTHER, {"Auto-Submitted": "auto-replied", "Subject": "Out of office"}),
        ("", {}),
    ],
)
def test_strangers_and_programs_leave_no_trace(sent, sender, headers):
    assert take("I am away until Monday.", sender=sender, **headers) == InboundResult.UNMATCHED
    assert not UnmatchedReply.objects.exists()


def test_a_company_that_got_no_mail_is_not_known(campaign):
    factories.make_contact(campaign.task)

    take()

    assert not UnmatchedReply.objects.exists()


def test_attached_it_answers_the_last_mail_that_went_before_it_came(sent, admin, campaign):
    take()
    row = UnmatchedReply.objects.get()
    step = campaign.steps.create(number=2, writer="template", subject="Again", body="Again?", wait_s=1)
    went = {"state": MessageState.SENT, "sending_at": timezone.now(), "sent_at": timezone.now()}
    Message.objects.create(campaign=campaign, contact=sent.contact, enrolment=sent.enrolment, step=step, **went)

    reply = attach.attach(row, sent.contact_id, by=admin)

    assert (reply.message, reply.event.message) == (sent, sent)


def test_attached_it_is_a_reply_ends_the_sequence_and_is_written_in_the_trail(sent, admin):
    step = sent.campaign.steps.create(number=2, writer="template", subject="Again", body="Again?", wait_s=1)
    later = Message.objects.create(
        campaign=sent.campaign, contact=sent.contact, enrolment=sent.enrolment, step=step, state=MessageState.APPROVED
    )
    take("What does it cost?")
    row = UnmatchedReply.objects.get()

    reply = attach.attach(row, sent.contact_id, by=admin)

    later.refresh_from_db()
    row.refresh_from_db()
    assert (reply.message, reply.text, reply.event.payload["found_by"]) == (sent, "What does it cost?", "person")
    assert reply.event.occurred_at == row.created_at
    assert (later.state, later.stop_reason) == (MessageState.STOPPED, StopReason.REPLIED)
    assert (row.state, row.text, row.sender, row.attached_to) == ("attached", "", "", reply)
    assert AuditRow.objects.filter(act="reply_attached").count() == 1
    assert take("What does it cost?") == InboundResult.KNOWN
    with pytest.raises(Refusal, match="attached or set aside"):
        attach.attach(row, sent.contact_id, by=admin)
    assert Reply.objects.count() == 1


@pytest.mark.parametrize("text", ["Please stop writing to us.", "How often do I have to tell you?"])
def test_a_possible_wish_to_leave_holds_the_mails_to_the_company_until_a_person_decides(sent, due, admin, text):
    assert hold(due) is None
    take(text)
    row = UnmatchedReply.objects.get()

    held = hold(due)
    Message.objects.filter(pk=due.pk).update(due_at=held.values["due_at"], held_because=held.values["held_because"])
    with pytest.raises(Refusal, match="Write why"):
        unmatched.set_aside(row, by=admin)
    unmatched.set_aside(row, by=admin, why="It is about their own newsletter.")

    due.refresh_from_db()
    assert held.values["held_because"] == HoldReason.OPTOUT
    assert due.held_because == ""
    assert hold(due) is None
    row.refresh_from_db()
    assert (row.text, row.settled_why) == ("", "It is about their own newsletter.")
    assert AuditRow.objects.filter(act="unmatched_set_aside").count() == 1


def test_an_attached_wish_to_leave_stops_the_contact_and_once_confirmed_lists_both_addresses(sent, admin):
    take("Please stop writing to us.")

    reply = attach.attach(UnmatchedReply.objects.get(), sent.contact_id, by=admin)

    assert reply.meaning == ReplyClass.UNSUBSCRIBE
    assert is_suppressed(sent.contact.address_hmac)
    record_reply.correct_meaning(reply, ReplyClass.UNSUBSCRIBE, by=admin)
    assert is_suppressed(email_addresses.hmac_of(OTHER))


def test_reviewers_attach_and_leads_set_aside_what_may_ask_to_leave(sent, task, make_member):
    reviewer, viewer = make_member("rhea"), make_member("vic")
    join(reviewer, task, Role.REVIEWER)
    join(viewer, task, Role.VIEWER)
    take("Please stop writing to us.")
    row = UnmatchedReply.objects.get()

    for act in (
        lambda: attach.attach(row, sent.contact_id, by=viewer),
        lambda: unmatched.set_aside(row, by=reviewer, why="No."),
    ):
        with pytest.raises(PermissionDenied):
            act()
    with pytest.raises(Refusal, match="No mail of this task"):
        attach.attach(row, uuid4(), by=reviewer)
    assert attach.attach(row, sent.contact_id, by=reviewer).message == sent


def test_inbox_and_campaign_show_it_and_attach_it(sent, task, admin, as_member):
    take("Please <b>stop</b> writing to us.")
    row = UnmatchedReply.objects.get()
    browser, inbox = as_member(admin), f"/campaigns/{sent.campaign.slug}/replies/"

    page = browser.get(inbox).content.decode()
    overview = browser.get(f"/campaigns/{sent.campaign.slug}/").content.decode()
    done = browser.post(f"/campaigns/replies/unmatched/{row.pk}/", {"contact": str(sent.contact_id)})

    assert OTHER in page
    assert "May ask to leave. No mail goes to acme.example" in page
    assert f'<option value="{sent.contact_id}">' in page
    assert "1 mail came from other addresses of companies it wrote to." in overview
    assert done["Location"] == f"{inbox}?reply={Reply.objects.get().pk}"
    after = browser.get(done["Location"]).content.decode()
    assert f"From {OTHER}; attached by" in after
    assert "unmatched-h" not in after


def test_the_api_lists_attaches_and_sets_aside(sent, admin, api_as):
    api = api_as(admin, scopes=("review",))
    take()
    take("An invoice of ours.")
    listed = api.get("/api/v1/replies/unmatched/").json()["results"]
    by_text = {each["text"]: f"/api/v1/replies/unmatched/{each['id']}/" for each in listed}

    attached = api.post(f"{by_text['Yes please, Tuesday.']}attach/", {"contact": str(sent.contact_id)}, format="json")
    aside = api.post(f"{by_text['An invoice of ours.']}set-aside/", {}, format="json")

    assert (attached.status_code, attached.json()["found_by"]) == (201, "person")
    assert aside.status_code == 204
    assert api.get("/api/v1/replies/unmatched/").json()["results"] == []


def test_its_sender_is_told_of_it_and_erased_with_it(sent):
    take()

    held = export_and_erase.export(OTHER)["unmatched_replies"]
    erased = export_and_erase.erase(OTHER)

    assert [each["text"] for each in held] == ["Yes please, Tuesday."]
    assert erased.sentence() == "Erased: 1 reply."
    assert not UnmatchedReply.objects.exists()


def test_attached_to_a_contact_it_is_still_its_senders_to_be_told_of_and_erased(sent, admin):
    take()
    attach.attach(UnmatchedReply.objects.get(), sent.contact_id, by=admin)

    held = export_and_erase.export(OTHER)
    erased = export_and_erase.erase(OTHER)

    assert ([row["text"] for row in held["replies"]], held["unmatched_replies"]) == (["Yes please, Tuesday."], [])
    assert erased.sentence() == "Erased: 1 reply."
    assert (Reply.objects.get().text, Event.objects.get(kind="replied").payload) == ("", {})
    sent.contact.refresh_from_db()
    assert sent.contact.erased_at is None


def test_its_sender_is_looked_up_and_erased_by_who_leads_the_task_that_holds_it(
    sent, task, admin, make_member, as_member
):
    lead, other = make_member("lena"), make_member("otto")
    join(lead, task, Role.LEAD)
    join(other, make_task(by=admin, slug="other"), Role.LEAD)
    take("What does it cost?")
    take("Please call me.")
    attach.attach(UnmatchedReply.objects.get(text="What does it cost?"), sent.contact_id, by=admin)
    hmac = email_addresses.hmac_of(OTHER)

    shown = as_member(lead).get(f"/tasks/outreach/people/{hmac}/").content.decode()
    hidden = as_member(other).get(f"/tasks/other/people/{hmac}/").content.decode()
    with pytest.raises(PermissionDenied):
        export_and_erase.erase(OTHER, by=other)
    erased = export_and_erase.erase(OTHER, by=lead)

    assert "What does it cost?" in shown and "Please call me." in shown and "Erase for good" in shown
    assert "Tasks that you do not lead also hold data" in hidden and "Please call me." not in hidden
    assert erased.replies == 2


def test_once_erased_a_repeated_request_hands_its_words_out_no_more_and_still_starts_nothing(sent, admin, api_as):
    api = api_as(admin, scopes=("review",))
    take()
    path = f"/api/v1/replies/unmatched/{UnmatchedReply.objects.get().pk}/attach/"
    once = {"format": "json", "headers": {"Idempotency-Key": "k"}}
    first = api.post(path, {"contact": str(sent.contact_id)}, **once)

    export_and_erase.erase(OTHER)
    again = api.post(path, {"contact": str(sent.contact_id)}, **once)

    assert first.json()["text"] == "Yes please, Tuesday."
    assert (again.status_code, again.json()) == (201, {"id": first.json()["id"]})
    assert again["Idempotency-Replayed"] == "true"


@pytest.mark.outside_data
def test_the_case_of_a_new_thread_is_kept(sent, outside_data: Path):
    factories.make_mail(
        sent.campaign, factories.make_contact(sent.campaign.task, "kim@case20.example"), state=MessageState.SENT
    )

    receive.take_mail((outside_data / "cases/mails/x_other_address_new_thread.eml").read_bytes())

    assert UnmatchedReply.objects.get().sender == "first.last@case20.example"
