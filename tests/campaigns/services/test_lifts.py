"""Entries of the suppression list that were mistakes: lifted beside the list, beaten by what comes after,
never the reader's own.
"""

from __future__ import annotations

from contextlib import suppress as suppress_error

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.utils import timezone

from audit.models import AuditRow
from campaigns.models import Campaign, Contact, Event, Message, Suppression, SuppressionLift
from campaigns.privacy import export_and_erase
from campaigns.replies import record_reply, sorting
from campaigns.replies.parsing.parse_mail import IncomingMail
from campaigns.states import EventKind, EventSource, MessageState, SuppressionReason
from campaigns.suppression import email_addresses
from campaigns.suppression import queries as selectors
from campaigns.suppression.lift import lift
from campaigns.suppression.suppress import lock_contacts, suppress, suppress_many
from members.models import Member
from review.states import Role
from tests.at_once import at_once
from tests.campaigns.factories import make_contact, make_mail, make_plain_campaign
from tests.review.factories import join, make_task
from web.errors import Refusal

pytestmark = pytest.mark.django_db
ADA = "ada@acme.example"
HMAC = email_addresses.hmac_of


@pytest.fixture
def campaign(admin: Member) -> Campaign:
    return make_plain_campaign(make_task(by=admin))


def test_every_reader_of_the_list_heeds_a_lift(campaign: Campaign, admin: Member) -> None:
    person = make_contact(campaign.task, ADA)
    mail = make_mail(campaign, person)
    entry = suppress(ADA, reason=SuppressionReason.MANUAL, by=admin)

    lift(ADA, by=admin, why=" Mixed up with another Ada ")

    made = SuppressionLift.objects.get()
    assert (made.suppression, made.reason, made.member_name) == (entry, "Mixed up with another Ada", "ada")
    assert not selectors.is_suppressed(HMAC(ADA))
    assert not selectors.is_listed(HMAC(ADA))
    assert selectors.suppressed_among([HMAC(ADA)]) == set()
    assert selectors.search(admin, ADA).entry is None
    assert not Contact.objects.filter(selectors.barred()).exists()
    assert Contact.objects.filter(~selectors.barred()).get() == person
    assert selectors.visible(admin).get() == entry
    assert Message.objects.get(pk=mail.pk).state == MessageState.STOPPED
    assert AuditRow.objects.get(act="suppression_lifted").subject_id == str(entry.pk)


def test_a_newer_suppression_beats_a_lift(admin: Member) -> None:
    suppress(ADA, reason=SuppressionReason.BOUNCED)
    lift(ADA, by=admin, why="The server was wrong")

    suppress_many([ADA], by=admin, reason=SuppressionReason.MANUAL)

    assert selectors.is_suppressed(HMAC(ADA))
    assert Suppression.objects.count() == 2


@pytest.mark.parametrize("reason", ["complained", "erased", "unsubscribed"])
def test_what_the_reader_said_is_never_lifted_though_a_colleagues_entry_came_first(admin: Member, reason: str) -> None:
    suppress(ADA, reason=SuppressionReason.MANUAL, by=admin)
    suppress(ADA, reason=SuppressionReason(reason))

    with pytest.raises(Refusal) as refused:
        lift(ADA, by=admin, why="Wants mails after all")

    assert refused.value.code == "stays_for_good"
    assert not SuppressionLift.objects.exists()


def test_an_unsubscription_that_a_colleague_wrote_down_is_the_readers_own_word_too(admin: Member) -> None:
    """As the list of a former mail system brings them along."""
    suppress(ADA, reason=SuppressionReason.MANUAL, by=admin)
    suppress_many([ADA], by=admin, reason=SuppressionReason.UNSUBSCRIBED)

    with pytest.raises(Refusal) as refused:
        lift(ADA, by=admin, why="Wants mails after all")

    assert refused.value.code == "stays_for_good"
    assert selectors.is_suppressed(HMAC(ADA))


def test_a_one_click_that_an_old_entry_hides_is_found_among_the_events(campaign: Campaign, admin: Member) -> None:
    """As earlier versions left it: the list held a colleague's entry, and the reader's act is an event alone."""
    mail = make_mail(campaign, make_contact(campaign.task, ADA), state=MessageState.SENT)
    suppress(ADA, reason=SuppressionReason.MANUAL)
    said = {"kind": EventKind.UNSUBSCRIBED, "source": EventSource.LINK, "key": "one", "occurred_at": timezone.now()}
    Event.objects.create(
        campaign=campaign, enrolment=mail.enrolment, message=mail, payload={"how": "one-click"}, **said
    )

    with pytest.raises(Refusal) as refused:
        lift(ADA, by=admin, why="A mistake")

    assert refused.value.code == "stays_for_good"


