"""An order's page in a real browser while the order goes on."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from generation.models import Order, Teacher
from generation.orders import launch
from jobs.lifecycle.transitions import append_event, lock_job
from jobs.models import Job
from members.models import Member
from review.models import Source, Task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WITHIN_MS = 30_000


@pytest.fixture
def order(task: Task, source: Source, paid: Teacher, lead: Member) -> Order:
    order = launch.launch(launch.OrderRequest(task, teacher=paid, count=4, by=lead, max_cost_usd=Decimal(2)))
    Job.objects.update(state="running")
    return order


@pytest.fixture
def page(order: Order, lead: Member, browser: Browser, live_server: Any) -> Iterator[Page]:
    client = Client()
    client.force_login(lead, backend="django.contrib.auth.backends.ModelBackend")
    expect.set_options(timeout=60_000)
    context = browser.new_context(base_url=live_server.url)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"/generation/{order.pk}/")
    yield page
    context.close()


def spent(order: Order, cost_usd: float, possible_usd: float = 0.0) -> None:
    assert order.job_id is not None
    with transaction.atomic():
        told = {"done": 1, "total": 4, "cost_usd": cost_usd, "possible_cost_usd": possible_usd}
        append_event(lock_job(order.job_id), "progress", told)


def test_that_four_fifths_of_a_budget_are_spent_is_said_while_the_page_is_open_and_moves_nothing(
    order: Order, page: Page
) -> None:
    line, said = page.locator(".budget-share"), page.locator("[data-budget-told]")
    spent(order, 1.0)
    expect(line).to_contain_text("50 % of the budget is spent", timeout=WITHIN_MS)
    expect(said).to_be_empty()
    below = page.locator("#drafts-h").bounding_box()

    spent(order, 1.2, 0.4)

    expect(line).to_contain_text("80 % of the budget is spent", timeout=WITHIN_MS)
    expect(line).to_have_attribute("data-is-near", "")
    expect(said).to_have_text("Four fifths of this order's budget are spent.")
    assert page.locator("#drafts-h").bounding_box() == below
