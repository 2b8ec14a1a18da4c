"""Quick looks never say that there is nothing where a pattern finds something."""

from __future__ import annotations

import random

import pytest

from review.text.personal_data import addresses, phones, prefilter

FOREIGN = "٠٣٠ ١٢٣٤٥٦٧"
PHONES = ["+49 (0)30 1234567", "030 / 123 45 67", "(212) 555-0123", "030\u00a0123456", FOREIGN]
ADDRESSES = ["12b Baker Street", "Hauptstraße 5a", "1600 Pennsylvania Avenue", "12 bis, rue Lepic", "Postfach 12 34"]
ROUND = ["", "word2 word3, ", "é ", "x" * 300 + " ", "7 depots, ", "naïve — ", "ka7lo4 " * 40, "\n"]


@pytest.mark.parametrize("seed", range(20))
def test_what_stands_anywhere_in_a_text_is_looked_at(seed: int) -> None:
    rng = random.Random(seed)
    before, after = (" ".join(rng.choices(ROUND, k=3)) for _ in range(2))
    phone, address = rng.choice(PHONES), rng.choice(ADDRESSES)

    text = f"{before} {phone} and {after} or {address} {before}"

    assert prefilter.may_hold_phone(text)
    assert address.lower() in prefilter.around_numbers(text, 100, 100).lower()
    assert address in {text[start:end] for start, end in addresses.spans(text)}
    assert phone == FOREIGN or phone in {text[start:end] for start, end in phones.spans(text)}


def test_words_with_digits_in_them_are_no_numbers_by_themselves() -> None:
    text = "Route66 and word7 of B2B teams: v2, q4"

    assert prefilter.around_numbers(text, 100, 100) == ""
    assert not prefilter.may_hold_phone(text)


def test_numbers_side_by_side_are_taken_once() -> None:
    text = "In 2019 and 2020 they opened 12 depots."

    assert prefilter.around_numbers(text, 100, 100) == text
