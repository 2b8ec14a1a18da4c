"""Values of every type are brought into one form, and what is none of its type is named."""

from __future__ import annotations

import unicodedata
from random import Random
from typing import Any

import pytest

from review.spec import paths
from review.spec.schema import Label, OutputField, OutputItem
from review.spec.value_types import output_types
from review.spec.values import READERS, label_of, normalise_fields

LABELS = (Label(name="Billing"), Label(name="Über uns"), Label(name="none of these"))
LINE = OutputItem(
    name="line",
    type="object",
    items=(OutputItem(name="name"), OutputItem(name="count", type="integer", minimum=0)),
)
SCHEMA = (
    OutputField(name="why", role="reasoning", required=False),
    OutputField(name="topic", type="choice", labels=LABELS),
    OutputField(name="also", type="choices", labels=LABELS, required=False),
    OutputField(name="amount", type="number", minimum=-10, maximum=1e6, decimals=2, required=False),
    OutputField(name="count", type="integer", required=False),
    OutputField(name="urgent", type="boolean", required=False),
    OutputField(name="due", type="date", required=False),
    OutputField(name="said", type="quote", required=False),
    OutputField(name="tags", type="list", required=False),
    OutputField(name="order", type="object", items=(LINE, OutputItem(name="note")), required=False),
)


def test_each_type_that_a_miniature_writes_has_a_reader() -> None:
    assert set(READERS) == set(output_types())


def normal(**fields: Any) -> Any:
    return normalise_fields(SCHEMA, {"topic": "Billing", **fields})


def test_a_label_is_told_however_its_letters_are_composed() -> None:
    parted = unicodedata.normalize("NFD", "Über uns")

    assert normal(topic=parted, also=[parted])["topic"] == "Über uns"
    assert label_of((Label(name=parted), Label(name="Billing")), "über  uns") == parted


@pytest.mark.parametrize(
    ("name", "given_value", "kept"),
    [
        ("topic", " billing ", "Billing"),
        ("topic", "ÜBER  uns", "Über uns"),
        ("also", ["none of these", "billing", "Billing"], ["Billing", "none of these"]),
        ("also", "billing", ["Billing"]),
        ("also", None, []),
        ("amount", "12.50", 12.5),
        ("amount", 3.0, 3),
        ("amount", None, None),
        ("count", "007", 7),
        ("count", 2.0, 2),
        ("count", -0.0, 0),
        ("urgent", "Yes", True),
        ("urgent", False, False),
        ("urgent", "", None),
        ("due", "2024-02-29", "2024-02-29"),
        ("said", " as it\r\nstands ", "as it\nstands"),
        ("tags", ["a ", "", "b"], ["a", "b"]),
        ("order", {"line": {"name": 5, "count": "3"}}, {"line": {"name": "5", "count": 3}, "note": ""}),
        ("order", None, None),
    ],
)
def test_a_value_comes_into_the_form_of_its_type(name: str, given_value: object, kept: object) -> None:
    value = normal(**{name: given_value})[name]

    assert value == kept
    assert type(value) is type(kept)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("topic", "WRONG-LABEL", "field 'topic' is 'WRONG-LABEL', which is none of its labels: Billing, Über uns"),
        ("topic", "", "field 'topic' is empty; it is required"),
        ("topic", 3, "none of its labels"),
        ("also", ["Billing", "x"], "none of its labels"),
        ("amount", float("nan"), "expected a finite number"),
        ("amount", "1e400", "expected a finite number"),
        ("amount", "NaN", "expected a number"),
        ("amount", True, "expected a number"),
        ("amount", 1.234, "at most 2 decimals"),
        ("amount", -11, "below its least value -10"),
        ("amount", 1e7, "above its greatest value 1000000"),
        ("count", 2.5, "expected a whole number"),
        ("count", 2**60, "too large to be kept exactly"),
        ("urgent", 1, "expected true or false"),
        ("urgent", "maybe", "expected true or false"),
        ("due", "2023-02-29", "expected a day"),
        ("due", "20230101", "expected a day"),
        ("due", 20230101, "expected a day"),
        ("tags", [["a"]], "element 1 is list, expected text"),
        ("tags", "a", "expected a list"),
        ("order", {"line": {"name": "x", "count": -1}}, "field 'order', part 'line', part 'count' is -1, below"),
        ("order", {"lines": []}, "unknown part 'lines'; there is line, note"),
        ("order", [], None),
        ("order", ["x"], "expected an object with line, note"),
    ],
)
def test_a_value_that_is_none_of_its_type_is_named(name: str, value: object, says: str | None) -> None:
    if says is None:
        assert normal(**{name: value})[name] is None
        return
    with pytest.raises(ValueError) as error:
        normal(**{name: value})
    assert says in str(error.value)


