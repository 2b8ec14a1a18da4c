"""The focus page in a real browser: keys, offline, undo across a reload, two people at once, no scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from members.models import Member
from review.desk import deck
from review.desk.deck import ReleasedCard
from review.models import Assignment, Decision, Draft, Gold, Task
from review.states import BEHIND_THE_REST, AssignmentState, Verdict
from tests.review import factories
from tests.review.desk.looking import SHOWN, current, saved, until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_desk(by=admin, count=12)


@pytest.mark.slow
def test_keys_judge_card_after_card(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    shown = []

    shown.append(current(page))
    page.keyboard.press("a")
    shown.append(current(page))
    page.keyboard.press("r")
    page.keyboard.press("2")
    shown.append(current(page))
    page.keyboard.press("e")
    page.keyboard.type("Better: ")
    expect(page.locator(".card:not([hidden]) [data-diff] ins").first).to_contain_text("Better")
    page.keyboard.press("Control+Enter")
    shown.append(current(page))

    saved(page, 3)
    assert len(set(shown)) == 4
    said = {str(decision.draft_id): decision for decision in Decision.objects.all()}
    assert said[shown[0]].verdict == Verdict.ACCEPT
    assert said[shown[1]].reasons == ["tone"]
    assert said[shown[2]].verdict == Verdict.EDIT
    assert said[shown[2]].fields["body"].startswith("Better: Hi")
    expect(page.locator("[data-saved]")).to_contain_text("saved")
    expect(page.locator("[data-pace]")).to_contain_text("9 of your 12 left")


@pytest.mark.slow
def test_undo_brings_cards_back_across_cards_and_a_reload(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    first = current(page)
    page.keyboard.press("a")
    second = current(page)
    page.keyboard.press("a")
    saved(page, 2)

    page.keyboard.press("z")
    assert current(page) == second
    expect(page.locator(f"#card-{second} .draft").first).to_contain_text("Would a short call")
    expect(page.locator("[data-footer]")).to_have_text("77 words · version 1 of the task")
    saved(page, 3)
    page.reload()
    page.wait_for_selector(".desk.is-live")
    page.keyboard.press("z")
    expect(page.locator(f"#card-{first}")).to_be_visible()
    title = page.locator(f"#card-{first}").get_attribute("data-title")
    expect(page.locator("[data-status]")).to_have_text(f"Taken back. Now: {title}.")

    saved(page, 4)
    assert not Gold.objects.exists()


@pytest.mark.slow
def test_the_strip_takes_back_any_of_the_last_verdicts_with_one_click(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin)
    first = current(page)
    for key in ("a", "r", "a"):
        judged = current(page)
        page.keyboard.press(key)
        if key == "r":
            page.keyboard.press("1")
        expect(page.locator(f"#card-{judged}")).to_be_hidden()
    saved(page, 3)
    strip = page.locator("[data-strip] button")
    expect(strip).to_have_text(["✓", "✗", "✓"])
    page.reload()
    page.wait_for_selector(".desk.is-live")
    expect(strip).to_have_text(["✓", "✗", "✓"])
    expect(strip.first).to_have_attribute("aria-label", re.compile("^Take back: accepted, "))

    strip.first.click()

    expect(page.locator(f"#card-{first}")).to_be_visible()
    expect(strip).to_have_text(["✗", "✓"])
    saved(page, 4)
    assert sorted(Gold.objects.values_list("verdict", flat=True)) == ["accept", "reject"]


@pytest.mark.slow
def test_a_session_that_ended_keeps_the_verdict_and_asks_to_sign_in(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin)
    cookies = page.context.cookies()
    page.context.clear_cookies()

    page.keyboard.press("a")
    expect(page.locator("[data-banner-link]")).to_be_visible()
    page.keyboard.press("a")
    expect(page.locator("[data-banner]")).to_contain_text("2 decisions wait")
    page.keyboard.press("z")
    expect(page.locator("[data-banner]")).to_contain_text("1 decision waits")
    with page.expect_response("**/history/"):
        page.keyboard.press("i")
    page.keyboard.press("j")
    expect(page.locator("[data-banner]")).to_contain_text("1 decision waits")
    assert Decision.objects.count() == 0
    page.context.add_cookies(cookies)
    page.reload()

    saved(page, 1)


@pytest.mark.slow
def test_leaving_the_page_returns_the_cards_and_keeps_the_edit(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    card = current(page)
    page.keyboard.press("e")
    page.keyboard.type("Half a thought")

    page.goto("/jobs/")
    until(page, lambda: not Assignment.objects.filter(state=AssignmentState.ACTIVE).exists())

    assert Assignment.objects.filter(state=AssignmentState.RELEASED).count() == 5
    assert Assignment.objects.get(draft_id=card).unfinished["body"].startswith("Half a thought")
    page.goto("/tasks/outreach/review/")
    page.wait_for_selector(".desk.is-live")
    assert current(page) == card
    expect(page.locator(f"#card-{card} .editor textarea")).to_have_value(re.compile("^Half a thought"))


def test_setting_aside_takes_a_note_and_is_undone(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    card = current(page)

    page.keyboard.press("s")
    page.keyboard.type("Ask Ada")
    page.keyboard.press("Enter")
    expect(page.locator("[data-saved]")).to_contain_text("saved")
    assert Assignment.objects.get(draft_id=card).note == "Ask Ada"
    page.keyboard.press("z")

    assert current(page) == card
    until(page, lambda: Assignment.objects.get(draft_id=card).state == AssignmentState.ACTIVE)
    assert Draft.objects.get(pk=card).queue_position < BEHIND_THE_REST


def test_next_and_previous_walk_the_deck_without_deciding(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    first = current(page)

    page.keyboard.press("j")
    second = current(page)
    page.keyboard.press("k")

    assert current(page) == first != second
    assert not Decision.objects.exists()


def test_text_of_a_draft_never_becomes_markup(open_desk: Callable[..., Page], admin: Member, task: Task) -> None:
    Draft.objects.all().update(state="decided")
    records = factories.make_records(factories.make_source(task, name="Hostile"), 2)
    hostile = {"subject": "<i>x</i>", "body": "<img src=x onerror=\"document.title='owned'\"> {{contact.first_name}}"}
    factories.make_drafts(task, records, fields=[hostile, hostile])
    page = open_desk(admin)

    page.keyboard.press("e")
    page.keyboard.type("<b>new</b>")
    page.keyboard.press("Control+Enter")
    saved(page, 1)

    assert page.locator(".desk img").count() == 0
    assert page.locator(".desk b").count() == 0
    assert "owned" not in page.title()


def test_the_page_fits_a_phone_and_works_by_touch(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin, viewport={"width": 375, "height": 812}, has_touch=True)
    card = page.locator(".card:not([hidden])")

    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert not card.locator(".facts dl").first.is_visible()
    card.locator(".facts summary").tap()
    expect(card.locator(".facts dl").first).to_be_visible()
    card.locator(".facts summary").tap()
    box = card.locator('[data-act="accept"]').bounding_box()
    assert box is not None
    assert box["height"] >= 44
    assert box["y"] + box["height"] <= 812
    card.locator('[data-act="accept"]').tap()

    saved(page, 1)


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("scripts", [True, False])
def test_the_page_fits_a_phone_while_a_card_is_set_aside(
    open_desk: Callable[..., Page], admin: Member, scripts: bool
) -> None:
    page = open_desk(admin, viewport={"width": 375, "height": 812}, java_script_enabled=scripts)
    if scripts:
        page.keyboard.press("s")

    expect(page.locator(".card:not([hidden]) .note")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


def test_nothing_jumps_from_card_to_card(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    regions = (".facts", ".reading", ".criteria", ".verdicts", ".desk-foot")

    def boxes() -> list[Any]:
        return [page.locator(f".card:not([hidden]) {name}, .desk > {name}").bounding_box() for name in regions]

    before = boxes()
    page.keyboard.press("a")

    assert boxes() == before


def test_without_scripts_the_same_form_decides(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin, java_script_enabled=False)
    first = current(page)

    page.locator(".card:not([hidden]) button[value=accept]").click()
    expect(page.locator(f".card:not([hidden])[data-card='{first}']")).to_have_count(0)

    assert Gold.objects.get().draft_id == Draft.objects.get(pk=first).pk
    assert current(page) != first


@pytest.mark.slow
def test_a_deck_that_ends_while_others_hold_the_rest_says_so_and_takes_what_comes_back(
    open_desk: Callable[..., Page], admin: Member, task: Task, other: Member
) -> None:
    held = deck.deal(other, task, count=7)
    page = open_desk(admin)
    for _ in range(12 - len(held)):
        page.locator(SHOWN).wait_for()
        page.keyboard.press("a")
    expect(page.locator("[data-empty]")).to_contain_text(f"There are {len(held)} cards in front of other reviewers.")
    expect(page.get_by_text("All cards are judged")).to_be_hidden()

    deck.release(other, [ReleasedCard(held[0].draft_id)])
    page.evaluate("window.dispatchEvent(new Event('online'))")

    expect(page.locator(f"#card-{held[0].draft_id}")).to_be_visible()
