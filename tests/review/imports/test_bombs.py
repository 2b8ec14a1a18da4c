"""Small files that come to very much: refused, or their row is, by the process that may be killed,
and never by the one that serves.
"""

from __future__ import annotations

import resource
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from review.sources.imports.tables import convert_worker, converted, json_rows, open_table, rows
from web.errors import Refusal


def dictionary(value: str, count: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array([0] * count, pa.int32()), [value])


def run_length(path: Path) -> None:
    # Fifty million rows of nothing in a few kilobytes.
    few = pa.table({"company": pa.nulls(2_000_000, pa.string())})
    with parquet.ParquetWriter(path, few.schema, compression="zstd") as writer:
        for _ in range(25):
            writer.write_table(few, row_group_size=2_000_000)


def repeated_cell(path: Path) -> None:
    parquet.write_table(pa.table({"company": dictionary("y" * 2**20, 2_000)}), path, compression="zstd")


def repeated_long_cell(path: Path) -> None:
    parquet.write_table(pa.table({"company": dictionary("y" * 2**24, 2_000)}), path, compression="zstd")


def packed_pages(path: Path) -> None:
    half = "x" * (60 * 2**20)
    with parquet.ParquetWriter(
        path, pa.schema([("company", pa.string())]), compression="zstd", use_dictionary=False
    ) as w:
        for _ in range(20):
            w.write_table(pa.table({"company": [half]}))


def many_columns(path: Path) -> None:
    parquet.write_table(pa.table({f"c{number}": [1] for number in range(1_500)}), path)


def deep_types(path: Path) -> None:
    kind, value = pa.int32(), 1
    for _ in range(150):
        kind, value = pa.struct([("f", kind)]), {"f": value}
    parquet.write_table(pa.table({"company": pa.array([value], kind)}), path)


def packed_batches(path: Path) -> None:
    table = pa.table({"company": dictionary("z" * 2**24, 2_000)})
    feather.write_feather(table, str(path), compression="zstd")


# Either bound may be the first to be met, memory or what was written.
TOO_MUCH = {"file_too_large", "file_unreadable", "columnar_broken"}
BOMBS = [
    (many_columns, {"too_many_columns"}), (run_length, {"too_many_rows"}),
    (deep_types, {"file_broken", "columnar_broken"}), (repeated_cell, TOO_MUCH), (repeated_long_cell, TOO_MUCH),
    (packed_pages, TOO_MUCH), (packed_batches, TOO_MUCH),
]  # fmt: skip


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(("make", "codes"), BOMBS)
def test_a_file_that_comes_to_too_much_is_refused_and_costs_this_process_nothing(
    make: Callable[[Path], None], codes: set[str], tmp_path: Path
) -> None:
    make(tmp_path / "bomb")
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with pytest.raises(Refusal) as refused:
        open_table(tmp_path / "bomb")

    assert refused.value.code in codes
    assert refused.value.hint
    assert (tmp_path / "bomb").stat().st_size < 2**21
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib < 100 * 1024


def test_a_row_that_comes_to_too_much_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    cells = ["Acme", "x" * (convert_worker.MAX_ROW_CHARS + 1), "Bolt"]
    parquet.write_table(pa.table({"company": cells}), tmp_path / "rows", compression="zstd")

    first, second, third = open_table(tmp_path / "rows").rows()

    assert (first.values, third.values) == ({"company": "Acme"}, {"company": "Bolt"})
    assert "4,194,304 is the limit of a row" in second.problem
    assert convert_worker.MAX_ROW_CHARS == rows.MAX_ROW_CHARS


def test_a_line_of_json_that_is_too_long_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    long = '{"company": [' + "[]," * (rows.MAX_ROW_CHARS // 3) + "[]]}"
    (tmp_path / "rows.jsonl").write_text(f'{{"company": "Acme"}}\n{long}\n{{"company": "Bolt"}}\n')

    first, second, third = open_table(tmp_path / "rows.jsonl").rows()

    assert (first.values, third.values) == ({"company": "Acme"}, {"company": "Bolt"})
    assert "is the limit of a row" in second.problem


@pytest.mark.slow
def test_an_array_of_very_many_nothings_is_refused_before_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text("[" + "{}," * json_rows.MAX_CONTAINERS + "{}]")

    with pytest.raises(Refusal, match="8,000,000 is the limit") as refused:
        list(open_table(tmp_path / "rows.json").rows())

    assert refused.value.status == 413


@pytest.mark.slow
def test_a_workbook_whose_cells_share_one_long_text_is_refused(tmp_path: Path) -> None:
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006"
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>{min(n, 2) - 1}</v></c></row>' for n in range(1, 2001))
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="w" Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": (
            f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets><sheet name="S" sheetId="1" '
            'r:id="a"/></sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="a" Type="{relations}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="b" Type="{relations}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{main}"><si><t>company</t></si><si><t>{"long " * 200_000}</t></si></sst>',
    }
    with zipfile.ZipFile(tmp_path / "book.xlsx", "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)

    with pytest.raises(Refusal) as refused:
        open_table(tmp_path / "book.xlsx")

    assert refused.value.code in ("file_too_large", "file_unreadable")


def test_no_more_files_are_read_at_once_than_memory_is_set_aside_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(converted, "READ_S", 0.01)
    parquet.write_table(pa.table({"company": ["Acme"]}), tmp_path / "rows")
    for _ in range(converted.AT_ONCE):
        assert converted._TURNS.acquire(timeout=60)
    try:
        with pytest.raises(Refusal) as refused:
            open_table(tmp_path / "rows")
    finally:
        for _ in range(converted.AT_ONCE):
            converted._TURNS.release()

    assert (refused.value.code, refused.value.status) == ("files_being_read", 409)
