"""Tables as other programs write them today: marks that are letters, lines that are drawn, names that recur."""

from __future__ import annotations

import json

import pytest

from review.sources.imports.cell_values import read_value
from review.sources.imports.tables import open_table
from review.spec.schema import InputField
from tests.review.imports import workbooks
from tests.review.imports.conftest import Write


def cells(write: Write, text: str | bytes, name: str = "prospects.csv") -> list[list[object]]:
    table = open_table(write(text, name)).opened()
    assert not [row.problem for row in table.rows() if row.problem]
    return [list(table.columns), *([row.values.get(column) for column in table.columns] for row in table.rows())]


def test_quotation_marks_between_tabs_are_letters_where_one_does_not_close(write: Write) -> None:
    text = 'company\tslogan\n"Nord" Papier\tbest "in town"\nKai 7" Rohre\t"open\n"Elb"\tplain\n'

    assert cells(write, text) == [
        ["company", "slogan"],
        ['"Nord" Papier', 'best "in town"'],
        ['Kai 7" Rohre', '"open'],
        ['"Elb"', "plain"],
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_quotation_marks_between_tabs_that_close_stay_marks(write: Write, end: str) -> None:
    text = end.join(["company\tslogan", '"Nord\tPapier"\t"best ""in"" town"', 'Kai\t"two', 'lines"', ""])

    assert cells(write, text) == [["company", "slogan"], ["Nord\tPapier", 'best "in" town'], ["Kai", f"two{end}lines"]]


@pytest.mark.parametrize(
    "text",
    [
        "|company|city|\n|:---|---:|\n|Nord|Kiel|\n|Elb|Wedel|\n",
        "+-------+-----+\n|company|city|\n+-------+-----+\n|Nord|Kiel|\n|Elb|Wedel|\n+-------+-----+\n",
        "Customers, north\n\n---------\n|company|city|\n---------\n|Nord|Kiel|\n|Elb|Wedel|\n---------\n",
    ],
    ids=["Markdown", "MySQL", "SAP"],
)
def test_lines_that_a_table_is_drawn_with_are_no_rows(write: Write, text: str) -> None:
    assert cells(write, text) == [["company", "city"], ["Nord", "Kiel"], ["Elb", "Wedel"]]


def test_an_empty_first_cell_between_bars_stays_one(write: Write) -> None:
    assert cells(write, "|company|city\n1|Nord|Kiel\n|Elb|Wedel\n")[0] == ["column 1", "company", "city"]


NAMES = ["key", "label", "label", "label 2", "label"]
NUMBERED = ["key", "label", "label 2", "label 2 2", "label 3"]


def test_names_that_recur_are_numbered(write: Write) -> None:
    sheet = workbooks.workbook({"One": workbooks.rows(NAMES, ["K-1", "a", "b", "c", "d"])})

    for file in (write(",".join(NAMES) + "\nK-1,a,b,c,d\n"), write(sheet, "export.xlsx")):
        table = open_table(file)
        assert [dict(row.values) for row in table.rows()] == [
            dict(zip(NUMBERED, ["K-1", "a", "b", "c", "d"], strict=True))
        ]
        assert list(table.columns) == NUMBERED


@pytest.mark.parametrize("key", ["annotations", "events", "responses"])
def test_rows_under_a_key_that_parts_of_a_row_have_too_can_be_chosen(write: Write, key: str) -> None:
    listed = [{"id": "7", "title": "Lamp"}, {"id": "8", "title": "Sofa"}]
    path = write(json.dumps({"type": "list", "pages": {"page": 1, "total": 1}, key: listed}), "export.json")

    whole, chosen = open_table(path), open_table(path, sheet=key)

    assert (whole.sheet, key in whole.sheets, len(list(whole.rows()))) == ("the whole object", True, 1)
    assert [row.values for row in chosen.rows()] == listed


def test_a_list_may_lack_the_empty_cells_at_its_end_and_hold_none_too_many(write: Write) -> None:
    values = [["company", "city", "note"], ["Nord", "Kiel", "x"], ["Elb"], ["Oder", "", "", "?"]]

    table = open_table(write(json.dumps({"range": "Sheet1!A1:C4", "values": values}), "values.json"))

    assert [row.values for row in table.rows()] == [
        {"company": "Nord", "city": "Kiel", "note": "x"},
        {"company": "Elb"},
        {},
    ]
    assert [row.problem for row in table.rows()][2] == "4 cells where the header has 3"


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-14 09:05:11 UTC",
        "2026-02-14 09:05:11 +0100",
        "2026/02/14 9:05:11 am EET",
        "2026/02/14 9:05:11 PM GMT+2",
        "February 14, 2026 9:05 AM",
        "14/Feb/2026 9:05 AM",
        "14-FEB-2026",
        "Saturday, February 14, 2026",
        "Sat, 14 Feb 2026 09:05:11 +0100",
        "Sat Feb 14 2026 09:05:11 GMT+0100 (Central European Standard Time)",
    ],
)
def test_a_day_is_read_with_its_time_zone_and_weekday(text: str) -> None:
    assert read_value(InputField(name="day", type="date"), text) == "2026-02-14"


@pytest.mark.parametrize("text", ["at 9:05 tomorrow", "version 12.4.2 9:05", "14 Feb 2026 or later", "Sat 9:05"])
def test_a_text_with_a_time_is_no_day(text: str) -> None:
    with pytest.raises(ValueError, match="expected a date"):
        read_value(InputField(name="day", type="date"), text)


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("checked t SANN PRAVDA Áno TOSI IGAZ DOĞRU ИСТИНА", True),
        ("unchecked f USANN NEPRAVDA Ei HAMIS YANLIŞ ЛОЖЬ", False),
    ],
)
def test_flags_are_read_as_programs_of_any_language_write_them(words: str, value: bool) -> None:
    assert {read_value(InputField(name="flag", type="boolean"), word) for word in words.split()} == {value}


def test_signs_that_keep_spreadsheets_from_computing_are_no_part_of_a_text(write: Write) -> None:
    text = 'company,zip,phone,note\nNord,"=""01067""",\'+49 30 12,it\'s\nElb,="00420",\'-,"one\n\'- two"\n'

    assert cells(write, text)[1:] == [["Nord", "01067", "+49 30 12", "it's"], ["Elb", "00420", "-", "one\n- two"]]


def test_a_header_that_comes_again_is_no_record(write: Write) -> None:
    header = "company, city,,city\n"
    table = open_table(write(f"{header}Nord,Kiel,,\n\ufeff{header}Elb,Wedel,,\ncompany,{'long ' * 90},,\ncompany,,,\n"))

    assert [row.problem for row in table.rows()] == ["", "repeats the header", "", "", ""]
