"""Ten blind pairs in a real browser: one at a time, by keys or by thumb, and short on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from evaluation.guessing import guessing
from evaluation.models import Evaluation
from members.models import Member
from tests.evaluation.test_guessing import evaluation

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
__all__ = ["evaluation"]
HEIGHT = "document.documentElement.scrollHeight"


def test_pairs_are_guessed_one_at_a_time_by_keys_and_the_result_is_folded(
    evaluation: Evaluation, admin: Member, open_as: Callable[[Member, str], Page]
) -> None:
    for output in evaluation.outputs.all():
        output.text += " and some more words" * 40
        output.save()
    pairs = guessing.pairs_of(evaluation, admin)
    page = open_as(admin, f"/evaluations/{evaluation.pk}/guess/")
    page.set_viewport_size({"width": 375, "height": 900})
    head = page.locator("#lineup h2")

    page.keyboard.press("1")
    expect(head).to_contain_text(f"2 of {len(pairs)}")
    page.keyboard.press("z")
    expect(head).to_contain_text(f"1 of {len(pairs)}")
    assert page.evaluate(HEIGHT) < 2 * 900 + 200
    for number, pair in enumerate(pairs, start=1):
        expect(head).to_contain_text(f"{number} of {len(pairs)}")
        page.keyboard.press("1" if pair.teacher_side == "left" else "2")

    expect(page.locator("#answer")).to_contain_text(f"You chose {len(pairs)} of {len(pairs)} correctly")
    expect(page.locator("#lineup details")).to_have_count(len(pairs))
    expect(page.locator("#lineup .draft").first).to_be_hidden()
    assert page.evaluate(HEIGHT) < 2 * 900
