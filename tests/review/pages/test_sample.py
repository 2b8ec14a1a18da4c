"""The sample file on the import page."""

from __future__ import annotations

import csv

import pytest

from members.models import Member
from review.models import Record, Source, Task
from review.sources.samples import COMPANIES
from tests.review import factories

pytestmark = pytest.mark.django_db
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
