"""Rows of people who told another program that they want no mail: they stay out, and the importer is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns.contacts.imports.columns import columns_of, guess_contact_mapping
from campaigns.contacts.imports.import_file import import_contacts
from campaigns.contacts.imports.preview import read_preview
from campaigns.models import Contact, Suppression
from campaigns.states import SuppressionReason
from campaigns.suppression.email_addresses import hmac_of
from members.models import Member
from review.sources.imports.tables import Row
from review.spec.starters import outreach
from tests.campaigns.factories import BASIS
from tests.review.factories import make_task
from web.errors import Refusal

MARKS = (
    "Email Opt Out", "HasOptedOutOfEmail", "Unsubscribed from all email", "UNSUB_TIME", "DoNotEmail", "BLACKLISTED",
    "Abgemeldet", "Désabonné", "Do not allow Emails",
)  # fmt: skip
CONSENTS = ("Marketing status", "Email Marketing Consent", "Subscription status")
# A yes or a moment is out in a column of marks, and in in one of consent; other words are the same in both.
MARKED = {
    True: ("TRUE", "1", "ja", "2026-01-01 10:00:00", "UNSUBSCRIBED", "Do Not Allow", "spam", "confirmed"),
    False: ("", "FALSE", "0", "nein", "SUBSCRIBED", "NEVER_SUBSCRIBED", "Allow", "-", "Opt-in", "0000-00-00 00:00:00"),
}
CONSENTED = {
    True: ("FALSE", "0", "nein", "UNSUBSCRIBED", "cleaned", "unconfirmed", "Do Not Allow"),
    False: (
        "",
        "TRUE",
        "1",
        "ja",
        "2026-01-01 10:00:00",
        "3.4.2026",
        "2026-01-01T10:00Z",
        "confirmed",
        "Opt-in",
        "SUBSCRIBED",
        "active",
    ),
}


@pytest.mark.parametrize(
    ("column", "target"), [*((name, "opted_out") for name in MARKS), *((name, "opted_in") for name in CONSENTS)]
)
def test_the_column_is_known_as_programs_call_it(column: str, target: str) -> None:
    assert guess_contact_mapping(["Email", column], columns_of(outreach.SPEC))[column] == target


@pytest.mark.parametrize(
    ("states", "target"),
    [(("active", "trialing"), ""), (("active", "canceled"), ""), (("subscribed", "canceled"), "opted_in")],
)
def test_a_subscription_that_is_paid_for_is_none_to_mails(states: tuple[str, ...], target: str) -> None:
    rows = [Row(n, {"Email": "ada@acme.example", "Subscription status": state}) for n, state in enumerate(states)]

    mapping = guess_contact_mapping(["Email", "Subscription status"], columns_of(outreach.SPEC), rows)

    assert mapping.get("Subscription status", "") == target


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("column", "cell", "is_out"),
    [
        *(("Email Opt Out", cell, is_out) for is_out, cells in MARKED.items() for cell in cells),
        *(("Email Marketing Consent", cell, is_out) for is_out, cells in CONSENTED.items() for cell in cells),
    ],
)
def test_who_opted_out_elsewhere_stays_out(admin: Member, tmp_path: Path, column: str, cell: str, is_out: bool) -> None:
    path = tmp_path / "export.csv"
    path.write_text(f"Email,First Name,{column}\nada@acme.example,Ada,{cell}\nbo@bolt.example,Bo,\n")
    task = make_task(by=admin)

    if is_out:
        with pytest.raises(Refusal) as refused:
            import_contacts(task, path, by=admin, defaults=BASIS)
        assert refused.value.code == "rows_bad" and not Contact.objects.exists()
    result = import_contacts(task, path, by=admin, defaults=BASIS, skip_bad=True)

    field = "opted_in" if "Consent" in column else "opted_out"
    assert (result.rows_added, result.rows_bad) == ((1, 1) if is_out else (2, 0))
    assert [error.reason for error in result.errors] == [f"the person opted out: '{field}' is '{cell}'"] * is_out


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Email Opt Out,Unsubscribed from all email", "no,yes"),
        ("Email Opt Out,Unsubscribed from all email", "yes,no"),
        ("Email Opt Out,Marketing status,Email Marketing Consent", ",yes,no"),
    ],
)
def test_who_opted_out_by_one_of_several_columns_stays_out(
    admin: Member, tmp_path: Path, header: str, cells: str
) -> None:
    path = tmp_path / "export.csv"
    path.write_text(
        f"Email,First Name,{header}\nada@acme.example,Ada,{cells}\nbo@bolt.example,Bo,{',' * cells.count(',')}\n"
    )

    result = import_contacts(make_task(by=admin), path, by=admin, defaults=BASIS, skip_bad=True)

    assert (result.rows_added, result.rows_bad, result.unknown_columns) == (1, 1, ())


@pytest.mark.django_db
def test_a_contact_who_opted_out_since_is_suppressed(admin: Member, tmp_path: Path) -> None:
    task, path = make_task(by=admin), tmp_path / "export.csv"
    path.write_text("Email,First Name\nada@acme.example,Ada\nbo@bolt.example,Bo\n")
    import_contacts(task, path, by=admin, defaults=BASIS)
    path.write_text("Email,First Name,Email Opt Out\nAda@acme.example,Ida,yes\nbo@bolt.example,Bo,no\n")

    census = read_preview(task, path, defaults=BASIS).census
    result = import_contacts(task, path, by=admin, defaults=BASIS)
    again = import_contacts(task, path, by=admin, defaults=BASIS)

    assert (census.suppressed, census.changed, census.known) == (1, 0, 1)
    for each in (result, again):
        assert (each.rows_suppressed, each.rows_changed, each.rows_known, each.rows_bad) == (1, 0, 1, 0)
    entry = Suppression.objects.get()
    assert (entry.address_hmac, entry.reason) == (hmac_of("ada@acme.example"), SuppressionReason.UNSUBSCRIBED)


@pytest.mark.django_db
def test_a_file_that_is_refused_suppresses_nobody(admin: Member, tmp_path: Path) -> None:
    task, path = make_task(by=admin), tmp_path / "export.csv"
    path.write_text("Email\nada@acme.example\n")
    import_contacts(task, path, by=admin, defaults=BASIS)
    path.write_text("Email,Email Opt Out\nada@acme.example,yes\nbo@bolt.example,yes\n")

    with pytest.raises(Refusal, match="1 of 2 rows is bad, first row 3: the person opted out"):
        import_contacts(task, path, by=admin, defaults=BASIS)

    assert not Suppression.objects.exists()


@pytest.mark.django_db
def test_who_opted_out_in_a_later_row_of_the_file_is_no_contact(admin: Member, tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text("Email,Email Opt Out\nada@acme.example,no\nbo@bolt.example,no\nada@acme.example,yes\n")

    result = import_contacts(make_task(by=admin), path, by=admin, defaults=BASIS)

    assert (result.rows_added, result.rows_suppressed) == (1, 2)
    assert Contact.objects.get().address == "bo@bolt.example"


@pytest.mark.django_db
def test_a_later_row_takes_no_opt_out_back(admin: Member, tmp_path: Path) -> None:
    task, path = make_task(by=admin), tmp_path / "export.csv"
    path.write_text("Email,Email Opt Out\nada@acme.example,yes\nbo@bolt.example,no\nada@acme.example,no\n")

    preview = read_preview(task, path, defaults=BASIS)
    result = import_contacts(task, path, by=admin, defaults=BASIS, skip_bad=True)

    assert (preview.census.fresh, preview.file.rows_bad) == (1, 2) == (result.rows_added, result.rows_bad)


@pytest.mark.django_db
def test_who_is_a_contact_of_another_task_alone_is_suppressed_too(admin: Member, tmp_path: Path) -> None:
    path, task = tmp_path / "export.csv", make_task(by=admin, slug="second")
    path.write_text("Email,First Name\nada@acme.example,Ada\n")
    import_contacts(make_task(by=admin), path, by=admin, defaults=BASIS)
    path.write_text("Email,Email Opt Out\nada@acme.example,yes\nbo@bolt.example,no\nada@acme.example,no\n")

    preview = read_preview(task, path, defaults=BASIS)
    result = import_contacts(task, path, by=admin, defaults=BASIS)

    assert (preview.census.suppressed, preview.census.fresh, preview.file.rows_bad) == (2, 1, 0)
    assert (result.rows_suppressed, result.rows_added, result.rows_bad) == (2, 1, 0)
    assert Suppression.objects.get().address_hmac == hmac_of("ada@acme.example")
    assert not Contact.objects.filter(task=task, address="ada@acme.example").exists()
