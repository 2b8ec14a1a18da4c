"""Rows of a sheet that are no records: headers that come again, sums, notes, and what a survey says of its answers."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from review.sources.imports.tables import open_table
from tests.review.imports import workbooks
from tests.review.imports.conftest import Write

HEADER = ("Beleg", "Firma", "Betrag", "Zweck")
ROWS = [(f"B-{n}", "Ott GmbH", 10.5 + n, f"Wartung {n}") for n in range(4)]
UNDER = "a sum or a note under the table, not a row"


def problems(write: Write, *rows: Sequence[object]) -> list[str]:
    book = workbooks.workbook({"One": workbooks.rows(HEADER, *ROWS, *rows)})
    lines = [",".join("" if cell is None else str(cell) for cell in row) for row in (HEADER, *ROWS, *rows)]
    read = [
        [row.problem for row in open_table(file).rows()][len(ROWS) :]
        for file in (write(book, "book.xlsx"), write("\n".join(lines), "book.csv"))
    ]
    assert read[0] == read[1]
    return read[0]


def pad(*cells: object) -> tuple[object, ...]:
    return (*cells, *[None] * (len(HEADER) - len(cells)))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([HEADER, ROWS[0]], ["repeats the header", ""]),
        ([pad("Summe", None, 48)], [UNDER]),
        ([pad("**", None, "1.234.50-")], [UNDER]),
        ([pad("*", None, "one star")], [""]),
        ([pad("TOTAL:", None, "1234.50 EUR")], [UNDER]),
        ([pad("Summe", None, 48), pad("Quelle: SAP")], [UNDER, UNDER]),
        ([pad(None), pad("Stand vom 3. April 2026 ohne Gewähr")], [UNDER]),
        ([pad("Summe", "Total SE")], [""]),
        ([pad("Total", None, 48), ROWS[0]], ["", ""]),
        ([pad(None), pad("Lang AG")], [""]),
        ([pad("Ein Beleg mit vielen Worten")], [""]),
        ([pad("B-9", None, 48)], [""]),
        ([pad("Total")], [""]),
        ([pad("Total Gym"), pad("Totalenergies", None, 5), pad("Sum of Us")], [""] * 3),
        ([pad(None), pad(None, "Ott und Söhne GmbH Ulm")], [""]),
        ([pad(None), ROWS[0], pad(None), pad("Stand vom 3. April 2026")], ["", ""]),
    ],
)
def test_sums_and_notes_under_a_table_are_no_rows_and_short_rows_are(
    write: Write, rows: list[Sequence[object]], expected: list[str]
) -> None:
    assert problems(write, *rows) == expected


def test_a_sum_between_drawn_lines_is_no_row(write: Write) -> None:
    rows = "".join(f"|B-{n} |Ott GmbH |    12,50|\n" for n in range(4))
    table = open_table(
        write(f"-----\n|Beleg|Firma    |   Betrag|\n-----\n{rows}-----\n|*    |         |    50,00|\n-----\n")
    )

    assert [row.problem for row in table.rows()] == [""] * 4 + [UNDER]


def test_a_table_of_two_columns_keeps_a_text_without_its_label(write: Write) -> None:
    table = open_table(write("text,label\nIt leaks.,bug\n\nHow do I change my name?,\n"))

    assert [row.problem for row in table.rows()] == ["", ""]


@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_texts_without_a_label_behind_a_blank_row_are_rows(write: Write, gap: str) -> None:
    labelled = [f"It leaks in room {n} again,bug,wet" for n in range(5)]
    last = ["", "Note: it is cold here.,,", "How do I change my name?,,"]
    table = open_table(write(gap.join(["text,label,reason", *labelled, *last])))

    assert [row.problem for row in table.rows()] == [""] * 7


@pytest.mark.parametrize(
    ("kind", "is_described"), [("Open-Ended Response", True), ("Réponse", True), ("Nothing", False)]
)
def test_a_survey_says_below_its_questions_how_they_are_answered(write: Write, kind: str, is_described: bool) -> None:
    rows = [f"{n},11.4.,It leaks in room {n}." for n in range(5)]
    table = open_table(write("\n".join(["Respondent ID,Date,What is wrong?", f",,{kind}", *rows])))

    assert [bool(row.problem) for row in table.rows()] == [is_described, *[False] * 5]
