"""A file whose first row holds values: its columns are numbered, and no row is lost to a header."""

from __future__ import annotations

import csv
import json

import pytest

from review.sources.imports.tables import open_table
from tests.review.imports.conftest import Write
from tests.review.imports.workbooks import rows, workbook
from web.errors import Refusal

ANSWERED = "other,The staff were friendly and quick\nad,I liked the food a lot\n" * 5
HEADLESS = {
    "messages with their label": "ham,See you there at six\nspam,Win a prize right now\nham,Call me when you can\n"
    "ham,Bring some milk please\nham,On my way\n",
    "classes by number": '"3","Oil falls again on Monday","Prices fell."\n"3","New chip from the north","It is fast."\n'
    '"3","Bank grows faster than ever","It earns."\n"1","Vote held in May","Many came."\n"3","Shop opens","In Kiel."\n',
    "questions with their topic": "billing,Where is my invoice for March?\nbug,The page does not load here\n"
    "billing,I paid twice last month\nbilling,Why was I charged again?\nbilling,Hm\n",
    "a question among messages": "other,Is anybody there at this hour?\n"
    + ANSWERED
    + "ad,Why is it shut on Monday?\n" * 2,
    "the one question among messages": "other,Is anybody there at this hour?\n" + ANSWERED,
    "nothing among days": "n/a,other,The pump of house 7 leaks\n"
    + "".join(f"11/3/2026,{line}\n" for line in ANSWERED.splitlines()),
    "days of which one is open": "other,Open,The pump of house 7 leaks\n"
    + "".join(line.replace(",", ",2026-11-03,") + "\n" for line in ANSWERED.splitlines()),
    "days in other orders": "11/3/2026 9:20,other,Fine\n11/4/2026 8:10,other,Late\n11/5/2026 7:30,ad,Hm\n"
    "12/5/2026 7:30,other,No\n12/6/2026 17:30,other,Yes\n",
    "measurements": "5.1,3.5,setosa\n7.0,3.2,versicolor\n4.9,3.0,setosa\n4.7,3.2,setosa\n6.3,3.3,setosa\n",
    "addresses": "ada@a.example,Ada\nbob@b.example,Bob\ncy@c.example,Cy\ndi@d.example,Di\neve@e.example,Eve\n",
    "days": "2026-11-01,Late again\n2026-11-02,Fine\n2026-11-03,Broken\n2026-11-05,Good\n2026-11-09,Lost\n",
}
NAMED = {
    "options of a survey": "id,Excel,Other\n1,Excel,\n2,,Other\n3,Excel,Other\n4,Excel,\n5,,Other\n",
    "columns numbered by pandas": ",0,1,2\n0,1,0,2\n1,0,1,2\n2,0,1,0\n3,1,1,2\n4,0,0,2\n",
    "years": "city,2024,2025\nKiel,2024,7\nBath,3,2025\nOslo,2024,9\nBern,2,2025\nRome,5,6\n",
    "a header laid down again": "label,text\nham,a\nlabel,text\nspam,b\nlabel,text\nham,c\nlabel,text\nham,d\n",
    "days above sums": "city,2026-11-01,2026-11-02\nKiel,3,4\nBath,3,5\nOslo,1,4\nBern,2,2\nRome,5,6\n",
    "a label's own name": "text,spam\nSee you there at six,ham\nWin a prize right now,spam\nBuy it now for free,spam\n"
    "Take this prize at once,spam\nCall me when you can,ham\n",
    "a label's own name, first": "urgent,message,minutes\nurgent,Help,3\nurgent,Now,4\nlater,Hm,5\nurgent,Yes,6\n"
    "later,No,7\n",
    "a label's own name, beside numbers": "other,staff,note\nother,4,It is late again today\nother,5,All went well\n"
    "steel,6,They wait for an answer\nother,7,Call them back on Monday\nrail,8,Nothing to be said\n",
    "a question beside names": "urgent,What does the customer say,minutes\nurgent,It is late again,3\nlater,Hm,5\n"
    "urgent,Yes,6\nurgent,Now,7\nlater,No,8\n",
    "a question above numbers": "other,How likely are you to recommend us?\nother,9\nad,8\nother,10\nother,7\nad,3\n",
    "a question above names": "other,What is your name?\nother,Ada\nad,Bob\nother,Cy\nother,Di Lee\nad,Eve\n",
    "questions above numbers and sentences": "other,How likely are you to come again?,What did you like about us?\n"
    "other,9,The staff were friendly and quick\nad,8,I liked the food a lot\nother,7,Nothing at all to say\n"
    "other,10,The view from the roof\nad,3,It took us two hours\n",
    "days and a question above sentences": "Timestamp,Other,Is there anything else you want to tell us?\n"
    + "".join(f"11/3/2026 10:2{place},{line}\n" for place, line in enumerate(ANSWERED.splitlines())),
    "a name above days": "Timestamp,Other,Please tell us anything else\n"
    + "".join(f"11/3/2026 10:2{place},{line}\n" for place, line in enumerate(ANSWERED.splitlines())),
    "linked data": "https://x.example/name,https://x.example/url\nAda,https://a.example\nBob,https://b.example\n"
    "Cy,https://c.example\nDi,https://d.example\nEve,https://e.example\n",
    "few rows": "ham,See you there at six\nspam,Win\nham,Call\n",
}


