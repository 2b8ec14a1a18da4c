"""A tunnel: thirty seconds of fast judging without a network, and what the page says when its cards run out there.

`make test-all` cuts the network for three seconds, `STRESS=1` for thirty.
"""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from members.models import Member
from review.models import Decision, Gold, Task
from review.states import Role, Verdict
from tests.review import factories
from tests.review.desk.looking import SHOWN, current, saved, until, waiting

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CUT_S = 30 if os.environ.get("STRESS") == "1" else 3
KEYS = {Verdict.ACCEPT: ["a"], Verdict.REJECT: ["r", "1"], Verdict.EDIT: ["e"]}


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_desk(by=admin, count=9)


def judge_without_pause(page: Page, *, for_s: float, dice: random.Random) -> tuple[dict[str, Verdict], int]:
    """Judge and take back as fast as keys can be pressed; what stands in the end by card,
    and how often a key was meant.
    """
    standing: dict[str, Verdict] = {}
    acts, until_s = 0, time.monotonic() + for_s
    # On a slow machine too, so many that cards run out and come back.
    while time.monotonic() < until_s or acts <= 4 * for_s:
        acts += 1
        if not page.locator(SHOWN).count() or (standing and dice.random() < 0.4):
            page.keyboard.press("z")
            standing.popitem()
            continue
        card, verdict = current(page), dice.choice(list(KEYS))
        for key in KEYS[verdict]:
            page.keyboard.press(key)
        if verdict == Verdict.EDIT:
            page.keyboard.type(f"No {acts}. ")
            page.keyboard.press("Control+Enter")
        standing[card] = verdict
    return standing, acts


