"""Sentences and the passages they rest on, marks and their mends, and text that means harm. In a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from members.models import Member
from review.models import Decision, Draft, Task
from review.states import Verdict
from tests.review import factories
from tests.review.desk.looking import SHOWN, current, saved

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NOTES = (
    "Northwind runs cold stores in three countries. It was founded by two sisters in 1987. The company opened its "
    "newest depot beside the harbour of Rotterdam in May. Drivers record temperatures by hand on paper forms. The "
    "works council has asked for less overtime during the summer season."
)
PAPER = "Drivers record temperatures by hand on paper forms."


@pytest.fixture
def task(admin: Member) -> Task:
    task = factories.make_task(by=admin)
    records = factories.make_records(factories.make_source(task), 4, notes=NOTES)
    drafts = [dict(factories.mail(record)) for record in records]
    for draft in drafts:
        draft["body"] = draft["body"].replace(
            "Most teams", "Paper forms for temperatures cost drivers time. You cut spoilage by 77 %. Most teams"
        )
        draft["subject"] = "A question about the cold stores and all that comes with them"
    factories.make_drafts(task, records, fields=drafts)
    return task


def box(page: Page, path: str) -> Any:
    return page.locator(f'{SHOWN} .editor [data-path="{path}"]')


def test_pointing_at_a_sentence_lights_the_passage_it_rests_on_and_back(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin)
    sentence = page.locator(f"{SHOWN} .read .rests", has_text="Paper forms for temperatures")

    sentence.hover()
    expect(page.locator(f"{SHOWN} .facts .is-lit")).to_have_text(PAPER)
    page.locator(f"{SHOWN} .passage", has_text=PAPER).focus()

    expect(page.locator(f"{SHOWN} .read .is-lit")).to_have_text("Paper forms for temperatures cost drivers time.")


def test_focus_on_a_sentence_lights_it_too_and_scrolls_its_passage_into_view(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin, viewport={"width": 1280, "height": 420})
    passage = page.locator(f"{SHOWN} .passage", has_text=PAPER)

    page.locator(f"{SHOWN} .read .rests", has_text="Paper forms").focus()

    expect(passage).to_have_class(re.compile("is-lit"))
    expect(passage).to_be_in_viewport()


def test_a_claim_that_rests_on_nothing_says_so_and_a_question_does_not(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin)

    expect(page.locator(f"{SHOWN} .no-source", has_text="Most teams in your trade")).to_be_visible()
    expect(page.locator(f"{SHOWN} .no-source", has_text="Would a short call")).to_have_count(0)
    expect(page.locator(f"{SHOWN} .checks")).to_contain_text("unsupported")


@pytest.mark.slow
def test_m_mends_mark_after_mark_in_the_open_editor_and_saves_nothing(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin)
    card = current(page)

    page.keyboard.press("m")
    expect(box(page, "subject")).to_have_value("A question about the cold stores")
    expect(page.locator(f"{SHOWN} [data-diff] del").first).to_contain_text("and all that comes with them")
    page.keyboard.press("m")
    expect(box(page, "body")).not_to_have_value(re.compile("77 %"))
    page.keyboard.press("z")
    expect(box(page, "body")).to_have_value(re.compile("77 %"))
    assert not Decision.objects.exists()
    page.keyboard.press("m")
    expect(box(page, "body")).not_to_have_value(re.compile("77 %"))
    page.keyboard.press("Control+Enter")

    saved(page, 1)
    decision = Decision.objects.get()
    assert str(decision.draft_id) == card
    assert decision.verdict == Verdict.EDIT
    assert decision.fields["subject"] == "A question about the cold stores"
    assert "fact" in decision.edit_kinds


def test_the_undo_button_of_an_open_edit_takes_back_a_mend_and_no_verdict(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin)
    page.keyboard.press("r")
    page.keyboard.press("1")
    saved(page, 1)
    page.keyboard.press("m")
    expect(box(page, "subject")).to_have_value("A question about the cold stores")
    undo = page.locator(f'{SHOWN} [data-act="undo"]')
    # A pointer that comes sooner means the card before.
    page.wait_for_timeout(300)

    undo.click()
    expect(box(page, "subject")).not_to_have_value("A question about the cold stores")
    undo.click()

    expect(page.locator("[data-saved]")).to_contain_text("nothing to undo")
    expect(box(page, "subject")).to_be_visible()
    saved(page, 1)


def test_pressing_m_many_times_fast_mends_what_can_be_mended_and_stops(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin)

    for _ in range(8):
        page.keyboard.press("m")

    expect(page.locator("[data-saved]")).to_contain_text("No mark here has an automatic fix")
    expect(box(page, "subject")).to_have_value("A question about the cold stores")
    expect(box(page, "body")).not_to_have_value(re.compile("77 %"))
    expect(page.locator(f"{SHOWN} .checks .mend")).to_have_count(0)


def hostile_drafts(task: Task, fields: dict[str, str], **facts: Any) -> None:
    Draft.objects.update(state="decided")
    records = factories.make_records(factories.make_source(task, name="Hostile"), 2, **facts)
    factories.make_drafts(task, records, fields=[fields, fields])


@pytest.mark.slow
def test_a_line_of_a_megabyte_does_not_stop_the_page_and_is_shown_whole_when_asked(
    open_desk: Callable[..., Page], admin: Member, task: Task
) -> None:
    line = "word <b>bold</b> " * 62_000
    hostile_drafts(task, {"subject": "Long", "body": line}, notes=line)
    page = open_desk(admin)

    assert len(page.content()) < 400_000
    page.keyboard.press("e")
    expect(page.locator("[data-saved]")).to_contain_text("too long to edit here")
    page.locator(f"{SHOWN} .read [data-show-all]").click()
    expect(page.locator(f"{SHOWN} .read .whole-text")).to_be_focused()
    assert page.evaluate(f"document.querySelector('{SHOWN} .read .whole-text').textContent.length") == len(line.strip())
    assert page.locator(f"{SHOWN} b").count() == 0
    page.keyboard.press("r")
    page.keyboard.press("3")

    saved(page, 1)
    assert Decision.objects.get().verdict == Verdict.REJECT


def test_a_long_text_that_no_network_brings_leaves_the_reviewer_at_the_desk(
    open_desk: Callable[..., Page], admin: Member, task: Task
) -> None:
    hostile_drafts(task, {"subject": "Long", "body": "word " * 5_000})
    page = open_desk(admin)
    page.context.set_offline(True)

    page.locator(f"{SHOWN} .read [data-show-all]").click()

    expect(page.locator("[data-saved]")).to_contain_text("no network")
    expect(page.locator(f"{SHOWN} .read [data-show-all]")).to_be_visible()


def test_a_session_that_ended_shows_no_other_page_as_the_rest_of_a_text(
    open_desk: Callable[..., Page], admin: Member, task: Task
) -> None:
    hostile_drafts(task, {"subject": "Long", "body": "word " * 5_000})
    page = open_desk(admin)
    page.context.clear_cookies()

    page.locator(f"{SHOWN} .read [data-show-all]").click()

    page.wait_for_url("**/accounts/login/**")


def test_overrides_of_direction_are_named_and_cannot_turn_the_text_around(
    open_desk: Callable[..., Page], admin: Member, task: Task
) -> None:
    hostile_drafts(
        task,
        {"subject": "Pay \u202e100\u202c now", "body": "Hi,\n\nThe price is \u202e001 \u202cto you.\u200b שלום"},
        trigger="opened \u202edepot",
    )
    page = open_desk(admin)

    assert page.locator(f"{SHOWN} .subject-text .sign").first.get_attribute("data-sign") == "RLO"
    assert page.locator(f"{SHOWN} .draft .sign").count() == 3
    assert page.locator(f"{SHOWN} .facts .sign").count() == 1
    left = page.evaluate("""() => {
      const walker = document.createTreeWalker(document.querySelector(".card:not([hidden]) .subject-text"), \
NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const at = node.data.indexOf("100");
        if (at < 0) continue;
        const [one, zero] = [0, 1].map((step) => {
          const range = document.createRange();
          range.setStart(node, at + step);
          range.setEnd(node, at + step + 1);
          return range.getBoundingClientRect().left;
        });
        return one < zero;
      }
    }""")
    assert left is True
