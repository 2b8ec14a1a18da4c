"""A panel beside the card, by a key: its history and comments, or similar approved texts.

The card stays where it is.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from playwright.sync_api import Page, Route, expect

from members.models import Member
from review.desk import deck
from review.models import Comment, Decision, Draft, Task
from tests.matrix.looks import AXE, RUN
from tests.review.desk.looking import SHOWN, current, saved, until, waiting
from tests.review.desk.test_speed_browser import SHIFTS
from tests.review.desk.verbs import judge

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_history_and_comments_open_by_a_key_and_the_card_stays(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    first = current(page)
    page.keyboard.press("a")
    saved(page, 1)
    page.keyboard.press("z")
    saved(page, 2)
    panel = page.locator("dialog.beside")

    page.keyboard.press("i")
    expect(panel).to_contain_text("Taken back")
    expect(panel).to_contain_text("Accepted")
    panel.get_by_role("textbox").fill("Ask the lead, please: a and x are no keys here.")
    page.keyboard.press("Escape")
    page.keyboard.press("i")
    expect(panel.get_by_role("textbox")).to_have_value("Ask the lead, please: a and x are no keys here.")
    panel.get_by_role("button", name="Comment", exact=True).click()
    expect(panel.locator(".comment")).to_have_count(1)
    assert Comment.objects.get().draft_id == Draft.objects.get(pk=first).pk
    page.keyboard.press("Escape")

    expect(panel).to_be_hidden()
    assert current(page) == first
    page.keyboard.press("a")
    saved(page, 3)
    assert Decision.objects.filter(verdict="accept", draft=first).count() == 2


@pytest.mark.parametrize("key", ["a", "s"], ids=["accepted", "set aside"])
def test_an_unsent_comment_goes_with_its_card(open_desk: Callable[..., Page], admin: Member, key: str) -> None:
    page = open_desk(admin)
    first, box = current(page), page.locator(f"{SHOWN} [data-comments-text]")
    page.locator(f"{SHOWN} details.card-comments summary").click()
    box.fill("Ask the lead: is this price still right?")
    box.evaluate("box => box.blur()")

    page.context.set_offline(True)
    page.keyboard.press(key)
    if key == "s":
        page.keyboard.press("Enter")
    until(page, lambda: current(page) != first and waiting(page) == 2)
    page.context.set_offline(False)
    until(page, lambda: Comment.objects.count() == 1 and waiting(page) == 0)

    expect(page.locator("[data-saved]")).to_have_text("Your comment was sent.")
    assert Comment.objects.get().text == "Ask the lead: is this price still right?"
    assert Comment.objects.get().draft_id == UUID(first)
    assert Decision.objects.count() == (1 if key == "a" else 0)

    page.keyboard.press("z")
    until(page, lambda: current(page) == first)
    expect(box).to_have_value("")
    page.locator(f"{SHOWN} details.card-comments summary").click()
    expect(page.locator(f"{SHOWN} .comment")).to_have_count(1)


def test_a_card_judged_in_another_tab_stays_with_its_unsent_comment(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin)
    first = current(page)
    page.locator(f"{SHOWN} details.card-comments summary").click()
    page.locator(f"{SHOWN} [data-comments-text]").fill("Half a thought")
    other = page.context.new_page()
    other.goto(page.url)
    until(other, lambda: current(other) == first)

    other.keyboard.press("a")
    saved(other, 1)
    page.wait_for_timeout(300)

    assert current(page) == first
    expect(page.locator(f"{SHOWN} [data-comments-text]")).to_have_value("Half a thought")


def test_a_comment_stays_listed_when_an_older_list_comes_late(open_desk: Callable[..., Page], admin: Member) -> None:
    page, late = open_desk(admin), []
    page.route("**/comments/?limit=500", lambda route: late.append((route, route.fetch())))
    panel = page.locator("dialog.beside")
    page.keyboard.press("i")
    panel.get_by_role("textbox").fill("Ask the lead.")
    until(page, lambda: late)

    panel.get_by_role("button", name="Comment", exact=True).click()
    expect(panel.locator(".comment")).to_have_count(1)
    for route, answer in late:
        route.fulfill(response=answer)
    page.wait_for_timeout(300)

    expect(panel.locator(".comment")).to_have_count(1)
    expect(panel.locator("[data-comments-words]")).to_be_empty()


@pytest.mark.parametrize(("key", "words"), [("i", "no network"), ("h", "The server cannot be reached.")])
def test_a_key_whose_page_no_network_brings_leaves_the_reviewer_at_the_desk(
    open_desk: Callable[..., Page], admin: Member, key: str, words: str
) -> None:
    page = open_desk(admin)
    first = current(page)
    # A network that says that it is there, and brings nothing.
    page.route("**/*", lambda route: route.abort())
    # The first request of a page may still pass by a route that was just set.
    until(page, lambda: page.evaluate("fetch('/').then(() => false, () => true)"))

    page.keyboard.press(key)

    expect(page.locator("[data-saved]")).to_contain_text(words)
    page.keyboard.press("a")
    assert current(page) not in ("", first)


@pytest.mark.slow
def test_similar_approved_texts_open_and_close_by_one_key_and_nothing_moves(
    open_desk: Callable[..., Page], admin: Member, task: Task
) -> None:
    for draft in Draft.objects.filter(task=task)[6:]:
        judge(deck.hold(admin, draft.pk), by=admin)
    page = open_desk(admin)
    page.evaluate(SHIFTS)

    page.keyboard.press("x")
    expect(page.locator("dialog.beside")).to_contain_text("Similar approved texts")
    page.evaluate(AXE.read_text())
    assert page.evaluate(RUN, {}) == []
    page.keyboard.press("x")

    expect(page.locator("dialog.beside")).to_be_hidden()
    expect(page.locator(SHOWN)).to_be_focused()
    assert page.evaluate("window.shifts") == []


@pytest.mark.slow
def test_the_panel_fits_a_phone(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin, viewport={"width": 375, "height": 720}, color_scheme="dark")

    page.locator(SHOWN).get_by_text("Similar approved texts").click()

    expect(page.locator("dialog.beside")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    page.locator("dialog.beside").get_by_role("button", name="Close").click()
    expect(page.locator("dialog.beside")).to_be_hidden()


@pytest.mark.parametrize(("key", "address"), [("t", "**/ask/"), ("i", "**/history/")])
def test_a_panel_that_comes_late_does_not_open_over_the_next_card(
    open_desk: Callable[..., Page], admin: Member, key: str, address: str
) -> None:
    page = open_desk(admin)
    late: list[Route] = []
    page.route(address, lambda route: late.append(route))
    page.keyboard.press(key)
    until(page, lambda: bool(late))
    page.keyboard.press("a")
    saved(page, 1)

    with page.expect_response(address):
        late[0].continue_()

    page.wait_for_timeout(300)
    expect(page.locator("dialog[open]")).to_have_count(0)
    page.keyboard.press("a")
    saved(page, 2)


@pytest.mark.parametrize("key", ["t", "i"])
def test_a_session_that_ended_opens_no_panel_and_asks_to_sign_in(
    open_desk: Callable[..., Page], admin: Member, key: str
) -> None:
    page = open_desk(admin)
    page.context.clear_cookies()

    page.keyboard.press(key)

    expect(page.locator("[data-banner]")).to_contain_text("You are signed out")
    expect(page.locator("[data-banner-link]")).to_be_visible()
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_a_comment_that_is_too_long_is_refused_with_all_its_words(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page, words = open_desk(admin), "word " * 2_000 + "end"
    page.locator(f"{SHOWN} details.card-comments summary").click()
    box = page.locator(f"{SHOWN} [data-comments-text]")
    box.fill(words)
    page.locator(f"{SHOWN} [data-comments-send]").click()
    expect(page.locator(f"{SHOWN} [data-comments-words]")).not_to_be_empty()
    expect(box).to_have_value(words)

    page.locator(SHOWN).evaluate("(card) => card.focus()")
    page.keyboard.press("a")

    expect(page.locator("[data-refusals] pre")).to_have_text(words)
