"""Workbooks: sheets, values of formulas, and the cells and files that are refused by name."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from members.models import Member
from review.models import Record, Task
from review.sources.imports import ImportChoices, import_records, read_preview
from review.sources.imports.tables import open_table
from review.spec.starters import outreach
from tests.review.imports.conftest import Write, refusal_of
from tests.review.imports.workbooks import archive, cell, rows, workbook
from web.errors import Refusal

HEADER = ("company", "sector", "size")


def test_cells_of_every_kind_come_as_people_see_them(write: Write) -> None:
    day = '<row r="4"><c r="A4" s="1"><v>46145</v></c><c r="B4" t="b"><v>1</v></c><c r="C4"><v>2.5</v></c></row>'
    formula = '<row r="5"><c r="A5" t="str"><f>"A"&amp;"cme"</f><v>Acme</v></c><c r="C5"><f>1+1</f><v>2</v></c></row>'

    table = open_table(write(workbook({"One": rows(HEADER, first=2) + day + formula}), "book.xlsx"))

    assert (table.format, table.columns, table.sheets) == ("xlsx", HEADER, ("One",))
    assert [(row.number, row.values) for row in table.rows()] == [
        (4, {"company": "2026-05-03", "sector": True, "size": 2.5}),
        (5, {"company": "Acme", "sector": "", "size": 2}),
    ]


def test_a_table_away_from_the_corner_keeps_the_numbers_of_its_rows(write: Write) -> None:
    away = (
        f'<row r="3">{cell("B3", "company")}{cell("C3", "size")}</row>'
        f'<row r="5">{cell("B5", "Acme")}{cell("C5", 2)}</row><row r="6">{cell("B6", "Bolt")}<c '
        'r="C6"><v>1e400</v></c></row>'
    )

    first, second = open_table(write(workbook({"One": away}), "book.xlsx")).rows()

    assert (first.number, first.values) == (5, {"company": "Acme", "size": 2})
    assert second.unread == {"size": "C6 ('size') is too large for a number"}


@pytest.mark.django_db
def test_what_looks_like_a_formula_stays_text(task: Task, admin: Member, write: Write) -> None:
    text = '=HYPERLINK("http://x.example")'
    import_records(task, write(workbook({"One": rows(HEADER, ("Acme", text, 3))}), "book.xlsx"), by=admin)

    assert Record.objects.get().facts == {"company": "Acme", "sector": text, "size": "3"}


def test_the_first_sheet_with_cells_is_read_unless_another_is_chosen(write: Write) -> None:
    sheets = {"Cover": "", "Secret": rows(HEADER), "First": rows(HEADER, ("A", "b", 1)), "Second": rows(("x",), ("y",))}
    path = write(workbook(sheets, hidden=["Secret"]), "book.xlsx")

    found = open_table(path)
    chosen = open_table(path, sheet="Second")
    with pytest.raises(Refusal) as hidden:
        open_table(path, sheet="Secret")

    assert (found.sheet, found.sheets) == ("First", ("Cover", "First", "Second"))
    assert (chosen.sheet, chosen.columns) == ("Second", ("x",))
    assert hidden.value.code == "sheet_unknown"


def test_a_cover_of_one_line_is_not_the_table(write: Write) -> None:
    sheets = {"Cover": rows(("All customers",)), "Data": rows(HEADER, ("A", "b", 1))}

    assert open_table(write(workbook(sheets), "book.xlsx")).sheet == "Data"


def test_a_cover_of_one_column_is_not_the_table(write: Write) -> None:
    cover = rows(("All customers",), ("Written by Ann",))
    sheets = {"Cover": cover, "Data": rows(HEADER, *([("A", "b", 1)] * 9))}

    assert open_table(write(workbook(sheets), "book.xlsx")).sheet == "Data"


@pytest.mark.parametrize(("count", "sheet"), [(20, "Data"), (19, "About")])
def test_a_short_sheet_that_tells_the_columns_is_not_read(write: Write, count: int, sheet: str) -> None:
    about = rows(("column", "meaning"), ("company", "whom we wrote to"))
    sheets = {"About": about, "Data": rows(HEADER, *([("A", "b", 1)] * (count - 1)))}

    assert open_table(write(workbook(sheets), "book.xlsx")).sheet == sheet


def test_cells_that_hold_no_value_are_named_by_their_place(write: Write) -> None:
    bad = (
        '<row r="3"><c r="A3" t="str"><f>X()</f></c></row>'
        f'<row r="4">{cell("A4", "Acme")}<c r="B4" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>'
        f'<row r="5">{cell("A5", "Bolt")}<c r="C5"><v>1e400</v></c></row>'
        f'<row r="6">{cell("A6", "Cog")}{cell("B6", "x")}{cell("E6", "y")}</row>'
    )
    path = write(workbook({"One": rows(HEADER, ("Good", "steel", 1)) + bad}), "book.xlsx")

    errors = dict(read_preview(path, spec=outreach.SPEC).errors)

    assert errors == {
        3: "A3 holds a formula whose value was not saved; open the file in a spreadsheet program and save it",
        4: "B4 holds the error #DIV/0!",
        5: "C5 ('size') is too large for a number",
        6: "E6 has a value, but its column has no header",
    }


def test_cells_that_hold_no_value_matter_where_their_column_is_used(write: Write) -> None:
    sheet = (
        rows(("company", "sector", "lookup"), ("Good", "steel", 1))
        + f'<row r="3">{cell("A3", "Acme")}{cell("B3", "wire")}<c r="C3" t="e"><v>#REF!</v></c></row>'
        + f'<row r="4">{cell("A4", "Bolt")}{cell("B4", "rail")}<c r="C4"><f>SUM(A1)</f></c></row>'
    )
    path = write(workbook({"One": sheet}), "book.xlsx")

    unused = read_preview(path, spec=outreach.SPEC)
    used = read_preview(path, spec=outreach.SPEC, mapping={"company": "company", "sector": "sector", "lookup": "size"})

    assert (unused.rows_total, unused.rows_bad, unused.unknown_columns) == (3, 0, ("lookup",))
    assert [row for row, _ in used.errors] == [3, 4]
    assert used.errors[0].reason == "C3 holds the error #REF!"


def test_a_workbook_in_the_strict_form_is_read_as_another(write: Write) -> None:
    bad = f'<row r="2">{cell("A2", "Acme")}<c r="B2" t="e"><v>#N/A</v></c><c r="C2" s="2"><v>42</v></c></row>'
    plain = workbook({"One": rows(("company", "lookup", "key")) + bad}, formats=["00000"])
    with zipfile.ZipFile(io.BytesIO(plain)) as file:
        parts = {name: file.read(name).decode() for name in file.namelist()}
    for name, text in parts.items():
        text = text.replace("schemas.openxmlformats.org/spreadsheetml/2006", "purl.oclc.org/ooxml/spreadsheetml")
        parts[name] = text.replace(
            "schemas.openxmlformats.org/officeDocument/2006", "purl.oclc.org/ooxml/officeDocument"
        )

    (row,) = open_table(write(archive(parts), "strict.xlsx")).rows()

    assert row.unread == {"lookup": "B2 holds the error #N/A"}
    assert getattr(row.values["key"], "shown", "") == "00042"


def test_a_cell_of_blanks_beyond_the_header_is_no_value(write: Write) -> None:
    sheet = rows(HEADER, ("Acme", "steel", 1, " "), ("Bolt", "wire", 2, None, "\u00a0"))

    read = open_table(write(workbook({"One": sheet}), "book.xlsx")).rows()

    assert [(row.problem, row.values.get("company")) for row in read] == [("", "Acme"), ("", "Bolt")]


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (workbook({"One": rows(HEADER)}, more={"xl/vbaProject.bin": "x"}), "workbook_macros", "(xl/vbaProject.bin)"),
        (workbook({"One": rows(HEADER)}), "file_empty", "The file has no rows."),
        (workbook({"One": rows(("a",), (1,)), }, more={"word/document.xml": "x", "xl/workbook.xml": "<x"}),
            "workbook_broken", "cannot be read"),
        (workbook({"One": "<!DOCTYPE x>" + rows(("a",), (1,))}), "workbook_unsafe", "declares entities"),
    ],
    ids=["macros", "no rows", "broken", "entities"],
)  # fmt: skip
def test_a_workbook_that_cannot_be_used_says_why(write: Write, content: bytes, code: str, says: str) -> None:
    with pytest.raises(Refusal) as refused:
        open_table(write(content, "book.xlsx"))

    assert refused.value.code == code
    assert says in refused.value.message


@pytest.mark.django_db
def test_two_cells_in_far_corners_cost_nobody_their_memory(task: Task, admin: Member, write: Write) -> None:
    far = f'<row r="1">{cell("A1", "company")}</row><row r="1048576">{cell("XFD1048576", "x")}</row>'

    refusal = refusal_of(task, write(workbook({"One": far}), "book.xlsx"), admin)

    assert refusal.code == "file_unreadable"
    assert "more memory or time" in refusal.message


@pytest.mark.django_db
def test_a_sheet_is_imported_by_name(task: Task, admin: Member, write: Write) -> None:
    path = write(workbook({"A": rows(("x",), (1,)), "B": rows(HEADER, ("Acme", "steel", 1))}), "book.xlsx")

    import_records(task, path, by=admin, choices=ImportChoices(sheet="B"))

    assert Record.objects.get().title == "Acme"


PATH = f"{'a long folder of exports/' * 10}here.csv"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content"),
    [(name, workbook({"A": rows(("x", "y"), (1, 2)), name: rows(HEADER, ("Acme", "steel", 1))}))
     for name in (" Customers  of 2026 ", "Ends in a blank ")]
    + [(PATH, archive({"gone.csv": "x,y\n1,2\n", PATH: "company,sector,size\nAcme,steel,1\n"}))],
    ids=["blanks", "a blank", "a long path"],
)  # fmt: skip
@pytest.mark.parametrize("is_by_page", [True, False], ids=["page", "api"])
def test_a_table_of_an_odd_name_is_imported(
    task: Task, client: Client, admin: Member, name: str, content: bytes, is_by_page: bool
) -> None:
    client.force_login(admin)
    columns = {"map.0": "company", "map.1": "sector", "do": "import"}

    if is_by_page:
        upload = {"file": SimpleUploadedFile("file", content), "kind": "records"}
        place = client.post(reverse("review:import", args=[task.slug]), upload)["Location"]
        assert f'value="{name}"' in client.get(place).content.decode()
        client.post(place, {**columns, "sheet": name})
    else:
        upload = {"file": SimpleUploadedFile("file", content), "task": task.slug, "sheet": name}
        assert client.post("/api/v1/sources/", upload).status_code == 201

    assert Record.objects.get().facts["company"] == "Acme"
