"""Labels, numbers and yes or no judged by keyboard, on a wide screen and on a phone."""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from members.models import Member
from review.desk.cards import values
from review.models import Assignment, Decision, Draft, Task
from review.spec.schema import Label, OutputField
from review.states import Verdict
from tests.review import factories
from tests.review.desk.looking import SHOWN, current, saved, until
from tests.review.desk.test_speed_browser import IDLE, PAINTED, loose_ms

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"viewport": {"width": 375, "height": 720}}


def tickets(admin: Member, count: int = 8, *, hidden: bool, monkeypatch: pytest.MonkeyPatch) -> Task:
    monkeypatch.setattr(values, "HIDDEN_IN", 1 if hidden else 2**64)
    task = factories.make_task(by=admin, spec=factories.triage_spec())
    records = factories.make_records(factories.make_source(task), count, text="I was charged twice.")
    factories.make_drafts(task, records, fields=[factories.triage_fields(index) for index in range(count)])
    return task


@pytest.fixture
def task(admin: Member, monkeypatch: pytest.MonkeyPatch) -> Task:
    return tickets(admin, hidden=False, monkeypatch=monkeypatch)


def test_enter_confirms_and_digits_pick(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    first = current(page)
    page.keyboard.press("Enter")
    second = current(page)
    # Not its own label: the teacher says bug on the second ticket.
    page.keyboard.press("5")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("1")
    page.keyboard.press("ArrowDown")
    page.keyboard.type("12,75")
    page.keyboard.press("Enter")

    saved(page, 2)
    said = {str(decision.draft_id): decision for decision in Decision.objects.all()}
    assert said[first].verdict == Verdict.ACCEPT
    assert said[second].verdict == Verdict.EDIT
    assert said[second].fields == {"why": "", "category": "other", "urgent": True, "amount": 12.75}


@pytest.mark.slow
def test_what_was_picked_comes_back_with_undo(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    first = current(page)
    page.keyboard.press("5")
    page.keyboard.press("Enter")
    saved(page, 1)

    page.keyboard.press("z")

    saved(page, 2)
    assert current(page) == first
    expect(page.locator(SHOWN).get_by_label("other")).to_be_checked()


def test_a_rejection_still_takes_its_reason_by_digit(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    page.keyboard.press("r")
    page.keyboard.press("1")

    saved(page, 1)
    assert Decision.objects.get().reasons == ["unclear"]


def test_a_digit_stands_at_one_thing_alone(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    first = current(page)
    ones = page.locator(SHOWN).locator("kbd:visible", has_text=re.compile(r"^1$"))
    label, reason = page.locator(SHOWN).locator(".pick kbd"), page.locator(SHOWN).locator(".reason kbd")

    expect(ones).to_have_count(1)
    expect(label.first).to_be_visible()
    page.keyboard.press("r")
    expect(ones).to_have_count(1)
    expect(reason).to_be_visible()
    page.keyboard.press("2")
    page.keyboard.press("Escape")
    expect(reason).to_be_hidden()
    expect(label.first).to_be_visible()
    page.keyboard.press("r")
    page.keyboard.press("e")
    expect(reason).to_be_hidden()
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")

    saved(page, 1)
    # Two was no label while the reasons were open.
    assert Decision.objects.get(draft=first).verdict == Verdict.ACCEPT


def test_without_the_teachers_answer_a_value_has_to_be_picked(
    open_desk: Callable[..., Page], admin: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(values, "HIDDEN_IN", 1)
    page = open_desk(admin)
    first = current(page)
    fields = Draft.objects.get(pk=first).fields

    page.keyboard.press("Enter")
    expect(page.locator("[data-saved]")).to_have_text("Fill in Category first.")
    assert current(page) == first
    page.keyboard.press(str(factories.CATEGORIES.index(fields["category"]) + 1))
    expect(page.locator("[data-saved]")).to_be_empty()
    page.keyboard.press("1" if fields["urgent"] else "2")
    page.keyboard.press("ArrowDown")
    page.keyboard.type(str(fields["amount"]))
    page.keyboard.press("Enter")

    saved(page, 1)
    decision = Decision.objects.get()
    assert (decision.verdict, decision.teacher_hidden) == (Verdict.ACCEPT, True)


@pytest.mark.slow
def test_three_kinds_of_values_fit_a_phone(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin, **PHONE)

    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    for option in ("other", "no"):
        page.locator(SHOWN).locator(".pick").get_by_text(option, exact=True).click()
    page.locator(SHOWN).locator(".value-box").fill("3")
    page.locator(SHOWN).locator('[data-act="accept"]').click()

    saved(page, 1)
    fields = Decision.objects.get().fields
    assert fields and (fields["category"], fields["urgent"], fields["amount"]) == ("other", False, 3)


@pytest.mark.slow
def test_the_instruction_and_the_meaning_of_labels_are_at_hand_and_stay_folded(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin)
    task = page.locator(SHOWN).locator("[data-instruction]")
    expect(task).to_contain_text("Sort the ticket.")
    expect(task).to_contain_text("About billing")

    task.locator("summary").click()
    page.locator(SHOWN).evaluate("(card) => card.focus()")
    page.keyboard.press("Enter")

    saved(page, 1)
    page.reload()
    page.wait_for_selector(".desk.is-live")
    expect(page.locator(SHOWN).get_by_text("Sort the ticket.")).to_be_hidden()


@pytest.mark.slow
@pytest.mark.timed
def test_a_label_is_confirmed_as_fast_as_a_mail(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    page.evaluate(PAINTED)
    idle = []

    for index in range(4):
        idle.append(page.evaluate(IDLE))
        page.keyboard.press("Enter")
        page.wait_for_function("(count) => window.paints.length >= count", arg=index + 1)

    saved(page, 4)
    assert statistics.median(page.evaluate("window.paints")) < loose_ms(idle)


def test_keys_pick_on_after_a_reload_of_a_card_with_a_value_picked(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin)
    card = current(page)
    page.keyboard.press("5")
    until(page, lambda: "other" in str(Assignment.objects.get(draft_id=card).unfinished))
    page.reload()
    page.wait_for_selector(".desk.is-live")
    expect(page.locator(SHOWN).get_by_label("other")).to_be_checked()

    page.keyboard.press("4")
    page.keyboard.press("Enter")

    saved(page, 1)
    assert Decision.objects.get(draft=card).fields["category"] == "praise"


def test_a_number_is_kept_while_it_is_typed_and_escape_gives_the_keys_back(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin)
    card = current(page)
    page.locator(f"{SHOWN} .value-box").fill("77,5")
    until(page, lambda: "77.5" in str(Assignment.objects.get(draft_id=card).unfinished))

    page.keyboard.press("Escape")
    page.keyboard.press("r")
    page.keyboard.press("1")

    saved(page, 1)
    assert Decision.objects.get(draft=card).reasons == ["unclear"]


def answers(admin: Member, reply: str) -> Task:
    """A task that writes a text, which it need not, and a label."""
    schema = (
        OutputField(name="reply", role="body"),
        OutputField(name="category", type="choice", labels=(Label(name="bug"), Label(name="praise"))),
    )
    spec = factories.plain_spec().model_copy(update={"output_schema": schema})
    task = factories.make_task(by=admin, spec=spec, slug="answers")
    records = factories.make_records(factories.make_source(task), 2, question="Where is it?")
    factories.make_drafts(task, records, fields=[{"reply": reply, "category": "bug"}] * 2)
    return task


@pytest.mark.parametrize("picked", ["", "2"])
def test_words_of_an_edit_that_was_left_are_no_part_of_an_accept(
    open_desk: Callable[..., Page], admin: Member, picked: str
) -> None:
    reply = "We are sorry about this."
    page = open_desk(admin, slug=answers(admin, reply).slug)
    page.keyboard.press("e")
    page.keyboard.type("Half a thought. ")
    page.keyboard.press("Escape")

    if picked:
        page.keyboard.press(picked)
    page.keyboard.press("a")

    saved(page, 1)
    decision = Decision.objects.get()
    assert decision.verdict == (Verdict.EDIT if picked else Verdict.ACCEPT)
    assert decision.fields == {"reply": reply, "category": "praise" if picked else "bug"}


def test_a_label_is_changed_beside_a_text_too_long_to_edit(open_desk: Callable[..., Page], admin: Member) -> None:
    reply = "word " * 20_100 + "end"
    page = open_desk(admin, slug=answers(admin, reply).slug)

    page.keyboard.press("2")
    page.keyboard.press("Enter")

    saved(page, 1)
    assert Decision.objects.get().fields == {"reply": reply, "category": "praise"}
