"""JSON that cannot be read: the place that is wrong, and how to mend it."""

from __future__ import annotations

import pytest

from review.sources.imports.tables import open_table
from tests.review.imports.conftest import Write
from web.errors import Refusal

MANY = "not JSON: a comma too many before “}” at character 16"
# Words in a text are no numbers.
GOOD = r'{"company": "NaN \" -Infinity 1e999", "size": 1}'


def _refusal(write: Write, text: str) -> Refusal:
    with pytest.raises(Refusal) as refused:
        open_table(write(text, "rows.json"))
    return refused.value


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 400])
@pytest.mark.parametrize(
    ("before", "behind"),
    [(f"[\n{GOOD},\n", "\n]"), (f"\n{GOOD[:-1]}\n}}", ""), ('{"total": 2,\n"rows": [\n', "]}")],
    ids=["array", "one after another", "wrapped"],
)
def test_what_is_no_json_number_is_named_with_its_place(write: Write, number: str, before: str, behind: str) -> None:
    refusal = _refusal(write, f'{before}{{"company": "B", "size": {number}}}{behind}')

    assert refusal.code == "json_refused"
    column = 27 if before.endswith("}") else 26
    assert f"line 3, column {column}, after “" in refusal.message and '"company": "B", "size":”' in refusal.message
    assert refusal.hint == "Write null or a text instead. Sent as one object a line, that row alone is bad."


def test_half_a_character_in_an_array_is_named_by_its_record(write: Write) -> None:
    refusal = _refusal(write, r'[{"company": "A"}, {"company": "\ud800"}]')

    assert "[1].company: There is half a character (U+D800) in it; write whole characters." in refusal.message
    assert ".." not in refusal.message
    assert "null" not in refusal.hint


@pytest.mark.parametrize(
    ("text", "place", "bracket"),
    [
        ('[\n{"company": "A"},\n{"company": "B"},\n\n]\n', "line 3, column 17", "]"),
        ('[\n{"company": "A",\n\n}\n]', "line 2, column 16", "}"),
        ('{\n"rows": [1, 2,\n]}', "line 2, column 14", "]"),
    ],
)
def test_a_comma_too_many_is_named_where_it_stands(write: Write, text: str, place: str, bracket: str) -> None:
    refusal = _refusal(write, text)

    assert refusal.message == f"The JSON breaks at {place}: a comma too many before “{bracket}”."


def test_a_comma_too_many_in_a_line_is_named_by_its_character(write: Write) -> None:
    table = open_table(write('{"company": "A"}\n{"company": "B", }\n', "rows.jsonl"))

    assert [row.problem for row in table.rows()] == ["", MANY]


@pytest.mark.parametrize(
    "text", ['[{"company": "A"},\n{"company": "B"}\n\n\n', '[{"company": "A"},\n{"company": "B", \n']
)
def test_a_file_that_is_cut_says_so(write: Write, text: str) -> None:
    refusal = _refusal(write, text)

    assert refusal.message.startswith("The JSON breaks at line 2, column 1")
    assert refusal.message.endswith(": the file is cut, its last bracket never closes.")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"size": NaN}\n{"size": NaN}\n', "row 1: not taken: NaN is not a JSON number"),
        ("[1, 2]", "row 1: a JSON number, expected an object"),
        ("[{}, {}]", "row 1: an object without keys"),
        ("{}", "row 1: an object without keys"),
    ],
)
def test_a_file_without_a_single_good_row_says_what_is_wrong_with_the_first(write: Write, text: str, says: str) -> None:
    refusal = _refusal(write, text)

    assert (refusal.code, refusal.message) == ("json_broken", f"None of the first rows can be read; {says}.")
