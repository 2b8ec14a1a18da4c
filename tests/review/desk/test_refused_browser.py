"""Verdicts that the server refuses: every word that went with them stays on the page."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from members.models import Member
from review.desk import deck
from review.models import Assignment, Draft, Task
from tests.review import factories
from tests.review.desk.looking import SHOWN, current, saved
from tests.review.desk.test_two_places_browser import body, kept, second_tab

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def refused_words(page: Page, why: str) -> str:
    refused = page.locator("[data-refusals] .alert")
    expect(refused).to_contain_text(why)
    refused.locator("summary").click()
    return refused.locator("pre").inner_text()


def test_a_card_that_another_took_before_it_was_set_aside_leaves_the_note_and_the_edit_to_read(
    open_desk: Callable[..., Page], admin: Member, reviewer: Member, task: Task
) -> None:
    factories.join(reviewer, task)
    page = open_desk(admin)
    Assignment.objects.filter(reviewer=admin).update(leased_until="2020-01-01T00:00Z")
    deck.deal(reviewer, task, count=8)
    page.keyboard.press("e")
    page.keyboard.type("Precious words. ")
    page.keyboard.press("Escape")

    page.keyboard.press("s")
    page.keyboard.type("Ask the depot first.")
    page.keyboard.press("Enter")

    words = refused_words(page, "This card is no longer in your deck.")
    assert "Precious words. " in words
    assert words.endswith("Ask the depot first.")


def test_an_edit_that_is_refused_shows_the_word_why_with_its_text(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    plain = factories.make_task(by=admin, spec=factories.plain_spec(), slug="support")
    written = {"reply": "we are sorry to hear this and will look into the matter for you as soon as we can"}
    records = factories.make_records(factories.make_source(plain), 2, question="when will it be here")
    factories.make_drafts(plain, records, fields=[written] * 2)
    page = open_desk(admin, slug="support")
    page.keyboard.press("e")
    page.locator(f"{SHOWN} .editor textarea").fill(
        "it was wrong of us so somebody calls back today about this parcel and tells what went on"
    )
    expect(page.locator(f"{SHOWN} [data-edit]")).to_contain_text("tone")
    page.keyboard.press("Control+Enter")
    expect(page.locator(f"{SHOWN} .why")).to_be_focused()
    Draft.objects.filter(pk=current(page)).update(fields_hash="f" * 64)

    page.keyboard.type("Hollow words")
    page.keyboard.press("Enter")

    words = refused_words(page, "The card has changed since you loaded it.")
    assert words.startswith("it was wrong of us")
    assert words.endswith("Hollow words")


def test_an_edit_that_is_refused_waits_in_the_editor_of_its_card(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    card = page.locator(f"#card-{current(page)}")
    page.keyboard.press("e")
    page.keyboard.type("Precious words. ")
    card.locator('.editor [data-path="subject"]').fill("")

    page.keyboard.press("Control+Enter")

    assert "Precious words. " in refused_words(page, "Field 'subject' is empty; it is required.")
    expect(card).to_have_class(re.compile("has-unfinished"))
    expect(card.locator('.editor [data-path="body"]')).to_have_value(re.compile("^Precious words. "))


def test_an_undo_after_a_reload_that_is_refused_names_its_record(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    first = Draft.objects.get(pk=current(page))
    page.keyboard.press("a")
    saved(page, decisions=1)
    page.reload()
    page.wait_for_selector(".desk.is-live")
    Draft.objects.filter(pk=first.pk).update(fields_hash="f" * 64)

    page.keyboard.press("z")

    expect(page.locator("[data-refusals] .alert")).to_contain_text(f"Not saved: {first.record.title}.")


@pytest.mark.slow
def test_words_whose_keeping_was_never_confirmed_do_not_come_over_later_ones(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin)
    card = current(page)

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/unfinished/", lose_the_answer)
    page.keyboard.press("e")
    page.keyboard.type("First. ")
    kept(page, card, "First. ")
    page.wait_for_timeout(500)
    # Its own requests would reach the server all the same.
    page.unroute("**/unfinished/")
    page.context.set_offline(True)
    for words in ("Second. ", "Third. "):
        page.keyboard.type(words)
        # So long that it is sent, in vain.
        page.wait_for_timeout(2_500)
    page.close()
    page.context.set_offline(False)

    page = second_tab(page)

    assert current(page) == card
    expect(body(page)).to_have_value(re.compile("^First. Second. Third. "))
