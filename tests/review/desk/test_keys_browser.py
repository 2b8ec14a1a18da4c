"""The sheet of keys: what is saved there holds at once, on cards that are open already."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from members.models import Member
from review.models import Task
from review.spec.schema import Label
from tests.review import factories
from tests.review.desk.looking import SHOWN, saved

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Counts links that a jump presses, and stays on the page.
JUMPS = """window.jumps = 0;
addEventListener("click", (event) => {
  if (!event.target.closest("[data-go]")) return;
  event.preventDefault();
  window.jumps += 1;
});"""


def save_keys(page: Page, *, on: bool = True, **keys: str) -> None:
    """Write letters into the sheet of keys and save it."""
    page.keyboard.press("?")
    page.locator("[data-keysheet] [name=on]").set_checked(on)
    for action, key in keys.items():
        page.locator(f"[data-keysheet] [name={action}]").fill(key)
    page.locator("[data-keysheet] [type=submit]").click()
    expect(page.locator("[data-keysheet-words]")).to_have_text("Saved.")


def test_a_key_saved_as_a_capital_works_at_once(open_desk: Callable[..., Page], admin: Member, task: Task) -> None:
    page = open_desk(admin)

    save_keys(page, accept="B")
    page.keyboard.press("Escape")
    page.keyboard.press("b")

    saved(page, 1)


def test_labels_have_the_letters_that_the_saved_keys_leave(
    open_desk: Callable[..., Page], admin: Member, task: Task
) -> None:
    spec = factories.triage_spec()
    labels = tuple(Label(name=f"label {number}") for number in range(1, 23))
    category = spec.output_schema[1].model_copy(update={"labels": labels})
    schema = (spec.output_schema[0], category, *spec.output_schema[2:])
    many = factories.make_task(by=admin, spec=spec.model_copy(update={"output_schema": schema}), slug="tickets")
    records = factories.make_records(factories.make_source(many), 2, text="I was charged twice.")
    fields = {**factories.triage_fields(), "category": "label 1"}
    factories.make_drafts(many, records, fields=[fields] * 2)
    page = open_desk(admin, slug="tickets")
    caps = page.locator(f"{SHOWN} [data-pick] [data-cap]")
    expect(caps.nth(20)).to_have_text("B")

    save_keys(page, accept="B")

    expect(caps.nth(20)).to_have_text("A")


def test_single_keys_switched_off_are_off_at_once(open_desk: Callable[..., Page], admin: Member, task: Task) -> None:
    page = open_desk(admin)
    page.evaluate(JUMPS)
    letter = page.locator("[data-go]").first.get_attribute("data-go") or ""
    page.keyboard.press("g")
    page.keyboard.press(letter)
    assert page.evaluate("window.jumps") == 1

    save_keys(page, on=False)
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press(letter)

    assert page.evaluate("window.jumps") == 1
