"""Prompts of one template become columns and an instruction; texts that share nothing stay texts."""

from __future__ import annotations

import json

import pytest

from review.sources.imports.own_rows import pasted

FIRMS = ("Acme Steel", "Bolt Ltd", "Cargo", "Dune", "Elm & Sons", "Fir", "Gala", "Hive")
TROUBLES = ("late trucks", "rust", "noise on site", "theft", "spoilage")


def rows(brought: pasted.Brought) -> list[dict[str, str]]:
    return [json.loads(line) for line in brought.file.decode().splitlines()]


def test_what_differs_between_prompts_becomes_columns() -> None:
    text = "\n\n".join(
        f"Company: {FIRMS[n % 8]}\nTrouble: {TROUBLES[n % 5]}\n\r\nWrite two lines to them.".replace("\n\r\n", "\n")
        for n in range(20)
    )

    brought = pasted.read(text)

    assert brought.wording == "Company: [company]\nTrouble: [trouble]\nWrite two lines to them."
    assert rows(brought)[1] == {"company": "Bolt Ltd", "trouble": "rust"}
    assert len(rows(brought)) == 20


def test_a_slot_in_a_sentence_is_named_by_the_word_before_it() -> None:
    brought = pasted.read("\n".join(f"Where is parcel {n}, please? It was due." for n in range(8)))

    assert brought.wording == "Where is parcel [parcel], please? It was due."
    assert rows(brought)[3] == {"parcel": "3"}


@pytest.mark.parametrize(
    "texts",
    [
        [
            "Good morning to you",
            "I hate this thing",
            "What a day",
            "Why so",
            "Never",
            "My dog",
            "Is it?",
            "No one came",
        ],
        [f"Where is parcel {n}, please?" for n in range(7)],
        [*(f"Where is parcel {n}, please? It was due." for n in range(8)), "Good morning."],
        [f"A {n}" for n in range(9)],
        ["Always the same."] * 9,
    ],
)
def test_texts_of_no_single_template_stay_texts(texts: list[str]) -> None:
    brought = pasted.read("\n".join(texts), "lines")

    assert brought.wording == ""
    assert [row["text"] for row in rows(brought)] == texts


@pytest.mark.parametrize("text", ["a,b\n1,2", '[{"a": 1}]'])
def test_tables_are_read_as_they_are(text: str) -> None:
    assert pasted.read(text) == pasted.Brought(text.encode())
