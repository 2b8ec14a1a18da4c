"""Keys of the desk: what is saved in their sheet holds at once, and keys inside a composition (Japanese, Chinese,
Korean and others) belong to the input method."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Locator, Page, expect

from members.models import Member
from review.models import Decision, Task
from review.spec.schema import Label
from review.states import Verdict
from tests.review import factories
from tests.review.desk.looking import SHOWN, current, saved

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# As Safari tells the key that ends a composition: by its code alone.
SAFARI = """(box, [key, ctrlKey]) => box.dispatchEvent(
  new KeyboardEvent("keydown", { key, ctrlKey, keyCode: 229, which: 229, bubbles: true, cancelable: true }))"""
SCRIPTS = Path(settings.BASE_DIR) / "static" / "js"


def compose(page: Page, text: str) -> None:
    """Begin a composition where the caret stands, as an input method does."""
    session = page.context.new_cdp_session(page)
    session.send("Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)})
    session.detach()


def safari_keys(box: Locator) -> None:
    for key, ctrl in (("Enter", False), ("Escape", False), ("Enter", True), ("ArrowDown", False)):
        box.evaluate(SAFARI, [key, ctrl])


def test_every_key_handler_leaves_keys_of_a_composition_alone() -> None:
    bound = {
        str(path.relative_to(SCRIPTS)): re.findall(
            r"addEventListener\(\s*[\"'](?:keydown|keypress|keyup)", path.read_text()
        )
        for path in SCRIPTS.rglob("*.js")
    }

    assert {name for name, found in bound.items() if found} == {"shell/keys.js"}
    assert not [
        path.name for path in SCRIPTS.rglob("*.js") if re.search(r"\.onkey(?:down|press|up)\b", path.read_text())
    ]


def test_enter_inside_a_composition_sets_no_card_aside_and_afterwards_does(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin)
    first = current(page)
    page.keyboard.press("s")
    note = page.locator(SHOWN).locator(".note")
    compose(page, "かくにん")
    page.keyboard.press("Enter")
    safari_keys(note)

    expect(page.locator(SHOWN)).to_have_class(re.compile("is-setting-aside"))
    assert current(page) == first
    note.fill("確認")
    page.keyboard.press("Enter")
    expect(page.locator(f"#card-{first}")).to_have_count(0)


@pytest.mark.slow
def test_keys_inside_a_composition_neither_close_nor_save_an_edit(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin)
    first = current(page)
    page.keyboard.press("e")
    body = page.locator(SHOWN).locator("textarea.draft").first
    body.fill("")
    compose(page, "とうきょう")
    for key in ("Escape", "Control+Enter"):
        page.keyboard.press(key)
    safari_keys(body)

    expect(page.locator(SHOWN)).to_have_class(re.compile("is-editing"))
    assert current(page) == first
    body.fill("東京で会いましょう。")
    page.keyboard.press("Control+Enter")
    saved(page, 1)
    assert Decision.objects.get().verdict == Verdict.EDIT


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
