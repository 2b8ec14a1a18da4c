"""Cells as facts and as written fields, by type."""

from __future__ import annotations

import json

import pytest

from review.sources.imports.cell_values import MAX_LONG_CHARS, Notation, read_value, read_written
from review.sources.imports.tables.rows import ShownNumber
from review.spec.schema import InputField, Label, OutputField
from review.spec.values import normalise_value
from web.strict_json import WrittenFloat

LABELS = (Label(name="Bug"), Label(name="Billing; refund"), Label(name="Other"))


def fact(kind: str, value: object) -> object:
    return read_value(InputField(name="fact", type=kind, labels=LABELS if "choice" in kind else ()), value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [
        ("integer", "1,200", 1200), ("integer", 3.0, 3), ("integer", "1e3", 1000),
        ("choice", " bug ", "Bug"), ("choice", "billing;  refund", "Billing; refund"), ("choice", "", None),
        ("choices", "other; bug", ["Bug", "Other"]), ("choices", ["Other"], ["Other"]), ("choices", '["bug"]', ["Bug"]),
        ("choices", "Billing; refund", ["Billing; refund"]), ("choices", [], None),
        ("object", '[{"a": 1}]', [{"a": 1}]), ("object", "[]", None),
        ("object", '{"a": [1]}', {"a": [1]}), ("object", {"a": None}, {"a": None}),
        ("boolean", "Yes", True), ("boolean", 0, False), ("boolean", "WAHR", True), ("boolean", "FAUX", False),
        ("boolean", "Ja", True), ("boolean", "FALSK", False), ("boolean", "não", False),
        ("boolean", "x", True), ("boolean", "✓", True), ("boolean", "☐", False),
        ("text", ["x", None, "", "y"], "x; y"), ("text", [None], None), ("number", [None], None), ("text", [], None),
        ("list", ["x", None], ["x"]), ("list", '["a", null]', ["a"]), ("choices", [None], None),
        ("list", """['a', "it's", None, 'c; d']""", ["a", "it's", "c; d"]),
        ("choices", "['Bug', 'Other']", ["Bug", "Other"]),
        ("list", "['a\rb']", ["['a\nb']"]),
        ("list", "['a' 'b'\n 'c']", ["a", "b", "c"]), ("list", r"['a\'b\xa0c', '\\']", ["a'b\u00a0c", "\\"]),
        ("list", "[sic] one", ["[sic] one"]), ("list", "[red, 'x']", ["[red, 'x']"]), ("list", r"['\d']", [r"['\d']"]),
        ("url", "www.acme.example/@ada", "www.acme.example/@ada"),
        ("document", "one  \r\n\fthree\f\f", "one\fthree"), ("document", ["one", "", "three"], "one\f\fthree"),
        ("document", "\f", None), ("conversation", [{"role": "developer", "content": "Be brief. "},
            {"role": "user", "content": "Hi", "name": "x"}],
         [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]),
        ("conversation", '[{"role": "user", "content": "Hi"}]', [{"role": "user", "content": "Hi"}]),
    ],
)  # fmt: skip
def test_a_cell_becomes_a_fact_of_its_type(kind: str, value: object, wanted: object) -> None:
    assert fact(kind, value) == wanted


