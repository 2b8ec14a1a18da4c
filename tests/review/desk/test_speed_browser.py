"""What an expert feels: the next card at once, nothing that jumps, and a page that is light. In a real browser."""

from __future__ import annotations

import gzip
import statistics
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Response

from members.models import Member
from review.models import Decision, Task
from tests.review import factories
from tests.review.desk.looking import SHOWN, current, saved, until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# Loose, for other tests share the processor.
LOOSE_MS = 400
# On a machine that takes long for two frames in which nothing happens, it is so many of those.
IDLE_TIMES = 10
IDLE = """() => new Promise((done) => {
  const began = performance.now();
  requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)));
})"""
# The last frame in which a key press may still be answered: two frames after it the next card has been painted.
PAINTED = """
() => {
  window.paints = [];
  document.addEventListener("keydown", (event) => {
    const began = event.timeStamp;
    requestAnimationFrame(() => requestAnimationFrame(() => window.paints.push(performance.now() - began)));
  }, { capture: true });
}
"""
# From the key to the end of the frame that shows the next card.
NEXT_CARD = """
() => {
  window.paints = [];
  const shown = () => document.querySelector(".card:not([hidden])").dataset.card;
  document.addEventListener("keydown", (event) => {
    const before = shown();
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => window.paints.push(shown() === before ? Infinity : performance.now() - event.timeStamp);
      port2.postMessage("painted");
    });
  }, { capture: true });
}
"""
P95_MS = 35
SHIFTS = """
() => {
  window.shifts = [];
  // What moved while the page came is told late, and is not asked for.
  const since = performance.now();
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.startTime < since) continue;
      // Shifts right after a key press are counted too: here every one of them follows a key press.
      window.shifts.push([entry.value, ...entry.sources.map(({ node }) => node?.outerHTML?.slice(0, 120) ?? "text")]);
    }
  }).observe({ type: "layout-shift" });
}
"""


def loose_ms(idle: list[float]) -> float:
    """How long a card may take to be painted where two idle frames took so long."""
    return max(LOOSE_MS, IDLE_TIMES * statistics.median(idle))


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_desk(by=admin, count=30)


@pytest.mark.slow
@pytest.mark.timed
def test_the_next_card_is_painted_two_frames_after_the_key(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    page.evaluate(PAINTED)
    idle = []

    for index in range(12):
        until(page, lambda: page.locator(".card").count() > 1)
        idle.append(page.evaluate(IDLE))
        page.keyboard.press("a")
        page.wait_for_function("(count) => window.paints.length >= count", arg=index + 1)

    times = page.evaluate("window.paints")
    saved(page, 12)
    assert statistics.median(times) < loose_ms(idle)


@pytest.mark.slow
@pytest.mark.timed
def test_among_ten_thousand_drafts_ninety_five_of_a_hundred_keys_show_the_next_card_in_35_ms(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    factories.make_desk(by=admin, slug="large", count=10_000)
    page = open_desk(admin, slug="large")
    page.evaluate(NEXT_CARD)
    idle = []

    for index in range(100):
        until(page, lambda: page.locator(".card").count() > 1)
        idle.append(page.evaluate(IDLE))
        page.keyboard.press("a")
        page.wait_for_function("(count) => window.paints.length >= count", arg=index + 1)

    times = sorted(page.evaluate("window.paints"))
    print(f"key to next card: median {times[50]:.1f}, p95 {times[94]:.1f} ms")
    # On a machine that takes long for two frames in which nothing happens, it is so many of those.
    assert times[94] <= max(P95_MS, IDLE_TIMES * statistics.median(idle))


def test_the_next_card_waits_for_no_answer(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    page.route("**/decisions/**", lambda route: None)
    seen = [current(page)]

    for _ in range(4):
        page.keyboard.press("a")
        seen.append(page.evaluate(f"document.querySelector('{SHOWN}').dataset.card"))

    assert len(set(seen)) == 5
    page.unroute_all(behavior="ignoreErrors")


@pytest.mark.slow
def test_twenty_cards_are_judged_without_anything_jumping(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    page.wait_for_timeout(300)
    page.evaluate(SHIFTS)

    for index in range(20):
        until(page, lambda: page.locator(".card").count() > 1)
        page.keyboard.press("r" if index % 3 == 0 else "a")
        if index % 3 == 0:
            page.keyboard.press("1")

    saved(page, 20)
    page.wait_for_timeout(300)
    assert page.evaluate("window.shifts") == []


@pytest.mark.slow
def test_the_page_weighs_less_than_three_hundred_kilobytes(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    weights: dict[str, int] = {}

    def weigh(response: Response) -> None:
        weights[response.url] = len(gzip.compress(response.body(), 6))

    page.on("response", weigh)
    page.goto("/tasks/outreach/review/")
    page.wait_for_selector(".desk.is-live")

    assert any("desk.js" in url for url in weights)
    assert any(url.endswith("/review/") for url in weights)
    assert sum(weights.values()) < 300_000, sorted(weights.items(), key=lambda each: -each[1])[:5]


def test_time_without_a_sign_of_life_is_not_time_on_a_card(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    page.evaluate(
        "() => { const real = performance.now.bind(performance); window.ahead = 0; "
        "performance.now = () => real() + window.ahead; }"
    )
    page.mouse.move(400, 300)

    page.evaluate("window.ahead = 30_000")
    page.mouse.move(410, 300)
    page.evaluate("window.ahead = 3_600_000")
    page.mouse.move(420, 300)
    page.keyboard.press("a")

    saved(page, 1)
    assert 80 < Decision.objects.get().seconds < 130
