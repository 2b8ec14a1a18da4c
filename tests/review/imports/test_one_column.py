"""CSV of one column, and CSV files laid one behind the other."""

from __future__ import annotations

import pytest

from review.sources.imports.tables import open_table
from review.sources.imports.tables.delimited import DELIMITERS
from tests.review.imports.conftest import Write


@pytest.mark.parametrize(
    "lines",
    [["company", "Acme, Inc.", "Bolt, LLC", "Crate GmbH"], ["company", '"Acme, Inc."', "Bolt, LLC", "Crate GmbH"],
     ["name", "Doe, Jane", "Roe, Rick"], ["prompt", "Write a mail; be nice", "Write, please, a mail", "Sum | up"]],
)  # fmt: skip
def test_a_file_of_one_column_is_not_parted_by_the_signs_in_its_texts(write: Write, lines: list[str]) -> None:
    table = open_table(write("\n".join(lines)))

    texts = [line.strip('"') for line in lines[1:]]
    assert [(row.problem, row.values) for row in table.rows()] == [("", {lines[0]: text}) for text in texts]
    assert table.delimiter == DELIMITERS["none"]


def test_a_chosen_separator_parts_one_column_and_none_keeps_a_line_whole(write: Write) -> None:
    text = "name\nDoe, Jane\n"

    parted = [row.problem for row in open_table(write(text), delimiter="comma").rows()]
    whole = open_table(write("Report, May\nDoe, Jane\n"), delimiter="none")

    assert parted == ["2 cells where the header has 1"]
    assert [row.values for row in whole.rows()] == [{"Report, May": "Doe, Jane"}]


def test_marks_of_files_laid_one_behind_the_other_are_no_letters(write: Write) -> None:
    part = "\ufeffcompany,sector\nAcme,steel\n"

    table = open_table(write(part + part + "\ufeffBolt,rail\n"))

    assert [(row.values.get("company"), row.problem) for row in table.rows()] == [
        ("Acme", ""), (None, "repeats the header"), ("Acme", ""), ("Bolt", ""),
    ]  # fmt: skip
