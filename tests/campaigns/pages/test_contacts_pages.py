"""Pages of contacts, the suppression list, people and senders."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns.models import Contact, SenderIdentity, Suppression
from campaigns.states import MessageState, ReplyClass, SuppressionReason
from campaigns.suppression import email_addresses
from campaigns.suppression.suppress import suppress
from members.models import Member
from review.models import Task
from review.states import Role
from tests.campaigns.answered_mails import reply, send
from tests.campaigns.factories import make_contact, make_mail, make_plain_campaign, make_sender
from tests.leads import Leads
from tests.review.factories import join, make_records, make_source, make_task

pytestmark = pytest.mark.django_db
SignIn = Callable[[Member], Client]
HOME = "/tasks/outreach"
ADA = "ada@acme.example"


@pytest.mark.slow
def test_the_list_is_searched_and_narrowed(client: Client, task: Task) -> None:
    record = make_records(make_source(task), 1)[0]
    make_contact(task, ADA, segment="North", record=record)
    make_contact(task, "info@bolt.example", first_name="", company="Bolt", segment="South")
    make_contact(task, "sue@acme.example", first_name="Sue", company="Acme")
    suppress("sue@acme.example", reason=SuppressionReason.MANUAL)

    def listed(**asked: str) -> set[str]:
        page = client.get(f"{HOME}/contacts/", asked).content.decode()
        return {name for name in (ADA, "info@bolt.example", "sue@acme.example") if name in page.partition("<tbody>")[2]}

    everybody = client.get(f"{HOME}/contacts/").content.decode()

    assert listed() == {ADA, "info@bolt.example", "sue@acme.example"}
    assert listed(q="ADA@acme.example") == {ADA}
    assert listed(q="acme sue") == {"sue@acme.example"}
    assert listed(segment="South") == {"info@bolt.example"}
    assert listed(cluster="acme.example") == {ADA, "sue@acme.example"}
    assert listed(state="suppressed") == {"sue@acme.example"}
    assert listed(state="without_facts") == {"info@bolt.example", "sue@acme.example"}
    assert listed(q="nobody") == set()
    assert "role</span>" in everybody and "suppressed</span>" in everybody


@pytest.mark.slow
def test_ten_thousand_contacts_are_listed_in_few_queries(client: Client, task: Task) -> None:
    template = make_contact(task, ADA)
    rows = []
    for number in range(10_000):
        contact = Contact(
            **{f.attname: getattr(template, f.attname) for f in Contact._meta.concrete_fields if not f.primary_key}
        )
        contact.address = f"p{number}@firm{number % 3000}.example"
        contact.address_hmac = email_addresses.hmac_of(contact.address)
        contact.cluster, contact.segment = f"firm{number % 3000}.example", f"s{number % 7}"
        rows.append(contact)
    Contact.objects.bulk_create(rows, batch_size=1000)

    with CaptureQueriesContext(
        connection,
    ) as first:
        page = client.get(f"{HOME}/contacts/")
    with CaptureQueriesContext(connection) as narrowed:
        found = client.get(f"{HOME}/contacts/", {"q": "p9999"})

    assert b"10.0k" in page.content and b"Older" in page.content
    assert b"p9999@firm999.example" in found.content
    assert len(first) < 12 and len(narrowed) < 12


def test_a_contact_shows_basis_facts_and_mails(client: Client, task: Task) -> None:
    contact = make_contact(task, ADA, record=make_records(make_source(task), 1)[0])
    mail = make_mail(make_plain_campaign(task), contact, subject="A question about Acme")

    page = client.get(f"/contacts/{contact.pk}/").content.decode()

    assert "trade fair in Lund" in page and "cold logistics" in page
    assert "A question about Acme" in page and f"/campaigns/first/mails/{mail.pk}/" in page


def test_a_correction_that_is_refused_stands_open_with_what_was_typed(client: Client, task: Task) -> None:
    contact = make_contact(task, ADA)

    answer = client.post(f"/contacts/{contact.pk}/", {"do": "save", "company": "Acme Ltd", "time_zone": "Mars/North"})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="Acme Ltd"' in page and 'value="Mars/North"' in page
    assert '<details class="panel" open>' in page


def test_after_a_look_up_links_and_buttons_lead_back_to_the_list(client: Client, task: Task) -> None:
    for number in range(60):
        suppress(email_addresses.parse(f"p{number}@acme.example").hmac, reason=SuppressionReason.UNSUBSCRIBED)
    reply(send(make_plain_campaign(task), None, "cy"), ReplyClass.UNSUBSCRIBE)

    page = client.post(f"{HOME}/suppression/search/", {"address": ADA}).content.decode()

    assert not Leads(page).astray
    assert Leads(page).backs == {f"{HOME}/suppression/"}
    assert f'rel="next" href="{HOME}/suppression/?after=' in page


@pytest.mark.slow
def test_addresses_are_put_on_the_list_by_paste_and_file_and_found_again(client: Client) -> None:
    file = SimpleUploadedFile("old.csv", b"email,why\nbob@acme.example,left\n")
    place = f"{HOME}/suppression/"

    added = client.post(place, {"addresses": f"{ADA}\n", "reason": "manual", "note": "old list"}, follow=True)
    client.post(place, {"file": file, "reason": "manual"})
    bad = client.post(place, {"addresses": "nonsense", "reason": "manual"})
    found = client.post(f"{place}search/", {"address": "ADA@acme.example"}).content.decode()
    other = client.post(f"{place}search/", {"address": "cy@acme.example"}).content.decode()
    wrong = client.post(f"{place}search/", {"address": "cy"})

    assert "1 address put on the list." in added.content.decode()
    assert Suppression.objects.count() == 2
    assert bad.status_code == 422 and "line 1" in bad.content.decode()
    assert "is on the list" in found and "is not on the list" in other
    assert wrong.status_code == 422
    assert ADA not in client.get(place).content.decode()


@pytest.mark.slow
def test_a_person_is_looked_for_handed_out_and_erased_only_when_typed_again(client: Client, task: Task) -> None:
    make_mail(make_plain_campaign(task), make_contact(task, ADA), state=MessageState.SENT)
    place = client.post(f"{HOME}/people/", {"address": "Ada@acme.example"})["Location"]

    page = client.get(place).content.decode()
    told = json.loads(client.post(f"{place}export/").content)
    wrong = client.post(f"{place}erase/", {"address": "bob@acme.example"})
    still = Contact.objects.get().address
    erased = client.post(f"{place}erase/", {"address": ADA}, follow=True).content.decode()

    assert "acme.example" not in place
    assert re.findall(r'">(\d+)</span><span class="stat-label">([\w, ]+)<', page)[:3] == [
        ("1", "task"),
        ("1", "mail, 0 events"),
        ("0", "replies"),
    ]
    assert "Erase for good" in page and told["contacts"][0]["first_name"] == "Ada"
    assert wrong.status_code == 422 and still == ADA
    assert "Erased: 1 contact, 1 mail." in erased and "No data held" in erased
    assert Contact.objects.get().address == ""
    assert client.get(f"{HOME}/people/xyz/").status_code == 404
    assert client.get(f"{place}export/").status_code == 405


def test_a_lead_of_one_task_cannot_erase_who_stands_in_another(
    task: Task, admin: Member, make_member: Callable[..., Member], as_member: SignIn
) -> None:
    lead = make_member("lena")
    join(lead, task, Role.LEAD)
    make_contact(task, ADA)
    make_contact(make_task(by=admin, slug="other"), ADA)
    place = f"{HOME}/people/{email_addresses.hmac_of(ADA)}/"
    client = as_member(lead)

    page = client.get(place).content.decode()
    answer = client.post(f"{place}erase/", {"address": ADA})
    told = json.loads(client.post(f"{place}export/").content)

    assert "Tasks that you do not lead also hold data on this person" in page and "Erase for good" not in page
    assert answer.status_code == 403
    assert [contact["task"] for contact in told["contacts"]] == ["Outreach"]
    assert not Suppression.objects.exists()


def test_a_sender_is_made_checked_and_changed(client: Client) -> None:
    given = {
        "name": "Nora", "from_name": "Nora\r\nBcc: x@y.example", "from_address": "nora@sender.example",
        "reply_address": "replies@sender.example", "postal_address": "Sender Ltd\n1 Quay Street",
    }  # fmt: skip

    bad = client.post(f"{HOME}/senders/", {**given, "reply_address": "a" * 30 + "@sender.example"})
    made = client.post(f"{HOME}/senders/", given, follow=True).content.decode()
    changed = client.post(f"{HOME}/senders/nora/", {**given, "name": "Nora L"}, follow=True).content.decode()

    sender = SenderIdentity.objects.get()
    assert bad.status_code == 422 and "at most 20" in bad.content.decode()
    assert "The sender &#x27;Nora&#x27; is there." in made and "is changed" in changed
    assert (sender.name, sender.postal_address) == ("Nora L", "Sender Ltd, 1 Quay Street")
    assert "\n" not in sender.from_name
    assert client.get(f"{HOME}/senders/nobody/").status_code == 404


def test_a_contact_whose_inbox_is_made_up_is_marked_in_the_list(client: Client, task: Task) -> None:
    real, made_up = make_contact(task, "ada@acme.example"), make_contact(task, "bob@bolt.example")
    make_mail(make_plain_campaign(task), real)
    make_mail(make_plain_campaign(task, slug="played", is_simulated=True), made_up)

    rows = client.get(f"{HOME}/contacts/").content.decode().split("<tr>")

    assert ["simulated" in row for row in rows if "@acme" in row or "@bolt" in row] == [
        "@bolt" in row for row in rows if "@acme" in row or "@bolt" in row
    ]
    assert sum("simulated" in row for row in rows) == 1


def test_a_sender_without_a_postal_address_is_marked(client: Client) -> None:
    make_sender(postal_address="")

    assert "missing" in client.get(f"{HOME}/senders/").content.decode()
