"""An order's form and its page in a real browser: while one types, and while the order goes on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from playwright.sync_api import Browser, Page, Route, expect

from generation.models import Order, Teacher
from generation.orders import launch
from jobs.lifecycle.transitions import append_event, lock_job
from jobs.models import Job
from members.models import Member
from review.models import Source, Task
from tests.signed_in import context_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WITHIN_MS = 30_000


@pytest.fixture
def order(task: Task, source: Source, paid: Teacher, lead: Member) -> Order:
    order = launch.launch(launch.OrderRequest(task, teacher=paid, count=4, by=lead, max_cost_usd=Decimal(2)))
    Job.objects.update(state="running")
    return order


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console says of errors."""
    return []


@pytest.fixture
def open_page(
    lead: Member, browser: Browser, live_server: Any, complaints: list[str]
) -> Iterator[Callable[[str], Page]]:
    context = context_of(browser, live_server.url, lead, viewport={"width": 1440, "height": 900})

    def open_it(address: str) -> Page:
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.goto(address)
        return page

    yield open_it
    context.close()


@pytest.fixture
def page(order: Order, open_page: Callable[[str], Page]) -> Page:
    return open_page(f"/generation/{order.pk}/")


def spent(order: Order, cost_usd: float, possible_usd: float = 0.0) -> None:
    assert order.job_id is not None
    with transaction.atomic():
        told = {"done": 1, "total": 4, "cost_usd": cost_usd, "possible_cost_usd": possible_usd}
        append_event(lock_job(order.job_id), "progress", told)


@pytest.mark.slow
def test_that_four_fifths_of_a_budget_are_spent_is_said_while_the_page_is_open_and_moves_nothing(
    order: Order, page: Page
) -> None:
    line, said = page.locator(".budget-share"), page.locator("[data-budget-notice]")
    spent(order, 1.0)
    expect(line).to_contain_text("50 % of the budget is spent", timeout=WITHIN_MS)
    expect(said).to_be_empty()
    below = page.locator("#drafts-h").bounding_box()

    spent(order, 1.2, 0.4)

    expect(line).to_contain_text("80 % of the budget is spent", timeout=WITHIN_MS)
    expect(line).to_have_attribute("data-is-near", "")
    expect(said).to_have_text("Four fifths of this order's budget are spent.")
    assert page.locator("#drafts-h").bounding_box() == below


def test_typing_on_while_the_price_is_worked_out_and_leaving_complain_of_nothing(
    task: Task, source: Source, paid: Teacher, open_page: Callable[[str], Page], complaints: list[str]
) -> None:
    page, asked, held = open_page(f"/tasks/{task.slug}/generation/"), [], []
    page.locator("#estimate").get_by_text("$").first.wait_for()

    def hold(route: Route) -> None:
        asked.append(route.request.url)
        # The first is answered, so that the next is asked; that one is left without an answer until the page is gone.
        route.continue_() if len(asked) == 1 else held.append(route)

    page.route("**/estimate/**", hold)
    page.locator("[name=max_cost_usd]").fill("2")
    count = page.locator("[name=count]")
    for wanted in ("2", "3", "4"):
        count.fill(wanted)
        count.dispatch_event("change")
    while not held:
        page.wait_for_timeout(20)
    count.fill("5")
    count.dispatch_event("change")
    page.get_by_role("button", name="Generate drafts").click()
    page.wait_for_url(re.compile("/generation/[0-9a-f-]{36}/"))

    assert complaints == []
    assert len(asked) == 2


@pytest.mark.slow
def test_the_budget_follows_the_price_until_somebody_writes_another(
    task: Task, source: Source, paid: Teacher, open_page: Callable[[str], Page], complaints: list[str]
) -> None:
    page = open_page(f"/tasks/{task.slug}/generation/")
    budget, count = page.locator("[name=max_cost_usd]"), page.locator("[name=count]")
    page.locator("[name=teacher]").select_option("gpt-4o")
    expect(budget).to_have_value(re.compile(r"^\d+\.\d\d$"), timeout=WITHIN_MS)
    first = budget.input_value()

    count.fill("4")
    expect(budget).not_to_have_value(first, timeout=WITHIN_MS)
    budget.fill("9.5")
    with page.expect_response(lambda answer: "/estimate/" in answer.url and "count=3" in answer.url):
        count.fill("3")
    expect(budget).to_have_value("9.5")
    budget.fill("")
    page.locator("[name=teacher]").focus()
    expect(budget).to_have_value(re.compile(r"^\d+\.\d\d$"), timeout=WITHIN_MS)
    with page.expect_response(lambda answer: "teacher=offline" in answer.url):
        page.locator("[name=teacher]").select_option("offline")
    expect(budget).to_have_value("", timeout=WITHIN_MS)

    assert complaints == []
