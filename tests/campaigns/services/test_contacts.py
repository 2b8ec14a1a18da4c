"""Imports of contacts: what comes in, what stays out and why, and that nothing is half done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from campaigns.contacts.imports.import_file import import_contacts
from campaigns.contacts.imports.preview import read_preview
from campaigns.models import Contact, ContactImport
from campaigns.states import SuppressionReason
from campaigns.suppression import email_addresses
from campaigns.suppression.suppress import suppress
from members.models import Member
from review.models import Record, Source, Task
from review.sources.imports import import_records
from review.states import Role
from tests.campaigns.factories import BASIS
from tests.review.factories import join, make_task, plain_spec
from web.errors import Refusal

pytestmark = pytest.mark.django_db
Write = Callable[[str], Path]
HEAD = "E-Mail,First Name,Last Name,Company Name,Industry,Segment,Time zone,basis,basis source,basis date,track opens\n"
GOOD = (
    HEAD
    + "ada@acme.example,Ada,Byron,Acme,steel,North,Europe/Berlin,Consent,web form,2026-03-01,yes\n"
    + "bob@acme.example,Bob,,Acme,steel,,,legitimate interest,trade fair,3 May 2026,\n"
    + "cy@bolt.example,Cy,Ng,Bolt,rail,South,,contract,order 12,2026-01-31,no\n"
)


@pytest.fixture
def task(admin: Member) -> Task:
    return make_task(by=admin)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(text: str) -> Path:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.csv"
        path.write_text(text)
        return path

    return put


def rows(*lines: str) -> str:
    return "address,company,sector\n" + "".join(f"{line}\n" for line in lines)


def test_a_file_brings_contacts_with_their_basis_and_the_facts_of_their_companies(
    task: Task, admin: Member, write: Write
) -> None:
    result = import_contacts(task, write(GOOD), by=admin, filename="fair.csv")

    ada, bob, cy = Contact.objects.order_by("address")
    assert (result.rows_total, result.rows_added, result.rows_bad) == (3, 3, 0)
    assert (ada.name, ada.company, ada.segment, ada.time_zone) == ("Ada Byron", "Acme", "North", "Europe/Berlin")
    assert (ada.lawful_basis, ada.basis_source, str(ada.basis_date)) == ("consent", "web form", "2026-03-01")
    assert (ada.may_track_opens, bob.may_track_opens) == (True, False)
    assert (str(bob.basis_date), cy.lawful_basis) == ("2026-05-03", "contract")
    assert (ada.cluster, cy.cluster) == ("acme.example", "bolt.example")
    assert ada.address_hmac == email_addresses.hmac_of("ADA@acme.example")
    assert ada.record_id == bob.record_id != cy.record_id
    assert ada.record.facts == {"company": "Acme", "sector": "steel"}
    assert Record.objects.count() == 2
    source = Source.objects.get()
    assert (source.name, source.rows_added) == ("Contacts: fair.csv", 2)


def test_a_second_file_corrects_what_it_says_otherwise_and_nothing_else(
    task: Task, admin: Member, write: Write
) -> None:
    import_contacts(task, write(GOOD), by=admin)
    text = HEAD + (
        "ada@acme.example,Ada,King,Lovelace Ltd,glass,North,,contract,order 9,2026-04-04,no\n"
        "bob@acme.example,,,Acme,steel,,,legitimate interest,trade fair,3 May 2026,\n"
        "ADA@acme.example,Augusta,,Acme,steel,,,contract,order 9,2026-04-04,no\n"
        "dee@dale.example,Dee,,Dale,wood,,,contract,order 9,2026-04-04,no\n"
    )
    census = read_preview(task, write(text)).census
    before = dict(Contact.objects.values_list("address", "record"))

    result = import_contacts(task, write(text), by=admin)

    assert (census.fresh, census.changed, census.known) == (1, 1, 2)
    assert (result.rows_added, result.rows_changed, result.rows_known) == (1, 1, 2)
    assert [row.outcome for row in result.outcomes] == ["changed", "known", "known", "added"]
    ada = Contact.objects.get(address="ada@acme.example")
    assert (ada.name, ada.company, ada.segment, ada.time_zone) == ("Ada King", "Acme", "North", "Europe/Berlin")
    assert (ada.lawful_basis, ada.may_track_opens) == ("consent", True)
    assert before.items() <= dict(Contact.objects.values_list("address", "record")).items()
    assert result.batch.rows_changed == 1


def test_no_fact_of_a_record_names_the_person(task: Task, admin: Member, write: Write) -> None:
    import_contacts(task, write(GOOD), by=admin)

    text = str(list(Record.objects.values()))
    assert not any(word in text for word in ("ada@", "Ada", "Byron", "Berlin", "web form"))


def test_the_same_file_twice_adds_nothing_and_leads_to_the_first(task: Task, admin: Member, write: Write) -> None:
    first = import_contacts(task, write(GOOD), by=admin)

    again = import_contacts(task, write(GOOD), by=admin)

    assert (again.rows_added, again.rows_known) == (0, 3)
    assert again.batch == first.batch
    assert (Contact.objects.count(), ContactImport.objects.count(), Source.objects.count()) == (3, 1, 1)


def test_a_person_twice_in_a_file_or_there_already_stays_as_first_seen(task: Task, admin: Member, write: Write) -> None:
    import_contacts(task, write(rows("ada@acme.example,Acme,steel")), by=admin, defaults=BASIS)

    text = rows("ADA@ACME.example,Other,x", "bob@acme.example,Acme,steel", "Bob@acme.example,Third,y")
    result = import_contacts(task, write(text), by=admin, defaults=BASIS)

    assert (result.rows_added, result.rows_known) == (1, 2)
    assert [row.outcome for row in result.outcomes] == ["known", "added", "known"]
    assert set(Contact.objects.values_list("company", flat=True)) == {"Acme"}
    assert Record.objects.count() == 1


@pytest.mark.parametrize("missing", ["lawful_basis", "basis_source", "basis_date"])
def test_a_file_without_basis_source_or_date_is_refused(task: Task, admin: Member, write: Write, missing: str) -> None:
    given = {name: value for name, value in BASIS.items() if name != missing}

    with pytest.raises(Refusal) as refusal:
        import_contacts(task, write(rows("ada@acme.example,Acme,steel")), by=admin, defaults=given)

    assert refusal.value.code == "mapping_invalid"
    assert missing in refusal.value.errors
    assert not Contact.objects.exists()


def test_bad_rows_are_refused_by_number_with_their_reason_and_nothing_is_kept(
    task: Task, admin: Member, write: Write
) -> None:
    tomorrow = (timezone.localdate() + timedelta(days=2)).isoformat()
    head = "address,first_name,company,sector,time_zone,lawful_basis,basis_source,basis_date\n"
    text = head + "\n".join([
        "good@acme.example,Ann,Acme,steel,,consent,form,2026-01-01",
        "not an address,Ann,Acme,steel,,consent,form,2026-01-01",
        "noreply@acme.example,Ann,Acme,steel,,consent,form,2026-01-01",
        "a@acme.example,Ann,Acme,steel,,,form,2026-01-01",
        "b@acme.example,Ann,Acme,steel,,consent,,2026-01-01",
        "c@acme.example,Ann,Acme,steel,,consent,form,",
        f"d@acme.example,Ann,Acme,steel,,consent,form,{tomorrow}",
        "e@acme.example,Ann,Acme,steel,,consent,form,soon",
        "f@acme.example,Ann,Acme,steel,,vital interest,form,2026-01-01",
        "g@acme.example,Ann,Acme,steel,Mars/Base,consent,form,2026-01-01",
        f"h@acme.example,{'n' * 81},Acme,steel,,consent,form,2026-01-01",
        "i@acme.example,Ann,,steel,,consent,form,2026-01-01",
        ",Ann,Acme,steel,,consent,form,2026-01-01",
    ])  # fmt: skip

    with pytest.raises(Refusal) as refusal:
        import_contacts(task, write(text), by=admin)

    said = refusal.value.errors
    assert refusal.value.code == "rows_bad"
    assert "Nothing was imported" in refusal.value.message
    expected = {
        "row 3": "not a mail address", "row 4": "not of a person", "row 5": "'lawful_basis' is empty",
        "row 6": "'basis_source' is empty", "row 7": "'basis_date' is empty", "row 8": "in the future",
        "row 9": "expected a date", "row 10": "expected one of consent", "row 11": "Europe/Berlin",
        "row 12": "80 is the limit", "row 13": "'company' is empty", "row 14": "'address' is empty",
    }  # fmt: skip
    assert set(said) == set(expected)
    for row, words in expected.items():
        assert words in said[row][0]
    assert not any(model.objects.exists() for model in (Contact, ContactImport, Record, Source))


def test_good_rows_come_in_alone_when_bad_ones_may_be_left_out(task: Task, admin: Member, write: Write) -> None:
    text = rows("ada@acme.example,Acme,steel", "nobody,Acme,steel")

    result = import_contacts(task, write(text), by=admin, defaults=BASIS, skip_bad=True)

    assert (result.rows_added, result.rows_bad) == (1, 1)
    assert result.batch.rows_bad == 1
    assert result.errors[0].row == 3


def test_a_company_on_two_sides_is_refused_in_each_of_its_rows_and_nobody_is_known_by_one(
    task: Task, admin: Member, write: Write
) -> None:
    names = [f"Firm{number}" for number in range(20)]
    sector, firms = {"sector": "steel"}, "".join(f"{name},{name}.com\n" for name in names)
    import_records(task, write(f"company,domain\n{firms}"), by=admin, defaults=sector)
    split = dict(Record.objects.values_list("title", "split"))
    other = next(name for name in names if split[name] != split["Firm0"])
    torn = f"Firm0,{other}.com"
    text = f"address,company,domain\nann@x.example,{torn}\nbob@x.example,{torn}\n" + (
        f"ANN@x.example,{torn}\nann@x.example,Fine,fine.com\nAnn@x.example,{torn}\ncy@x.example,Fine,fine.com\n"
    )

    told = read_preview(task, write(text), defaults=BASIS | sector)
    result = import_contacts(task, write(text), by=admin, defaults=BASIS | sector, skip_bad=True)

    assert (result.rows_total, result.rows_added, result.rows_known, result.rows_bad) == (6, 2, 1, 3)
    assert [error.row for error in result.errors] == [2, 3, 4]
    assert (told.census.fresh, told.census.known, told.file.rows_bad) == (2, 1, 3)
    assert told.file.errors == result.errors
    people = dict(Contact.objects.values_list("address", "pk"))
    ann, cy = people["ann@x.example"], people["cy@x.example"]
    assert result.outcomes == ((5, "added", ann), (6, "known", ann), (7, "added", cy))


def test_suppressed_addresses_are_counted_and_nothing_of_them_is_kept(task: Task, admin: Member, write: Write) -> None:
    suppress("ada@acme.example", reason=SuppressionReason.UNSUBSCRIBED)

    text = rows("Ada@acme.example,Secret,steel", "bob@bolt.example,Bolt,rail")
    result = import_contacts(task, write(text), by=admin, defaults=BASIS)

    assert (result.rows_added, result.rows_suppressed) == (1, 1)
    assert Contact.objects.get().company == "Bolt"
    assert Record.objects.get().facts["company"] == "Bolt"


def test_contacts_without_facts_come_without_a_record(task: Task, admin: Member, write: Write) -> None:
    import_contacts(task, write("email,first\nada@acme.example,Ada\n"), by=admin, defaults=BASIS)

    assert Contact.objects.get().record is None
    assert not Record.objects.exists() and not Source.objects.exists()


def test_a_task_that_knows_no_company_takes_it_as_the_contacts_own(admin: Member, write: Write) -> None:
    task = make_task(by=admin, spec=plain_spec(), slug="replies")

    import_contacts(task, write("email,company,question\na@b.example,Acme,Why?\n"), by=admin, defaults=BASIS)

    contact = Contact.objects.get()
    assert (contact.company, contact.record.facts) == ("Acme", {"question": "Why?"})


def test_a_record_that_is_known_from_another_import_is_shared(task: Task, admin: Member, write: Write) -> None:
    import_records(task, write("company,sector\nAcme,steel\n"), by=admin)
    import_contacts(task, write(rows("ada@acme.example,Acme,steel")), by=admin, defaults=BASIS)

    assert Contact.objects.get().record == Record.objects.get()
    assert Source.objects.count() == 1


def test_a_name_with_a_line_break_becomes_one_line(task: Task, admin: Member, write: Write) -> None:
    text = 'address,first_name\nada@acme.example,"Ada\nBcc: all@evil.example"\n'

    import_contacts(task, write(text), by=admin, defaults=BASIS)

    assert Contact.objects.get().first_name == "Ada Bcc: all@evil.example"


def test_only_a_lead_imports(task: Task, reviewer: Member, write: Write) -> None:
    join(reviewer, task, Role.REVIEWER)

    with pytest.raises(PermissionDenied):
        import_contacts(task, write(GOOD), by=reviewer)


def test_a_preview_counts_who_would_come_and_writes_nothing(task: Task, admin: Member, write: Write) -> None:
    suppress("sue@acme.example", reason=SuppressionReason.COMPLAINED)
    import_contacts(task, write(rows("old@acme.example,Acme,steel")), by=admin, defaults=BASIS)
    text = rows(
        "old@acme.example,Acme,steel", "sue@acme.example,Acme,steel", "info@bolt.example,Bolt,rail",
        "x@gmail.com,Cog,food", "x@gmail.com,Cog,food", "bad,Cog,food",
    )  # fmt: skip

    found = read_preview(task, write(text), defaults=BASIS)
    unmapped = read_preview(task, write(text))

    census = found.census
    assert (census.fresh, census.known, census.suppressed, census.roles, census.clusters) == (2, 2, 1, 1, 2)
    assert (found.file.rows_total, found.file.rows_bad, found.file.errors[0].row) == (6, 1, 7)
    assert set(unmapped.file.problems) == {"lawful_basis", "basis_source", "basis_date"}
    assert Contact.objects.count() == 1
