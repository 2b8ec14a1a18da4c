"""Fields stand in one order on a card, in its editor, in lists and in comparisons;
labels have keys up to the twentieth.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from members.models import Member
from review.models import Decision, Draft, Task
from review.spec.readable import in_reading_order, leaf_texts, readable
from review.spec.schema import Label, OutputField
from tests.review import factories
from tests.review.desk.looking import SHOWN, saved

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def task(admin: Member) -> Task:
    spec = factories.plain_spec()
    label = factories.triage_spec().output_schema
    choice = next(field for field in label if field.labels)
    # The label first: a person reads the text before it all the same.
    fields = (choice, *spec.output_schema)
    task = factories.make_task(by=admin, spec=spec.model_copy(update={"output_schema": fields}))
    record = factories.make_records(factories.make_source(task), 1)
    texts = {field.name: "A text of some words." for field in spec.output_schema}
    factories.make_drafts(task, record, fields=[{**texts, choice.name: choice.labels[0].name}])
    return task


def test_edit_keeps_a_text_above_the_value_that_follows_it(
    open_desk: Callable[..., Page], admin: Member, task: Task
) -> None:
    page = open_desk(admin)

    def top(selector: str) -> float:
        box = page.locator(f"{SHOWN} {selector}").first.bounding_box()
        assert box is not None
        return box["y"]

    assert top(".read .draft") < top(".values")
    page.keyboard.press("e")
    assert top(".editor [data-path]") < top(".values")


def test_lists_and_comparisons_keep_the_order_of_the_card(task: Task) -> None:
    draft = Draft.objects.get(task=task)
    spec = draft.task_version.spec

    assert [field.name for field in spec.output_schema] == ["category", "reply"]
    assert list(leaf_texts(spec, draft.fields)) == ["Reply", "Category"]
    assert readable(spec, draft.fields).startswith("Reply: ")


def test_a_mail_begins_with_its_subject_wherever_the_task_names_it() -> None:
    subject, body = OutputField(name="line", role="subject"), OutputField(name="text", role="body")

    assert [field.name for field in in_reading_order((body, subject))] == ["line", "text"]


def test_shift_and_a_digit_pick_the_eleventh_to_twentieth_label(open_desk: Callable[..., Page], admin: Member) -> None:
    spec = factories.triage_spec(with_reasoning=False)
    names = [f"label-{number}" for number in range(1, 23)]
    choice = spec.output_schema[0].model_copy(update={"labels": tuple(Label(name=name) for name in names)})
    many = factories.make_task(by=admin, slug="many", spec=spec.model_copy(update={"output_schema": (choice,)}))
    records = factories.make_records(factories.make_source(many), 4, text="I was charged twice.")
    factories.make_drafts(many, records, fields=[{"category": names[0]}] * 4)
    page = open_desk(admin, slug="many")

    expect(page.locator(SHOWN).locator(".pick kbd").nth(10)).to_have_text("⇧1")
    for keys in ("0", "Shift+Digit1", "Shift+Digit0", "b"):
        page.keyboard.press(keys)
        page.keyboard.press("Enter")

    saved(page, 4)
    said = [decision.fields["category"] for decision in Decision.objects.order_by("created_at")]
    assert said == [names[9], names[10], names[19], names[20]]
