"""The builder in a real browser: counts follow the form without leaving the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from members.models import Member
from review.datasets import freezing
from tests.review import factories
from tests.review.datasets import golds
from tests.review.desk.looking import until
from tests.signed_in import context_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(browser: Browser, live_server: Any, admin: Member) -> Iterator[Page]:
    """The builder of a dataset with three golds, on a phone."""
    task = factories.make_task(by=admin)
    golds.make_drafts(task, golds.make_records(task, 6))
    for verdict in ("accept", "accept", "edit"):
        golds.decide(admin, task, verdict)
    freezing.create(task, name="Gold", by=admin)
    expect.set_options(timeout=60_000)
    context = context_of(browser, live_server.url, admin, viewport={"width": 375, "height": 800})
    page = context.new_page()
    page.goto("/datasets/gold/")
    yield page
    context.close()


def test_counts_follow_a_box_and_a_line_opens_to_its_drafts(page: Page) -> None:
    total = page.locator(".waterfall .total .num")

    before = total.inner_text()
    page.get_by_label("Accepted as written").uncheck()
    expect(total).to_have_text("1")
    page.get_by_text("Filtered by decision").click()
    examples = page.locator(".waterfall .examples a")

    assert before == "3"
    expect(examples).to_have_count(2)
    expect(examples.first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


FREEZE_TWICE = """(button) => {
  button.form.elements.cap_per_group.dispatchEvent(new Event("change", { bubbles: true }));
  button.click();
  button.click();
}"""


@pytest.mark.slow
def test_a_value_typed_just_before_freezing_freezes_once(page: Page) -> None:
    posts: list[Route] = []
    counted: list[str] = []
    page.route("**/freeze/**", lambda route: posts.append(route))
    page.on("request", lambda request: counted.append(request.method) if "/counts/" in request.url else None)
    page.get_by_text("Limits", exact=True).first.click()
    page.locator("[name=cap_per_group]").fill("1")

    page.get_by_role("button", name="Freeze version 1").evaluate(FREEZE_TWICE)
    until(page, lambda: bool(posts and counted))
    page.wait_for_timeout(500)

    assert [route.request.post_data_json["cap_per_group"] for route in posts] == ["1"]
    assert set(counted) == {"GET"}
    posts[0].abort()
