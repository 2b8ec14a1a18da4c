"""How large an edit is and of what kind: read off the words."""

from __future__ import annotations

import pytest

from review.spec.schema import Label, OutputField
from review.spec.starters import outreach
from review.text import edits
from tests.review.factories import summary_spec

FACTS = {"company": "Lund Works", "trigger": "opened a depot in Rotterdam", "size": 140, "sector": "cold logistics"}
BODY = (
    "Hi there,\n\nI read that Lund Works opened a depot in Rotterdam. A second place to watch can soon mean more "
    "claims, and 140 people cannot look at all by hand.\n\nMost teams hear of trouble when the load arrives.\n\n"
    "Would a short call be of use?\n\nBest regards"
)


def measured(after: str, *, subject: str = "A question", before: str = BODY) -> edits.EditMeasure:
    return edits.measure(
        outreach.SPEC, FACTS, {"subject": "A question", "body": before}, {"subject": subject, "body": after}
    )


def test_an_edit_that_changes_nothing_has_no_size_and_no_kind() -> None:
    assert measured(BODY) == edits.EditMeasure(0.0, ())


@pytest.mark.parametrize(
    ("after", "kinds"),
    [
        (BODY.replace("cannot look at all by hand", "can hardly see everything themselves"), ("tone",)),
        (BODY.replace("140", "160"), ("fact",)),
        (BODY.replace("Lund Works", "Graz Works"), ("fact",)),
        (BODY.replace("Hi there", "Hi {{contact.first_name}}"), ("fact", "tone")),
        (BODY.replace("Most teams hear of trouble when the load arrives.\n\n", ""), ("length", "structure")),
        (BODY.replace(" A second place to watch can soon mean more claims, and 140 people cannot look at all by hand.",
            ""),
         ("fact", "length")),
        (BODY.replace("claims, and", "claims – and"), ("tone",)),
        (BODY.replace("\n\nMost teams", " Most teams"), ("structure",)),
    ],
)  # fmt: skip
def test_the_kind_is_read_off_the_words(after: str, kinds: tuple[str, ...]) -> None:
    assert after != BODY
    assert measured(after).kinds == kinds


def test_sentences_in_another_order_are_structure() -> None:
    first, *rest = BODY.split("\n\n")
    moved = "\n\n".join([first, rest[1], rest[0], *rest[2:]])

    assert measured(moved).kinds == ("structure",)


def test_the_size_is_the_share_of_words_that_changed() -> None:
    before = "one two three four five six seven eight nine ten"

    assert measured("one two three four five six seven eight nine eleven", before=before).size == pytest.approx(
        1 / 12, abs=1e-4
    )
    assert measured("one two three four five", before=before).size == pytest.approx(5 / 12, abs=1e-4)
    assert measured("other words in the place of those all around it", before=before, subject="New").size == 1.0


def test_an_element_of_a_list_that_goes_is_structure() -> None:
    claims = [{"text": "It rains", "quote": "rain", "url": ""}, {"text": "It snows", "quote": "snow", "url": ""}]
    before = {"summary": "Wet weather here", "claims": claims}

    edit = edits.measure(summary_spec(), {"title": "x"}, before, {**before, "claims": claims[:1]})

    assert "structure" in edit.kinds


@pytest.mark.parametrize("cons", [["Old", "Cheap"], ["New", "Loud"]])
@pytest.mark.parametrize("is_inside", [False, True])
def test_an_element_less_in_one_list_and_more_in_another_is_structure(*, is_inside: bool, cons: list[str]) -> None:
    text = (OutputField(name="text"),)
    lists = (OutputField(name="pros", type="list", items=text), OutputField(name="cons", type="list", items=text))
    schema = (OutputField(name="sides", type="list", items=lists),) if is_inside else lists
    spec = summary_spec().model_copy(update={"output_schema": schema})

    def fields(**sides: list[str]) -> dict:
        elements = {name: [{"text": text} for text in texts] for name, texts in sides.items()}
        return {"sides": [elements]} if is_inside else elements

    edit = edits.measure(spec, {}, fields(pros=["Cheap", "Old"], cons=["Cheap"]), fields(pros=["Cheap"], cons=cons))

    assert "structure" in edit.kinds


LINE = {"what": "Pallets", "kind": "goods", "amount": 12, "due": "2026-01-31", "paid": False}
PARTS = (
    OutputField(name="what"),
    OutputField(name="kind", type="choice", labels=(Label(name="goods"), Label(name="service"))),
    OutputField(name="amount", type="number"),
    OutputField(name="due", type="date"),
    OutputField(name="paid", type="boolean"),
)


@pytest.mark.parametrize("changed", [{"kind": "service"}, {"amount": 1200}, {"due": "2026-02-01"}, {"paid": True}])
@pytest.mark.parametrize("depth", ["list", "object", "list in an object"])
def test_a_value_changed_inside_a_list_or_an_object_is_a_matter_of_fact(depth: str, changed: dict) -> None:
    lines = OutputField(name="lines", type="list", items=PARTS)
    schema, wrap = {
        "list": (lines, lambda line: {"lines": [LINE, line]}),
        "object": (OutputField(name="line", type="object", items=PARTS), lambda line: {"line": line}),
        "list in an object": (
            OutputField(name="order", type="object", items=(lines,)),
            lambda line: {"order": {"lines": [LINE, line]}},
        ),
    }[depth]
    spec = summary_spec().model_copy(update={"output_schema": (schema,)})

    edit = edits.measure(spec, {"title": "x"}, wrap(LINE), wrap({**LINE, **changed}))

    assert edit.kinds[:1] == ("fact",)
    assert "structure" not in edit.kinds
    assert 0 < edit.size < 1


def test_the_order_in_which_a_database_keeps_names_is_no_change() -> None:
    spec = summary_spec().model_copy(update={"output_schema": (OutputField(name="line", type="object", items=PARTS),)})

    edit = edits.measure(spec, {}, {"line": dict(sorted(LINE.items()))}, {"line": LINE})

    assert edit == edits.EditMeasure(0.0, ())


def test_a_large_edit_that_only_rewords_wants_a_word_why() -> None:
    assert measured(
        "We like your style of work very much indeed today", before="They hate our way to toil so little each morn"
    ).wants_why
    assert not measured(BODY.replace("140", "160")).wants_why


def test_an_accept_and_a_reject_keep_no_edit() -> None:
    fields = {"subject": "A question", "body": BODY}

    assert edits.edit_columns(outreach.SPEC, FACTS, fields, None) == {"edit_size": None, "edit_kinds": []}
    assert edits.edit_columns(outreach.SPEC, FACTS, fields, dict(fields)) == {"edit_size": None, "edit_kinds": []}


def test_a_very_long_text_is_measured_without_its_order() -> None:
    before = "word " * 30_000

    edit = measured(before + "one more", before=before)

    assert 0 < edit.size < 0.001


@pytest.mark.parametrize(
    ("size", "kinds", "said"),
    [(None, [], ""), (0.12, ["fact", "tone"], "12 % changed · fact, tone"),
        (0.004, ["tone"], "under 1 % changed · tone"),
     (1.0, ["tone"], "100 % changed · tone"), (0.0, [], "0 % changed")],
)  # fmt: skip
def test_an_edit_is_said_in_a_few_words(size: float | None, kinds: list[str], said: str) -> None:
    assert edits.describe(size, kinds) == said
