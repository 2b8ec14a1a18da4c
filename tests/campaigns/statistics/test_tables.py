"""A table of any experiment is read as it is, or refused with the line."""

import csv
import gzip
from pathlib import Path

import pytest

from stats.experiments import outcome_tables
from stats.experiments.outcome_tables import OutcomeColumns

HEAD = "mail,company,arm,replied,spend\n"


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_row_is_a_unit_by_itself(tmp_path: Path) -> None:
    path = write(tmp_path, HEAD + "1,x,a,1,2.5\n2,x,b,0,0\n3,y,a,0,1e2\n")

    table = outcome_tables.read(path, OutcomeColumns(arm="arm", metric="replied"))

    assert table.rows == 3
    assert {name: (arm.n, arm.total, arm.is_binary) for name, arm in table.arms.items()} == {
        "a": (2, 1.0, True),
        "b": (1, 0.0, True),
    }


def test_numbers_are_told_from_yes_and_no(tmp_path: Path) -> None:
    path = write(tmp_path, "arm,replied,spend\na,yes,2.5\na,No,3\nb,TRUE,0\nb,false,1\n")

    answers = outcome_tables.read(path, OutcomeColumns(arm="arm", metric="replied"))
    amounts = outcome_tables.read(path, OutcomeColumns(arm="arm", metric="spend"))

    assert answers.arms["a"].is_binary and answers.arms["a"].total == 1
    assert not amounts.arms["a"].is_binary and amounts.arms["a"].total == 5.5


def test_clusters_gather_their_rows(tmp_path: Path) -> None:
    path = write(tmp_path, HEAD + "1,x,a,1,0\n2,x,a,1,0\n3,y,a,0,0\n4,z,b,0,0\n")

    table = outcome_tables.read(path, OutcomeColumns(arm="arm", metric="replied", unit="mail", cluster="company"))

    assert table.arms["a"].sizes.tolist() == [2, 1]
    assert table.arms["a"].totals.tolist() == [2.0, 0.0]
    assert table.notes == ()


def test_a_unit_with_several_rows_is_the_cluster_and_that_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, HEAD + "1,x,a,1,0\n1,x,a,0,0\n2,y,b,0,0\n")

    table = outcome_tables.read(path, OutcomeColumns(arm="arm", metric="replied", unit="mail"))

    assert table.arms["a"].sizes.tolist() == [2]
    assert "3 rows are of 2 units" in table.notes[0]


def test_gzip_byte_order_mark_quotes_and_empty_lines_are_read(tmp_path: Path) -> None:
    path = tmp_path / "table.data"
    path.write_bytes(gzip.compress('\ufeffarm,"the metric"\r\n"a, b",1\r\n\r\nc,0\r\n'.encode()))

    table = outcome_tables.read(path, OutcomeColumns(arm="arm", metric="the metric"))

    assert list(table.arms) == ["a, b", "c"]


@pytest.mark.parametrize(
    ("text", "columns", "words"),
    [
        ("", OutcomeColumns("arm", "m"), "The table is empty"),
        ("arm,m\n", OutcomeColumns("arm", "m"), "no row"),
        ("arm,x\na,1\n", OutcomeColumns("arm", "m"), "column 'm' is missing; the columns are arm, x"),
        ("arm,m,m\na,1,1\n", OutcomeColumns("arm", "m"), "column 'm' is there twice"),
        (
            "arm,m\na,1\n",
            OutcomeColumns("arm", "m", unit="id"),
            "column 'id' of the unit is missing; the columns are arm, m. Where every row is a unit",
        ),
        ("arm,m\na,1\nb,\n", OutcomeColumns("arm", "m"), "Line 3: 'm' is empty. An outcome that is not known yet"),
        ("arm,m\na,nan\n", OutcomeColumns("arm", "m"), "Line 2: 'm' is 'nan', not a finite number"),
        ("arm,m\na,lots\n", OutcomeColumns("arm", "m"), "'lots', not a finite number"),
        ("arm,m\n,1\n", OutcomeColumns("arm", "m"), "Line 2: 'arm' is empty"),
        ("arm,m\na\n", OutcomeColumns("arm", "m"), "Line 2 has 1 cells, the first line has 2"),
        ("arm,m\na,1,200\n", OutcomeColumns("arm", "m"), "Line 2 has 3 cells, the first line has 2"),
        (
            f'arm,m\n"a,{"1" * 9_000}\n',
            OutcomeColumns("arm", "m"),
            "The table cannot be read as CSV: field larger than",
        ),
        (
            "u,arm,m\nx,a,1\nx,b,0\n",
            OutcomeColumns("arm", "m", unit="u"),
            "Line 3: 'x' of 'u' is in the arms 'a' and 'b'",
        ),
        (
            "u,co,arm,m\nx,1,a,1\ny,1,a,1\nx,2,b,0\n",
            OutcomeColumns("arm", "m", unit="u", cluster="co"),
            "Line 4: 'x' of 'u' is in the arms 'a' and 'b'",
        ),
    ],
)
def test_a_table_that_cannot_be_analysed_is_refused(
    tmp_path: Path, text: str, columns: OutcomeColumns, words: str
) -> None:
    path, limit = write(tmp_path, text), csv.field_size_limit(8_000)

    try:
        with pytest.raises(ValueError) as refused:
            outcome_tables.read(path, columns)
    finally:
        csv.field_size_limit(limit)

    assert words in str(refused.value)
