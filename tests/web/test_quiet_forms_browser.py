"""Forms that answer while one types, in a real browser: slow answers, fast fingers, and nothing in the console."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from members.models import Member
from review.datasets import freezing
from review.models import Task
from tests.review import factories
from tests.review.datasets import golds
from tests.review.desk.looking import signed_in_page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SLOW_MS = 400


@pytest.fixture
def complaints() -> list[str]:
    """What the console said of errors and warnings."""
    return []


@pytest.fixture
def task(admin: Member) -> Task:
    task = factories.make_task(by=admin)
    golds.make_drafts(task, golds.make_records(task, 6))
    for verdict in ("accept", "accept", "edit"):
        golds.decide(admin, task, verdict)
    freezing.create(task, name="Approved", by=admin)
    return task


@pytest.fixture
def slowly(
    browser: Browser, live_server: Any, admin: Member, task: Task, complaints: list[str]
) -> Iterator[Callable[[str, str], Page]]:
    """Opens a page whose answers to a pattern of addresses take a while."""

    def open_it(address: str, asked: str) -> Page:
        page.goto(address)
        page.route(re.compile(asked), lambda route: _answer_late(page, route))
        return page

    with signed_in_page(browser, live_server.url, admin) as page:
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        yield open_it


def _answer_late(page: Page, route: Route) -> None:
    answer = route.fetch()
    page.wait_for_timeout(SLOW_MS)
    route.fulfill(response=answer)


def test_a_datasets_filters(slowly: Callable[[str, str], Page], complaints: list[str]) -> None:
    page = slowly("/datasets/approved/", "/counts/")

    page.evaluate("document.querySelectorAll('main details').forEach((each) => each.open = true)")
    cap = page.locator("[name=cap_per_group]")
    for said in ("1", "12", "2", "1"):
        cap.fill(said)
        cap.dispatch_event("change")
    page.get_by_label("Accepted as written").uncheck()
    expect(page.locator(".waterfall .total .num")).to_have_text("1")

    assert complaints == []


@pytest.mark.slow
def test_a_tasks_form(slowly: Callable[[str, str], Page], complaints: list[str]) -> None:
    page = slowly("/tasks/outreach/edit/", "/example/")

    page.evaluate("document.querySelectorAll('#spec-form details').forEach((each) => each.open = true)")
    field = page.locator("#spec-form textarea:visible").first
    field.focus()
    with page.expect_response(re.compile("/example/")):
        field.press_sequentially(" Write as you speak.", delay=60)
    page.get_by_role("button", name="Check and show the example").click()
    page.wait_for_load_state("networkidle")

    assert complaints == []


def test_an_import(slowly: Callable[[str, str], Page], complaints: list[str]) -> None:
    page = slowly("/tasks/outreach/sources/import/", "/columns/")

    rows = "company,sector\n" + "".join(f"Works {n},cold logistics\n" for n in range(30))
    page.locator("input[type=file]").first.set_input_files(
        {"name": "rows.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    )
    page.locator(
        "form:has(input[type=file]) button[type=submit], form:has(input[type=file]) button.btn-primary"
    ).first.click()
    page.wait_for_load_state("networkidle")
    for select in page.locator("main select:visible").all():
        select.focus()
        select.press("ArrowDown")
        select.press("ArrowUp")
    page.wait_for_load_state("networkidle")

    assert complaints == []
