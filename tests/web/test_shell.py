"""Keys, menus, tables and charts as a browser has them."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_keys_walk_the_rows_select_a_range_and_jump(sink_url, open_page):
    page = open_page(sink_url)

    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")

    assert page.evaluate("document.activeElement.querySelector('th').textContent") == "run-2"
    assert page.inner_text("[data-bulk-count]") == "1 selected"
    page.locator("[data-select]").first.click(modifiers=["Shift"])
    assert page.inner_text("[data-bulk-count]") == "2 selected"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.type") == "search"
    page.keyboard.type("gh")
    assert page.input_value("[type=search]") == "gh"
    page.keyboard.press("Tab")
    page.locator("h1").click()
    page.keyboard.press("g")
    page.keyboard.press("o")
    page.wait_for_url("**/settings/")


def test_a_live_chart_grows_without_being_redrawn_from_nothing(sink_url, open_page):
    page = open_page(sink_url)
    page.wait_for_selector("#live .line")
    page.evaluate("window.kept = document.querySelector('#live .line.series-1')")
    before = page.get_attribute("#live .line.series-1", "d")

    page.evaluate("document.querySelector('#live').append('train', [240, 0.5])")
    page.wait_for_function(
        "before => document.querySelector('#live .line.series-1').getAttribute('d') !== before", arg=before
    )

    assert page.evaluate("window.kept === document.querySelector('#live .line.series-1')")
    page.click("#live summary")
    assert page.inner_text("#live tbody tr:last-child").split() == ["240", "0.5", "\u2013"]


def test_arrow_keys_read_a_chart_out(sink_url, open_page):
    page = open_page(sink_url)
    page.wait_for_selector("#live .line")

    page.focus("#live svg")
    page.keyboard.press("End")

    assert page.inner_text("#live .readout .at") == "step 198"
    assert "train" in page.inner_text("#live .readout")
    page.keyboard.press("Escape")
    assert page.is_hidden("#live .readout")


def test_the_menu_opens_without_scripts_on_a_phone(sink_url, open_page):
    page = open_page(sink_url, width=375, scripts=False)
    assert page.is_hidden("#rail")

    page.click(".rail-open")

    assert page.is_visible("#rail")
    assert page.is_visible("#rail a[href='/settings/']")
