"""The desk in German: no English text of the catalogue is left on its pages, and keys do what they do in English."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from members.accounts import manage
from members.models import Member
from review.models import Decision, Task
from tests.review import factories
from tests.review.desk import conftest as desk_conftest
from tests.review.desk.looking import SHOWN, current, saved
from tests.web.language.sources import Key
from tests.web.language.test_catalogues import catalogue, entries

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
open_desk = desk_conftest.open_desk
# Text that is shown or spoken, without what records, drafts and members say.
TEXTS = """() => {
  const own = "bdi, dd, .part-name, .edit-field .label, .draft, .read, .facts dl, .mono, .member-name, .menu-body \
.small, .crumbs, option, .brand, script, template, style, .instruction";
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement: parent, textContent: text } = walker.currentNode;
    if (text.trim() && !parent.closest(own)) texts.push(text.trim().replace(/\\s+/g, " "));
  }
  for (const each of document.body.querySelectorAll("[aria-label], [title], [placeholder]"))
    for (const name of ["aria-label", "title", "placeholder"])
      if (each.hasAttribute(name) && !each.closest(own)) texts.push(each.getAttribute(name));
  return texts;
}"""


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_desk(by=admin, count=8)


@pytest.fixture(scope="module")
def english() -> set[str]:
    """Texts of the catalogues without placeholders that are other words in German."""
    found: set[str] = set()
    for domain in ("django", "djangojs"):
        for key, texts in entries(catalogue("de", domain)).items():
            found |= {form for form in _forms(key) if form not in texts and "%(" not in form and len(form) > 3}
    return found


def _forms(key: Key) -> tuple[str, ...]:
    return (key,) if isinstance(key, str) else key


def left_in_english(page: Page, english: set[str]) -> list[str]:
    texts: list[str] = page.evaluate(TEXTS)
    return [text for text in texts if text.strip(" .·…") in english or text in english]


def test_no_english_text_is_left_on_the_desk_and_its_lists_in_german(
    open_desk: Callable[..., Page], admin: Member, english: set[str]
) -> None:
    manage.save_preferences(admin, preferences={"language": "de"})
    page = open_desk(admin)

    expect(page.locator("html")).to_have_attribute("lang", "de")
    assert left_in_english(page, english) == []
    page.keyboard.press("?")
    expect(page.locator("#keysheet-name")).to_have_text("Tasten des Schreibtischs")
    assert left_in_english(page, english) == []
    for address in ("list/", "decisions/", "choose/", "alike/", "bulk/?state=pending&give=accept"):
        page.goto(f"/tasks/outreach/review/{address}")
        assert left_in_english(page, english) == []


def test_keys_judge_edit_and_take_back_in_german(open_desk: Callable[..., Page], admin: Member) -> None:
    manage.save_preferences(admin, preferences={"language": "de"})
    page = open_desk(admin)
    first = current(page)

    page.keyboard.press("a")
    saved(page, 1)
    expect(page.locator("[data-status]")).to_contain_text("Angenommen. Jetzt:")
    expect(page.locator("[data-saved]")).to_have_text(re.compile("^gespeichert "))
    expect(page.locator("[data-pace]")).to_contain_text("noch 7")
    page.keyboard.press("e")
    page.locator(f"{SHOWN} .editor textarea").first.press("End")
    page.keyboard.type(" Gruß")
    expect(page.locator(f"{SHOWN} [data-edit]")).to_contain_text("geändert")
    page.keyboard.press("Control+Enter")
    saved(page, 2)
    page.keyboard.press("z")
    saved(page, 3)
    page.keyboard.press("z")
    saved(page, 4)

    expect(page.locator("[data-status]")).to_contain_text("Zurückgenommen.")
    expect(page.locator(SHOWN)).to_have_id(f"card-{first}")
    verdicts = list(Decision.objects.order_by("created_at").values_list("verdict", flat=True))
    assert verdicts == ["accept", "edit", "retract", "retract"]