@pytest.mark.parametrize("name", HEADLESS)
def test_columns_that_no_row_names_are_numbered(write: Write, name: str) -> None:
    table = open_table(write(HEADLESS[name]))
    read = [list(row.values.values()) for row in table.rows()]

    assert table.header == 0
    assert table.columns == tuple(f"column {number}" for number in range(1, len(read[0]) + 1))
    assert len(read) == HEADLESS[name].count("\n")
    assert [row.number for row in table.rows()] == list(range(1, len(read) + 1))


@pytest.mark.parametrize("name", HEADLESS)
def test_a_sheet_without_a_header_loses_no_row(write: Write, name: str) -> None:
    cells = [row.values.values() for row in open_table(write(HEADLESS[name])).rows()]
    table = open_table(write(workbook({"One": rows(*(list(map(str, row)) for row in cells))}), "book.xlsx"))

    assert (table.header, table.columns[:2]) == (0, ("column 1", "column 2"))
    assert [list(row.values.values()) for row in table.rows()] == [list(map(str, row)) for row in cells]


@pytest.mark.parametrize("name", NAMED)
def test_a_first_row_of_names_stays_the_header(write: Write, name: str) -> None:
    table = open_table(write(NAMED[name]))

    assert table.header == 1
    assert "column 1" not in table.columns[1:]


def test_an_endless_number_in_the_first_row_is_a_value_among_others(write: Write) -> None:
    table = open_table(write(f"{'1' * 5000},other\n2,other\n3,other\n4,x\n5,other\n"))

    assert (table.header, table.columns) == (0, ("column 1", "column 2"))


def test_an_importer_says_whether_a_row_names_the_columns(write: Write) -> None:
    path = write("ham,See you\nspam,Win\n\nham,Call\n")

    headless = open_table(path, header=0)
    assert (headless.header, headless.columns) == (0, ("column 1", "column 2"))
    assert [row.values["column 1"] for row in headless.rows()] == ["ham", "spam", "ham"]
    assert open_table(write(HEADLESS["addresses"]), header=1).columns == ("ada@a.example", "Ada")
    with pytest.raises(Refusal, match="Row 9 names no columns"):
        open_table(path, header=9)


def test_what_a_database_writes_for_nothing_is_nothing_and_names_no_column(write: Write) -> None:
    named = open_table(write("name,city,path\nAnna,\\N,C:\\New\n"))
    bare = open_table(write("7\tAnna\t\\N\n8\t\\N\tKiel\n", "bare.tsv"))

    assert [row.values for row in named.rows()] == [{"name": "Anna", "city": "", "path": "C:\\New"}]
    assert [[*row.values.values()] for row in bare.rows()] == [["7", "Anna", ""], ["8", "", "Kiel"]]


@pytest.mark.parametrize("name", HEADLESS)
def test_lists_of_json_that_no_list_names_are_numbered(write: Write, name: str) -> None:
    cells = list(csv.reader(HEADLESS[name].splitlines()))
    read = list(open_table(write(json.dumps(cells), "rows.json")).rows())

    assert [list(row.values.values()) for row in read] == cells
    assert list(read[0].values) == [f"column {number}" for number in range(1, len(cells[0]) + 1)]


@pytest.mark.parametrize("name", sorted(set(NAMED) - {"columns numbered by pandas"}))
def test_lists_of_json_under_names_keep_them(write: Write, name: str) -> None:
    cells = list(csv.reader(NAMED[name].splitlines()))

    assert open_table(write(json.dumps(cells), "rows.json")).columns == tuple(cells[0])


@pytest.mark.parametrize("sign", ["-", "*", "•"])
def test_lines_of_a_list_are_texts_without_a_name(write: Write, sign: str) -> None:
    texts = [f"{sign} Q: Is house {n}, by the pier, open?" for n in range(3)]
    table = open_table(write("\n".join(texts)))

    assert (table.columns, [row.values["column 1"] for row in table.rows()]) == (("column 1",), texts)


def test_a_text_beside_its_marks_is_a_row(write: Write) -> None:
    marked = [[f"The pump of house {n} stands still.", {"cats": {"pump": 1.0}}] for n in range(3)]
    table = open_table(write(json.dumps(marked), "train.json"))

    assert [row.values for row in table.rows()] == [{"column 1": text, "column 2": marks} for text, marks in marked]


def test_lists_of_numbers_inside_a_row_are_no_table(write: Write) -> None:
    table = open_table(write(json.dumps([{"text": "Ada", "box": [[1, 2], [1, 3], [1, 2], [1, 4], [1, 5], [1, 6]]}])))

    assert table.columns == ("text", "box")