def test_a_lift_needs_a_lead_a_reason_and_an_entry(campaign: Campaign, admin: Member, reviewer: Member) -> None:
    join(reviewer, campaign.task, Role.REVIEWER)
    with pytest.raises(Refusal, match="not on the suppression list"):
        lift(ADA, by=admin, why="A mistake")
    suppress(ADA, reason=SuppressionReason.MANUAL)

    with pytest.raises(PermissionDenied):
        lift(ADA, by=reviewer, why="A mistake")
    with pytest.raises(Refusal, match="Write why"):
        lift(ADA, by=admin, why="  ")

    assert selectors.is_suppressed(HMAC(ADA))


def test_a_lift_is_neither_changed_nor_removed_and_an_erasure_reaches_its_words(admin: Member) -> None:
    suppress(ADA, reason=SuppressionReason.MANUAL)
    lift(ADA, by=admin, why="Ada rang")

    for change in (lambda: SuppressionLift.objects.update(reason="x"), lambda: SuppressionLift.objects.all().delete()):
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            change()
    export_and_erase.erase(ADA)

    assert SuppressionLift.objects.get().reason == ""
    assert selectors.is_suppressed(HMAC(ADA))


def test_a_persons_data_tell_of_a_lifted_entry(admin: Member) -> None:
    suppress(ADA, reason=SuppressionReason.MANUAL, by=admin, note="Asked at the fair")
    lift(ADA, by=admin, why="Another Ada")

    told = export_and_erase.export(ADA)

    assert told["suppression"] is None
    (entry,) = told["lifted_suppressions"]
    assert (entry["note"], entry["lifted_because"]) == ("Asked at the fair", "Another Ada")


def test_the_page_does_not_say_that_a_person_may_be_written_to_whose_reply_asks_for_no_more(
    campaign: Campaign,
    admin: Member,
    as_member,  # type: ignore[no-untyped-def]
) -> None:
    mail = make_mail(campaign, make_contact(campaign.task, ADA), state=MessageState.SENT)
    asked = IncomingMail(sender=ADA, subject="Re: Hello", text="Please remove me from your list.", message_id="a@b")
    read = sorting.sort(sorting.ReceivedReply(asked.subject, asked.text))
    record_reply.record_reply(mail, asked, read, key="one", payload={"found_by": "guess"})
    suppress(ADA, reason=SuppressionReason.MANUAL, by=admin)

    at = f"/tasks/{campaign.task.slug}/suppression/lift/"
    page = as_member(admin).post(at, {"address": ADA, "reason": "Mixed up"}, follow=True).content.decode()

    assert "still not written to" in page
    assert "may be written to again" not in page
    assert selectors.is_suppressed(HMAC(ADA))


@pytest.mark.slow
def test_the_api_and_the_page_lift(campaign: Campaign, admin: Member, api_as, as_member) -> None:  # type: ignore[no-untyped-def]
    suppress(ADA, reason=SuppressionReason.MANUAL)
    suppress("bob@acme.example", reason=SuppressionReason.BOUNCED)
    at = f"/tasks/{campaign.task.slug}/suppression/"

    found = as_member(admin).post(f"{at}search/", {"address": ADA}).content.decode()
    without = as_member(admin).post(f"{at}lift/", {"address": ADA, "reason": ""})
    page = as_member(admin).post(f"{at}lift/", {"address": ADA, "reason": "Mixed up"}, follow=True).content.decode()
    body = {"address": "bob@acme.example", "reason": "The server was wrong"}
    told = api_as(admin).post("/api/v1/suppressions/lift/", body, format="json")
    again = api_as(admin).post("/api/v1/suppressions/lift/", body, format="json")
    listed = api_as(admin).get("/api/v1/suppressions/").json()["results"]

    assert "Lift the entry" in found
    assert without.status_code == 422
    assert "“Mixed up”" in page
    assert [(each["reason"], each["lifted_because"]) for each in told.json()] == [("bounced", "The server was wrong")]
    assert again.status_code == 404
    assert {each["lifted_by"] for each in listed} == {"ada"}
    assert not selectors.is_suppressed(HMAC(ADA))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_lift_racing_a_readers_own_word_never_leaves_the_reader_open(campaign: Campaign, admin: Member) -> None:
    for number in range(12):
        address = f"p{number}@acme.example"
        mail = make_mail(campaign, make_contact(campaign.task, address), state=MessageState.APPROVED)
        suppress(address, reason=SuppressionReason.MANUAL)

        def take_back(address: str = address) -> None:
            with suppress_error(Refusal):
                lift(address, by=admin, why="A mistake")

        at_once(take_back, lambda address=address: suppress(address, reason=SuppressionReason.COMPLAINED))

        with transaction.atomic():
            lock_contacts([HMAC(address)])
            assert selectors.is_suppressed(HMAC(address))
        assert Message.objects.get(pk=mail.pk).state == MessageState.STOPPED
