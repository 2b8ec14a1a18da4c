"""The form of a task in a browser: rows and sections fold,
and what a person acts on or got wrong stands open in focus.
"""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from members.models import Member
from review.models import TaskVersion
from tests.review.desk.looking import signed_in_page
from tests.review.factories import make_task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TALLEST_PX = 2600


def opened(page: Page) -> set[str]:
    return set(page.eval_on_selector_all("#spec-form details[open]", "all => all.map(each => each.id)"))


def focused(page: Page, selector: str) -> None:
    expect(page.locator(selector)).to_be_focused()


def test_a_form_shows_lines_and_opens_what_is_acted_on_or_wrong(
    browser: Browser, live_server: Any, admin: Member
) -> None:
    make_task(by=admin)
    with signed_in_page(browser, live_server.url, admin) as page:
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto("/tasks/outreach/edit/")
        assert page.evaluate("document.documentElement.scrollHeight") < TALLEST_PX
        assert opened(page) == {"part-task", "part-facts", "part-written"}

        page.get_by_role("link", name="Rubric").click()
        expect(page.locator("#part-rubric")).to_have_attribute("open", "")
        page.locator("#row-rubric-1 > summary").press("Enter")
        page.locator("[name='rubric.1.name']").fill("leads to the offer")
        page.locator("button[value='up:rubric:1']").press("Enter")
        focused(page, "#row-rubric-0 > summary")
        expect(page.locator("[name='rubric.0.name']")).to_have_value("leads to the offer")
        page.locator("button[value='add:rubric']").press("Enter")
        focused(page, "[name='rubric.5.name']")
        assert opened(page) == {
            *("part-task", "part-facts", "part-written", "part-rubric", "row-rubric-0", "row-rubric-5")
        }

        page.locator("[name='rubric.5.name']").fill("is short")
        page.locator("#part-templates > summary").press("Enter")
        page.locator("[name=student_template]").fill("")
        page.locator("#part-templates > summary").press("Enter")
        page.get_by_role("button", name="Save version 2").click()
        focused(page, "[name=student_template]")
        expect(page.locator("#spec-contents")).to_contain_text("Templates 1 mistake")
        assert {"part-templates", "row-rubric-0"} <= opened(page)

        page.locator("[name=student_template]").fill("Write.\n{{facts}}")
        page.get_by_role("button", name="Save version 2").click()
        page.wait_for_url("**/diff/1/2/")
    names = [requirement.name for requirement in TaskVersion.objects.get(number=2).spec.rubric]
    assert (names[0], names[-1]) == ("leads to the offer", "is short")


def test_a_pasted_schema_that_cannot_be_taken_is_told_and_the_form_stays(
    browser: Browser, live_server: Any, admin: Member
) -> None:
    make_task(by=admin)
    with signed_in_page(browser, live_server.url, admin) as page:
        page.goto("/tasks/outreach/edit/")
        page.locator("[name=instruction]").fill("Typed and not saved yet")
        page.get_by_text("Paste a JSON Schema").click()
        page.locator("#id_schema").fill('{"type": "array"}')
        page.get_by_role("button", name="Use this schema").click()

        expect(page.locator("#part-written .error-text")).to_contain_text("The schema cannot be taken: /type")
        expect(page.locator("#id_schema")).to_have_value('{"type": "array"}')
        expect(page.locator("[name=instruction]")).to_have_value("Typed and not saved yet")
        expect(page.locator("[data-network]")).to_have_count(0)
