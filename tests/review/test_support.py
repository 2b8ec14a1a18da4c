"""Sentences and the facts they rest on."""

from __future__ import annotations

from review.support import sentences

FACTS = {
    "trigger": "opened a depot in Rotterdam, 3 May", "size": "1,200 people", "pain": "spoilage claims",
    "domain": "northwind.example", "green": True, "tools": ["spreadsheets", "whiteboard"],
}  # fmt: skip


def found(text: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(text[each.start : each.end], each.facts) for each in sentences(text, FACTS)]


def test_a_sentence_rests_on_the_fact_whose_words_it_shares() -> None:
    text = "Hi,\n\nYour Rotterdam depot is new. It rains today. Do spoilage claims worry you?"

    assert found(text) == [
        ("Your Rotterdam depot is new.", ("trigger",)),
        ("Do spoilage claims worry you?", ("pain",)),
    ]


def test_numbers_are_the_same_with_and_without_separators() -> None:
    assert found("You are 1200 now.") == [("You are 1200 now.", ("size",))]


def test_lists_are_read_and_addresses_and_flags_are_not() -> None:
    assert found("A whiteboard helps. Northwind is true to its word.") == [("A whiteboard helps.", ("tools",))]


def test_one_shared_word_is_too_little_for_a_long_fact() -> None:
    assert found("We opened a bottle.") == []


def test_offsets_count_code_points() -> None:
    text = "👋🏽 Hello. Spoilage is bad."

    only = sentences(text, FACTS)[-1]

    assert text[only.start : only.end] == "Spoilage is bad."
