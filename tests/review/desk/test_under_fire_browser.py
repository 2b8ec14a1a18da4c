"""What must not lose, double or overwrite a verdict: no network, double clicks, two tabs, wrong clocks, a server gone.

`STRESS=1` cuts the network for the full thirty seconds.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from playwright.sync_api import Page, expect

from members.models import Member
from review.desk import decisions, deck
from review.models import Assignment, Decision, Gold, Task
from review.states import AssignmentState, Verdict
from tests.review import factories
from tests.review.desk.looking import SHOWN, current, saved, until, waiting
from tests.review.desk.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CUT_S = 30 if os.environ.get("STRESS") == "1" else 1


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_desk(by=admin, count=14)


@pytest.fixture
def site(transactional_db: None) -> Iterator[Site]:
    # Requests run in threads that end with them; a kept connection would outlive the test's database.
    before = connections.settings["default"]["CONN_MAX_AGE"]
    connections.settings["default"]["CONN_MAX_AGE"] = 0
    running = Site()
    yield running
    running.stop()
    connections.settings["default"]["CONN_MAX_AGE"] = before


def deck_is_full(page: Page) -> None:
    until(page, lambda: page.locator(".card").count() == 5)


@pytest.mark.slow
def test_judging_fast_while_the_network_is_gone_loses_nothing_and_doubles_nothing(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin)
    page.keyboard.press("a")
    saved(page, 1)
    deck_is_full(page)
    page.context.set_offline(True)

    shown = []
    for key in ("a", "r1", "e", "a", "z", "a"):
        shown.append(current(page))
        for letter in key:
            page.keyboard.press(letter)
        if key == "e":
            page.keyboard.type("In a tunnel: ")
            page.keyboard.press("Control+Enter")
    page.wait_for_timeout(CUT_S * 1000)
    expect(page.locator("[data-banner]")).to_contain_text("4 decisions wait for the network")
    assert Decision.objects.count() == 1
    page.context.set_offline(False)

    saved(page, 5)
    expect(page.locator("[data-banner]")).to_be_hidden()
    assert len(set(Decision.objects.values_list("draft_id", flat=True))) == 5
    assert Gold.objects.count() == 5
    assert Decision.objects.get(verdict=Verdict.EDIT).fields["body"].startswith("In a tunnel: Hi")
    assert Decision.objects.get(verdict=Verdict.REJECT).reasons == ["wrong_fact"]


def test_a_tab_that_crashes_offline_still_delivers_when_the_desk_is_opened_again(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin)
    page.context.set_offline(True)
    for _ in range(3):
        page.keyboard.press("a")
    expect(page.locator("[data-banner]")).to_contain_text("3 decisions wait")

    page.close(run_before_unload=False)
    page.context.set_offline(False)
    again = page.context.new_page()
    again.goto("/tasks/outreach/review/")

    saved(again, 3)


def test_a_double_click_judges_one_card(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    page.wait_for_timeout(400)
    second = page.locator(".card").nth(1).get_attribute("data-card")

    page.locator(f"{SHOWN} [data-act=accept]").dblclick()
    saved(page, 1)
    page.wait_for_timeout(500)

    assert current(page) == second
    assert Decision.objects.count() == 1


def test_a_card_judged_in_one_tab_leaves_the_other(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    other = page.context.new_page()
    other.goto("/tasks/outreach/review/")
    other.wait_for_selector(".desk.is-live")
    card = current(page)
    assert current(other) == card

    page.keyboard.press("a")

    expect(other.locator(f"#card-{card}")).to_have_count(0)
    other.keyboard.press("a")
    saved(page, 2)
    assert len(set(Decision.objects.values_list("draft_id", flat=True))) == 2


@pytest.mark.slow
def test_two_tabs_that_judge_one_card_record_one_verdict_and_keep_the_others_words(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin)
    other = page.context.new_page()
    other.goto("/tasks/outreach/review/")
    other.wait_for_selector(".desk.is-live")
    other.keyboard.press("e")
    other.keyboard.type("Words of the other tab. ")

    page.keyboard.press("a")
    saved(page, 1)
    other.keyboard.press("Control+Enter")

    expect(other.locator("[data-refusals] .alert")).to_contain_text("You have judged this card already")
    other.locator("[data-refusals] summary").click()
    expect(other.locator("[data-refusals] pre")).to_contain_text("Words of the other tab.")
    assert Decision.objects.get().verdict == Verdict.ACCEPT


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("skew_s", [-86_400 * 3, 3_600, 86_400 * 3])
def test_a_wrong_clock_in_the_browser_harms_nothing(open_desk: Callable[..., Page], admin: Member, skew_s: int) -> None:
    page = open_desk(admin)
    page.add_init_script(f"const real = Date.now; Date.now = () => real() + {skew_s * 1000};")
    page.reload()
    page.wait_for_selector(".desk.is-live")

    page.keyboard.press("a")
    saved(page, 1)
    page.keyboard.press("z")
    saved(page, 2)
    page.keyboard.press("a")
    page.keyboard.press("e")
    page.keyboard.type("Half ")
    saved(page, 3)
    page.goto("/jobs/")
    until(page, lambda: not Assignment.objects.filter(state=AssignmentState.ACTIVE).exists())

    assert 0 <= Decision.objects.filter(verdict=Verdict.ACCEPT).latest("created_at").seconds < 300
    assert Assignment.objects.filter(state=AssignmentState.RELEASED, unfinished__body__startswith="Half ").count() == 1


@pytest.mark.slow
def test_a_server_that_is_started_again_in_between_gets_every_verdict_once(
    browser: Any, site: Site, admin: Member, task: Task, as_member: Callable[..., Any]
) -> None:
    context = browser.new_context(base_url=site.url)
    session = as_member(admin).cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": site.url}])
    page = context.new_page()
    page.goto("/tasks/outreach/review/")
    page.wait_for_selector(".desk.is-live")

    page.keyboard.press("a")
    site.stop()
    for _ in range(3):
        page.keyboard.press("a")
    expect(page.locator("[data-banner]")).to_contain_text("wait")
    site.start()

    saved(page, 4)
    expect(page.locator("[data-banner]")).to_be_hidden()
    assert len(set(Decision.objects.values_list("draft_id", flat=True))) == 4
    context.close()


@pytest.mark.slow
def test_an_answer_that_is_lost_on_its_way_is_asked_for_again_and_counts_once(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin)
    lost: list[str] = []

    def lose(route: Any) -> None:
        if len(lost) < 2:
            route.fetch()
            lost.append(route.request.url)
            return route.abort()
        return route.continue_()

    page.route("**/decisions/**", lose)
    page.keyboard.press("a")

    expect(page.locator("[data-saved]")).to_contain_text("saved")
    assert len(lost) == 2
    assert Decision.objects.count() == Gold.objects.count() == 1


def test_a_lease_that_ran_out_in_the_tunnel_is_told_and_counts_for_nothing_yet(
    open_desk: Callable[..., Page], admin: Member, reviewer: Member, task: Task
) -> None:
    factories.join(reviewer, task)
    page = open_desk(admin)
    card = current(page)
    page.context.set_offline(True)
    page.keyboard.press("a")
    Assignment.objects.filter(reviewer=admin).update(leased_until="2020-01-01T00:00Z")
    theirs = next(each for each in deck.deal(reviewer, task, count=14) if str(each.draft_id) == card)
    decisions.record(theirs.draft_id, by=reviewer, id=uuid4(), verdict="reject", reasons=["tone"], if_match=theirs.etag)

    page.context.set_offline(False)

    saved(page, 2)
    late = Decision.objects.get(reviewer=admin)
    assert late.is_late
    assert Gold.objects.get().decision.reviewer == reviewer


def test_a_browser_without_a_database_says_so_and_still_sends(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    page.add_init_script("IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError'); };")
    page.reload()
    page.wait_for_selector(".desk.is-live")
    page.context.set_offline(True)

    page.keyboard.press("a")
    expect(page.locator("[data-banner]")).to_contain_text("leave the page open until then")
    page.context.set_offline(False)

    saved(page, 1)


@pytest.mark.slow
def test_undo_reaches_back_ten_cards(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    judged = []
    for _ in range(12):
        until(page, lambda: page.locator(".card").count() > 1)
        judged.append(current(page))
        page.keyboard.press("a")
    saved(page, 12)
    page.reload()
    page.wait_for_selector(".desk.is-live")

    back = []
    began = time.monotonic()
    for card in reversed(judged[2:]):
        page.keyboard.press("z")
        expect(page.locator(f"#card-{card}")).to_be_visible()
        back.append(current(page))
    page.keyboard.press("z")

    expect(page.locator("[data-status]")).to_contain_text("nothing to undo")
    assert back == list(reversed(judged[2:]))
    assert time.monotonic() - began < 60
    saved(page, 22)
    assert Gold.objects.count() == 2


def test_a_verdict_sent_by_another_tab_is_answered_in_the_tab_that_gave_it(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin)
    other = page.context.new_page()
    other.goto("/tasks/outreach/review/")
    other.wait_for_selector(".desk.is-live")
    other.keyboard.press("e")
    other.keyboard.type("Words of the other tab. ")
    slow: list[Any] = []

    # The first tab holds the way to the server while the second says its word, and then sends that word along.
    page.route("**/decisions/**", lambda route: slow.append(route) if not slow else route.continue_())
    page.keyboard.press("a")
    until(page, lambda: bool(slow))
    other.keyboard.press("Control+Enter")
    until(page, lambda: waiting(page) == 2)
    slow[0].continue_()

    expect(other.locator("[data-refusals] .alert")).to_contain_text("You have judged this card already")
    expect(other.locator("[data-refusals] pre")).to_contain_text("Words of the other tab.")
    saved(page, 1)
