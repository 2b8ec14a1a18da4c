"""Parquet and Arrow files: values of every type, and the rows that hold none."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from review.sources.imports.tables import open_table
from tests.review.imports.conftest import Write
from web.errors import Refusal

TABLE = pa.table(
    {
        "company": ["Acme", "Bolt", None],
        "size": [12.0, float("nan"), 3.5],
        "price": [Decimal("1.50"), None, None],
        "since": pa.array([dt.date(2026, 5, 3), None, None]),
        "seen": pa.array([dt.datetime(2026, 5, 3, 10, 30), None, dt.datetime(2026, 5, 3)], pa.timestamp("us")),
        "tags": [["a", "b"], None, []],
        "turns": [[{"role": "user", "content": "Hi"}], None, None],
        "kind": pa.array(["x", "y", "x"]).dictionary_encode(),
    }
)


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_rows_come_with_their_types_and_what_is_no_number_is_named(form: str, tmp_path: Path) -> None:
    path = tmp_path / "rows"
    if form == "parquet":
        parquet.write_table(TABLE, path)
    else:
        feather.write_feather(TABLE, str(path), compression="zstd")

    table = open_table(path)
    first, second, third = table.rows()

    assert (table.format, table.columns) == (form, tuple(TABLE.column_names))
    assert first.values == {
        "company": "Acme", "size": 12, "price": 1.5, "since": "2026-05-03", "seen": "2026-05-03 10:30:00",
        "tags": ["a", "b"], "turns": [{"role": "user", "content": "Hi"}], "kind": "x",
    }  # fmt: skip
    assert (second.number, second.problem) == (2, "")
    assert second.unread == {"size": "'size' is NaN, which is not a number"}
    assert (third.values["company"], third.values["seen"], third.values["kind"]) == (None, "2026-05-03", "x")


def test_a_stream_of_arrow_is_read_as_a_file_is(tmp_path: Path) -> None:
    columns = {"company": ["Nord", "Elb"], "key": pa.array([UUID(int=1).bytes, UUID(int=2).bytes], pa.uuid())}
    with pa.ipc.new_stream(str(tmp_path / "data-00000-of-00001.arrow"), pa.table(columns).schema) as stream:
        stream.write_table(pa.table(columns))

    table = open_table(tmp_path / "data-00000-of-00001.arrow")

    assert (table.format, table.columns) == ("arrow", ("company", "key"))
    assert [row.values["key"] for row in table.rows()] == [str(UUID(int=1)), str(UUID(int=2))]


def test_bytes_matter_where_their_column_is_used(tmp_path: Path) -> None:
    parquet.write_table(
        pa.table({"company": ["Nord"], "logo": [{"bytes": b"\x89PNG\xff", "path": None}]}), tmp_path / "a"
    )

    (row,) = open_table(tmp_path / "a").rows()

    assert (row.values, row.problem) == ({"company": "Nord"}, "")
    assert row.unread == {"logo": "'logo' holds bytes instead of text"}


@pytest.mark.parametrize("content", [b"PAR1 and nothing more", b"ARROW1\x00\x00 and nothing more"])
def test_a_broken_file_says_so(write: Write, content: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        open_table(write(content, "rows"))

    assert refused.value.code in ("columnar_broken", "file_broken")
    assert refused.value.message.startswith("The file cannot be read: ")


def test_a_file_without_rows_is_empty(tmp_path: Path) -> None:
    parquet.write_table(TABLE.slice(0, 0), tmp_path / "rows")

    with pytest.raises(Refusal, match="The file has no rows"):
        open_table(tmp_path / "rows")