def lose_the_answer(page: Page, *, to: str, decisions: int) -> None:
    """Press a key whose verdict the server takes, and whose answer never arrives."""

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/decisions/**", lose)
    page.keyboard.press(to)
    until(page, lambda: Decision.objects.count() == decisions)
    page.unroute_all(behavior="wait")


def test_a_verdict_whose_answer_was_lost_is_counted_once_after_a_reload(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin)

    lose_the_answer(page, to="a", decisions=1)
    page.reload()
    until(page, lambda: waiting(page) == 0)

    expect(page.locator("[data-pace]")).to_contain_text("1 today · 8 of your 9 left")
    expect(page.locator("[data-strip] button")).to_have_count(1)
    assert Decision.objects.count() == 1


def test_an_undo_whose_answer_was_lost_is_counted_once_after_a_reload(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin)
    page.keyboard.press("a")
    saved(page, decisions=1)
    until(page, lambda: waiting(page) == 0)

    lose_the_answer(page, to="z", decisions=2)
    page.reload()
    until(page, lambda: waiting(page) == 0)

    expect(page.locator("[data-pace]")).to_have_text(re.compile("^9 left"))
    expect(page.locator("[data-strip] button")).to_have_count(0)
    assert Decision.objects.count() == 2


@pytest.mark.slow
def test_thirty_seconds_of_fast_judging_without_a_network_arrive_as_they_were_meant(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin)
    page.context.set_offline(True)

    meant, acts = judge_without_pause(page, for_s=CUT_S, dice=random.Random(3))
    assert Decision.objects.count() == 0
    page.context.set_offline(False)

    expect(page.locator("[data-banner]")).to_be_hidden()
    until(page, lambda: Gold.objects.count() == len(meant))
    said = Decision.objects.exclude(verdict=Verdict.RETRACT).filter(retracted_by=None)
    assert {str(decision.draft_id): decision.verdict for decision in said} == meant
    assert said.count() == len(meant)
    assert all(decision.fields["body"].startswith("No ") for decision in said.filter(verdict=Verdict.EDIT))
    assert page.locator("[data-refusals] .alert").count() == 0
    assert acts > 4 * CUT_S
    print(f"{acts} keys meant something in {CUT_S} s without a network; {len(meant)} verdicts stood, all arrived once")


@pytest.mark.slow
def test_a_deck_that_runs_out_in_the_tunnel_does_not_say_that_all_is_judged(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin)
    page.context.set_offline(True)

    for _ in range(5):
        page.keyboard.press("a")
    expect(page.locator("[data-empty]")).to_contain_text("No further card is loaded yet")
    assert page.get_by_text("All cards are judged").is_hidden()
    # In the middle of the page: an empty stage must not keep a column for itself.
    assert page.locator("[data-empty]").bounding_box()["width"] == page.locator(".desk").bounding_box()["width"]
    page.context.set_offline(False)

    # The further cards come without a reload, and only when none is left that is said.
    expect(page.locator(SHOWN)).to_have_count(1)
    assert page.locator("[data-empty]").is_hidden()
    saved(page, 5)
    for _ in range(4):
        page.locator(SHOWN).wait_for()
        page.keyboard.press("a")
    expect(page.get_by_text("All cards are judged")).to_be_visible()
    saved(page, 9)


def test_a_slow_server_is_waited_for_before_the_page_says_that_all_is_judged(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin)
    is_slow, held = True, []

    def answer(route: Route) -> None:
        held.append(route) if is_slow else route.continue_()

    page.route("**/api/v1/**", answer)

    for _ in range(5):
        page.keyboard.press("a")
    expect(page.locator("[data-empty]")).to_contain_text("Fetching the next cards")
    assert page.get_by_text("All cards are judged").is_hidden()
    is_slow = False
    for route in held:
        route.continue_()

    expect(page.locator(SHOWN)).to_have_count(1)
    saved(page, 5)


@pytest.mark.slow
def test_an_answer_that_was_under_way_brings_no_judged_card_back(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    late: list[Route] = []
    page.route("**/api/v1/desk/*/deck/**", lambda route: late.append(route))
    card = current(page)

    page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    until(page, lambda: bool(late))
    told = late[0].fetch()
    page.keyboard.press("a")
    expect(page.locator("[data-saved]")).to_contain_text("saved")
    late[0].fulfill(response=told)
    page.wait_for_timeout(500)

    assert card in told.text()
    expect(page.locator(f"#card-{card}")).to_have_count(0)
    saved(page, 1)


AS_BEFORE = """async () => {
  const base = await new Promise((resolve) => {
    const opening = indexedDB.open("miniatures-desk");
    opening.onsuccess = () => resolve(opening.result);
  });
  const store = () => base.transaction("outbox", "readwrite").objectStore("outbox");
  const entries = await new Promise((resolve) => (store().getAll().onsuccess = ({ target }) => resolve(target.result)));
  for (const { draft, ...entry } of entries)
    await new Promise((resolve) => {
      const before = { ...entry, candidate: draft, url: entry.url.replace("/drafts/", "/candidates/") };
      store().put(before).onsuccess = resolve;
    });
  base.close();
  return entries.length;
}"""


def test_a_verdict_that_waited_while_the_product_was_renewed_is_sent_to_its_new_address(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin)
    card = current(page)
    page.context.set_offline(True)
    page.keyboard.press("a")
    expect(page.locator(SHOWN)).not_to_have_attribute("data-card", card)
    until(page, lambda: page.evaluate(AS_BEFORE) == 1)

    page.context.set_offline(False)
    page.reload()

    until(page, lambda: Decision.objects.filter(draft=card, verdict="accept").count() == 1)


def test_a_taking_back_that_waits_through_a_reload_is_not_offered_again(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin)
    first = current(page)
    for count in (1, 2):
        page.keyboard.press("a")
        saved(page, count)
    page.route("**/decisions/**", lambda route: route.abort())
    page.keyboard.press("z")
    until(page, lambda: waiting(page) == 1)

    page.reload()
    page.wait_for_selector(".desk.is-live")
    expect(page.locator("[data-strip] button")).to_have_count(1)
    page.keyboard.press("z")
    until(page, lambda: waiting(page) == 2)
    page.unroute("**/decisions/**")

    saved(page, 4)
    assert not Gold.objects.exists()
    expect(page.locator(f"#card-{first}")).to_be_attached()
    expect(page.locator("[data-refusals] .alert")).to_have_count(0)


def test_a_task_in_which_one_may_judge_no_more_holds_up_no_other(
    open_desk: Callable[..., Page], admin: Member, reviewer: Member, task: Task
) -> None:
    other = factories.make_desk(by=admin, slug="replies")
    factories.join(reviewer, task)
    factories.join(reviewer, other)
    page = open_desk(reviewer)
    page.context.set_offline(True)
    page.keyboard.press("a")
    until(page, lambda: waiting(page) == 1)
    factories.join(reviewer, task, Role.VIEWER)
    page.context.set_offline(False)
    page.goto("/tasks/replies/review/")
    page.wait_for_selector(".desk.is-live")

    page.keyboard.press("a")

    saved(page, 1)
    assert Decision.objects.get().task == other
    expect(page.locator("[data-banner]")).to_contain_text("1 decision waits in this browser")


@pytest.mark.parametrize("reloads", [False, True])
def test_a_verdict_whose_answer_is_lost_is_taken_back_behind_it(
    open_desk: Callable[..., Page], admin: Member, reloads: bool
) -> None:
    page = open_desk(admin)
    card = current(page)
    is_lost = True

    def answer(route: Route) -> None:
        told = route.fetch()
        route.abort() if is_lost else route.fulfill(response=told)

    page.route("**/decisions/**", answer)
    page.keyboard.press("a")
    expect(page.locator("[data-banner]")).to_contain_text("1 decision waits")
    if reloads:
        page.reload()
        page.wait_for_selector(".desk.is-live")
    page.keyboard.press("z")
    until(page, lambda: waiting(page) == 2)
    is_lost = False
    until(page, lambda: page.locator(SHOWN).get_attribute("data-card") == card)
    page.keyboard.press("r")
    page.keyboard.press("1")

    saved(page, 3)
    until(page, lambda: waiting(page) == 0)
    assert Gold.objects.get().verdict == Verdict.REJECT
    expect(page.locator("[data-refusals] .alert")).to_have_count(0)
