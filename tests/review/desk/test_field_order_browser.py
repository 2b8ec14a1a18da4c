"""Fields stand in one order on a card, whether it is read or edited."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from members.models import Member
from review.models import Task
from tests.review import factories
from tests.review.desk.looking import SHOWN

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def task(admin: Member) -> Task:
    spec = factories.plain_spec()
    label = factories.triage_spec().output_schema
    choice = next(field for field in label if field.labels)
    fields = (*spec.output_schema, choice)
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
