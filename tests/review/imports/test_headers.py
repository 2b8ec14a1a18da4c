"""The row that names the columns: below titles, and below cells merged over groups of columns."""

from __future__ import annotations

import pytest

from review.sources.imports.tables import open_table
from tests.review.imports.conftest import Write
from tests.review.imports.workbooks import rows, workbook


@pytest.mark.parametrize(
    ("above", "header"),
    [
        ("", 1),
        ("Customers\n\n", 3),
        ("Customers, Q3\n\n", 3),
        ("Export of all customers\n", 2),
        ("Report,,\n,,\n", 3),
        ("Report,,\nAs of:,2026-01-31,\n\n", 4),
        ("Report,,\nAs of:,November,\nBy:,Ann,\n,,\n", 5),
        ("\n\n,Report,\n", 4),
        ("# Traffic\n# Account: Acme\n# Start date: 20261101\n# End date: 20261126\n# ----\n", 6),
        ("Account:,DE12 3456,\n\nFrom:,1 November,\nTo:,26 November,\nBalance of 26 November:,12 EUR,\n\n", 7),
    ],
)
def test_titles_above_the_header_stay_out(write: Write, above: str, header: int) -> None:
    table = open_table(write(f"{above}company,sector,city\nAcme,steel,Kiel\nBolt,rail,Bath\n"))

    assert (table.header, table.columns) == (header, ("company", "sector", "city"))
    assert [row.number for row in table.rows()] == [header + 1, header + 2]


@pytest.mark.parametrize(
    "text",
    [
        "company\nAcme, Inc\nBolt, Inc\n",
        "company name\nAcme, Inc\nBolt, Inc\n",
        '"","x"\n"alpha","a"\n"beta","b"\n',
        "company,,\nAcme,steel,x\nBolt,rail,y\n",
        "company,sector\n" + "Acme,steel,3\n" * 6,
        "2024,2025,company,sector\n" + "Acme,steel\nBolt,rail\n" * 3,
        "company,sector,city,note\nAcme,steel,Kiel\nBolt,rail,Ulm\n",
        "company,sector\n\nAcme,steel\n\nBolt,rail\n",
    ],
)
def test_a_first_row_that_may_be_a_header_stays_one(write: Write, text: str) -> None:
    table = open_table(write(text))

    assert table.header == (2 if text.startswith("company,,") else 1)


@pytest.mark.parametrize(
    ("above", "header"),
    [
        ("Who,,Where,", 2),
        ("Who,Who,Where,Where", 2),
        ("Customers,Customers,Customers,Customers", 2),
        ("Customers\n\nWho,,Where,", 4),
    ],
)
def test_names_of_groups_above_the_header_stay_out(write: Write, above: str, header: int) -> None:
    table = open_table(write(f"{above}\ncompany,sector,street,city\nAcme,steel,Pier 1,Kiel\nBolt,rail,Way 2,Bath\n"))

    assert (table.header, table.columns) == (header, ("company", "sector", "street", "city"))


@pytest.mark.parametrize(
    ("first", "merged"),
    [
        (("Customers",), "A1:D1"),
        (("Who", None, "Size"), "A1:B1"),
        ((None, "Trade", "Size"), "C1:D1"),
    ],
)
def test_cells_merged_over_columns_above_the_header_stay_out(
    write: Write, first: tuple[str | None, ...], merged: str
) -> None:
    sheet = rows(first, ("company", "sector", 2024, 2025), ("Acme", "steel", 12, 3), ("Bolt", "rail", 40, 4))

    table = open_table(write(workbook({"One": sheet}, merged=[merged]), "book.xlsx"))

    assert (table.header, table.columns) == (2, ("company", "sector", "2024", "2025"))
    assert (table.notes, [row.problem for row in table.rows()]) == ((), ["", ""])


def test_rows_numbered_in_a_column_without_a_name_are_below_the_header(write: Write) -> None:
    table = open_table(write(",Who,Who,Size\n,company,sector,staff\n0,Acme,steel,3\n1,Bolt,rail,4\n"))

    assert (table.header, table.columns) == (2, ("column 1", "company", "sector", "staff"))


def test_a_line_that_tells_of_the_file_in_cells_of_its_own_stays_out(write: Write) -> None:
    rows = "".join(f'{n},50;"S";"Miete {n}"\n' for n in range(5))
    table = open_table(write(f'"EXTF";700;21;"Stapel";13;20260330;;"RE";"";0;"EUR"\nUmsatz;Kennzeichen;Text\n{rows}'))

    assert (table.header, table.columns) == (2, ("Umsatz", "Kennzeichen", "Text"))
    assert [row.problem for row in table.rows()] == [""] * 5


@pytest.mark.parametrize("header", [None, 2])
def test_names_merged_over_rows_belong_to_the_last_row_of_the_header(write: Write, header: int | None) -> None:
    sheet = rows(("company", "sector", "Address"), (None, None, "street", "city"), ("Acme", "steel", "Pier 1", "Kiel"))
    merged = ["A1:A2", "B1:B2", "C1:D1"]

    table = open_table(write(workbook({"One": sheet}, merged=merged), "book.xlsx"), header=header)

    assert (table.header, table.columns, table.notes) == (2, ("company", "sector", "street", "city"), ())
    assert [row.number for row in table.rows() if not row.problem] == [3]


