"""The desk by ear, by keyboard alone and by thumb: read off the accessibility tree of a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from members.models import Member
from review.models import Decision, Draft, Task
from tests.review.desk.looking import SHOWN, current, saved

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def focused(page: Page) -> str:
    """What has the focus, as a screen reader would name it."""
    return page.evaluate(
        "document.activeElement.getAttribute('aria-label') || "
        "document.activeElement.textContent.trim().replace(/\\s+/g, ' ')"
    )


def test_the_card_its_parts_and_its_buttons_have_names(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)

    tree = page.locator(SHOWN).aria_snapshot()

    assert re.search(r'article "Draft for [^"]*Works \d', tree)
    assert 'region "Draft"' in tree
    assert 'complementary "Criteria"' in tree
    assert 'group "Verdict"' in tree
    assert 'group "Reject because"' in tree
    for name in ("A Accept", "E Edit", "R Reject", "S Set aside", "Z Undo"):
        assert f'button "{name}"' in tree
    assert "(used in the draft)" in tree
    assert "(unsupported)" in tree
    assert page.locator("article").count() == 5
    assert page.locator("main").aria_snapshot().count("- article") == 1


@pytest.mark.slow
def test_focus_and_words_follow_the_verdict_to_the_next_card(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    assert focused(page).startswith("Draft for")

    page.keyboard.press("a")

    title = page.locator(SHOWN).get_attribute("data-title")
    assert focused(page) == f"Draft for {title}"
    expect(page.locator("p[role=status][data-status]")).to_have_text(f"Accepted. Now: {title}.")
    page.keyboard.press("r")
    expect(page.locator("p[role=status][data-status]")).to_have_text(re.compile(r"Reject because: 1\s*Wrong fact"))
    expect(page.locator(f"{SHOWN} [data-act=reject]")).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(page.locator(f"{SHOWN} [data-act=reject]")).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("z")
    expect(page.locator("p[role=status][data-status]")).to_have_text(re.compile("Taken back. Now:"))
    assert focused(page).startswith("Draft for")


def test_editing_takes_the_focus_into_the_text_and_gives_it_back(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)

    page.keyboard.press("e")
    expect(page.get_by_role("textbox", name="Body")).to_be_focused()
    page.keyboard.press("Escape")
    assert focused(page).startswith("Draft for")
    page.keyboard.press("s")
    expect(page.get_by_role("textbox", name="Note for the card set aside")).to_be_focused()
    page.keyboard.press("Escape")

    assert focused(page).startswith("Draft for")


@pytest.mark.slow
def test_everything_is_reached_by_tab_and_enter_alone(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    card = current(page)
    seen = []

    for _ in range(60):
        page.keyboard.press("Tab")
        seen.append(focused(page))
        if seen[-1].startswith("AAccept"):
            break
    page.keyboard.press("Enter")

    assert any("Works" in each for each in seen)
    saved(page, 1)
    assert str(Decision.objects.get().draft_id) == card


def test_the_last_card_says_that_none_is_left(open_desk: Callable[..., Page], admin: Member, task: Task) -> None:
    keep = Draft.objects.filter(task=task).first()
    assert keep is not None
    Draft.objects.exclude(pk=keep.pk).update(state="decided")
    page = open_desk(admin)

    page.keyboard.press("a")

    expect(page.locator("p[role=status][data-status]")).to_have_text("Accepted. No card is left in your deck.")
    expect(page.locator("[data-empty]")).to_be_visible()


@pytest.mark.slow
def test_a_thumb_has_large_buttons_and_a_slip_sideways_decides_nothing(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin, viewport={"width": 375, "height": 812}, has_touch=True)
    card = current(page)

    for act in ("accept", "edit", "reject"):
        box = page.locator(f"{SHOWN} [data-act={act}]").bounding_box()
        assert box is not None
        assert box["height"] >= 48
        assert box["width"] >= 100
    page.evaluate("""() => {
      const at = (x) => new Touch({ identifier: 1, target: document.querySelector(".card:not([hidden]) .reading"), \
clientX: x, clientY: 300 });
      const target = document.querySelector(".card:not([hidden]) .reading");
      for (const [kind, x] of [["touchstart", 40], ["touchmove", 180], ["touchmove", 340], ["touchend", 340]]) {
        target.dispatchEvent(new TouchEvent(kind, { bubbles: true, touches: kind === "touchend" ? [] : [at(x)], \
changedTouches: [at(x)] }));
      }
    }""")
    page.wait_for_timeout(200)

    assert current(page) == card
    assert not Decision.objects.exists()
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


@pytest.mark.slow
def test_long_facts_scroll_in_their_column_and_not_the_page(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    page.set_viewport_size({"width": 1440, "height": 420})

    height, facts = page.evaluate(
        "[document.documentElement.scrollHeight, document.querySelector('.card:not([hidden]) .facts').scrollHeight]"
    )

    assert facts > 420
    assert height <= 420
