"""Pastes become files with columns: tables as they are, rows without a header,
texts a line or parted by empty lines.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from review.sources.imports.own_rows.pasted import as_file, form_of
from review.sources.imports.own_rows.pasted import read as read_paste
from review.sources.imports.tables import open_table
from web.errors import Refusal


def read(tmp_path: Path, text: str, form: str = "") -> tuple[tuple[str, ...], list[dict[str, object]]]:
    path = tmp_path / "paste"
    path.write_bytes(as_file(text, form))
    table = open_table(path)
    return table.columns, [row.values for row in table.rows()]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("ticket\tlabel\nA\tbug\nB\tbilling", "table"),
        ("Ticket;Betrag\nMüller, Söhne;3,5\nNoll;4,5", "table"),
        ('text,label\n"Well, yes",good\nNo,bad', "table"),
        ("good morning\tgood\nbad evening\tbad\nfine day\tgood", "bare"),
        ("1,2026-01-02\n2,2026-01-03", "bare"),
        ("Write of a cat, and its house.\nWrite of a dog, and its house.", "lines"),
        ("One line", "lines"),
        ("A first text\nof two lines\n\nA second", "blocks"),
        ("text\nhello there\nand you", "table"),
        ("Hello there\nand you", "lines"),
    ],
)
def test_a_paste_is_told_by_its_first_lines(text: str, form: str) -> None:
    assert form_of(text) == form


def test_texts_with_empty_lines_between_are_rows(tmp_path: Path) -> None:
    columns, rows = read(tmp_path, "A first\r\nof two lines\r\n \r\n\r\nA “second”, 5 €\r\n")

    assert columns == ("text",)
    assert rows == [{"text": "A first\nof two lines"}, {"text": "A “second”, 5 €"}]


def test_a_table_without_a_header_gets_one(tmp_path: Path) -> None:
    columns, rows = read(tmp_path, "good day\tgood\nevil day\tbad\nbad day\tbad\ngreat\tgood")

    assert columns == ("column 1", "column 2")
    assert rows[0] == {"column 1": "good day", "column 2": "good"}
    assert len(rows) == 4


@pytest.mark.parametrize("text", ['[{"a": 1}, {"a": 2}]', '{"a": 1}\n{"a": 2}'])
def test_json_is_read_as_json(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == (("a",), [{"a": 1}, {"a": 2}])


def test_what_a_person_says_of_a_paste_counts(tmp_path: Path) -> None:
    assert read(tmp_path, "a,b\nc,d", "lines") == (("text",), [{"text": "a,b"}, {"text": "c,d"}])
    assert read(tmp_path, "a,b\nc,d", "bare")[1][0] == {"column 1": "a", "column 2": "b"}


@pytest.mark.parametrize("text", ["", " \n\n\t"])
def test_an_empty_paste_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="Nothing was pasted"):
        as_file(text)


def test_lines_of_fasttext_are_texts_with_their_labels() -> None:
    one = read_paste("__label__bug The page, once more, is blank\n\n__label__bill-ing I paid; twice\n" * 5).file
    several = read_paste("__label__bug __label__bill-ing It is __label__ here\n__label__bug No\n").file

    assert [json.loads(line) for line in one.splitlines()][:2] == [
        {"text": "The page, once more, is blank", "label": "bug"}, {"text": "I paid; twice", "label": "bill-ing"},
    ]  # fmt: skip
    assert [json.loads(line)["labels"] for line in several.splitlines()] == [["bug", "bill-ing"], ["bug"]]
    assert (
        read_paste("__label__bug The page\nNo label", "").file
        == b'{"text": "__label__bug The page"}\n{"text": "No label"}'
    )


def test_words_with_their_tags_are_sentences() -> None:
    first = "-DOCSTART- -X- O\n\nEU NNP B-ORG\nrejects VBZ O\nthe DT O\ncall NN O\n\n"
    text = f"{first}Ada NNP B-PER\nLovelace NNP I-PER\ncame VBD O\n"

    assert [json.loads(line) for line in read_paste(text).file.splitlines()] == [
        {"text": "EU rejects the call", "tags": ["B-ORG", "O", "O", "O"]},
        {"text": "Ada Lovelace came", "tags": ["B-PER", "I-PER", "O"]},
    ]


def test_the_longest_table_in_a_markdown_document_is_its_rows() -> None:
    small = "| a | b |\n|---|---|\n| 1 | 2 |"
    table = "Message | Team\n:--- | ---:\nIt leaks \\| drips | pumps\nIt rings<br>loudly |\none | two | three"
    text = f"# Routing\n\nAs of March.\n\n{small}\n\n## Rows\n\n{table}\n\nAsk Priya."

    rows = [json.loads(line) for line in read_paste(text).file.decode().splitlines()]

    assert rows == [
        {"Message": "It leaks | drips", "Team": "pumps", "column 3": ""},
        {"Message": "It rings\nloudly", "Team": "", "column 3": ""},
        {"Message": "one", "Team": "two", "column 3": "three"},
    ]


@pytest.mark.parametrize("text", ["a | b\n\n---\n\nc | d", "One\n---\nTwo", "| a | b |\n|---|---|\n| 1 | 2 |"])
def test_rules_between_paragraphs_and_a_table_alone_are_read_as_before(text: str) -> None:
    assert read_paste(text).file == as_file(text)


def test_texts_beside_a_smaller_table_stay_texts() -> None:
    texts = [f"The tenant of flat {n} writes that it is cold." for n in range(6)]
    paste = "\n\n".join([*texts[:3], "| day | degrees |\n|---|---|\n| Mon | 12 |", *texts[3:]])

    assert read_paste(paste).file == as_file(paste)


def test_tables_with_one_header_are_one() -> None:
    table = "| text | label |\n|---|---|\n| It leaks {0} | bug |\n| It rings {0} | noise |"

    rows = read_paste("\n\n".join(["Of March:", table.format(1), "Of April:", table.format(2)])).file.splitlines()

    assert [json.loads(row)["text"] for row in rows] == ["It leaks 1", "It rings 1", "It leaks 2", "It rings 2"]


@pytest.mark.parametrize(
    "odd", ["a|b\n" + " " * 60_000 + "x", "-|-\n" * 20_000, "a|b\n-|-\n\n" * 20_000, "a|b\n|" + " -|" * 40_000 + "x"]
)
def test_odd_lines_around_bars_take_no_time(odd: str) -> None:
    start = time.perf_counter()
    read_paste(f"A text stands here.\n{odd}\nAnd another.")

    assert time.perf_counter() - start < 3
