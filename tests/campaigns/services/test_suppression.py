"""The suppression list: it only grows, stops what has not gone, and no import or sender slips past it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction

from campaigns.contacts.imports.import_file import import_contacts
from campaigns.models import Campaign, Contact, Message, Suppression
from campaigns.states import MessageState, StopReason, SuppressionReason
from campaigns.suppression import email_addresses
from campaigns.suppression import queries as selectors
from campaigns.suppression import suppress as suppression_suppress
from members.models import Member
from review.models import Task
from review.states import Role
from tests.at_once import at_once
from tests.campaigns.factories import BASIS, make_contact, make_mail, make_plain_campaign
from tests.review.factories import join, make_task
from web.errors import Refusal

pytestmark = pytest.mark.django_db
ADA = "ada@acme.example"


@pytest.fixture
def task(admin: Member) -> Task:
    return make_task(by=admin)


@pytest.fixture
def campaign(task: Task) -> Campaign:
    return make_plain_campaign(task)


def test_suppressing_twice_keeps_the_first_entry(task: Task, admin: Member) -> None:
    first = suppression_suppress.suppress(ADA, reason=SuppressionReason.UNSUBSCRIBED, by=admin, note="by phone")

    again = suppression_suppress.suppress("ADA@acme.example", reason=SuppressionReason.MANUAL)

    assert again == first
    entry = Suppression.objects.get()
    assert (entry.reason, entry.note, entry.member_name) == ("unsubscribed", "by phone", "ada")
    assert entry.address_hmac == email_addresses.hmac_of(ADA)


def test_an_hmac_does_as_well_as_the_address_and_nonsense_is_refused() -> None:
    suppression_suppress.suppress(email_addresses.hmac_of(ADA), reason=SuppressionReason.BOUNCED)

    assert selectors.is_suppressed(email_addresses.hmac_of("Ada@acme.example"))
    with pytest.raises(Refusal) as refusal:
        suppression_suppress.suppress("nonsense", reason=SuppressionReason.MANUAL)
    assert refusal.value.code == "address_invalid"


def test_an_entry_is_neither_changed_nor_removed() -> None:
    suppression_suppress.suppress(ADA, reason=SuppressionReason.MANUAL)

    for change in (lambda: Suppression.objects.update(note="x"), lambda: Suppression.objects.all().delete()):
        with pytest.raises(DatabaseError, match="only grows"), transaction.atomic():
            change()

    assert Suppression.objects.get().note == ""


@pytest.mark.parametrize(
    ("state", "after"),
    [
        (MessageState.PLANNED, MessageState.STOPPED),
        (MessageState.WRITING, MessageState.STOPPED),
        (MessageState.WRITTEN, MessageState.STOPPED),
        (MessageState.AWAITING, MessageState.STOPPED),
        (MessageState.APPROVED, MessageState.STOPPED),
        (MessageState.REJECTED, MessageState.STOPPED),
        (MessageState.SENDING, MessageState.SENDING),
        (MessageState.SENT, MessageState.SENT),
        (MessageState.UNKNOWN, MessageState.UNKNOWN),
        (MessageState.FAILED, MessageState.FAILED),
    ],
)
def test_mails_that_have_not_gone_stop_and_others_stay(campaign: Campaign, state: str, after: str) -> None:
    mail = make_mail(campaign, make_contact(campaign.task, ADA), state=state)
    other = make_mail(campaign, make_contact(campaign.task, "bob@acme.example"), state=state)

    suppression_suppress.suppress(ADA, reason=SuppressionReason.COMPLAINED, message=mail)

    mail.refresh_from_db()
    other.refresh_from_db()
    assert mail.state == after
    assert mail.stop_reason == (StopReason.COMPLAINED if after == MessageState.STOPPED else "")
    assert other.state == state
    assert Suppression.objects.get().message_id == mail.pk


def test_mails_of_every_task_stop(campaign: Campaign, admin: Member) -> None:
    other = make_plain_campaign(make_task(by=admin, slug="second"), slug="second")
    mails = [make_mail(one, make_contact(one.task, ADA)) for one in (campaign, other)]

    suppression_suppress.suppress(ADA, reason=SuppressionReason.MANUAL)

    assert {Message.objects.get(pk=mail.pk).state for mail in mails} == {MessageState.STOPPED}


def test_a_paste_is_taken_line_by_line_and_bad_lines_are_told(admin: Member) -> None:
    suppression_suppress.suppress(ADA, reason=SuppressionReason.MANUAL)
    lines = ["Bob Ng", ADA, "", "bob@acme.example,asked by phone", "no address", '"cy@acme.example";x']

    result = suppression_suppress.suppress_many(lines, by=admin, reason=SuppressionReason.MANUAL, note="old list")

    assert (result.added, result.known, result.bad_count) == (2, 1, 2)
    assert [number for number, _ in result.bad] == [1, 5]
    assert Suppression.objects.filter(note="old list").count() == 2


def test_who_leads_no_task_keeps_no_list(task: Task, reviewer: Member) -> None:
    join(reviewer, task, Role.REVIEWER)

    for ask in (
        lambda: suppression_suppress.suppress_many([ADA], by=reviewer, reason=SuppressionReason.MANUAL),
        lambda: selectors.visible(reviewer),
        lambda: selectors.search(reviewer, ADA),
    ):
        with pytest.raises(PermissionDenied):
            ask()

    assert not Suppression.objects.exists()


@pytest.mark.slow
def test_many_are_asked_for_in_chunks(admin: Member) -> None:
    lines = [f"p{n}@acme.example" for n in range(1100)]
    suppression_suppress.suppress_many(lines, by=admin, reason=SuppressionReason.MANUAL)
    hmacs = [email_addresses.hmac_of(line) for line in lines]

    found = selectors.suppressed_among([*hmacs, email_addresses.hmac_of("x@y.example")])

    assert found == set(hmacs)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_an_import_racing_a_suppression_leaves_no_mail_of_the_suppressed(admin: Member, tmp_path: Path) -> None:
    task = make_task(by=admin)
    for number in range(12):
        address = f"p{number}@acme.example"
        path = tmp_path / f"{number}.csv"
        path.write_text(f"address,company,sector\n{address},Acme {number},steel\n")

        at_once(
            lambda path=path: import_contacts(task, path, by=admin, defaults=BASIS),
            lambda address=address: suppression_suppress.suppress(address, reason=SuppressionReason.UNSUBSCRIBED),
        )

        # Whoever came first, the other saw it: a contact that is there was there before its suppression.
        contact, entry = Contact.objects.filter(address=address).first(), Suppression.objects.latest("created_at")
        assert contact is None or contact.created_at <= entry.created_at
        assert selectors.is_suppressed(email_addresses.hmac_of(address))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_sender_that_holds_the_address_never_sends_after_the_suppression_is_committed(admin: Member) -> None:
    campaign = make_plain_campaign(make_task(by=admin))
    wire: list[str] = []
    for number in range(25):
        address = f"p{number}@acme.example"
        mail = make_mail(campaign, make_contact(campaign.task, address), state=MessageState.APPROVED)
        committed = threading.Event()

        def suppress(address: str = address, committed: threading.Event = committed) -> None:
            suppression_suppress.suppress(address, reason=SuppressionReason.UNSUBSCRIBED)
            committed.set()

        def send(mail: Message = mail, committed: threading.Event = committed) -> None:
            was_committed = committed.is_set()
            with transaction.atomic():
                suppression_suppress.lock_contacts([mail.contact.address_hmac])
                if selectors.is_suppressed(mail.contact.address_hmac):
                    return
                moved = Message.objects.filter(pk=mail.pk, state=MessageState.APPROVED).update(
                    state=MessageState.SENDING
                )
            if moved:
                wire.append(f"{mail.contact.address} {was_committed}")
                # Whoever suppresses waits for the mail on the wire until this is said.
                Message.objects.filter(pk=mail.pk).update(state=MessageState.SENT)

        at_once(suppress, send)
        mail.refresh_from_db()
        assert mail.state in {MessageState.SENT, MessageState.STOPPED}
        assert (mail.state == MessageState.SENT) == any(line.startswith(f"{address} ") for line in wire)

    assert not any(line.endswith("True") for line in wire)


@pytest.mark.django_db(transaction=True)
def test_ten_suppressions_at_once_make_one_entry(admin: Member) -> None:
    campaign = make_plain_campaign(make_task(by=admin))
    mail = make_mail(campaign, make_contact(campaign.task, ADA))

    at_once(*[lambda: suppression_suppress.suppress(ADA, reason=SuppressionReason.UNSUBSCRIBED)] * 10)

    mail.refresh_from_db()
    assert Suppression.objects.count() == 1
    assert mail.state == MessageState.STOPPED
