"""One reviewer in two places: a second tab, another machine, another desk, and the sleep in between."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from members.models import Member
from review.desk import deck
from review.models import Assignment, Decision, Draft, Task
from review.states import AssignmentState, Role
from tests.review import factories
from tests.review.desk.looking import SHOWN, current, saved, until, waiting

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WAKE = "window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"


def body(page: Page) -> Any:
    return page.locator(f'{SHOWN} .editor [data-path="body"]')


def kept(page: Page, card: str, words: str) -> None:
    until(page, lambda: words in str(Assignment.objects.get(draft_id=card).unfinished))


def second_tab(page: Page) -> Page:
    other = page.context.new_page()
    other.goto("/tasks/outreach/review/")
    other.wait_for_selector(".desk.is-live")
    return other


def cards(page: Page) -> list[str | None]:
    # At one moment: cards come and go meanwhile.
    found: list[str | None] = page.locator(".card").evaluate_all("cards => cards.map(card => card.dataset.card)")
    return found


def test_words_of_another_machine_are_shown_and_not_the_older_ones_here(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    laptop = open_desk(admin)
    card = current(laptop)
    laptop.keyboard.press("e")
    laptop.keyboard.type("From the laptop. ")
    kept(laptop, card, "laptop")
    laptop.goto("/jobs/")
    phone = open_desk(admin)
    phone.keyboard.type("Then from the phone. ")
    kept(phone, card, "phone")
    phone.goto("/jobs/")

    laptop.goto("/tasks/outreach/review/")
    laptop.wait_for_selector(".desk.is-live")

    assert current(laptop) == card
    expect(body(laptop)).to_have_value(re.compile("^Then from the phone. From the laptop. "))


def test_words_that_only_went_along_on_leaving_do_not_come_back_over_later_ones(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    laptop = open_desk(admin)
    card = current(laptop)
    laptop.route("**/unfinished/", lambda route: route.abort())
    laptop.keyboard.press("e")
    laptop.keyboard.type("From the laptop. ")
    laptop.goto("/jobs/")
    kept(laptop, card, "laptop")
    phone = open_desk(admin)
    phone.keyboard.type("Then from the phone. ")
    kept(phone, card, "phone")
    phone.goto("/jobs/")

    laptop.goto("/tasks/outreach/review/")
    laptop.wait_for_selector(".desk.is-live")

    assert current(laptop) == card
    expect(body(laptop)).to_have_value(re.compile("^Then from the phone. From the laptop. "))


@pytest.mark.slow
def test_words_that_never_reached_the_server_are_shown_over_the_older_ones_there(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin)
    card = current(page)
    page.keyboard.press("e")
    page.keyboard.type("First. ")
    kept(page, card, "First. ")
    page.context.set_offline(True)
    page.keyboard.type("Then in a tunnel. ")
    # So long that words were sent in vain, once and again.
    page.wait_for_timeout(2_500)
    page.keyboard.type("Still there. ")
    page.wait_for_timeout(2_500)
    page.close()
    page.context.set_offline(False)

    page = second_tab(page)

    assert current(page) == card
    expect(body(page)).to_have_value(re.compile("^First. Then in a tunnel. Still there. "))


def test_an_edit_that_another_machine_took_back_does_not_return(open_desk: Callable[..., Page], admin: Member) -> None:
    laptop = open_desk(admin)
    card = current(laptop)
    before = body(laptop).input_value()
    laptop.keyboard.press("e")
    laptop.keyboard.type("From the laptop. ")
    kept(laptop, card, "laptop")
    laptop.goto("/jobs/")
    phone = open_desk(admin)
    body(phone).fill(before)
    until(phone, lambda: Assignment.objects.get(draft_id=card).unfinished is None)
    phone.goto("/jobs/")

    laptop.goto("/tasks/outreach/review/")
    laptop.wait_for_selector(".desk.is-live")

    assert current(laptop) == card
    expect(body(laptop)).to_have_value(before)


def test_a_second_tab_that_closes_leaves_the_first_its_cards_and_words(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin)
    card = current(page)
    other = second_tab(page)
    page.bring_to_front()
    page.keyboard.press("e")
    page.keyboard.type("Half a thought. ")
    kept(page, card, "Half a thought")

    with other.expect_request_finished(lambda request: request.url.endswith("/jobs/")):
        other.goto("/jobs/")

    other.wait_for_timeout(500)
    mine = Assignment.objects.get(draft_id=card)
    assert mine.state == AssignmentState.ACTIVE
    assert mine.unfinished["body"].startswith("Half a thought. ")
    page.goto("/jobs/")
    until(page, lambda: not Assignment.objects.filter(state=AssignmentState.ACTIVE).exists())
    kept(page, card, "Half a thought")


def test_an_older_page_that_closes_takes_no_later_words_of_another_machine_along(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    laptop = open_desk(admin)
    card = current(laptop)
    phone = open_desk(admin)
    phone.keyboard.press("e")
    phone.keyboard.type("From the phone. ")
    kept(phone, card, "phone")
    laptop.evaluate(WAKE)
    until(laptop, lambda: laptop.locator(SHOWN).get_attribute("data-leased-until") != "")
    laptop.wait_for_timeout(500)

    laptop.goto("/jobs/")

    laptop.wait_for_timeout(500)
    kept(phone, card, "From the phone. ")


def test_cards_that_others_took_in_a_sleep_leave_the_deck_but_for_the_one_in_front_and_words(
    open_desk: Callable[..., Page], admin: Member, reviewer: Member, task: Task
) -> None:
    factories.join(reviewer, task)
    page = open_desk(admin)
    held = cards(page)
    Assignment.objects.filter(reviewer=admin).update(leased_until="2020-01-01T00:00Z")
    assert {str(card.draft_id) for card in deck.deal(reviewer, task, count=5)} == set(held)
    page.locator(f"#card-{held[1]} .editor [data-path]").first.evaluate("box => { box.value += ' and more'; }")

    page.evaluate(WAKE)
    until(page, lambda: set(cards(page)) & set(held) == set(held[:2]))
    assert current(page) == held[0]


def test_cards_that_changed_meanwhile_are_drawn_anew(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    held = cards(page)
    second = Draft.objects.get(pk=held[1])
    Draft.objects.filter(pk=second.pk).update(
        fields={**second.fields, "subject": "Another subject"}, fields_hash="f" * 64
    )
    etag = deck.etag_for(Draft.objects.get(pk=second.pk), admin)
    Assignment.objects.filter(draft=second).update(etag=etag)

    page.evaluate(WAKE)

    until(page, lambda: page.locator(f"#card-{second.pk}").get_attribute("data-etag") == etag)
    assert "Another subject" in page.locator(f"#card-{second.pk} .subject-text").inner_text()
    assert (current(page), set(cards(page))) == (held[0], set(held))


def test_a_verdict_that_came_too_late_is_told_until_it_is_dismissed(
    open_desk: Callable[..., Page], admin: Member, reviewer: Member, task: Task
) -> None:
    factories.join(reviewer, task)
    page = open_desk(admin)
    Assignment.objects.filter(reviewer=admin).update(leased_until="2020-01-01T00:00Z")
    deck.deal(reviewer, task, count=8)

    page.keyboard.press("a")

    said = page.locator("[data-refusals] .alert")
    expect(said).to_contain_text("it does not count until a lead adopts it")
    assert Decision.objects.get().is_late
    said.get_by_role("button", name="Dismiss").click()
    expect(said).to_have_count(0)


def test_what_waited_for_another_desk_brings_none_of_its_cards(
    open_desk: Callable[..., Page], admin: Member, task: Task
) -> None:
    other = factories.make_desk(by=admin, slug="replies")
    page = open_desk(admin)
    page.route("**/decisions/**", lambda route: route.abort())
    page.keyboard.press("a")
    until(page, lambda: waiting(page) == 1)
    page.goto("/tasks/replies/review/")
    page.wait_for_selector(".desk.is-live")
    expect(page.locator("[data-strip] button")).to_have_count(0)

    page.unroute("**/decisions/**")
    page.evaluate("window.dispatchEvent(new Event('online'))")

    saved(page, 1)
    until(page, lambda: waiting(page) == 0)
    page.wait_for_timeout(500)
    assert {Draft.objects.get(pk=card).task for card in cards(page)} == {other}


def test_that_all_is_judged_here_is_said_while_a_verdict_waits_for_a_closed_desk(
    open_desk: Callable[..., Page], admin: Member, reviewer: Member, task: Task
) -> None:
    other = factories.make_desk(by=admin, slug="replies", count=1)
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

    expect(page.get_by_text("All cards are judged")).to_be_visible()


def test_an_edit_that_was_not_sent_is_in_the_editor_after_a_reload_and_an_undo(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin)
    card = current(page)
    for address in ("**/decisions/**", "**/unfinished/**"):
        page.route(address, lambda route: route.fulfill(status=503, body="no"))
    page.keyboard.press("e")
    page.keyboard.type("Precious words. ")
    page.keyboard.press("Control+Enter")
    until(page, lambda: waiting(page) == 1)
    page.reload()
    page.wait_for_selector(".desk.is-live")

    page.keyboard.press("z")

    expect(page.locator(f"#card-{card}")).to_have_class(re.compile("has-unfinished"))
    page.keyboard.press("e")
    expect(body(page)).to_have_value(re.compile("^Precious words. "))


def test_a_taking_back_that_is_refused_holds_up_no_word_that_all_is_judged(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    task = factories.make_desk(by=admin, slug="replies", count=1)
    page = open_desk(admin, slug="replies")
    page.keyboard.press("a")
    saved(page, 1)
    page.reload()
    page.wait_for_selector(".desk.is-live")
    Draft.objects.filter(task=task).update(erased_at=timezone.now())

    page.keyboard.press("z")
    expect(page.locator("[data-refusals] .alert")).to_contain_text("kept from the desk")
    page.wait_for_timeout(1_000)

    expect(page.get_by_text("All cards are judged")).to_be_visible(timeout=15_000)
