"""How sure a classifier is stands beside its answer on try-out and playground,
and nothing passes that no check read.
"""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from django.template.loader import render_to_string

from review.spec.task_spec import Check
from serving.playground import texts
from serving.playground.texts import PlaygroundRequest
from serving.playground.writers import PlaygroundWriter
from tests.review import factories
from training.miniatures import written_text

SPEC = factories.triage_spec(with_reasoning=False)
SURE = {
    "category": dict(zip(factories.CATEGORIES, (0.05, 0.8, 0.1, 0.03, 0.02), strict=True)),
    "urgent": {"false": 0.25, "true": 0.75},
}
ANSWER = json.dumps({"category": factories.CATEGORIES[1], "urgent": True, "amount": 3})


def played(done: dict[str, Any]) -> texts.PlaygroundText:
    values = {"spec": SPEC, "facts": {}, "choice": PlaygroundWriter("teacher-x", "A teacher"), "usd_per_hour": None}
    asked = cast("PlaygroundRequest", type("Asked", (), values))
    figures = {"seconds": 0.1, "prompt_tokens": 9, "completion_tokens": 0, "finish": "stop"}
    return texts.read(asked, ANSWER, done={**figures, **done})


def test_labels_come_with_their_probabilities_the_likeliest_first() -> None:
    category, urgent, amount = written_text.marked_fields(SPEC, played({"probabilities": SURE}).output)

    assert [label for label, _ in category["shares"]][:2] == [factories.CATEGORIES[1], factories.CATEGORIES[2]]
    assert urgent["shares"] == [("yes", 0.75), ("no", 0.25)]
    assert amount["shares"] == []


@pytest.mark.parametrize("template", ["serving/_written.html", "review/desk/_written.html"])
def test_pages_show_them_and_say_nothing_of_checks(template: str) -> None:
    found = played({"probabilities": SURE})
    context = {"written": found, "parts": written_text.marked_fields(SPEC, found.output)}

    page = render_to_string(template, {**context, "is_checked": written_text.is_checked(SPEC)})

    assert "80.0 %" in page
    assert "How sure it is of each label of category" in page
    assert "passes every check" not in page


def test_a_decoder_has_none_and_a_checked_task_passes() -> None:
    checked = SPEC.model_copy(update={"checks": (Check(kind="house:polite"),)})
    context = {"written": played({}), "parts": written_text.marked_fields(checked, played({}).output)}

    page = render_to_string("review/desk/_written.html", {**context, "is_checked": written_text.is_checked(checked)})

    assert "How sure" not in page
    assert "passes every check" in page
