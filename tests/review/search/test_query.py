"""What a line in the search box asks for, and where it hits."""

from __future__ import annotations

import pytest

from review.text.search import query
from review.text.search.query import parse, sentence
from review.text.search.words import folded, words


@pytest.mark.parametrize(
    ("line", "fts5", "tsquery"),
    [
        ("depot", '("depot")', "('depot')"),
        ("Depot ROTTERDAM", '("depot" AND "rotterdam")', "('depot') & ('rotterdam')"),
        ('"cold chain" -merger', '("cold chain") NOT "merger"', "('cold' <-> 'chain') & !('merger')"),
        ("e-mail", '("e mail")', "('e' <-> 'mail')"),
        ("mov*", '("mov"*)', "('mov':*)"),
        ('"open phrase', '("open phrase")', "('open' <-> 'phrase')"),
        ('-"two words" x', '("x") NOT "two words"', "('x') & !('two' <-> 'words')"),
        ("o'neil' & | ! : *", '("o neil")', "('o' <-> 'neil')"),
    ],
)
def test_a_line_is_written_in_both_languages(line: str, fts5: str, tsquery: str) -> None:
    query = parse(line)

    assert (query.as_fts5(), query.as_tsquery()) == (fts5, tsquery)


@pytest.mark.parametrize("line", ["", "   ", "-", '""', "& | *", "-merger"])
def test_a_line_without_a_word_that_must_occur_asks_nothing(line: str) -> None:
    assert not parse(line).is_askable


def test_words_keep_their_places_whatever_the_script() -> None:
    text = "Größe: 東京 and Café"

    found = [(word.folded, text[word.start : word.end]) for word in words(text)]

    assert found == [("grosse", "Größe"), ("東", "東"), ("京", "京"), ("and", "and"), ("cafe", "Café")]


def test_ascii_and_other_text_fold_alike() -> None:
    assert folded("Plain 31 Words_too") == folded("Plain 31 Words_too é")[:-1]


def test_a_passage_begins_near_the_hit_and_marks_it() -> None:
    text = "word " * 60 + "the new depot in Rotterdam opened " + "word " * 60

    parts = query.passage(text, parse("rotterdam"))

    assert [part.text for part in parts if part.is_hit] == ["Rotterdam"]
    assert len("".join(part.text for part in parts)) < 200
    assert parts[0].text == "… "


def test_hostile_text_stays_text() -> None:
    text = "<script>alert('depot')</script> \u202edepot\u202c"

    parts = query.passage(text, parse("depot"))

    assert "".join(part.text for part in parts) == text
    assert sum(part.is_hit for part in parts) == 2


def test_overlapping_hits_are_drawn_once() -> None:
    assert query.hits("a b c", parse('"a b" "b c"')) == [(0, 5)]


def test_a_long_sentence_is_asked_for_by_its_first_words() -> None:
    assert len(sentence("word " * 500).must[0].words) == 40