@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [
        ("integer", "3.5", "is '3.5', expected a whole number"),
        ("integer", "9007199254740993", "too large to be kept exactly"), ("integer", True, "expected a number"),
        ("number", "1e400", "too large"), ("boolean", "perhaps", "expected yes or no"), ("choice", "WRONG",
            "is 'WRONG', which is none of its labels: Bug, Billing; refund, Other"),
        ("choices", "bug; nope", "is 'nope', which is none of its labels"),
        ("object", "{", "holds no JSON object"), ("object", "[1]", "is neither a JSON object nor a list of objects"),
        ("object", {"a": "x" * MAX_LONG_CHARS}, "200,000 is the limit"),
        ("document", {"a": 1}, "is neither a text"), ("document", "x" * (MAX_LONG_CHARS + 1), "200,000 is the limit"),
        ("conversation", "Hi", "holds no JSON list"), ("conversation", {"a": 1}, "is not a list of messages"),
        ("conversation", [{"role": "user"}], "has a message 1 without a role and a text"),
        ("conversation", [{"role": "king", "content": "x"}], "has a message 1 of role 'king', expected system, user"),
        ("date", "2026-02-30", "expected a date"), ("date", 46145, "a spreadsheet's number of 2026-05-03"),
        ("url", "ada@acme.example", "expected an address such as https://example.com"),
        ("url", "mailto:ada@acme.example", "expected an address such as https://example.com"),
    ],
)  # fmt: skip
def test_a_cell_that_does_not_fit_its_type_says_so(kind: str, value: object, says: str) -> None:
    with pytest.raises(ValueError) as refused:
        fact(kind, value)

    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "cell", "wanted"),
    [("number", "1.234,5", 1234.5), ("integer", "12", 12), ("boolean", "no", False),
        ("date", "31/12/2026", "2026-12-31"),
     ("choice", "Bug", "Bug"), ("choices", "Bug; Other", ["Bug", "Other"]),
     ("choices", "Billing; refund", ["Billing; refund"]), ("list", "one; two", ["one", "two"]),
     ("choices", '"Bug","Other"', ["Bug", "Other"]), ("list", '"Bug"', ["Bug"]),
     ("list", '"It leaks."', ['"It leaks."']), ("text", "1,5", "1,5"),
     ("list", ["one", None], ["one"]), ("number", "", ""), ("number", 3, 3)],
)  # fmt: skip
def test_a_written_cell_is_read_as_the_file_writes(kind: str, cell: object, wanted: object) -> None:
    field = OutputField(name="field", type=kind, labels=LABELS if "choice" in kind else ())  # type: ignore[arg-type]

    assert read_written(field, cell, Notation(",", "dmy")) == wanted


def test_a_written_object_comes_as_json() -> None:
    field = OutputField.model_validate({"name": "field", "type": "object", "items": [{"name": "part"}]})

    assert read_written(field, '{"part": "x"}') == {"part": "x"}
    with pytest.raises(ValueError, match="holds no JSON object"):
        read_written(field, "part: x")


@pytest.mark.parametrize(
    ("kind", "cell", "wanted"),
    [("text", 2019, "2019"), ("text", ShownNumber(1234, "01234"), "01234"), ("text", True, "true"),
     ("text", WrittenFloat("1.50"), "1.50"), ("quote", 40, "40"), ("choice", 3, "3"), ("choices", [1, 3], ["1", "3"]),
     ("choices", 3, ["3"]), ("list", [1, True, "x"], ["1", "true", "x"]), ("list", 7, ["7"]),
     ("boolean", 1, True), ("boolean", ShownNumber(0, "0.00"), False), ("boolean", False, False),
     ("number", ShownNumber(1234, "01234"), 1234)],
)  # fmt: skip
def test_a_number_or_a_flag_where_words_are_written_comes_as_its_cell_shows_it(
    kind: str, cell: object, wanted: object
) -> None:
    labels = tuple(Label(name=name) for name in "123") if "choice" in kind else ()
    field = OutputField(name="field", type=kind, labels=labels, source="page" if kind == "quote" else "")  # type: ignore[arg-type]

    assert normalise_value(field, read_written(field, cell), "field") == wanted


def test_numbers_in_the_parts_of_a_written_object_are_texts_and_labels_too() -> None:
    items = [
        {"name": "code"},
        {"name": "stars", "type": "choice", "labels": [{"name": "3"}, {"name": "4"}]},
        {"name": "sum"},
    ]
    items += [{"name": "tags", "type": "list"}, {"name": "price", "type": "number"}]
    field = OutputField.model_validate({"name": "field", "type": "list", "items": items})

    cells = (cell := [{"code": True, "stars": 3, "sum": 2.5, "tags": [1], "price": 3}]), json.dumps(cell)

    wanted = [{"code": "true", "stars": "3", "sum": "2.5", "tags": ["1"], "price": 3}]
    assert [normalise_value(field, read_written(field, each), "field") for each in cells] == [wanted, wanted]
