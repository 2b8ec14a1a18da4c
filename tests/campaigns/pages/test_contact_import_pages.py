"""Pages that import contacts: the file, its columns and basis, what is refused, and how it is read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from campaigns.contacts.imports.preview import read_preview
from campaigns.contacts.imports.sample_file import sample_csv
from campaigns.models import Contact
from campaigns.states import SuppressionReason
from campaigns.suppression.suppress import suppress
from members.models import Member
from review.spec.schema import InputField, Label
from review.spec.value_types import TYPES
from tests.campaigns.factories import BASIS
from tests.review.factories import make_task, plain_spec

pytestmark = pytest.mark.django_db
HOME = "/tasks/outreach"
ADA = "ada@acme.example"


def send(client: Client, text: str, name: str = "fair.csv") -> Any:
    return client.post(f"{HOME}/contacts/import/", {"file": SimpleUploadedFile(name, text.encode())})


def send_bytes(client: Client, content: bytes, **form: str) -> str:
    file = SimpleUploadedFile("contacts.csv", content, content_type="text/csv")
    return client.post(f"{HOME}/contacts/import/", {"file": file, **form})["Location"]


def chosen(page: str) -> dict[str, str]:
    """What the selects of the columns page are set to."""
    found = {}
    for name, options in re.findall(r'<select name="(map\.\d+)".*?>(.*?)</select>', page, re.S):
        selected = re.search(r'<option value="([^"]*)" selected', options)
        found[name] = selected[1] if selected else ""
    return found


def test_an_empty_list_teaches_and_the_sample_it_offers_imports_without_a_mistake(client: Client) -> None:
    empty = client.get(f"{HOME}/contacts/").content.decode()
    sample = client.get(f"{HOME}/contacts/sample.csv")

    place = send(client, sample.content.decode())["Location"]
    page = client.get(place).content.decode()
    answer = client.post(place, {**chosen(page), "do": "import"}, follow=True)

    assert "No contacts yet" in empty
    assert "attachment" in sample["Content-Disposition"]
    assert "3 contacts added." in answer.content.decode()
    assert Contact.objects.filter(record__isnull=False).count() == 3


@pytest.mark.parametrize("required", [True, False])
def test_the_sample_of_a_task_with_facts_of_all_types_reads_without_a_mistake(
    admin: Member, required: bool, tmp_path: Path
) -> None:
    labels = tuple(Label(name=name) for name in ("low; or none", "+"))
    plain = [
        InputField(name=f"a_{kind}", type=kind, required=required, labels=labels if TYPES[kind].has_labels else ())
        for kind in TYPES
    ]
    quotes = [
        InputField(name=f"from_{field.name}", type="quote", source=field.name, required=required)
        for field in plain
        if field.type not in ("boolean", "quote")
    ]
    numbers = [
        InputField(name="part", type="number", minimum=-0.5, maximum=0.5, required=required),
        InputField(name="size", type="integer", minimum=2000.5, required=required),
        InputField(name="company", type="choice", labels=labels, required=required),
        InputField(name="language", type="integer", maximum=-1, required=required),
    ]
    title = InputField(name="name", role="title", required=True)
    spec = plain_spec().model_copy(update={"input_schema": (title, *plain, *quotes, *numbers)})
    task = make_task(by=admin, spec=spec, slug="all-types")
    (tmp_path / "sample.csv").write_text(sample_csv(task))

    preview = read_preview(task, tmp_path / "sample.csv")

    assert (preview.file.problems, preview.file.errors) == ({}, ())
    assert (preview.census.fresh, preview.census.with_facts, preview.file.unknown_columns) == (3, 3, ())


def test_a_file_goes_through_preview_with_one_basis_for_all_rows(client: Client) -> None:
    suppress("sue@acme.example", reason=SuppressionReason.UNSUBSCRIBED)
    rows = f"{ADA},Ada,Acme,steel\ninfo@bolt.example,,Bolt,rail\nsue@acme.example,,Acme,steel\n"
    place = send(client, f"E-Mail,First name,Company,Industry\n{rows}")["Location"]

    first = client.get(place).content.decode()
    columns = chosen(first)
    checked = client.post(place, {**columns, **BASIS, "do": "check"}).content.decode()
    answer = client.post(place, {**columns, **BASIS, "do": "import"}, follow=True).content.decode()

    assert columns == {"map.0": "address", "map.1": "first_name", "map.2": "company", "map.3": "sector"}
    assert "No column fills the field &#x27;lawful_basis&#x27;" in first
    # What is missing may be in the form already: only the file read again tells how many would come in.
    assert 'value="import"' not in first
    assert "Import 2 contacts" in checked
    assert "1 on the suppression list" in checked and "1 with a role address" in checked
    assert "2 contacts added, 1 left out because suppressed." in answer
    assert Contact.objects.get(address=ADA).basis_source == "trade fair in Lund"


def test_bad_rows_are_shown_before_anything_is_stored_and_can_be_left_out(client: Client) -> None:
    place = send(client, f"address,company,sector\n{ADA},Acme,steel\nnobody,Acme,steel\n")["Location"]
    columns = chosen(client.get(place).content.decode())

    refused = client.post(place, {**columns, **BASIS, "do": "import"})
    taken = client.post(place, {**columns, **BASIS, "do": "import", "left_out": "1"}, follow=True)

    assert refused.status_code == 422
    assert "not a mail address" in refused.content.decode()
    assert "1 contact added, 1 bad row left out." in taken.content.decode()


def test_a_file_that_cannot_be_read_or_is_gone_is_said(client: Client) -> None:
    empty = send(client, "")
    gone = client.get(f"{HOME}/contacts/import/{'0' * 64}/", follow=True)

    assert empty.status_code == 422
    assert "no longer here" in gone.content.decode()


def test_encoding_and_delimiter_can_be_chosen_as_in_an_import_of_records(client: Client) -> None:
    content = "address;company;sector\nada@acme.example;Müller, Söhne, Co;steel\n".encode("cp1252")
    place = send_bytes(client, content, encoding="cp1251")

    wrong = client.get(place).content.decode()
    form = {**BASIS, "do": "check", "encoding": "cp1252", "delimiter": "semicolon"}
    right = client.post(place, {**form, "read_as": "cp1251||;"}).content.decode()
    answer = client.post(place, {**form, **chosen(right), "do": "import"}, follow=True).content.decode()

    assert 'name="encoding"' in wrong and 'name="delimiter"' in wrong and "Müller" not in wrong
    assert "Müller, Söhne, Co" in right and "Cells are separated by a semicolon" in right
    assert "1 contact added." in answer
    assert Contact.objects.get(address="ada@acme.example").company == "Müller, Söhne, Co"


def test_a_delimiter_that_its_rows_hide_is_chosen(client: Client) -> None:
    rows = "address;company, full;sector, if any, or none\nada@acme.example;Acme, Bolt, Cog;steel, rail\n"
    place = send(client, rows)["Location"]

    found = client.get(place).content.decode()
    right = client.post(
        place, {**BASIS, "do": "check", "delimiter": "semicolon", "read_as": "utf-8||,"}
    ).content.decode()

    assert "Cells are separated by a comma" in found
    assert "Cells are separated by a semicolon" in right and "company, full" in right


def test_dates_that_can_be_read_in_two_ways_ask_which_comes_first(client: Client) -> None:
    row = "ada@acme.example,Acme,steel,consent,fair,03/04/2025"
    place = send(client, f"address,company,sector,lawful_basis,basis_source,basis_date\n{row}\n")["Location"]
    page = client.get(place).content.decode()

    client.post(place, {**chosen(page), "do": "import", "dates": "dmy"})

    assert "can be read in two ways" in page
    assert Contact.objects.get(address=ADA).basis_date.isoformat() == "2025-04-03"
