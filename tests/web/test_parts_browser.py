"""Parts of a page that fetch themselves: asked for again where that failed, and never replaced under a hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PUT = """(html) => {
  const place = document.createElement("section");
  place.innerHTML = html;
  document.querySelector("main").prepend(place);
  htmx.process(place);
}"""
POLLED = """<div id="part" hx-get="/part/" hx-trigger="every 100ms" hx-swap="outerHTML">
  <p id="count">%s</p><details><summary>More</summary><p>Inside</p></details>
  <input name="typed"><button type="button" id="press">Press</button>
</div>"""

ELSEWHERE = """<div id="asker" hx-get="/part/" hx-trigger="%s" hx-target="#place"></div>
<div id="place"><input name="typed"></div>"""
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def page(open_page: Callable[..., Page], sink_url: str, asked: list[str]) -> Page:
    page = open_page(sink_url)
    page.evaluate(
        "() => document.addEventListener('click', (e) => { if (e.target.id === 'press') window.clicks = "
        "(window.clicks ?? 0) + 1 })"
    )
    return page


def polled(page: Page, asked: list[str]) -> None:
    """A part that is drawn anew ten times a second, each time with the next number."""

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(body=POLLED % len(asked), content_type="text/html")

    page.route("**/part/", answer)
    page.evaluate(PUT, POLLED % 0)
    page.locator("#count", has_text="2").wait_for()


def more(page: Page, asked: list[str], count: int) -> None:
    """Wait until it was asked for so many times more."""
    seen = len(asked)
    while len(asked) < seen + count:
        page.wait_for_timeout(50)


def stand_still(page: Page) -> None:
    """From here on the page's time passes only as far as the test lets it."""
    page.clock.install(time=LONG_AGO)
    page.clock.pause_at(LONG_AGO + timedelta(hours=1))


def pass_until(page: Page, is_so: Callable[[], bool]) -> None:
    while not is_so():
        page.clock.run_for(1_000)
        page.wait_for_timeout(20)


@pytest.mark.slow
def test_a_part_whose_first_fetch_fails_is_fetched_again(page: Page, asked: list[str], complaints: list[str]) -> None:
    def answer(route: Route) -> Any:
        asked.append(route.request.url)
        if len(asked) == 1:
            return route.abort()
        if len(asked) == 2:
            return route.fulfill(status=503, body="busy")
        return route.fulfill(body="<p id=came>It came</p>", content_type="text/html")

    page.route("**/part/", answer)
    page.evaluate(PUT, '<div hx-get="/part/" hx-trigger="load" hx-swap="outerHTML"></div>')

    expect(page.locator("#came")).to_have_text("It came")
    expect(page.locator(".messages")).to_be_empty()
    assert len(asked) == 3
    complaints.clear()


def test_what_stays_away_is_said_until_it_is_back(page: Page, asked: list[str], complaints: list[str]) -> None:
    is_back = False

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(body=POLLED % "back", content_type="text/html") if is_back else route.abort()

    page.route("**/part/", answer)
    page.evaluate(PUT, POLLED % 0)
    expect(page.locator(".messages")).to_contain_text("The server cannot be reached")
    is_back = True

    expect(page.locator("#count")).to_have_text("back")
    expect(page.locator(".messages")).to_be_empty()
    assert len(asked) > 3
    complaints.clear()


def test_what_a_person_is_told_of_their_act_stays_until_they_act_again(
    page: Page, asked: list[str], complaints: list[str]
) -> None:
    page.route("**/write/", lambda route: route.fulfill(status=403))
    page.evaluate(PUT, '<button id="write" hx-post="/write/">Write</button>')
    polled(page, asked)
    page.locator("#write").click()
    expect(page.locator(".messages")).to_contain_text("You may not do this here")

    more(page, asked, 3)
    expect(page.locator(".messages")).to_contain_text("You may not do this here")
    page.route("**/write/", lambda route: route.fulfill(status=204))
    page.locator("#write").click()

    expect(page.locator(".messages")).to_be_empty()
    complaints.clear()


@pytest.mark.slow
def test_failures_of_a_part_that_is_drawn_elsewhere_are_counted_anew(
    page: Page, asked: list[str], complaints: list[str]
) -> None:
    def answer(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) == 4:
            route.fulfill(body="<p>It came</p>", content_type="text/html")
        elif len(asked) < 8:
            route.abort()

    page.route("**/part/", answer)
    page.evaluate(PUT, ELSEWHERE % "every 100ms")
    # The last one stays without an answer.
    more(page, asked, 8)

    expect(page.locator("#place")).to_have_text("It came")
    expect(page.locator(".messages")).to_be_empty()
    complaints.clear()


