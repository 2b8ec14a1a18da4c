"""Pages and API of web research: ordered, watched, and what was stored of a record."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from generation.models import Research, ResearchedSite, WebPage
from generation.research import launch, records
from generation.research.pages import site_lines
from members.models import Member
from review.erasure import erase
from review.models import Record, Task
from review.spec.starters import research_summary
from tests.generation.research.test_research import told
from tests.review import factories

pytestmark = pytest.mark.django_db
TEXT = "Six lines are run all year."


@pytest.fixture
def summary(admin: Member) -> Task:
    return factories.make_task(by=admin, spec=research_summary.SPEC, slug="summary")


@pytest.fixture
def research(summary: Task, admin: Member) -> Research:
    made = launch.launch(summary, by=admin, sites=[("Harrow Bay", "harrow.example")])
    told(
        made,
        {"site": 1, "number": 1, "url": "https://harrow.example/", "text": TEXT, "title": "Start <b>", "bytes": 1200},
        {"site": 1, "number": 2, "url": "https://harrow.example/x.pdf", "code": "type", "why": "It is a PDF."},
        {"site": 1, "why": ""},
    )
    records.make_records(made)
    return made


def read(client: Client, name: str, *args: Any) -> str:
    answer = client.get(reverse(f"generation:{name}", args=args))
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_order_is_placed_from_the_form_and_leads_to_its_page(client: Client, admin: Member, summary: Task) -> None:
    client.force_login(admin)
    sent = {"source": "", "sites": "Harrow Bay, harrow.example\nhttps://two.example/de", "pages_per_site": "2",
            "chars_per_page": "900", "name": "Ferries", "fill.question": "What changes?"}  # fmt: skip

    answer = client.post(reverse("generation:research-list", args=["summary"]), sent)

    made = Research.objects.get()
    assert answer.headers["Location"] == reverse("generation:research", args=[made.pk])
    assert (made.pages_per_site, made.chars_per_page, made.name) == (2, 900, "Ferries")
    assert list(made.sites.values_list("title", "url", "facts__question")) == [
        ("Harrow Bay", "https://harrow.example/", "What changes?"),
        ("two.example", "https://two.example/de", "What changes?"),
    ]
    assert "Ferries" in read(client, "research-list", "summary")


def test_a_form_without_sites_says_so_beside_the_field(client: Client, admin: Member, summary: Task) -> None:
    client.force_login(admin)

    answer = client.post(
        reverse("generation:research-list", args=["summary"]), {"pages_per_site": "2", "chars_per_page": "900"}
    )

    assert answer.status_code == 422
    assert "No site is given." in answer.content.decode()


def test_a_task_without_a_place_for_pages_names_the_next_act(client: Client, admin: Member) -> None:
    factories.make_task(by=admin)
    client.force_login(admin)

    assert "The task has no facts for pages" in read(client, "research-list", "outreach")


def test_the_pages_of_a_record_show_hash_date_text_and_what_was_refused(
    client: Client, admin: Member, research: Research
) -> None:
    client.force_login(admin)
    record = Record.objects.get()

    stored, order = read(client, "record-pages", record.pk), read(client, "research", research.pk)

    for words in ("a" * 64, "3 May 2026", TEXT, "It is a PDF.", "Start &lt;b&gt;"):
        assert words in stored
    assert "It is a PDF." in order
    assert reverse("generation:record-pages", args=[record.pk]) in order


def test_a_records_pages_are_erased_with_it(client: Client, admin: Member, research: Research) -> None:
    client.force_login(admin)
    record = Record.objects.get()

    erase.erase_records([record.pk])

    assert TEXT not in read(client, "record-pages", record.pk)
    assert "Harrow Bay" not in read(client, "research", research.pk)
    assert not WebPage.objects.exists()


def test_the_api_orders_tells_and_lists_pages(admin: Member, summary: Task, research: Research) -> None:
    api = APIClient()
    api.force_authenticate(admin)
    body = {
        "sites": [{"name": "A", "url": "a.example"}],
        "facts": {"question": "Why?"},
        "pages_per_site": 1,
        "source": None,
    }

    made = api.post("/api/v1/tasks/summary/research/", body, format="json")
    one = api.get(f"/api/v1/research/{research.pk}/").json()
    pages = api.get(f"/api/v1/records/{Record.objects.get().pk}/pages/").json()["results"]

    assert made.status_code == 202
    assert made.json()["job"] == str(Research.objects.get(pk=made.json()["id"]).job_id)
    assert (one["rows_added"], one["task"]) == (1, "summary")
    assert [(page["refused_code"], page["sha256"][:2]) for page in pages] == [("", "aa"), ("type", "aa")]
    assert len(api.get("/api/v1/tasks/summary/research/").json()["results"]) == 2


def test_the_order_page_asks_the_database_no_more_for_more_sites(
    client: Client, admin: Member, research: Research, django_assert_max_num_queries: Any
) -> None:
    client.force_login(admin)
    sites = [ResearchedSite(research=research, number=n, title=f"S{n}") for n in range(2, 40)]
    ResearchedSite.objects.bulk_create(sites)
    WebPage.objects.bulk_create(
        [WebPage(site=site, number=1, way="start", url="https://x/", fetched_at=research.created_at) for site in sites]
    )

    with django_assert_max_num_queries(20):
        read(client, "research", research.pk)


def test_lines_are_a_name_and_an_address_in_any_of_three_ways() -> None:
    text = "Harrow Bay, Ltd, https://harrow.example\n\nplain.example\nOnly a Name\nActon, Inc.\n , b.example"

    assert site_lines(text) == [
        ("Harrow Bay, Ltd", "https://harrow.example"), ("", "plain.example"), ("Only a Name", ""), ("Acton, Inc.", ""),
        ("", "b.example"),
    ]  # fmt: skip