def test_a_name_merged_over_two_columns_stays_the_header(write: Write) -> None:
    sheet = rows(("company", "sector", "notes"), ("Acme", "steel", "x", "y"), ("Bolt", "rail", "x", "z"))

    table = open_table(write(workbook({"One": sheet}, merged=["C1:D1"]), "book.xlsx"))

    assert (table.header, table.columns) == (1, ("company", "sector", "notes"))
    assert table.notes == ("Cells merged over columns came in the first of them: C1:D1.",)


def test_rows_in_which_qualtrics_describes_its_columns_are_left_out(write: Write) -> None:
    ids = '"{""ImportId"":""status""}","{""ImportId"":""QID1_TEXT""}"'
    table = open_table(
        write(f"Status,Q1\nResponse Type,Which company is yours?\n{ids}\nIP Address,Acme\nIP Address,\n")
    )

    assert [(row.number, row.problem, row.values.get("Q1")) for row in table.rows()] == [
        (2, "describes the columns", None), (3, "describes the columns", None), (4, "", "Acme"), (5, "", ""),
    ]  # fmt: skip


def test_questions_below_their_names_are_left_out_without_ids_too(write: Write) -> None:
    table = open_table(write("StartDate,EndDate,Q1\nStart Date,End Date,Which company is yours?\n1/2/26,1/2/26,Acme\n"))

    assert [(row.problem, row.values.get("Q1")) for row in table.rows()] == [
        ("describes the columns", None), ("", "Acme"),
    ]  # fmt: skip


def test_a_first_row_of_options_called_like_their_columns_is_a_row(write: Write) -> None:
    table = open_table(write("id,Excel,Word\n1,Excel,Word\n2,,Word\n"))

    assert [row.problem for row in table.rows()] == ["", ""]


def test_a_first_row_of_signs_below_names_of_signs_is_a_row(write: Write) -> None:
    table = open_table(write("city,#,%\nKiel,-,-\nBath,7,3\n"))

    assert [row.values["city"] for row in table.rows() if not row.problem] == ["Kiel", "Bath"]


SURVEY = [
    ["Id", "Are you content?", "Which tools do you use?", "", "", "What else?"],
    ["", "Response", "Chat", "Mail", "Phone", "Open-Ended Response"],
    ["7", "Yes", "Chat", "Mail", "", "Nothing"],
    ["8", "No", "", "Mail", "", ""],
    ["9", "No", "", "", "Phone", "Faster"],
]


@pytest.mark.parametrize("is_sheet", [False, True])
def test_options_below_a_question_over_several_columns_name_them(write: Write, *, is_sheet: bool) -> None:
    sheet = workbook({"One": rows(*([cell or None for cell in line] for line in SURVEY))})
    table = open_table(write(sheet if is_sheet else "".join(",".join(line) + "\n" for line in SURVEY)))

    options = [f"Which tools do you use? [{name}]" for name in ("Chat", "Mail", "Phone")]
    assert (table.header, table.columns) == (1, ("Id", "Are you content?", *options, "What else?"))
    assert [(row.number, row.problem) for row in table.rows()] == [
        (2, "describes the columns"), (3, ""), (4, ""), (5, ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "id,Tools [Excel],Tools [Word],comment\n1,Excel,,\n2,,Word,good\n3,,Word,fine\n",
        "id,Tools [Excel],Tools [Word],comment\n1,Excel,Word,\n2,,Word,good\n3,,Word,fine\n",
        "id,Tools [Excel],Tools [Word]\n,Excel,Word\n2,,Word\n,Excel,\n",
        "id,Tools [Excel],Tools [Word]\n,Excel,Word\n2,Excel,Word\n3,Excel,Word\n",
        "part,Unit [kg],weight\nbolt,kg,3\nnut,g,7\n",
        "part,Unit [kg],weight\n,kg,3\nnut,g,7\nrod,g,8\n",
    ],
)
def test_a_first_row_with_words_of_its_columns_names_is_a_row(write: Write, text: str) -> None:
    assert not any(row.problem for row in open_table(write(text)).rows())


@pytest.mark.parametrize(
    ("first", "is_row"),
    [
        (",What did you like about us?,What did you not?", False),
        (",What did you like about us?,Please tell us more", False),
        ("7,What did you like about us?,What did you not?", True),
        (",What did you like about us?,Price", True),
        (",All of it at once,Nothing at all", True),
    ],
)
def test_questions_below_codes_are_no_row_where_nothing_else_is_there(
    write: Write, first: str, *, is_row: bool
) -> None:
    below = "".join(f"{number},The staff of house {number},It is far away\n" for number in range(6))
    table = open_table(write(f"ID,Q5,Q6\n{first}\n{below}"))

    assert [row.problem for row in table.rows()] == ["" if is_row else "describes the columns", *[""] * 6]
