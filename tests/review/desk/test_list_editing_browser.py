"""Lists of texts in the editor: elements that come and go, and what is kept of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from members.models import Member
from review.desk.cards import values
from review.models import Assignment, Decision, Task
from review.spec.schema import InputField, OutputField
from review.spec.task_spec import Check, TaskSpec
from review.states import Verdict
from tests.review import factories
from tests.review.desk.looking import SHOWN, saved, until, waiting

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def task(admin: Member) -> Task:
    spec = TaskSpec(
        instruction="List the points.",
        input_schema=(InputField(name="company", role="title"),),
        output_schema=(OutputField(name="points", type="list"),),
        teacher_template="{{facts}}",
        student_template="{{facts}}",
        checks=(Check(kind="unsupported", fields=("points",)),),
    )
    task = factories.make_task(by=admin, spec=spec, slug="points")
    records = factories.make_records(factories.make_source(task), 2)
    factories.make_drafts(task, records, fields=[{"points": ["One point", "Two points"]}] * 2)
    return task


def save(page: Page) -> None:
    """Save the edit; where the checks have read it by now, a large one is asked about first."""
    page.keyboard.press("Control+Enter")
    if page.locator(f"{SHOWN}.is-asking-why").count():
        page.keyboard.press("Control+Enter")


def test_an_element_that_was_added_comes_back_with_an_undo_after_a_reload(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin, slug="points")
    card = page.locator(SHOWN).get_attribute("data-card")
    assert card
    page.keyboard.press("e")
    page.locator(f"{SHOWN} [data-add-element]").click()
    page.keyboard.type("Three points")
    save(page)
    saved(page, 1)
    page.reload()
    page.wait_for_selector(".desk.is-live")

    page.keyboard.press("z")
    saved(page, 2)
    expect(page.locator(SHOWN)).to_have_attribute("data-card", card)
    expect(page.locator(f"{SHOWN} .elements li:not([hidden])")).to_have_count(2)
    page.keyboard.press("e")
    expect(page.locator(f"{SHOWN} .editor textarea")).to_have_count(3)
    save(page)

    saved(page, 3)
    assert Decision.objects.latest("created_at").fields == {"points": ["One point", "Two points", "Three points"]}


@pytest.mark.parametrize("also_removes", [False, True])
def test_an_element_that_was_added_and_says_nothing_is_no_edit(
    open_desk: Callable[..., Page], admin: Member, also_removes: bool
) -> None:
    page = open_desk(admin, slug="points")
    page.keyboard.press("e")
    page.locator(f"{SHOWN} [data-add-element]").click()
    if also_removes:
        page.locator(f"{SHOWN} [data-remove-element]").last.click()
    save(page)

    saved(page, 1)
    assert Decision.objects.get().verdict == Verdict.ACCEPT


def test_an_element_that_was_removed_is_an_edit_and_the_next_one_has_the_focus(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin, slug="points")
    page.keyboard.press("e")

    page.locator(f"{SHOWN} [data-remove-element]").first.press("Enter")

    expect(page.locator(f"{SHOWN} .changes del")).to_have_text("One point")
    expect(page.locator(f"{SHOWN} .editor textarea")).to_be_focused()
    save(page)

    saved(page, 1)
    assert Decision.objects.get().fields == {"points": ["Two points"]}


@pytest.mark.parametrize("empties", [False, True])
def test_a_fix_goes_into_the_element_that_it_is_for_after_another_went(
    open_desk: Callable[..., Page], admin: Member, empties: bool
) -> None:
    page = open_desk(admin, slug="points")
    page.keyboard.press("e")
    page.locator(f"{SHOWN} [data-add-element]").click()
    page.keyboard.type("Third point. You cut spoilage by 77 %.")
    boxes = page.locator(f"{SHOWN} .editor textarea")
    boxes.first.fill("") if empties else page.locator(f"{SHOWN} [data-remove-element]").first.click()
    page.keyboard.press("Escape")

    page.keyboard.press("m")

    expect(boxes.last).to_have_value("Third point.")
    assert [box.input_value() for box in boxes.all()][-2:] == ["Two points", "Third point."]


def test_an_element_that_was_removed_is_kept_as_an_unfinished_edit(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin, slug="points")
    page.keyboard.press("e")

    page.locator(f"{SHOWN} [data-remove-element]").first.click()

    kept = {"points": ["Two points"]}
    until(page, lambda: Assignment.objects.filter(unfinished=kept).exists())
    page.reload()
    page.wait_for_selector(".desk.is-live")
    save(page)
    saved(page, 1)
    assert Decision.objects.get().fields == kept


def test_a_verdict_on_a_value_that_is_undone_after_a_reload_leaves_the_list_as_it_is(
    open_desk: Callable[..., Page], admin: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(values, "HIDDEN_IN", 2**64)
    category = factories.triage_spec(with_reasoning=False).output_schema[0]
    spec = factories.triage_spec().model_copy(
        update={"output_schema": (category, OutputField(name="points", type="list"))}
    )
    task = factories.make_task(by=admin, spec=spec, slug="tickets")
    records = factories.make_records(factories.make_source(task), 2, text="I was charged twice.")
    labels = [label.name for label in category.labels]
    factories.make_drafts(task, records, fields=[{"category": labels[0], "points": ["One", "Two"]}] * 2)
    page = open_desk(admin, slug="tickets")
    page.route("**/decisions/**", lambda route: route.fulfill(status=503, body="no"))
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    until(page, lambda: waiting(page) == 1)
    page.reload()
    page.wait_for_selector(".desk.is-live")
    page.unroute("**/decisions/**")

    page.keyboard.press("z")

    expect(page.locator(f"{SHOWN} [data-value=category] input:checked")).to_have_value(labels[1])
    assert [box.input_value() for box in page.locator(f"{SHOWN} .editor textarea").all()] == ["One", "Two"]
