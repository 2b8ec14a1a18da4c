"""Digits arrive as they were written, whatever file they come in: in the preview and in the record."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from members.models import Member
from review.models import Record, Task
from review.sources.imports import import_records, read_preview
from review.sources.imports.cell_values import read_value
from review.sources.imports.tables import open_table
from review.spec.schema import InputField
from review.spec.starters import outreach
from tests.review.imports.conftest import Write
from tests.review.imports.workbooks import cell, workbook

BERLIN = ZoneInfo("Europe/Berlin")
NOON = dt.datetime(2026, 5, 3, 12, 0, tzinfo=BERLIN)
COLUMNS = {
    "price": (pa.array([Decimal("1.50")], pa.decimal128(12, 2)), "1.50"),
    "whole": (pa.array([Decimal("7.0")], pa.decimal128(5, 1)), "7.0"),
    "zero": (pa.array([Decimal("0.000")], pa.decimal128(5, 3)), "0.000"),
    "rounded": (pa.array([Decimal("1500")], pa.decimal128(4, -2)), "1500"),
    "tiny": (pa.array([Decimal("0.0000000001000")], pa.decimal256(50, 13)), "0.0000000001000"),
    "long": (pa.array([Decimal("12345678901234567890.12345678901234567890")], pa.decimal256(60, 20)),
             "12345678901234567890.12345678901234567890"),
    "single": (pa.array([0.1], pa.float32()), "0.1"),
    "third": (pa.array([16777.217], pa.float32()), "16777.217"),
    "half": (pa.array([0.1], pa.float16()), "0.1"),
    "double": (pa.array([0.1 + 0.2]), "0.30000000000000004"),
    "huge": (pa.array([1e23]), "1e+23"),
    "count": (pa.array([9007199254740993], pa.int64()), "9007199254740993"),
    "most": (pa.array([2**64 - 1], pa.uint64()), "18446744073709551615"),
    "day": (pa.array([dt.date(2026, 5, 3)]), "2026-05-03"),
    "moment": (pa.array([NOON], pa.timestamp("ms", "Europe/Berlin")), "2026-05-03 12:00:00+02:00"),
    "midnight": (pa.array([NOON.replace(hour=0)], pa.timestamp("us", "Europe/Berlin")), "2026-05-03 00:00:00+02:00"),
    "fine": (pa.array([1], pa.timestamp("ns")), "1970-01-01 00:00:00.000000001"),
    "coarse": (pa.array([86_400_000_000_000], pa.timestamp("ns")), "1970-01-02"),
    "clock": (pa.array([1], pa.time64("ns")), "00:00:00.000000001"),
    "kind": (pa.array([0.1], pa.float32()).dictionary_encode(), "0.1"),
}  # fmt: skip
NOTE = InputField(name="note")


def outreach_table(**facts: pa.Array) -> pa.Table:
    return pa.table({"company": ["Acme"], "sector": ["steel"], **facts})


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_columnar_files_bring_the_digits_that_were_written(form: str, tmp_path: Path) -> None:
    path, names = tmp_path / "rows", set(COLUMNS) - ({"rounded"} if form == "parquet" else set())
    table = pa.table({name: COLUMNS[name][0] for name in names})
    if form == "parquet":
        parquet.write_table(table, path)
    else:
        feather.write_feather(table, str(path), compression="zstd")

    (row,) = open_table(path).rows()

    assert {name: read_value(NOTE, value) for name, value in row.values.items()} == {
        name: COLUMNS[name][1] for name in names
    }


def test_parts_of_lists_and_objects_keep_theirs(tmp_path: Path) -> None:
    inner = pa.array([{"price": Decimal("1.50"), "exact": Decimal("0.12345678901234567890"), "part": 0.1}, None],
                     pa.struct({"price": pa.decimal128(6, 2), "exact": pa.decimal128(38, 20),
                         "part": pa.float32()}))  # fmt: skip
    lists = pa.array([[0.1, 2.5], None], pa.list_(pa.float32()))
    maps = pa.array([[("a", 0.1)], None], pa.map_(pa.string(), pa.float32()))
    parquet.write_table(pa.table({"object": inner, "list": lists, "map": maps}), tmp_path / "rows")

    first, second = open_table(tmp_path / "rows").rows()

    read = read_value(InputField(name="object", type="object"), first.values["object"])
    assert json.dumps(read) == '{"price": 1.5, "exact": "0.12345678901234567890", "part": 0.1}'
    assert read_value(InputField(name="list", type="list"), first.values["list"]) == ["0.1", "2.5"]
    assert first.values["map"] == [["a", 0.1]]
    assert second.values == {"object": None, "list": None, "map": None}


@pytest.mark.django_db
def test_a_decimal_shows_its_zeros_in_the_preview_and_keeps_them_in_the_record(
    task: Task, admin: Member, tmp_path: Path
) -> None:
    path = tmp_path / "rows"
    parquet.write_table(outreach_table(size=COLUMNS["price"][0], notes=COLUMNS["single"][0]), path)

    preview = read_preview(path, spec=outreach.SPEC)
    import_records(task, path, by=admin)

    assert preview.samples == (("Acme", "steel", "1.50", "0.1"),)
    facts = Record.objects.get().facts
    assert (facts["size"], facts["notes"]) == ("1.50", "0.1")


@pytest.mark.parametrize(
    ("digits", "text"),
    [
        ("1.10", "1.10"), ("0.000", "0.000"), ("1e5", "1e5"), ("1E-3", "1E-3"),
        ("12345678901234567890", "12345678901234567890"), ("0.1234567890123456789", "0.1234567890123456789"),
        ("7.0", "7"), ("-7.25", "-7.25"), ("true", "true"), ("[1.10, 2]", "1.10; 2"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ['{{"note": {}}}', '[{{"note": {}}}]'])
def test_json_brings_the_digits_that_were_written(digits: str, text: str, form: str, write: Write) -> None:
    (row,) = open_table(write(form.format(digits), "rows.json")).rows()

    assert read_value(NOTE, row.values["note"]) == text


def test_a_list_in_a_cell_keeps_the_digits_of_its_numbers() -> None:
    assert read_value(InputField(name="tags", type="list"), "[1.10, 2]") == ["1.10", "2"]


def test_a_number_that_no_float_keeps_is_no_number_and_whole_ones_are_kept() -> None:
    size = InputField(name="size", type="number")

    assert read_value(size, "12345678901234567890") == 12345678901234567890
    assert read_value(size, "0.30000000000000004") == 0.30000000000000004
    for digits in ("0.12345678901234567890", "9007199254740993.5", "1e-400"):
        with pytest.raises(ValueError, match="more digits than a number keeps"):
            read_value(size, digits)


def test_whole_numbers_of_a_workbook_keep_all_their_digits(write: Write) -> None:
    sheet = (
        f'<row r="1">{cell("A1", "id")}{cell("B1", "size")}{cell("C1", "share")}</row>'
        '<row r="2"><c r="A2"><v>12345678901234567890</v></c><c r="B2"><v>1E+23</v></c><c '
        'r="C2"><v>0.10000000000000001</v></c></row>'
    )

    (row,) = open_table(write(workbook({"One": sheet}), "book.xlsx")).rows()

    assert [read_value(NOTE, value) for value in row.values.values()] == ["12345678901234567890", "1e+23", "0.1"]


def test_rows_of_a_merged_cell_keep_all_digits_of_a_long_number(write: Write) -> None:
    digits = "12345678901234567890"
    sheet = (
        f'<row r="1">{cell("A1", "id")}{cell("B1", "name")}</row>'
        f'<row r="2"><c r="A2"><v>{digits}</v></c>{cell("B2", "Acme")}</row>'
        f'<row r="3">{cell("B3", "Bolt")}</row>'
    )

    found = open_table(write(workbook({"One": sheet}, merged=["A2:A3"]), "book.xlsx")).rows()

    assert [read_value(NOTE, row.values["id"]) for row in found] == [digits, digits]
