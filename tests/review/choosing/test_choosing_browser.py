"""Choosing in a real browser: by keys, with focus and words for a screen reader, and nothing that moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from members.models import Member
from review.models import Draft, Preference, Record
from review.states import DraftState
from tests.signed_in import context_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ADDRESS = "/tasks/outreach/review/choose/"
SHIFTS = """() => new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => { if (!entry.hadRecentInput) sum += \
entry.value; }))
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(sum), 300);
})"""


@pytest.fixture
def look(browser: Browser, live_server: Any, records: list[Record], expert: Member) -> Iterator[Callable[..., Page]]:
    contexts, errors = [], []

    def open_page(**options: Any) -> Page:
        context = context_of(browser, live_server.url, expert, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(error.message))
        page.goto(ADDRESS)
        return page

    expect.set_options(timeout=60_000)
    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


def title(page: Page) -> str:
    return page.locator(".choosing-head h2").inner_text()


def test_digits_choose_and_z_takes_back(look: Callable[..., Page]) -> None:
    page = look()
    first = title(page)
    second_draft = page.locator("[name=shown]").nth(1).get_attribute("value")
    page.wait_for_timeout(300)

    page.keyboard.press("2")
    expect(page.locator(".choosing-head h2")).not_to_have_text(first)
    expect(page.locator(".choosing-said")).to_contain_text("Draft 2 chosen")
    expect(page.locator("#lineup")).to_be_focused()
    expect(page.locator("[data-choose-status]")).to_contain_text("Draft 2 chosen. It comes next on your desk")
    preference = Preference.objects.get()
    assert str(preference.chosen_id) == second_draft
    assert preference.seconds > 0

    page.keyboard.press("z")
    expect(page.locator(".choosing-head h2")).to_have_text(first)
    assert Preference.objects.count() == 2
    assert not Draft.objects.filter(state=DraftState.KEPT).exists()


def test_none_is_better_by_zero_until_nothing_is_left(look: Callable[..., Page], records: list[Record]) -> None:
    page = look()

    for _ in records:
        shown = page.locator("[name=id]").get_attribute("value")
        page.keyboard.press("0")
        expect(page.locator(f'[name=id][value="{shown}"]')).to_have_count(0)

    expect(page.get_by_text("No drafts to compare")).to_be_visible()
    assert Preference.objects.filter(chosen__isnull=True).count() == len(records)


@pytest.mark.slow
def test_e_then_a_digit_opens_the_winner_in_the_editor(look: Callable[..., Page]) -> None:
    page = look()
    chosen = page.locator("[name=shown]").first.get_attribute("value")

    page.keyboard.press("e")
    page.keyboard.press("1")

    page.wait_for_selector(".desk.is-live")
    expect(page.locator(f"#card-{chosen}.is-editing")).to_be_visible()


@pytest.mark.slow
def test_a_double_press_is_one_preference(look: Callable[..., Page]) -> None:
    page = look()

    page.locator("[data-press='1']").dblclick()

    expect(page.locator(".choosing-said")).to_contain_text("chosen")
    page.wait_for_timeout(500)
    assert Preference.objects.count() == 1


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (375, 740)])
def test_nothing_moves_and_nothing_sticks_out(look: Callable[..., Page], width: int, height: int) -> None:
    page = look(viewport={"width": width, "height": height})

    page.keyboard.press("1")
    expect(page.locator(".choosing-said")).to_contain_text("chosen")

    assert page.evaluate(SHIFTS) < 0.01
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tops = page.eval_on_selector_all(
        ".choosing-draft", "all => all.map((one) => Math.round(one.getBoundingClientRect().top))"
    )
    assert len(set(tops)) == (len(tops) if width < 600 else 1)


def test_the_keyboard_reaches_every_draft_in_reading_order(look: Callable[..., Page]) -> None:
    page = look()
    page.locator("#lineup").focus()
    reached = []

    for _ in range(60):
        page.keyboard.press("Tab")
        key = page.evaluate("document.activeElement.dataset.press ?? ''")
        if key and key not in reached:
            reached.append(key)

    assert reached[:5] == ["1", "2", "3", "0", "e"]


def test_it_works_without_scripts(look: Callable[..., Page]) -> None:
    page = look(java_script_enabled=False)
    first = title(page)

    page.locator("[data-press='1']").click()

    expect(page.locator(".choosing-head h2")).not_to_have_text(first)
    assert Preference.objects.count() == 1
