"""One table of numbers as people type them, read on the server; the browser is held to the same table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from review.sources.imports.cell_values import Notation, read_value
from review.spec import numbers, values
from review.spec.schema import InputField, OutputField, OutputItem

CASES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("number_cases.json").read_text(encoding="utf-8"))
READ, REFUSED = ([case for case in CASES if key in case] for key in ("value", "says"))
AMOUNT = OutputField(name="amount", type="number")


@pytest.mark.parametrize("case", READ, ids=lambda case: case["typed"])
def test_a_number_that_can_mean_one_is_read(case: dict[str, Any]) -> None:
    value = numbers.read_typed(case["typed"])

    assert (value, type(value)) == (
        case["value"],
        type(numbers.whole_or_not(case["value"]) if isinstance(case["value"], float) else 1),
    )


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case["typed"])
def test_any_other_is_refused_with_how_to_write_it(case: dict[str, Any]) -> None:
    with pytest.raises(ValueError) as refused:
        numbers.read_typed(case["typed"])

    assert str(refused.value) == case["says"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["typed"])
def test_an_import_reads_it_in_a_notation_that_the_desk_allows(case: dict[str, Any]) -> None:
    """Where a file's notation is known, a number that can mean two means one of those the desk names."""
    field, values = InputField(name="size", type="number"), []
    for decimal in numbers.NOTATIONS:
        try:
            values.append(read_value(field, case["typed"], Notation(decimal)))
        except ValueError:
            continue

    is_ambiguous = "which can mean" in case.get("says", "")
    assert set(values) <= {case["value"]} if "value" in case else len(values) == 2 * is_ambiguous
    assert values or "says" in case


@pytest.mark.parametrize(
    "case",
    [case for case in READ if case["value"] >= 0 and "e" not in case["typed"].lower()],
    ids=lambda case: case["typed"],
)
def test_checks_and_attribution_recognise_it_as_the_number_it_is(case: dict[str, Any]) -> None:
    assert numbers.readings(case["typed"].strip("+ ")) & numbers.readings(str(case["value"]))


def test_numbers_anywhere_in_an_output_are_read_and_the_drafts_own_stay() -> None:
    line = OutputItem(
        name="line", type="object", items=(OutputItem(name="count", type="integer"), OutputItem(name="name"))
    )
    schema = (AMOUNT, OutputField(name="lines", type="list", items=(line, OutputItem(name="price", type="number"))))
    fields = {
        "amount": "1.234",
        "lines": [{"line": {"count": "1 200", "name": "1,200"}, "price": "2,5"}],
        "other": "1,2",
    }

    read = values.read_typed(schema, fields, {"amount": 1.234})

    assert read == {
        "amount": 1.234, "lines": [{"line": {"count": 1200, "name": "1,200"}, "price": 2.5}], "other": "1,2",
    }  # fmt: skip
    with pytest.raises(
        ValueError, match=r"^field 'lines', element 1, part 'line', part 'count' is '1,200', which can mean 1200 or 1.2"
    ):
        values.read_typed(schema, {"lines": [{"line": {"count": "1,200"}}]}, {})
