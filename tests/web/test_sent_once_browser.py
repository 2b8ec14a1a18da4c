"""A form goes once: what its own parts fetch meanwhile lets no second press through, and the lock ends by itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, expect

from tests.web.test_parts_browser import PUT

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# 204 leaves the page where it is, as a slow server does until it answers.
ORDER = """<form id="order" method="post" action="/order/">
  <div id="estimate" hx-get="/estimate/" hx-trigger="changed"></div>
  <div id="advice" hx-get="/estimate/" hx-trigger="changed" hx-swap="outerHTML"></div>
  <input name="method"><button id="send">Order drafts</button>
</form>"""
HTMX_FORM = """<form id="order" method="post" action="/order/" hx-post="/order/" hx-swap="none">
  <button id="send">Write</button>
</form>"""
PRESSED = (
    "() => document.querySelector('#order').dispatchEvent(new SubmitEvent('submit', { bubbles: true, cancelable: "
    "true }))"
)


@pytest.fixture
def posts() -> list[str]:
    return []


@pytest.fixture
def page(open_page: Callable[..., Page], sink_url: str, posts: list[str]) -> Page:
    page = open_page(sink_url)

    def keep(request: Request) -> None:
        if request.method == "POST":
            posts.append(request.url)

    # By the event that `expect_request` waits for, and before it: a route's handler is called by a later message.
    page.on("request", keep)
    page.route("**/order/", lambda route: route.fulfill(status=204))
    page.route("**/estimate/", lambda route: route.fulfill(body="<p>$0.12</p>", content_type="text/html"))
    return page


def send(page: Page) -> None:
    with page.expect_request("**/order/"):
        page.locator("#send").click()


def test_an_estimate_that_comes_meanwhile_lets_no_form_go_twice(page: Page) -> None:
    page.evaluate(PUT, ORDER)
    send(page)
    expect(page.locator("#send")).to_be_disabled()

    page.evaluate("document.querySelectorAll('#order [hx-get]').forEach((part) => htmx.trigger(part, 'changed'))")
    expect(page.get_by_text("$0.12")).to_have_count(2)

    expect(page.locator("#send")).to_be_disabled()
    assert page.evaluate(PRESSED) is False, "the browser was told not to send it"


def test_a_form_that_went_nowhere_can_be_sent_later(page: Page, posts: list[str]) -> None:
    page.clock.install()
    page.evaluate(PUT, ORDER)
    send(page)
    expect(page.locator("#send")).to_be_disabled()

    page.clock.fast_forward(30_000)
    send(page)

    assert len(posts) == 2


def test_a_form_that_htmx_sends_goes_once_and_again_after_the_answer(page: Page, posts: list[str]) -> None:
    page.evaluate(PUT, HTMX_FORM)

    with page.expect_request("**/order/"):
        page.evaluate("() => { const button = document.querySelector('#send'); button.click(); button.click(); }")
    expect(page.locator("#order.htmx-request")).to_have_count(0)
    assert len(posts) == 1

    send(page)
    assert len(posts) == 2
