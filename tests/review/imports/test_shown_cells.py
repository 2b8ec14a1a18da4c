"""Cells of workbooks as a reader of the sheet sees them: number formats, merged cells, titles above the header."""

from __future__ import annotations

import pytest

from members.models import Member
from review.models import Task
from review.sources.imports import import_records, read_preview
from review.sources.imports.cell_texts import text_of
from review.sources.imports.cell_values import read_value
from review.sources.imports.tables import number_formats, open_table
from review.spec.schema import InputField
from review.spec.starters import outreach
from tests.review.imports.conftest import Write
from tests.review.imports.workbooks import cell, rows, workbook

HEADER = ("company", "sector", "size")
SHOWN = [
    ("00000", 1234, "01234"),
    ("000-00-0000", 12345678, "012-34-5678"),
    ('"A-"0000', 12, "A-0012"),
    ("0%", 0.12, "12%"),
    ("0.0%", 0.125, "12.5%"),
    ("0.00", 1.5, "1.50"),
    ("#,##0", 1200, "1,200"),
    ('"$"#,##0.00', 1200, "$1,200.00"),
    ("#,##0.00\\ [$€-407]", 1200.5, "1,200.50 €"),
    ("#,##0.00_);[Red](#,##0.00)", -5, "(5.00)"),
    ('_-* #,##0.00\\ "kr"_-;\\-* #,##0.00\\ "kr"_-', -44, "-44.00 kr"),
    ('0" kg"', 7, "7 kg"),
]


@pytest.mark.parametrize(("code", "value", "text"), SHOWN)
def test_a_format_shows_a_number(code: str, value: float, text: str) -> None:
    assert number_formats.shown(value, code) == text


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("0.00", 1e30),
        ("#,##0", 1.5e300),
        ("# ?/?", 0.5),
        ("0.00E+00", 1.5),
        ("#,##0,", 1_200_000),
        ("0.00", 3.14159),
        ("[<9]0;0.0", 12),
    ],
)
def test_a_format_that_shows_fewer_digits_or_is_not_read_shows_nothing(code: str, value: float) -> None:
    assert number_formats.shown(value, code) is None


@pytest.mark.parametrize("code", ["dd.mm.yyyy", "mmm yyyy", "[h]:mm", "[$-407]d. mmmm yyyy", "h:mm AM/PM"])
def test_a_format_of_days_and_times_is_known(code: str) -> None:
    assert number_formats.is_date(code)
    assert not number_formats.is_date('[Red]0.00 "days"')


def test_cells_come_as_the_sheet_shows_them_and_the_rest_is_told(write: Write) -> None:
    names = ("code", "share", "part", "day", "iso", "plain")
    cells = [("A2", 2, 1234), ("B2", 3, 0.125), ("C2", 4, 0.5), ("D2", 5, 46145), ("E2", 6, 46145), ("F2", 0, 19.9)]
    styled = "".join(f'<c r="{place}" s="{style}"><v>{value}</v></c>' for place, style, value in cells)
    formats = ["00000", "0.0%", "# ?/?", "dd.mm.yyyy", "yyyy-mm-dd"]
    book = workbook({"One": f'{rows(names)}<row r="2">{styled}</row>'}, formats=formats)

    table = open_table(write(book, "book.xlsx"))
    values = next(table.rows()).values

    assert [text_of(value) for value in values.values()] == [
        "01234",
        "12.5%",
        "0.5",
        "2026-05-03",
        "2026-05-03",
        "19.9",
    ]
    assert read_value(InputField(name="x", type="number"), values["code"]) == 1234
    assert read_value(InputField(name="x", type="number"), values["share"]) == 0.125
    assert table.notes == (
        "'code' is shown with a number format: A2 came as '01234' into texts, as 1234 into numbers.",
        "'share' is shown with a number format: B2 came as '12.5%' into texts, as 0.125 into numbers.",
        "'part' is shown as '# ?/?', such as C2; it came as the value 0.5.",
        "Dates of 'day' come as 2026-05-03, not as the sheet shows D2.",
    )