def test_normal_form_is_its_own_normal_form() -> None:
    random = Random(7)
    names = [label.name for label in LABELS]
    for _ in range(300):
        fields = {
            "topic": random.choice(names).upper(),
            "also": random.choices(names, k=random.randrange(4)),
            "amount": random.choice([None, random.randrange(-1000, 100_000_000) / 100]),
            "count": random.choice([None, random.randrange(-(2**53) + 1, 2**53)]),
            "urgent": random.choice([None, True, "no"]),
            "due": random.choice([None, f"{random.randrange(1, 9999):04}-0{random.randrange(1, 9)}-28"]),
            "tags": [chr(random.randrange(32, 0xD7FF)) * random.randrange(3) for _ in range(3)],
            "order": random.choice([None, {"note": "\t x \r\n"}]),
        }
        once = normalise_fields(SCHEMA, fields)

        assert normalise_fields(SCHEMA, once) == once


def test_every_text_has_its_path_and_can_be_replaced_there() -> None:
    fields = normal(why="for", tags=["a", "b"], said="q", order={"line": {"name": "n", "count": 1}, "note": "t"})

    places = {place.path: place.text for place in paths.texts(SCHEMA, fields)}

    assert places == {
        "why": "for",
        "said": "q",
        "tags.0": "a",
        "tags.1": "b",
        "order.line.name": "n",
        "order.note": "t",
    }
    changed = fields
    for path in places:
        assert paths.text_at(fields, path) == places[path]
        changed = paths.with_value(changed, path, places[path].upper())
    assert {place.path: place.text for place in paths.texts(SCHEMA, changed)} == {
        path: text.upper() for path, text in places.items()
    }
    assert fields["order"]["line"]["name"] == "n"


def test_what_does_not_stand_anywhere_is_not_replaced() -> None:
    with pytest.raises(KeyError):
        paths.with_value({"a": [{"b": "c"}]}, "a.1.b", "d")
    assert paths.text_at({"a": [{"b": "c"}]}, "a.1.b") == ""


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"type": "object"}, "an object names its items"),
        ({"type": "text", "items": (OutputItem(name="x"),)}, "an object names its items"),
        ({"type": "choice"}, "a choice names its labels"),
        ({"type": "choice", "labels": LABELS[:1]}, "1 labels; a field needs 2 to 200"),
        ({"type": "choice", "labels": (Label(name="a"), Label(name="A"))}, "'a' appears twice"),
        ({"type": "text", "labels": LABELS}, "a choice names its labels"),
        ({"type": "number", "minimum": 2, "maximum": 1}, "above the greatest"),
        ({"type": "text", "minimum": 2}, "only numbers have a range"),
        ({"type": "integer", "decimals": 1}, "only a number has decimals"),
        ({"type": "text", "pattern": "("}, "not a regular expression"),
        ({"type": "date", "pattern": "."}, "only a text has a pattern"),
        ({"type": "text", "source": "facts"}, "only a quote"),
        ({"type": "object", "items": (OutputItem(name="x"), OutputItem(name="x"))}, "the part 'x' appears twice"),
    ],
)
def test_parts_that_do_not_fit_a_type_are_named(parts: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError) as error:
        OutputField(name="field", **parts)
    assert says in str(error.value)
