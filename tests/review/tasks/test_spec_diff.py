"""What changed between two wordings, part by part and word by word."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from review.spec.spec_diff import changes, word_diff
from review.spec.starters import outreach
from review.spec.task_spec import Requirement, TaskSpec
from tests.pace import within


def after(**update: Any) -> TaskSpec:
    return outreach.SPEC.model_copy(update=update)


def test_equal_wordings_have_no_difference() -> None:
    assert changes(outreach.SPEC, after()) == []


def test_a_word_that_changed_stands_between_words_that_stayed() -> None:
    segments = word_diff("Write a first e-mail.", "Write a short e-mail.")

    assert [(part.kind, part.text) for part in segments] == [
        ("same", "Write a "), ("removed", "first"), ("added", "short"), ("same", " e-mail."),
    ]  # fmt: skip


def test_both_sides_of_a_difference_give_the_texts_back() -> None:
    old, new = "One two  three,\nfour.", "One 2 three\n\nfour five."

    segments = word_diff(old, new)

    assert "".join(part.text for part in segments if part.kind != "added") == old
    assert "".join(part.text for part in segments if part.kind != "removed") == new


def test_a_long_text_is_compared_by_its_lines_first() -> None:
    lines = [f"Rule {number}: say nothing of part {number * 7} before the reader asks.\n" for number in range(4_000)]
    old = "".join(lines)
    new = "".join([*lines[:1_000], "Rule 1000: say all of part 7000 before the reader asks.\n", *lines[1_001:], "End."])

    with within(5):
        segments = word_diff(old, new)

    assert "".join(part.text for part in segments if part.kind != "added") == old
    assert "".join(part.text for part in segments if part.kind != "removed") == new
    changed = [(part.kind, part.text) for part in segments if part.kind != "same"]
    assert changed == [("removed", "nothing"), ("added", "all"), ("added", "End.")]


def test_a_word_that_changed_in_a_line_of_thousands_is_shown_alone() -> None:
    words = [f"word{number % 7}" for number in range(5_000)]

    segments = word_diff(" ".join([*words, "first", *words]), " ".join([*words, "short", *words]))

    assert [part.text for part in segments if part.kind != "same"] == ["first", "short"]


@pytest.mark.parametrize("between", [" ", ", "])
def test_a_text_of_many_rewritten_lines_is_compared_at_once(between: str) -> None:
    def text(seed: int) -> str:
        rng = Random(seed)
        lines = (between.join(f"word{int(rng.paretovariate(0.7)) % 3_000}" for _ in range(240)) for _ in range(90))
        return "\n\n".join(lines)

    with within(1.5):
        segments = word_diff(text(1), text(2))

    assert "".join(part.text for part in segments if part.kind != "added") == text(1)
    assert "".join(part.text for part in segments if part.kind != "removed") == text(2)


def test_words_are_compared_where_a_blank_is_all_that_they_share() -> None:
    segments = word_diff("Say: one two.", "Say: three four.")

    assert [part.text for part in segments] == ["Say: ", "one two", "three four", "."]


def test_another_noun_for_a_record_is_a_change() -> None:
    found = changes(outreach.SPEC, after(record_noun="prospect", record_noun_plural="prospecta"))

    assert [(change.label, change.kind) for change in found] == [
        ("Noun of a record", "added"), ("Noun of several records", "added"),
    ]  # fmt: skip


def test_a_requirement_added_removed_and_reworded_are_three_changes() -> None:
    rubric = (
        outreach.SPEC.rubric[0].model_copy(update={"description": "It says something only this company would know."}),
        *outreach.SPEC.rubric[2:],
        Requirement(name="short", description="Under 100 words."),
    )

    found = {change.label: change.kind for change in changes(outreach.SPEC, after(rubric=rubric))}

    assert found == {
        "Rubric › names a fact › description": "changed",
        "Rubric › links it to the offer": "removed",
        "Rubric › short": "added",
    }


def test_an_offer_shows_which_of_its_parts_changed() -> None:
    offer = outreach.SPEC.offer.model_copy(update={"claims": ("Cuts waste by 12 %.",), "tone": ""})

    found = {change.label: change.kind for change in changes(outreach.SPEC, after(offer=offer))}

    assert found == {"Offer › claims": "changed", "Offer › tone": "removed"}


def test_rows_that_only_moved_are_shown_as_a_new_order() -> None:
    schema = (outreach.SPEC.input_schema[1], outreach.SPEC.input_schema[0], *outreach.SPEC.input_schema[2:])

    assert [change.label for change in changes(outreach.SPEC, after(input_schema=schema))] == ["Facts › order"]
