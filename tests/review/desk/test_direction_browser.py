"""Arabic and Hebrew on the desk, read and written from the right, in a page that is read from the left."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from members.models import Member
from review.desk.comments import writing as comments
from review.models import Draft, Task
from tests.review import factories
from tests.review.desk.looking import SHOWN

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.slow]
DIRECTION = "(element) => getComputedStyle(element).direction"


@pytest.fixture
def task(admin: Member) -> Task:
    task = factories.make_task(by=admin)
    facts = {"company": "شركة النور", "trigger": "פתחה מחסן חדש"}
    records = factories.make_records(factories.make_source(task), 2, **facts)
    fields = [
        {"subject": "سؤال عن شركة النور", "body": "مرحبا، كيف حالكم؟"},
        {"subject": "A question", "body": "Hello there."},
    ]
    factories.make_drafts(task, records, fields=fields)
    return task


def test_a_card_is_read_and_edited_in_the_direction_of_its_words(
    open_desk: Callable[..., Page], admin: Member, reviewer: Member, task: Task
) -> None:
    factories.join(reviewer, task)
    first = Draft.objects.filter(task=task).order_by("queue_position")[0]
    comments.add(first.pk, by=reviewer, id=first.pk, text="תשובה טובה")
    page = open_desk(admin)

    def directions(selector: str) -> set[str]:
        return set(page.locator(f"{SHOWN} {selector}").evaluate_all(f"(all) => all.map({DIRECTION})"))

    assert page.locator("body").evaluate(DIRECTION) == "ltr"
    assert directions(".draft") == directions(".subject-text") == {"rtl"}
    page.locator(f"{SHOWN} .card-comments summary").click()
    expect(page.locator(f"{SHOWN} .comment-text")).to_have_text("תשובה טובה")
    assert directions(".comment-text") == {"rtl"}
    page.keyboard.press("e")
    assert directions('.editor [data-path="body"]') == directions('.editor [data-path="subject"]') == {"rtl"}
    page.locator(f'{SHOWN} .editor [data-path="subject"]').fill("A plain question")
    assert directions('.editor [data-path="subject"]') == {"ltr"}


def test_lines_and_indents_of_elements_and_facts_are_read_as_they_stand(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    code = "def f():\n    return 1"
    task = factories.make_task(by=admin, spec=factories.summary_spec(), slug="claims")
    records = factories.make_records(factories.make_source(task), 1, page=code)
    claims = [{"text": code, "quote": "", "url": ""}, {"text": "مرحبا (USD).", "quote": "", "url": ""}]
    factories.make_drafts(task, records, fields=[{"summary": "Code.", "claims": claims}])
    page = open_desk(admin, slug="claims")

    assert code in page.locator(f"{SHOWN} .elements").inner_text()
    assert code in page.locator(f"{SHOWN} .facts").inner_text()
    arabic = page.locator(f"{SHOWN} .elements p", has_text="USD")
    assert arabic.evaluate("part => getComputedStyle(part).direction") == "rtl"
