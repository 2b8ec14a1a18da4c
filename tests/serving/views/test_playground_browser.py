"""The playground in a real browser: both sides grow, a halt holds, the keyboard suffices,
a phone does not scroll aside.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.engine]


@pytest.fixture
def page(browser: Browser, site, engine, promoted, lead, task, as_member):
    expect.set_options(timeout=60_000)
    context = browser.new_context(viewport={"width": 375, "height": 800})
    session = as_member(lead).cookies["sessionid"].value
    address = site.url.removesuffix("/v1")
    context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
    opened = context.new_page()
    opened.goto(f"{address}/tasks/{task.slug}/playground/?left={promoted.slug}")
    yield opened
    context.close()


def choose_right(page: Page, key: str) -> None:
    page.select_option("#model-right", key)


@pytest.mark.slow
def test_both_texts_come_with_their_figures_by_keyboard_alone(page):
    choose_right(page, "teacher-offline")
    button = page.get_by_role("button", name="Generate both")
    button.focus()
    page.keyboard.press("Enter")

    for side in ("left", "right"):
        expect(page.locator(f"[data-side={side}] .trial-figures")).to_contain_text("tokens read")

    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    expect(page.locator("[data-side=right] .draft").first).not_to_be_empty()
    expect(page.locator("[data-trial]").first).to_have_attribute("aria-busy", "false")


def test_without_an_engine_the_side_says_what_to_do(page, settings, tmp_path):
    settings.SERVING_SOCKET = str(tmp_path / "none.sock")

    page.get_by_role("button", name="Generate both").click()

    expect(page.locator("[data-side=left] [role=alert]")).to_contain_text("No engine is serving")
