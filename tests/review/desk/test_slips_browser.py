"""Slips of a hand: a key held down, and the second click of a double click where another button came meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from members.models import Member
from review.desk.cards import values
from review.models import Assignment, Decision
from review.spec.schema import OutputField
from review.spec.task_spec import TaskSpec
from review.states import AssignmentState, Verdict
from tests.review import factories
from tests.review.desk.looking import SHOWN, saved

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# Until what should not happen would have happened.
A_WHILE_MS = 500


def spec_of(*output: OutputField) -> TaskSpec:
    return factories.triage_spec().model_copy(update={"output_schema": output})


def hold_enter(page: Page) -> None:
    for _ in range(5):
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")


def test_enter_held_down_in_a_box_goes_one_value_on_and_confirms_nothing(
    open_desk: Callable[..., Page], admin: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(values, "HIDDEN_IN", 2**64)
    task = factories.make_task(
        by=admin,
        spec=spec_of(OutputField(name="net", type="number"), OutputField(name="gross", type="number")),
        slug="tickets",
    )
    records = factories.make_records(factories.make_source(task), 2, text="I was charged twice.")
    factories.make_drafts(task, records, fields=[{"net": 10, "gross": 12}] * 2)
    page = open_desk(admin, slug="tickets")
    boxes = page.locator(f"{SHOWN} .value-box")
    boxes.first.click()

    hold_enter(page)

    page.wait_for_timeout(A_WHILE_MS)
    expect(boxes.last).to_be_focused()
    assert not Decision.objects.exists()
    page.keyboard.press("Enter")
    saved(page, 1)


def test_enter_held_down_on_set_aside_waits_for_the_note(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    page.locator(f"{SHOWN} [data-act=aside]").focus()

    hold_enter(page)

    page.wait_for_timeout(A_WHILE_MS)
    expect(page.locator(f"{SHOWN} .note")).to_be_focused()
    assert not Assignment.objects.filter(state=AssignmentState.SET_ASIDE).exists()
    page.keyboard.press("Enter")
    expect(page.locator("[data-saved]")).to_contain_text("saved")
    assert Assignment.objects.filter(state=AssignmentState.SET_ASIDE).count() == 1


def test_a_double_click_removes_one_element(open_desk: Callable[..., Page], admin: Member) -> None:
    task = factories.make_task(by=admin, spec=spec_of(OutputField(name="points", type="list")), slug="points")
    records = factories.make_records(factories.make_source(task), 2)
    factories.make_drafts(task, records, fields=[{"points": ["One", "Two", "Three"]}] * 2)
    page = open_desk(admin, slug="points")
    page.keyboard.press("e")

    page.locator(f"{SHOWN} [data-remove-element]").first.dblclick()

    boxes = page.locator(f"{SHOWN} .editor textarea")
    assert [box.input_value() for box in boxes.all()] == ["Two", "Three"]


def test_a_double_click_on_the_strip_takes_one_verdict_back(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)
    for count in (1, 2, 3):
        page.keyboard.press("a")
        saved(page, count)

    page.locator("[data-strip] button").last.dblclick()

    saved(page, 4)
    page.wait_for_timeout(A_WHILE_MS)
    assert Decision.objects.filter(verdict=Verdict.RETRACT).count() == 1
    expect(page.locator("[data-strip] button")).to_have_count(2)