@pytest.mark.slow
def test_a_part_that_is_drawn_elsewhere_waits_until_that_is_let_go(page: Page, asked: list[str]) -> None:
    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(body="<p>It came</p>", content_type="text/html")

    page.route("**/part/", answer)
    page.evaluate(PUT, ELSEWHERE % "changed")
    page.locator("#place input").focus()
    page.evaluate("htmx.trigger('#asker', 'changed')")
    more(page, asked, 2)
    page.evaluate("document.activeElement.blur()")

    expect(page.locator("#place")).to_have_text("It came")


def test_a_part_in_use_is_asked_for_once_however_often_it_is_called_for(page: Page, asked: list[str]) -> None:
    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(body="<p>It came</p>", content_type="text/html")

    page.route("**/part/", answer)
    stand_still(page)
    page.evaluate(PUT, ELSEWHERE % "changed")
    page.locator("#place input").focus()
    for _ in range(3):
        page.evaluate("htmx.trigger('#asker', 'changed')")
        expect(page.locator("#asker.htmx-request")).to_have_count(0)
    assert len(asked) == 3

    page.clock.run_for(500)
    expect(page.locator("#asker.htmx-request")).to_have_count(0)

    assert len(asked) == 4


@pytest.mark.slow
def test_a_click_that_a_poll_meets_is_not_lost(page: Page, asked: list[str]) -> None:
    polled(page, asked)
    button = page.locator("#press")
    button.hover()

    page.mouse.down()
    before = page.locator("#count").inner_text()
    more(page, asked, 3)
    expect(page.locator("#count")).to_have_text(before)
    page.mouse.up()

    page.wait_for_function("window.clicks === 1")
    expect(page.locator("#count")).not_to_have_text(before)


def test_what_is_typed_into_a_part_stays_while_it_has_the_focus(page: Page, asked: list[str]) -> None:
    polled(page, asked)
    page.evaluate("document.querySelector('[name=typed]').focus()")
    page.keyboard.type("kept")
    more(page, asked, 3)

    expect(page.locator("[name=typed]")).to_have_value("kept")
    expect(page.locator("[name=typed]")).to_be_focused()


def test_details_that_were_opened_stay_open(page: Page, asked: list[str]) -> None:
    polled(page, asked)
    page.evaluate("document.querySelector('#part summary').click()")
    before = page.locator("#count").inner_text()
    more(page, asked, 3)

    expect(page.locator("#count")).not_to_have_text(before)
    expect(page.get_by_text("Inside")).to_be_visible()


BAR = """async (state) => {
  const { apply, lookAgain } = await import("/static/js/live/bar.js");
  const bar = document.createElement("div");
  Object.assign(bar.dataset, { job: "7", jobReload: "again", jobState: "running" });
  window.hear = () => apply(bar, { kind: "state", payload: { state: "succeeded" } });
  window.draw = () => { bar.dataset.jobState = "succeeded"; lookAgain(bar); };
}"""


@pytest.mark.slow
def test_a_page_between_two_jobs_looks_again(page: Page) -> None:
    page.evaluate(BAR)

    with page.expect_navigation():
        page.evaluate("window.draw()")


@pytest.mark.slow
def test_a_page_that_is_being_left_does_not_call_back(page: Page) -> None:
    page.evaluate(BAR)
    page.evaluate("window.dispatchEvent(new Event('beforeunload'))")
    page.evaluate("window.hear()")
    page.wait_for_timeout(1_000)

    assert page.evaluate("typeof window.hear") == "function", "the page is the one it was"


@pytest.mark.slow
def test_a_page_whose_server_is_away_stays_until_it_is_back(
    page: Page, asked: list[str], complaints: list[str]
) -> None:
    is_back = False

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.continue_() if is_back else route.abort()

    page.route(page.url, answer)
    stand_still(page)
    page.evaluate(BAR)
    page.evaluate("window.hear()")
    pass_until(page, lambda: len(asked) == 3)
    assert page.evaluate("typeof window.hear") == "function", "the page is the one it was"
    left: list[Any] = []
    page.on("framenavigated", lambda frame: left.append(frame))
    is_back = True

    pass_until(page, lambda: bool(left))
    page.wait_for_load_state()
    complaints.clear()


def test_what_does_not_come_is_looked_for_ever_less_often(page: Page, asked: list[str]) -> None:
    stand_still(page)
    for pause_ms in (3_000, 6_000):
        page.evaluate(BAR)
        page.evaluate("window.draw()")
        page.clock.run_for(pause_ms - 1_000)
        assert page.evaluate("typeof window.hear") == "function", "the page is the one it was"
        with page.expect_navigation():
            page.clock.run_for(1_000)
