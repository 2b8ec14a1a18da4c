"""Keys inside a composition (Japanese, Chinese,
Korean and others) belong to the input method and do nothing on the desk.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Locator, Page, expect

from members.models import Member
from review.models import Decision
from review.states import Verdict
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
