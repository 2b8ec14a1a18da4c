"""Forms in which tables come from other programs: Excel's CSV, and nested or pretty-printed JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from members.models import Member
from review.models import Record, Task
from review.sources.imports import ImportChoices, import_drafts, import_records, read_preview
from review.sources.imports.tables import open_table
from review.spec.starters import outreach
from review.states import SourceKind
from tests.review.imports.conftest import Write
from web.errors import Refusal

ROWS = [{"company": "Acme", "sector": "steel"}, {"company": "Bolt", "sector": "rail"}]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize(
    ("line", "sign"),
    [("sep=;", ";"), ('"sep=;"', ";"), ("SEP=,", ","), ("sep=\t", "\t"), (r"sep=\t", "\t"), ("sep=^", "^")],
)
def test_the_sep_line_of_excel_says_what_parts_cells_and_is_no_row(
    write: Write, line: str, sign: str, encoding: str
) -> None:
    text = "\r\n".join([line, f"company{sign}sector", f"Acme{sign}steel", f"Bolt{sign}rail", ""])

    table = open_table(write(text, encoding=encoding))

    assert (table.columns, table.delimiter, table.header) == (("company", "sector"), sign, 1)
    assert [(row.number, row.line) for row in table.rows()] == [(2, 3), (3, 4)]


@pytest.mark.parametrize(("encoding", "mark"), [("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff")])
@pytest.mark.parametrize(
    ("text", "form"), [("company,sector\nAcme,steel\n", "csv"), (json.dumps(ROWS), "json")], ids=["csv", "json"]
)
def test_a_mark_of_the_chosen_encoding_is_no_part_of_the_file(
    write: Write, text: str, form: str, encoding: str, mark: bytes
) -> None:
    table = open_table(write(mark + text.encode(encoding)), encoding=encoding)

    assert (table.format, table.columns) == (form, ("company", "sector"))


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ('"company; full","sector"\n"A; x; y","b"\n"C; z","d"\n', ("company; full", "sector")),
        ('company;"a, b, c, d"\nx;"1,2,3,4"\n', ("company", "a, b, c, d")),
        ('company,"one\ntwo; three; four"\nA,"x;\ny;z"\n', ("company", "one two; three; four")),
        ("company;amount, EUR, net\nA;3,5\nB;4,25\nC;7\n", ("company", "amount, EUR, net")),
        ('company,size\npipe,5" long; thick; new\nrod,6"\n', ("company", "size")),
    ],
    ids=["comma", "semicolon", "line breaks", "decimals", "inches"],
)
def test_separators_inside_quotes_part_no_cells(write: Write, text: str, columns: tuple[str, ...]) -> None:
    table = open_table(write(text))

    assert table.columns == columns
    assert not [row.problem for row in table.rows() if row.problem]


def test_the_row_of_the_header_can_be_chosen(write: Write) -> None:
    path = write("a,b\ncompany,sector\nAcme,steel\n")

    chosen = open_table(path, header=2)
    with pytest.raises(Refusal) as beyond:
        open_table(path, header=9)

    assert (chosen.columns, [row.number for row in chosen.rows()]) == (("company", "sector"), [3])
    assert beyond.value.code == "header_unknown"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('company,sector\nA,b\nC,"x\nD,e\nF,g\n', "in the row that begins at line 3: a quotation mark is opened"),
        ('company,sector\n"A","one\ntwo\nB,"x"\n', "in the row that begins at line 2"),
        ('company,sector\n"A\nB","b"x\n', "in the row that begins at line 2"),
    ],
)
def test_a_csv_that_breaks_names_the_line_where_its_row_begins(write: Write, text: str, says: str) -> None:
    with pytest.raises(Refusal) as broken:
        list(open_table(write(text)).rows())

    assert says in broken.value.message


def test_a_bad_row_under_quoted_line_breaks_is_told_with_its_line(write: Write) -> None:
    path = write('company,sector\n"Acme","one\ntwo\nthree"\nBolt\n,\nCog,x\n')

    (error,) = read_preview(path, spec=outreach.SPEC).errors

    assert (error.row, error.reason) == (3, "1 cells where the header has 2 (line 5 of the file)")


def test_a_cell_that_is_too_long_is_told_by_its_row_and_likely_cause(write: Write) -> None:
    with pytest.raises(Refusal) as refused:
        open_table(write(f'company,sector\nA,b\n"C,{"x" * 5_000_000}\nD,e\n'))

    assert refused.value.message == (
        "The CSV breaks at line 3: "
        "a cell has more than 4,194,304 characters, as behind a quotation mark that is never closed."
    )


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('company, sector\n"A, Inc", "b ""c"", d"\n"D", "e"\n', [("A, Inc", 'b "c", d'), ("D", "e")]),
        ('"company"; "sector"\n"A"; "b"\n', [("A", "b")]),
        ('company, sector\nA, b\nC "x", d\n', [("A", "b"), ('C "x"', "d")]),
        ('company,sector\nA, "b" and "c"\nD, e\n', [("A", ' "b" and "c"'), ("D", " e")]),
    ],
    ids=["comma", "semicolon", "no quotes", "a text that begins with a quote"],
)
def test_a_blank_before_a_quoted_cell_is_no_part_of_it(write: Write, text: str, rows: list[tuple[str, str]]) -> None:
    read = list(open_table(write(text)).rows())

    assert [tuple(str(cell).strip() for cell in row.values.values()) for row in read] == [
        tuple(cell.strip() for cell in row) for row in rows
    ]


SPLIT = {"columns": ["company", "sector"], "index": [0, 1], "data": [["Acme", "steel"], ["Bolt", "rail"]]}
SHAPES: dict[str, Any] = {
    "under a key": {"data": ROWS},
    "beside other keys": {"status": "ok", "count": 2, "next": None, "data": ROWS},
    "under a key of its own": {"companies": ROWS, "page": 1},
    "one level down": {"status": "ok", "result": {"total": 2, "items": ROWS}},
    "columns of lists": {"company": ["Acme", "Bolt"], "sector": ["steel", "rail"]},
    "columns by row number": {"company": {"0": "Acme", "1": "Bolt"}, "sector": {"0": "steel", "1": "rail"}},
    "rows by number": {"0": ROWS[0], "1": ROWS[1]},
    "names apart": SPLIT,
    "lists under a header": [["company", "sector"], ["Acme", "steel"], ["Bolt", "rail"]],
    "a header under a key": {"range": "A1:B3", "values": [["company", "sector"], ["Acme", "steel"], ["Bolt", "rail"]]},
    "pages": [[ROWS[0]], [ROWS[1]]],
}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("shape", SHAPES)
def test_json_of_every_shape_gives_its_rows(write: Write, shape: str, indent: int | None) -> None:
    table = open_table(write(json.dumps(SHAPES[shape], indent=indent), "rows.json"))

    assert table.columns == ("company", "sector")
    assert [row.values for row in table.rows()] == ROWS


@pytest.mark.parametrize("between", ["\n", "\n\n", ",\n", " "])
def test_pretty_printed_objects_one_after_another_are_rows(write: Write, between: str) -> None:
    text = between.join(json.dumps(row, indent=2) for row in ROWS)

    assert [row.values for row in open_table(write(text, "rows.jsonl")).rows()] == ROWS


def test_an_object_with_lists_lets_its_reader_choose_the_rows(write: Write) -> None:
    path = write(json.dumps({"tickets": ROWS, "users": [{"name": "Ann"}]}), "rows.json")

    found, users, whole = (open_table(path, sheet=sheet) for sheet in ("", "users", "the whole object"))
    with pytest.raises(Refusal) as unknown:
        open_table(path, sheet="prices")

    assert (found.sheet, found.sheets) == ("tickets", ("tickets", "users", "the whole object"))
    assert (users.columns, whole.columns) == (("name",), ("tickets", "users"))
    assert "it has some at tickets, users, the whole object" in unknown.value.message


@pytest.mark.parametrize(
    "row",
    [
        {"company": "Acme", "sector": "steel"},
        {"company": "Acme", "sector": "steel", "city": "Kiel", "contacts": [{"name": "Ann"}, {"name": "Bo"}]},
        {"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]},
        {"id": 1, "data": {"text": "x"}, "annotations": [{"result": []}]},
    ],
    ids=["plain", "with a list", "a conversation", "an annotated task"],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_one_object_is_one_row(write: Write, row: dict[str, Any], indent: int | None) -> None:
    table = open_table(write(json.dumps(row, indent=indent), "rows.json"))

    assert [each.values for each in table.rows()] == [row]


def test_pretty_printed_json_that_breaks_names_the_line(write: Write) -> None:
    with pytest.raises(Refusal) as broken:
        open_table(write('{\n "company": "Acme",\n "sector": \n}\n', "rows.json"))

    assert broken.value.message.startswith("The JSON breaks at line 4")


@pytest.mark.django_db
def test_a_preview_counts_as_the_import_does(task: Task, admin: Member, write: Write) -> None:
    import_records(task, write("company,sector\nCog,oil\n"), by=admin)
    path = write("Customers\n\ncompany,sector\nAcme,steel\n\nBolt,rail\nAcme,steel\n,\nCog,oil\nDot\n")

    preview = read_preview(path, spec=outreach.SPEC, task=task)
    result = import_records(task, path, by=admin, skip_bad=True)

    counts = (preview.rows_total, preview.rows_known, preview.rows_bad)
    assert counts == (result.rows_total, result.rows_known, result.rows_bad) == (5, 2, 1)
    assert result.rows_added == 2


@pytest.mark.django_db
def test_a_preview_of_drafts_counts_repeats_too(task: Task, admin: Member, write: Write) -> None:
    header = "company,sector,subject,body\n"
    import_drafts(task, write(f"{header}Acme,steel,Hi,One mail\n"), by=admin)
    path = write(f"{header}Acme,steel,Hi,One mail\n\nBolt,rail,Hi,Two mails\nBolt,rail,Hi,Two mails\n")

    preview = read_preview(path, spec=outreach.SPEC, kind=SourceKind.DRAFTS, task=task)
    result = import_drafts(task, path, by=admin)

    assert (preview.rows_total, preview.rows_known) == (result.rows_total, result.rows_known) == (3, 2)


@pytest.mark.django_db
def test_json_values_come_into_a_text_as_json_says_them(task: Task, admin: Member, write: Write) -> None:
    values = ['"text"', "true", "7", "7.0", "1.10", '["a", "b"]', '{"en": "x"}']
    lines = [f'{{"company": "Company {at}", "sector": {value}}}' for at, value in enumerate(values)]

    result = import_records(task, write("\n".join(lines), "rows.jsonl"), by=admin, skip_bad=True)

    sectors = [record.facts["sector"] for record in Record.objects.order_by("title")]
    assert sectors == ["text", "true", "7", "7", "1.10", "a; b"]
    assert [error.row for error in result.errors] == [7]
    assert result.notes[1:] == ("'sector' holds lists, first in row 6; their parts are joined by semicolons.",)


@pytest.mark.django_db
def test_the_page_says_which_row_names_the_columns_and_takes_another(
    task: Task, client: Client, admin: Member, write: Write
) -> None:
    client.force_login(admin)
    with write("Report\n\na,b\ncompany,sector\nAcme,steel\n").open("rb") as file:
        place = client.post(reverse("review:import", args=[task.slug]), {"file": file, "kind": "records"})["Location"]

    page = client.get(place).content.decode()
    other = client.post(place, {"do": "check", "header": "4"}).content.decode()
    client.post(place, {"do": "import", "map.0": "company", "map.1": "sector", "header": "4"})

    assert "Row 3 names the columns; lines above it are left out" in page
    assert "Row 4 names the columns" in other
    assert Record.objects.get().facts == {"company": "Acme", "sector": "steel"}


@pytest.mark.django_db
def test_the_page_offers_the_places_in_json_where_rows_stand(
    task: Task, client: Client, admin: Member, write: Write
) -> None:
    client.force_login(admin)
    with write(json.dumps({"users": [{"name": "Ann"}], "result": {"items": ROWS}}), "rows.json").open("rb") as file:
        place = client.post(reverse("review:import", args=[task.slug]), {"file": file, "kind": "records"})["Location"]

    page = client.get(place).content.decode()
    client.post(place, {"do": "import", "sheet": "users", "map.0": "company", "fill.sector": "x"})

    assert "Rows are under" in page and "selected>result.items</option>" in page
    assert Record.objects.get().title == "Ann"


def test_choices_of_a_header_stand_on_the_source() -> None:
    assert ImportChoices(header=3).on_record() == {"header": 3}


def test_a_text_that_holds_a_list_as_yaml_writes_it_is_read(write: Write) -> None:
    text = "---\ntags:\n- name: pumps\n  lang: en\n---\nThe pump of house 7 leaks\n"

    *_, last = open_table(write(text)).rows()

    assert list(last.values.values()) == ["The pump of house 7 leaks"]


def test_questions_below_paragraphs_of_articles_are_rows(write: Write) -> None:
    answers = [{"text": "Ann", "answer_start": 0}]
    qas = [{"id": str(n), "question": f"Who is {n}?", "answers": answers} for n in range(2)]
    articles = [{"title": title, "paragraphs": [{"context": "Ann is two.", "qas": qas}]} for title in "AB"]
    table = open_table(write(json.dumps({"version": "1.1", "data": articles})))

    assert table.columns == ("title", "context", "id", "question", "answers")
    assert [(row.values["title"], row.values["id"]) for row in table.rows()] == [(t, n) for t in "AB" for n in "01"]
    faq = [{"page": "a", "faq": [{"question": "Why?", "answer": "So."}]}] * 2
    assert open_table(write(json.dumps(faq))).columns == ("page", "faq")
