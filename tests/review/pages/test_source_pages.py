"""The import wizard, its sample file, and the pages of sources."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from members.models import Member
from review.models import Draft, Record, Source, Task
from review.sources.imports import import_records, uploads
from review.sources.samples import COMPANIES
from review.states import SourceKind
from tests.review import factories
from tests.review.factories import mail
from web.errors import Refusal

pytestmark = pytest.mark.django_db
SignIn = Callable[[Member], Client]
GOOD = "Company Name,Industry,Shoe\nAcme,steel,red\nBolt,rail,blue\n"


def send(client: Client, text: str | bytes, *, kind: str = "records", name: str = "prospects.csv") -> object:
    content = text.encode() if isinstance(text, str) else text
    return client.post("/tasks/outreach/sources/import/", {"file": SimpleUploadedFile(name, content), "kind": kind})


def test_a_file_goes_through_preview_to_import_and_the_upload_is_gone(
    task: Task, admin: Member, as_member: SignIn
) -> None:
    client = as_member(admin)

    place = send(client, GOOD)["Location"]
    page = client.get(place).content.decode()
    data = {
        "map.0": "company",
        "map.1": "sector",
        "map.2": "",
        "do": "import",
        "name": "My list",
        "provenance": "by hand",
    }
    answer = client.post(place, data, follow=True)

    assert "Not imported: Shoe." in page
    assert "Import 2 records" in page
    assert "2 records added." in answer.content.decode()
    assert "Acme" in answer.content.decode()
    assert (Source.objects.get().name, Source.objects.get().provenance) == ("My list", "by hand")
    with pytest.raises(Refusal):
        uploads.path_of(place.split("/")[-2])


def test_one_row_is_counted_in_the_singular(task: Task, admin: Member, as_member: SignIn) -> None:
    client = as_member(admin)
    place = send(client, "Company Name,Industry\nAcme,steel\n")["Location"]
    columns = client.get(place).content.decode()
    imported = client.post(
        place, {"map.0": "company", "map.1": "sector", "do": "import", "name": "One"}, follow=True
    ).content.decode()
    sources = client.get("/tasks/outreach/sources/").content.decode()

    for page in (columns, imported, sources):
        counted = re.findall(r"\b1\s+(records?|rows?|groups?)\b", re.sub(r"<[^>]+>", " ", page))
        assert counted and not [word for word in counted if word.endswith("s")]


def test_bad_rows_are_listed_before_anything_is_stored_and_can_be_left_out(
    task: Task, admin: Member, as_member: SignIn
) -> None:
    client = as_member(admin)
    place = send(client, GOOD + "Cog\n")["Location"]
    data = {"map.0": "company", "map.1": "sector", "do": "import"}

    page = client.get(place).content.decode()
    refused = client.post(place, data)
    taken = client.post(place, data | {"left_out": "1"}, follow=True)

    assert "1 cells where the header has 3" in page
    assert "Import 2 records, leave 1 out" in page
    assert refused.status_code == 422
    assert "1 of 3 rows is bad" in refused.content.decode()
    assert "2 records added, 1 bad row left out." in taken.content.decode()


def test_what_the_button_said_is_done_or_nothing(task: Task, admin: Member, as_member: SignIn) -> None:
    client = as_member(admin)
    place = send(client, GOOD + "Cog\n")["Location"]

    # The sector was taken from another column since: with it every row is good but the short one.
    more = client.post(place, {"map.0": "company", "map.1": "sector", "do": "import", "left_out": "0"})
    fewer = client.post(place, {"map.0": "company", "map.1": "sector", "do": "import", "left_out": "2"})

    assert "Import 2 records, leave 1 out" in more.content.decode()
    assert "skip_bad" not in more.content.decode()
    assert fewer.status_code == 409
    assert "1 rows would be left out now, not 2" in fewer.content.decode()
    assert not Record.objects.exists()


def test_another_encoding_is_chosen_on_the_page(task: Task, admin: Member, as_member: SignIn) -> None:
    client = as_member(admin)
    place = send(client, "company;sector\nGyőr;x\n".encode("cp1250"))["Location"]

    first = client.get(place).content.decode()
    data = {"map.0": "company", "map.1": "sector", "encoding": "cp1250"}
    again = client.post(place, data | {"do": "check"}).content.decode()
    client.post(place, data | {"do": "import"})

    assert "Windows-1252 (Western Europe), guessed from its letters." in first
    assert "Gyõr" in first and "Győr" in again
    assert Record.objects.get().title == "Győr"


def test_an_encoding_that_does_not_fit_is_refused_on_the_page_that_shows_it(
    task: Task, admin: Member, as_member: SignIn
) -> None:
    client = as_member(admin)
    place = send(client, "company;sector\nKäse;x\n")["Location"]

    answer = client.post(place, {"map.0": "company", "map.1": "sector", "encoding": "utf-32", "do": "import"})

    assert answer.status_code == 422
    assert "cannot be read as UTF-32" in answer.content.decode()
    assert "Käse" in answer.content.decode()
    assert not Record.objects.exists()


def test_shares_are_set_on_the_page_and_few_test_records_are_warned_of(
    task: Task, admin: Member, as_member: SignIn
) -> None:
    client = as_member(admin)
    place = send(client, GOOD)["Location"]
    data = {"map.0": "company", "map.1": "sector"}

    first = client.get(place).content.decode()
    wrong = client.post(place, data | {"train": "80", "validation": "30", "do": "import"}).content.decode()
    planned = client.post(place, data | {"train": "0", "validation": "0", "do": "check"}).content.decode()
    client.post(place, data | {"train": "0", "validation": "0", "do": "import"})

    assert 'name="train" value="80"' in first
    assert "Train and validation come to 110 %" in wrong
    assert "With 2 test records the result is very uncertain" in planned
    assert set(Record.objects.values_list("split", flat=True)) == {"test"}


def test_a_required_fact_without_a_column_can_be_given_for_all_rows(
    task: Task, admin: Member, as_member: SignIn
) -> None:
    client = as_member(admin)
    place = send(client, "Firm Name,Branch\nAcme,x\n")["Location"]

    checked = client.post(place, {"map.0": "company", "do": "check"})
    client.post(place, {"map.0": "company", "fill.sector": "ships", "do": "import"})

    assert "No column fills the field &#x27;sector&#x27;, which is required." in checked.content.decode()
    assert Record.objects.get().facts == {"company": "Acme", "sector": "ships"}


def test_a_file_that_cannot_be_read_is_refused_on_the_first_step(
    task: Task, admin: Member, as_member: SignIn, tmp_path: Path
) -> None:
    answer = send(as_member(admin), "company,sector\nKäse,x\n".encode() + "Café,x\n".encode("cp1252"))

    assert answer.status_code == 422
    assert "Line 3 is not UTF-8" in answer.content.decode()
    assert list((tmp_path / "uploads").iterdir()) == []


def test_a_page_without_a_file_says_that_one_is_needed(task: Task, admin: Member, as_member: SignIn) -> None:
    answer = as_member(admin).post("/tasks/outreach/sources/import/", {"kind": "records"})

    assert answer.status_code == 400
    assert "This field is required." in answer.content.decode()


def test_an_upload_that_is_gone_leads_back_to_the_start(task: Task, admin: Member, as_member: SignIn) -> None:
    answer = as_member(admin).get(f"/tasks/outreach/sources/import/{'0' * 64}/", follow=True)

    assert "The uploaded file is no longer here" in answer.content.decode()


def test_finished_drafts_come_in_by_the_same_steps(
    task: Task, admin: Member, as_member: SignIn, tmp_path: Path
) -> None:
    path = tmp_path / "r.csv"
    path.write_text("company,sector\nAcme,steel\n")
    import_records(task, path, by=admin)
    client = as_member(admin)
    body = mail(Record.objects.get())["body"].replace("\n", " ").replace('"', "'")

    place = send(client, f'company,subject,body\nAcme,Steel,"{body}"\n', kind="drafts", name="d.csv")["Location"]
    data = {"map.0": "company", "map.1": "subject", "map.2": "body", "do": "import"}
    answer = client.post(place, data, follow=True)

    assert "1 draft added." in answer.content.decode()
    assert Draft.objects.get().record.title == "Acme"


@pytest.mark.slow
def test_records_are_found_by_words_and_split_a_page_at_a_time(
    task: Task, admin: Member, as_member: SignIn, tmp_path: Path
) -> None:
    path = tmp_path / "r.csv"
    path.write_text("company,sector\n" + "".join(f"Firm {n:03},steel\n" for n in range(120)) + "Käserei Öl,food\n")
    source = import_records(task, path, by=admin).source
    client, place = as_member(admin), f"/sources/{source.pk}/"

    first = client.get(place).content.decode()
    second = client.get(f"{place}?after=51").content.decode()
    back = client.get(f"{place}?before=52").content.decode()
    found = client.get(place, {"q": "käserei"}).content.decode()
    by_fact = client.get(place, {"q": "food öl"}).content.decode()
    split = client.get(place, {"split": "test"}).content.decode()

    assert "Firm 049" in first and "Firm 050" not in first and "after=51" in first
    assert "Firm 050" in second and "before=52" in second
    assert "Firm 049" in back and "Firm 050" not in back
    assert "Käserei Öl" in found and "Firm" not in found.split("<tbody>")[1]
    assert "Käserei Öl" in by_fact
    assert split.count('id="row-') == Record.objects.filter(split="test")[:50].count()


def test_a_task_without_records_says_what_a_source_is(task: Task, admin: Member, as_member: SignIn) -> None:
    page = as_member(admin).get("/tasks/outreach/sources/").content.decode()

    assert "No records yet" in page
    assert "Import a file" in page


def test_only_records_are_to_be_drafted_next(task: Task, admin: Member, as_member: SignIn) -> None:
    factories.make_source(task)
    records = as_member(admin).get("/tasks/outreach/sources/").content.decode()
    Source.objects.update(kind=SourceKind.DRAFTS)
    drafts = as_member(admin).get("/tasks/outreach/sources/").content.decode()

    assert "have a teacher write drafts" in records
    assert "have a teacher write drafts" not in drafts


def test_a_written_field_without_a_column_is_named(task: Task, admin: Member, as_member: SignIn) -> None:
    client = as_member(admin)
    text = "company,sector,role,trigger,subject\nAcme,steel,Buyer,moved,Hello\n"

    page = client.get(send(client, text, kind="drafts")["Location"]).content.decode()

    assert "No column fills the written field &#x27;body&#x27;, which is required." in page


PAGE = "/tasks/outreach/sources/sample/"


def test_the_import_page_offers_the_sample(task: Task, admin: Member, as_member) -> None:
    page = as_member(admin).get("/tasks/outreach/sources/import/").content.decode()

    assert "Try a sample: 503 companies, public domain" in page
    assert f'href="{PAGE}"' in page
    assert f'action="{PAGE}"' in page


def test_the_sample_is_downloaded_as_it_ships(task: Task, admin: Member, as_member) -> None:
    answer = as_member(admin).get(PAGE)

    rows = list(csv.DictReader(b"".join(answer.streaming_content).decode().splitlines()))
    assert answer["Content-Disposition"] == 'attachment; filename="sp500.csv"'
    assert len(rows) == COMPANIES.rows
    assert rows[0]["Security"] == "3M"


def test_one_click_imports_every_company_with_its_source_and_licence(task: Task, admin: Member, as_member) -> None:
    answer = as_member(admin).post(PAGE, follow=True)

    source = Source.objects.get()
    assert "503 records added." in answer.content.decode()
    assert "public domain" in source.provenance
    assert Record.objects.get(title="3M").facts == {
        "company": "3M", "sector": "Industrials", "product": "Industrial Conglomerates",
        "city": "Saint Paul, Minnesota", "founded": "1902",
    }  # fmt: skip


def test_a_task_of_other_facts_matches_the_columns_by_hand(admin: Member, as_member) -> None:
    factories.make_task(by=admin, spec=factories.plain_spec(), slug="support")

    answer = as_member(admin).post("/tasks/support/sources/sample/", follow=True)

    assert "Match the columns of sp500.csv" in answer.content.decode()
    assert "Choose a column for each fact." in answer.content.decode()
    assert not Record.objects.exists()
