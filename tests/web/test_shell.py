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
    page.keyboard.type("go")
    page.wait_for_url("**/settings/")


def test_a_table_sorts_by_its_heads_with_the_keyboard_and_says_how(sink_url, open_page):
    page = open_page(sink_url)
    heads = page.locator("#sizes th")
    names = lambda: page.locator("#sizes tbody td:first-child").all_inner_texts()  # noqa: E731

    page.get_by_role("button", name="Rows", exact=True).focus()
    page.keyboard.press("Enter")
    by_rows, said = names(), [heads.nth(place).get_attribute("aria-sort") for place in range(3)]
    page.keyboard.press("Enter")
    turned = names()
    page.get_by_role("button", name="Student", exact=True).click()

    # Ash has no figure, and stays last either way.
    assert by_rows == ["Beech 9", "Cedar", "Beech 10", "Ash"]
    assert turned == ["Beech 10", "Cedar", "Beech 9", "Ash"]
    assert said == ["none", "ascending", None]
    assert names() == ["Ash", "Beech 9", "Beech 10", "Cedar"]
    assert heads.nth(1).get_attribute("aria-sort") == "none"
    # Of this one the server knows the order.
    assert page.locator("#runs th .sort").count() == 0


def test_a_column_of_moments_sorts_by_when_they_were(sink_url, open_page):
    page = open_page(sink_url)
    names = lambda: page.locator("#sizes tbody td:first-child").all_inner_texts()  # noqa: E731

    page.get_by_role("button", name="Begun", exact=True).focus()
    page.keyboard.press("Enter")
    oldest_first = names()
    page.keyboard.press("Enter")

    # Beech 9 began before the clocks went back, Beech 10 after it; Ash has not begun.
    assert oldest_first == ["Cedar", "Beech 9", "Beech 10", "Ash"]
    assert names() == ["Beech 10", "Beech 9", "Cedar", "Ash"]


def test_figures_are_read_as_they_are_shown(sink_url, open_page):
    page = open_page(sink_url)
    shown = ["$1,234.50", "−3.1 %", "12.4k", "3e-4", "1 h 20 min", "45 min", "2 GiB", "900 MiB", "none"]
    shown += ["−3 s", "under $0.0001"]

    read = page.evaluate(
        "async (shown) => { const sorting = await import('/static/js/shell/sorting.js'); "
        "return shown.map(sorting.numberOf); }",
        shown,
    )

    assert read == [1234.5, -3.1, 12400, 0.0003, 4800, 2700, 2e9, 9e8, None, -3, 0.0001]


def test_an_axis_has_at_least_three_ticks_whatever_it_spans(sink_url, open_page):
    page = open_page(sink_url)
    domains = [[0, 1.05], [0.86, 0.861], [7, 7], [-3, 40000], [0, 3], [1e-6, 2e-6]]

    counted = page.evaluate(
        """async (domains) => {
          const { ticks, logTicks, opened } = await import("/static/js/charts/scale.js");
          const plain = domains.map((domain) => ticks(opened(domain), 2).length);
          return [...plain, logTicks([Math.log10(40), Math.log10(70)], 4).length, logTicks([0, 6], 2).length];
        }""",
        domains,
    )

    assert min(counted) >= 3
    assert max(counted) <= 10


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
