"""Rows of people who told another program that they want no mail: they stay out, and the importer is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns.contacts.imports.columns import columns_of, guess_contact_mapping
from campaigns.contacts.imports.import_file import import_contacts
from campaigns.models import Contact
from members.models import Member
from review.spec.starters import outreach
from tests.campaigns.factories import BASIS
from tests.review.factories import make_task
from web.errors import Refusal

COLUMNS = (
    "Email Opt Out", "HasOptedOutOfEmail", "Unsubscribed from all email", "UNSUB_TIME", "DoNotEmail",
    "Marketing status", "Email Marketing Consent", "BLACKLISTED", "Abgemeldet", "Désabonné", "Do not allow Emails",
)  # fmt: skip


@pytest.mark.parametrize("column", COLUMNS)
def test_the_column_is_known_as_programs_call_it(column: str) -> None:
    assert guess_contact_mapping(["Email", column], columns_of(outreach.SPEC))[column] == "opted_out"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("cell", "is_out"),
    [
        *((cell, True) for cell in ("TRUE", "1", "ja", "2026-01-01 10:00:00", "UNSUBSCRIBED", "Do Not Allow", "spam")),
        *((cell, False) for cell in ("", "FALSE", "0", "nein", "SUBSCRIBED", "NEVER_SUBSCRIBED", "Allow", "-")),
    ],
)
def test_who_opted_out_elsewhere_stays_out(admin: Member, tmp_path: Path, cell: str, is_out: bool) -> None:
    path = tmp_path / "export.csv"
    path.write_text(f"Email,First Name,Email Opt Out\nada@acme.example,Ada,{cell}\nbo@bolt.example,Bo,0\n")
    task = make_task(by=admin)

    if is_out:
        with pytest.raises(Refusal) as refused:
            import_contacts(task, path, by=admin, defaults=BASIS)
        assert refused.value.code == "rows_bad" and not Contact.objects.exists()
    result = import_contacts(task, path, by=admin, defaults=BASIS, skip_bad=True)

    assert (result.rows_added, result.rows_bad) == ((1, 1) if is_out else (2, 0))
    assert [error.reason for error in result.errors] == [f"the person opted out: 'opted_out' is '{cell}'"] * is_out
