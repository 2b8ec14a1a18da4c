"""Editing in place: the checks as one types, the size and kind of the edit, drafts that nothing can take away."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from members.models import Member
from review.models import Assignment, Decision, Task
from review.states import AssignmentState, Verdict
from tests.review import factories
from tests.review.desk.looking import SHOWN, current, saved, until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# What the browser's own store holds of unfinished edits, as text.
KEPT = """() => new Promise((done) => {
  indexedDB.open("miniatures-desk").onsuccess = ({ target: { result: base } }) => {
    base.transaction("drafts").objectStore("drafts").getAll().onsuccess = ({ target }) => {
      base.close();
      done(JSON.stringify(target.result));
    };
  };
})"""


def body(page: Page) -> Any:
    return page.locator(f'{SHOWN} .editor [data-path="body"]')


@pytest.mark.slow
def test_the_checks_read_along_and_name_the_edit(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    expect(page.locator(f"{SHOWN} .checks li.is-error")).to_have_count(0)

    page.keyboard.press("e")
    page.keyboard.type("We cut costs by 77 %. ")

    expect(page.locator(f"{SHOWN} .checks")).to_contain_text("The number 77 is neither in the facts nor in the offer")
    expect(page.locator(f"{SHOWN} [data-edit]")).to_contain_text(re.compile(r"\d+ % changed · fact"))
    page.locator(f"{SHOWN} .checks li", has_text="77").click(position={"x": 60, "y": 8})
    assert page.evaluate(
        "getSelection().toString() || document.activeElement.value.slice(document.activeElement.selectionStart, "
        "document.activeElement.selectionEnd)"
    ).startswith("77")


@pytest.mark.slow
def test_an_edit_half_done_reaches_the_server_while_the_page_is_open(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin)
    card = current(page)

    page.keyboard.press("e")
    page.keyboard.type("Half a thought. ")

    def kept() -> bool:
        unfinished = Assignment.objects.get(draft_id=card).unfinished
        return bool(unfinished) and unfinished["body"].startswith("Half a thought. ")

    until(page, kept)
    assert Assignment.objects.get(draft_id=card).state == AssignmentState.ACTIVE
    assert not Decision.objects.exists()


@pytest.mark.slow
def test_an_edit_half_done_offline_survives_a_crash_of_the_tab(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    card = current(page)
    page.context.set_offline(True)
    page.keyboard.press("e")
    page.keyboard.type("Half a thought. ")
    until(page, lambda: "Half a thought. " in page.evaluate(KEPT))

    page.close(run_before_unload=False)
    page.context.set_offline(False)
    again = page.context.new_page()
    again.goto(f"/tasks/outreach/review/?card={card}")
    again.wait_for_selector(".desk.is-live")

    expect(again.locator(f"#card-{card}")).to_have_class(re.compile("has-unfinished"))
    again.keyboard.press("e")
    expect(body(again)).to_have_value(re.compile("^Half a thought. "))


def test_an_edit_that_is_undone_waits_in_the_editor(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    card = current(page)
    page.keyboard.press("e")
    page.keyboard.type("Better: ")
    page.keyboard.press("Control+Enter")
    saved(page, 1)

    page.keyboard.press("z")

    expect(page.locator(f"#card-{card}")).to_have_class(re.compile("has-unfinished"))
    page.keyboard.press("e")
    expect(body(page)).to_have_value(re.compile("^Better: Hi"))


@pytest.mark.slow
def test_the_line_that_is_written_on_a_phone_is_not_behind_the_facts(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin, viewport={"width": 375, "height": 640})
    page.locator(f'{SHOWN} [data-act="edit"]').click()

    page.keyboard.press("Control+End")
    page.keyboard.type("\nOne more line." * 8)

    box, facts = body(page).bounding_box(), page.locator(f"{SHOWN} .facts").bounding_box()
    assert box and facts
    below_the_line = 8 + 1  # Padding and border.
    assert box["y"] + box["height"] - below_the_line <= facts["y"] + 1


@pytest.fixture
def plain(admin: Member) -> Task:
    """A draft of one plain text, to be rewritten without a number or a name."""
    task = factories.make_task(by=admin, spec=factories.plain_spec(), slug="support")
    records = factories.make_records(factories.make_source(task), 2, question="when will it be here")
    said = {"reply": "we are sorry to hear this and will look into the matter for you as soon as we can"}
    factories.make_drafts(task, records, fields=[said, said])
    return task


def test_a_rewriting_that_no_kind_explains_is_asked_about_once(
    open_desk: Callable[..., Page], admin: Member, plain: Task
) -> None:
    page = open_desk(admin, slug="support")
    page.keyboard.press("e")
    page.locator(f"{SHOWN} .editor textarea").fill(
        "it was wrong of us so somebody calls back today about this parcel and tells what went on"
    )
    expect(page.locator(f"{SHOWN} [data-edit]")).to_contain_text("tone")

    page.keyboard.press("Control+Enter")
    expect(page.locator(f"{SHOWN} .why")).to_be_focused()
    assert not Decision.objects.exists()
    page.keyboard.type("Hollow words")
    page.keyboard.press("Enter")

    saved(page, 1)
    decision = Decision.objects.get()
    assert decision.verdict == Verdict.EDIT
    assert decision.edit_size > 0.5
    assert decision.note == "Hollow words"


def test_a_small_edit_is_asked_about_nothing(open_desk: Callable[..., Page], admin: Member, plain: Task) -> None:
    page = open_desk(admin, slug="support")
    page.keyboard.press("e")
    page.keyboard.type("Well, ")
    expect(page.locator(f"{SHOWN} [data-edit]")).to_contain_text("tone")

    page.keyboard.press("Control+Enter")

    saved(page, 1)
    assert Decision.objects.get().note == ""


def test_letters_beside_the_open_editor_throw_nothing_away(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    card = current(page)
    page.keyboard.press("e")
    page.keyboard.type("Better: ")
    page.locator(f"{SHOWN} .criteria").click(position={"x": 10, "y": 10})

    for key in ("a", "r", "1", "s", "j", "k", "z"):
        page.keyboard.press(key)

    assert current(page) == card
    expect(body(page)).to_have_value(re.compile("^Better: Hi"))
    assert not Decision.objects.exists()


def test_an_edit_that_is_left_marks_its_card_until_it_is_taken_back(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin)
    written = body(page).input_value()
    marked = page.locator(f"{SHOWN}.has-unfinished")
    page.keyboard.press("e")
    page.keyboard.type("Half ")

    page.keyboard.press("Escape")
    expect(marked).to_have_count(1)
    page.keyboard.press("e")
    body(page).fill(written)
    page.keyboard.press("Escape")

    expect(marked).to_have_count(0)
