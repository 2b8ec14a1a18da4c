"""Research from the order to the records, through a real supervisor and a real engine process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied

from generation.models import Research, ResearchedSite, WebPage
from generation.research import launch, records
from generation.research.launch import ResearchRequest
from generation.research.starting_points import site_url
from jobs.contracts import EngineEvent
from jobs.supervisor import run_job
from members.models import Member
from review.models import Record, Task
from review.spec.schema import InputField
from review.spec.starters import outreach, research_summary
from tests.generation.research.site_server import PROSE, SiteServer
from tests.review import factories
from web.errors import Refusal

QUESTION = {"question": "What changes?"}


@pytest.fixture
def summary(admin: Member) -> Task:
    return factories.make_task(by=admin, spec=research_summary.SPEC, slug="summary")


@pytest.fixture
def open_here(settings: Any) -> None:
    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    settings.RESEARCH_DELAY_S = 0
    settings.RESEARCH_CONTACT = "robots@our.example"


def ordered(task: Task, by: Member, *sites: tuple[str, str], **more: Any) -> Research:
    return launch.launch(task, by=by, sites=sites, request=ResearchRequest(facts=QUESTION, **more))


def told(research: Research, *payloads: dict[str, Any]) -> None:
    assert research.job is not None
    page = {"way": "start", "fetched_at": "2026-05-03T10:00:00+00:00", "status": 200, "sha256": "a" * 64, "led_to": []}
    events = [
        EngineEvent(seq=n, ts=1.0, kind="site" if "why" in one and "url" not in one else "page",
              payload=one if "url" not in one else {**page, **one})
        for n, one in enumerate(payloads, 1)
    ]  # fmt: skip
    records.consume(research.job, events)


@pytest.mark.slow
@pytest.mark.engine
@pytest.mark.django_db(transaction=True)
def test_sites_become_records_whose_texts_can_be_quoted(
    summary: Task, admin: Member, site: SiteServer, open_here: None
) -> None:
    site.company()
    research = ordered(summary, admin, ("Harrow Bay Ferries", site.url), ("Nowhere", f"{site.url}/gone"))
    assert research.job is not None

    run_job(research.job.pk, worker="w")

    research.refresh_from_db()
    research.job.refresh_from_db()
    assert research.job.state == "succeeded", research.job.error
    assert (research.rows_added, research.problem) == (1, "1 site had no page that could be read.")
    record = Record.objects.get(source=research.made_source)
    assert record.facts["company"] == "Harrow Bay Ferries"
    assert record.facts["question"] == "What changes?"
    assert PROSE in record.facts["source_1"]
    assert [record.facts[f"source_{n}_url"].removeprefix(site.url) for n in (1, 2, 3)] == ["/", "/news", "/about"]
    first = ResearchedSite.objects.get(research=research, number=1)
    assert (first.made_record, first.is_done) == (record, True)
    assert WebPage.objects.get(site__number=2).refused_why == "The server answered with the status 404."
    assert site.agents == {"MiniaturesResearch/1.0 (+robots@our.example)"}


@pytest.mark.django_db
def test_events_that_come_twice_store_a_page_once(summary: Task, admin: Member) -> None:
    research = ordered(summary, admin, ("A", "a.example"))
    page = {
        "site": 1,
        "number": 1,
        "url": "https://a.example/",
        "text": "One\x00 text",
        "led_to": ["https://a.example/x"],
    }

    told(research, page)
    told(research, page, {"site": 1, "why": ""})

    stored = WebPage.objects.get()
    assert (stored.text, stored.sha256) == ("One text", "a" * 64)
    assert ResearchedSite.objects.get().is_done


@pytest.mark.django_db
def test_a_later_attempt_is_told_what_is_stored_already(summary: Task, admin: Member) -> None:
    research = ordered(summary, admin, ("A", "a.example"), ("B", "b.example"))
    told(
        research,
        {"site": 1, "number": 1, "url": "https://a.example/", "text": "x", "led_to": ["https://a.example/x"]},
        {"site": 1, "number": 2, "url": "https://a.example/x", "code": "robots", "why": "no"},
        {"site": 2, "why": "None"},
    )

    spec = launch.build(research.job)  # type: ignore[arg-type]

    assert spec["done"] == 1
    assert [(one["number"], one["read"], one["led_to"], one["got"]) for one in spec["sites"]] == [
        (1, ["https://a.example/", "https://a.example/x"], ["https://a.example/x"], 1)
    ]
    first = spec["sites"][0]
    assert (first["name"], first["question"], first["texts"]) == ("A", "What changes?", ["x"])


@pytest.mark.django_db
def test_records_of_another_task_bring_what_the_two_tasks_share(summary: Task, admin: Member) -> None:
    task = factories.make_task(by=admin, spec=outreach.SPEC, slug="prospects")
    source = factories.make_source(task)
    factories.make_records(source, 2, domain="works.example")

    research = launch.launch(summary, by=admin, source=source, request=ResearchRequest(facts=QUESTION))

    sites = list(research.sites.all())
    assert [(site.title, site.url) for site in sites] == [
        ("Aarhus Works 0", "https://works.example/"), ("Lund Works 1", "https://works.example/"),
    ]  # fmt: skip
    assert all(site.facts == QUESTION and site.record is not None for site in sites)


@pytest.mark.django_db
def test_records_without_an_address_are_counted_until_the_order_ends(summary: Task, admin: Member) -> None:
    source = factories.make_source(factories.make_task(by=admin, spec=outreach.SPEC, slug="prospects"))
    factories.make_records(source, 3, domain="")
    row = Record.objects.filter(source=source).first()
    row.facts = {**row.facts, "domain": "works.example"}
    row.save()

    research = launch.launch(summary, by=admin, source=source, request=ResearchRequest(facts=QUESTION))
    at_first = research.problem
    records.make_records(research)

    assert at_first == "2 of 3 records have no address that can be read."
    assert research.problem == f"{at_first} No page could be read, so no record was made."


@pytest.mark.django_db
def test_typed_sites_that_could_not_be_read_are_named_by_their_place(
    summary: Task, admin: Member, settings: Any
) -> None:
    settings.RESEARCH_SEARCH_URL = "https://search.example"
    sites = [("A", "a.example"), ("B", ""), ("", ""), ("", "ftp://d.example")]

    with pytest.raises(Refusal) as refusal:
        ordered(summary, admin, *sites)
    with pytest.raises(Refusal) as with_search:
        ordered(summary, admin, *sites, searches=True)

    assert refusal.value.message == "Site 2: no address is given, and nothing is searched."
    assert list(refusal.value.errors) == ["sites[1]", "sites[2]", "sites[3]"]
    assert with_search.value.errors == {
        "sites[2]": ["Neither a name nor an address is given."],
        "sites[3]": ["'ftp://d.example' is not the address of a site."],
    }


@pytest.mark.django_db
def test_sites_beside_a_source_are_refused_instead_of_left_out(summary: Task, admin: Member) -> None:
    source = factories.make_source(summary)

    with pytest.raises(Refusal) as refusal:
        launch.launch(summary, by=admin, source=source, sites=[("A", "a.example")])

    assert (refusal.value.code, list(refusal.value.errors)) == ("bad_sites", ["sites"])


@pytest.mark.django_db
def test_a_company_stays_on_its_side_of_the_split(summary: Task, admin: Member) -> None:
    earlier = factories.make_source(summary)
    Record.objects.create(
        task=summary, source=earlier, row_number=1, title="A", facts={"company": "A"}, group="a", split="test",
        content_hash=uuid4().hex * 2,
    )  # fmt: skip
    research = ordered(summary, admin, ("A", "a.example"))
    told(research, {"site": 1, "number": 1, "url": "https://a.example/", "text": "A grows."})

    records.make_records(research)

    assert Record.objects.get(source=research.made_source).split == "test"


@pytest.mark.django_db
def test_a_lead_who_left_is_said_instead_of_a_record(summary: Task, make_member: Callable[..., Member]) -> None:
    lead = make_member("lea")
    factories.join(lead, summary, "lead")  # type: ignore[arg-type]
    research = ordered(summary, lead, ("A", "a.example"))
    told(research, {"site": 1, "number": 1, "url": "https://a.example/", "text": "A grows."})
    lead.memberships.all().delete()

    records.make_records(research)

    assert "no longer leads the task" in research.problem
    assert not Record.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("sites", "facts", "searches", "code"), [
    ([], QUESTION, False, "no_sites"),
    ([("A", "a.example"), ("B", "not an address")], QUESTION, False, "bad_sites"),
    ([("A", "a.example")], {**QUESTION, "source_1": "x"}, False, "facts_unknown"),
    ([("A", "")], QUESTION, True, "no_search"),
])  # fmt: skip
def test_an_order_that_could_make_no_record_is_refused_before_anything_is_fetched(
    summary: Task, admin: Member, sites: Any, facts: dict[str, str], searches: bool, code: str
) -> None:
    with pytest.raises(Refusal) as refusal:
        launch.launch(summary, by=admin, sites=sites, request=ResearchRequest(facts=facts, searches=searches))

    assert refusal.value.code == code
    assert not Research.objects.exists()


@pytest.mark.django_db
def test_a_required_fact_that_no_site_brings_is_asked_for(admin: Member) -> None:
    inputs = [
        one.model_copy(update={"required": one.required or one.name == "question"})
        for one in research_summary.SPEC.input_schema
    ]
    spec = research_summary.SPEC.model_copy(update={"input_schema": tuple(inputs)})
    task = factories.make_task(by=admin, spec=spec, slug="asking")

    with pytest.raises(Refusal) as refusal:
        launch.launch(task, by=admin, sites=[("A", "a.example")])

    assert (refusal.value.code, list(refusal.value.errors)) == ("facts_missing", ["fill.question"])


@pytest.mark.django_db
def test_a_records_no_and_nought_are_facts_and_are_kept(admin: Member) -> None:
    known = (
        InputField(name="is_customer", type="boolean", required=True),
        InputField(name="employees", type="integer", required=True),
    )
    site = InputField(name="site", type="url")
    task, others = (
        factories.make_task(
            by=admin, spec=spec.model_copy(update={"input_schema": (*spec.input_schema, site, *known)}), slug=slug
        )
        for spec, slug in ((research_summary.SPEC, "known"), (outreach.SPEC, "others"))
    )
    source = factories.make_source(others)
    factories.make_records(source, 1, site="https://a.example", is_customer=False, employees=0)

    made = launch.launch(task, by=admin, source=source, request=ResearchRequest(facts={"is_customer": "true"}))

    assert made.sites.get().facts == {}


@pytest.mark.django_db
def test_a_task_without_a_place_for_pages_is_refused(admin: Member) -> None:
    task = factories.make_task(by=admin)

    with pytest.raises(Refusal, match="no place for pages"):
        launch.launch(task, by=admin, sites=[("A", "a.example")])


@pytest.mark.django_db
def test_only_a_lead_may_order(summary: Task, make_member: Callable[..., Member]) -> None:
    with pytest.raises(PermissionDenied):
        ordered(summary, make_member("sam"), ("A", "a.example"))


@pytest.mark.parametrize(("address", "site"), [
    ("acme.example", "https://acme.example/"), ("http://acme.example/de#top", "http://acme.example/de"),
    ("ftp://acme.example", ""), ("two words", ""), (None, ""), ("https://[", ""),
])  # fmt: skip
def test_addresses_and_bare_domains_are_sites(address: Any, site: str) -> None:
    assert site_url(address) == site


def test_a_long_text_is_cut_where_a_sentence_ends() -> None:
    text = "One sentence. " * 100

    assert records.cut(text, 205) == ("One sentence. " * 14).strip()
    assert records.cut("x" * 500, 100) == "x" * 100
    assert records.cut("Whole.", 100) == "Whole."
