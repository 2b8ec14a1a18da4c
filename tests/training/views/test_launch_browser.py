"""The form of a new run in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from members.models import Member
from review.models import DatasetVersion, Task
from tests.signed_in import context_of
from training.models import Student

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(
    task: Task, version: DatasetVersion, student: Student, lead: Member, browser: Browser, live_server: Any
) -> Iterator[Page]:
    context = context_of(browser, live_server.url, lead)
    page = context.new_page()
    page.goto(f"/tasks/{task.slug}/training/")
    yield page
    context.close()


def test_values_opened_as_soon_as_they_are_shown_stay_open(page: Page) -> None:
    page.evaluate(
        """() => new MutationObserver((records, watch) => {
            if (!records.some((record) => [...record.addedNodes].some((node) => node.id === "recipe-values"))) return;
            watch.disconnect();
            document.getElementById("recipe-values").open = true;
            document.body.dataset.opened = "";
        }).observe(document.getElementById("launch"), { childList: true, subtree: true })"""
    )
    page.locator("[name=recipe]").select_option("demo-full")
    page.locator("body[data-opened]").wait_for()

    # What the next estimate brings is drawn after whatever the recipe's swap left to do.
    page.locator("[name=set-epochs]").fill("2")
    expect(page.locator("#estimate")).to_contain_text("2 epochs")
    expect(page.locator("#recipe-values")).to_have_attribute("open", "")
    expect(page.locator("[name=set-epochs]")).to_have_value("2")