def test_a_very_large_number_leaves_its_workbook_readable(write: Write) -> None:
    styled = '<row r="2"><c r="A2" s="2"><v>1e30</v></c><c r="B2"><v>7</v></c></row>'
    table = open_table(write(workbook({"One": rows(("sum", "x")) + styled}, formats=["#,##0.00"]), "book.xlsx"))

    assert [row.values for row in table.rows()] == [{"sum": 1e30, "x": 7}]
    assert table.notes == ("'sum' is shown as '#,##0.00', such as A2; it came as the value 1e+30.",)


def test_only_the_cells_of_a_format_come_by_it(write: Write) -> None:
    codes = [(2, 2), (3, 0), (4, 2), (6, 0)]
    styled = "".join(f'<row r="{row}"><c r="A{row}" s="{style}"><v>44</v></c></row>' for row, style in codes)
    table = open_table(write(workbook({"One": rows(("code",)) + styled}, formats=["00000"]), "book.xlsx"))

    assert [text_of(row.values["code"]) for row in table.rows()] == ["00044", "44", "00044", "44"]


def test_a_merged_cell_gives_its_value_to_each_of_its_rows(write: Write) -> None:
    lines = rows(
        HEADER, ("Acme", "steel", 1), ("Bolt", None, 2), ("Cog", None, 3), (None, None, None), ("Dot", "oil", 4)
    )
    away = f'<row r="9">{cell("A9", "A note over two columns")}</row>'
    merged = ["B2:B5", "A9:B9"]
    table = open_table(write(workbook({"One": lines + away}, merged=merged), "book.xlsx"))

    assert [row.values["sector"] for row in table.rows()] == ["steel", "steel", "steel", "oil", ""]
    assert table.notes == (
        "Cells merged over rows came in each of their rows: B2:B5.",
        "Cells merged over columns came in the first of them: A9:B9.",
    )


def test_rows_that_a_sheet_hides_come_in_and_are_told(write: Write) -> None:
    lines = rows(HEADER, ("Acme", "steel", 1), ("Bolt", "rail", 2)).replace('<row r="2">', '<row r="2" hidden="1">')
    table = open_table(write(workbook({"One": lines}), "book.xlsx"))

    assert [row.values["company"] for row in table.rows()] == ["Acme", "Bolt"]
    assert table.notes == ("Rows that the sheet hides came in too: 2.",)


def test_titles_above_the_header_of_a_sheet_stay_out(write: Write) -> None:
    above = [("Customers",), ("As of:", 46145), ()]
    table = open_table(
        write(workbook({"One": rows(*above, HEADER, ("Acme", "steel", 1), ("Bolt", "rail", 2))}), "book.xlsx")
    )

    assert (table.header, table.columns) == (4, HEADER)
    assert [row.values["company"] for row in table.rows()] == ["Acme", "Bolt"]


def test_the_row_of_a_sheets_header_can_be_chosen(write: Write) -> None:
    path = write(workbook({"One": rows(("a", "b"), ("company", "sector"), ("Acme", "steel"))}), "book.xlsx")

    table = open_table(path, header=2)

    assert (table.columns, [row.number for row in table.rows()]) == (("company", "sector"), [3])


@pytest.mark.django_db
def test_what_came_otherwise_is_told_by_an_import_too(task: Task, admin: Member, write: Write) -> None:
    lines = rows(HEADER, ("Acme", "steel", 1), ("Bolt", None, 2))
    path = write(workbook({"One": lines}, merged=["B2:B3"]), "book.xlsx")

    preview, result = read_preview(path, spec=outreach.SPEC), import_records(task, path, by=admin)

    assert preview.form is not None
    assert preview.form.notes == result.notes == ("Cells merged over rows came in each of their rows: B2:B3.",)
