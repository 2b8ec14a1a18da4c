"""Comments beside a card, in a real browser."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from members.models import Member
from review.desk.comments import writing
from review.models import Comment, Decision, Draft, Task
from tests.review.desk.looking import signed_in_page, until
from tests.signed_in import context_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def is_comment(request: Request) -> bool:
    """Tell a request that adds a comment from others."""
    return request.method == "POST" and request.url.endswith("/comments/")


def hold_comments(page: Page) -> list[Route]:
    """Keep comments on their way; the list fills with what is to be let go."""
    held: list[Route] = []
    page.route("**/comments/", lambda route: held.append(route) if is_comment(route.request) else route.continue_())
    return held


def test_a_comment_is_read_and_written_beside_the_card_and_is_text(
    browser: Browser, live_server: Any, task: Task, expert: Member, lead: Member
) -> None:
    first = Draft.objects.order_by("queue_position").first()
    assert first is not None
    writing.add(first.pk, by=lead, id=uuid4(), text="<img src=x onerror=alert(1)> is text")
    expect.set_options(timeout=60_000)
    context = context_of(browser, live_server.url, expert)
    page = context.new_page()
    page.goto("/tasks/outreach/review/")
    card = page.locator(f"#card-{first.pk}")

    card.locator(".card-comments > summary").click()
    expect(card.get_by_text("<img src=x onerror=alert(1)> is text")).to_be_visible()
    box = card.locator("[data-comments-text]")
    box.fill("Accept or reject, @lena?")
    card.locator("[data-comments-send]").dblclick()
    expect(card.get_by_text("Accept or reject, @lena?")).to_be_visible()
    box.press("a")
    expect(card).to_be_visible()
    context.close()

    assert Comment.objects.filter(author=expert).count() == 1


def test_the_newest_comments_of_a_long_talk_are_listed(
    browser: Browser, live_server: Any, task: Task, expert: Member, lead: Member
) -> None:
    draft = Draft.objects.order_by("queue_position")[0]
    Comment.objects.bulk_create([Comment(draft=draft, author=lead, text=f"Word {n}") for n in range(501)])
    with signed_in_page(browser, live_server.url, expert) as page:
        page.goto("/tasks/outreach/review/")
        card = page.locator(f"#card-{draft.pk}")

        card.locator(".card-comments > summary").click()

        expect(card.locator(".comment")).to_have_count(501)
        expect(card.get_by_text("Word 500")).to_be_attached()


def test_words_typed_while_a_comment_is_sent_stay_in_the_box(
    browser: Browser, live_server: Any, task: Task, expert: Member
) -> None:
    with signed_in_page(browser, live_server.url, expert) as page:
        held = hold_comments(page)
        page.goto("/tasks/outreach/review/")
        card = page.locator(".card:not([hidden])")
        card.locator(".card-comments > summary").click()
        box = card.locator("[data-comments-text]")
        box.fill("The first word.")

        card.locator("[data-comments-send]").click()
        until(page, lambda: len(held) == 1)
        box.press_sequentially(" And the second.")
        held[0].continue_()

        expect(card.locator("[data-comments-list]")).to_contain_text("The first word.")
        expect(box).to_have_value("And the second.")
    assert Comment.objects.get().text == "The first word."


def test_control_enter_sends_the_comment_and_leaves_the_open_edit_alone(
    browser: Browser, live_server: Any, task: Task, expert: Member
) -> None:
    with signed_in_page(browser, live_server.url, expert) as page:
        page.goto("/tasks/outreach/review/")
        page.wait_for_selector(".desk.is-live")
        card = page.locator(".card:not([hidden])")
        page.keyboard.press("e")
        page.keyboard.type("Half a thought. ")
        card.locator(".card-comments > summary").click()
        box, send = card.locator("[data-comments-text]"), card.locator("[data-comments-send]")

        box.fill("By Control Enter")
        box.press("Control+Enter")
        expect(card.locator("[data-comments-list]")).to_contain_text("By Control Enter")
        expect(box).to_be_focused()
        box.fill("By the button")
        send.press("Enter")

        expect(card.locator("[data-comments-list]")).to_contain_text("By the button")
        expect(send).to_be_focused()
        expect(card.locator(".editor textarea").first).to_be_visible()
    assert not Decision.objects.exists()


@pytest.mark.parametrize("presses_again", [True, False])
def test_a_comment_on_its_way_when_its_panel_is_closed_is_added_once(
    browser: Browser, live_server: Any, task: Task, expert: Member, presses_again: bool
) -> None:
    with signed_in_page(browser, live_server.url, expert) as page:
        held = hold_comments(page)
        page.goto("/tasks/outreach/review/")
        page.wait_for_selector(".desk.is-live")
        card = page.locator(".card:not([hidden])")
        card.locator(".card-comments > summary").click()
        page.keyboard.press("i")
        panel = page.locator("dialog.beside")
        panel.locator("[data-comments-text]").fill("A word from the panel")

        panel.locator("[data-comments-send]").click()
        until(page, lambda: len(held) == 1)
        panel.get_by_role("button", name="Close").click()
        if presses_again:
            card.locator("[data-comments-send]").click()
            until(page, lambda: len(held) == 2)
        for route in held:
            route.continue_()

        expect(card.locator("[data-comments-text]")).to_have_value("")
        expect(card.locator(".comment")).to_have_count(1)
        expect(card.locator("[data-comments-send]")).to_be_enabled()
    assert Comment.objects.count() == 1


def test_a_comment_is_sent_from_a_page_that_came_over_plain_http(
    browser: Browser, live_server: Any, task: Task, expert: Member
) -> None:
    with signed_in_page(browser, live_server.url, expert) as page:
        page.add_init_script("delete Crypto.prototype.randomUUID")
        page.goto("/tasks/outreach/review/")
        card = page.locator(".card:not([hidden])")
        card.locator(".card-comments > summary").click()
        card.locator("[data-comments-text]").fill("A word over plain HTTP")
        card.locator("[data-comments-send]").click()

        expect(card.locator("[data-comments-list]")).to_contain_text("A word over plain HTTP")
