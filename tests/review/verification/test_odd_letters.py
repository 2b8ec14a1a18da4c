"""Letters and numbers that no table holds: texts of other keyboards, old prints and models that repeat themselves."""

from __future__ import annotations

from datetime import date

import pytest

from campaigns.replies.parsing import return_dates
from review.text.grounding.passages import keys_of
from review.text.reading.dates import dates_in
from review.text.reading.times import times_in
from review.text.reading.units import unit_at
from review.text.verification.quantities import quantities, rates
from review.text.verification.rules import verify
from review.text.verification.shares import shares

FACTS = "Sixteen people work here. The firm moves 1,200 parcels a day, 30 minutes faster than in June 2024."
# Patterns that ignore case take each for the letter beside it.
ODD = {"i": "\u0131", "I": "\u0130", "s": "\u017f", "k": "\u212a"}
TEXTS = (
    "It took six hours and 45 minutes, at half past six in the evening; noon is six hours off.",
    "A third of the staff and six in ten, a fifth of the sales, sixty per cent, every sixth day and six months.",
    "On 3 juin 2026, on June 6, 2025, in the first quarter, daily, weekly, per second: 5 to 6 million kilos.",
    "It is 30 MIN off, 7 KG and 6 KILOMETRES, SIX YEARS AND 3 JUIN 2026. Prices are in US$ 5.",
)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("letter", ODD)
def test_odd_letters_are_read_as_those_that_patterns_take_them_for(text: str, letter: str) -> None:
    odd = text.replace(letter, ODD[letter])

    for reader in (quantities, shares, times_in, dates_in, rates):
        assert list(reader(odd)) == list(reader(text))  # type: ignore[operator]
    assert keys_of(odd) is not None
    assert verify(FACTS, odd).supported is verify(FACTS, text).supported


@pytest.mark.parametrize("written", ["45 m\u0131nutes", "30 M\u0130N", "6 minute\u017f", "7 \u212aG"])
def test_odd_letters_leave_a_number_its_unit(written: str) -> None:
    unit, end = unit_at(written, 0, written.index(" "))

    assert unit is not None
    assert end == len(written)


def test_an_absence_with_odd_letters_names_its_day() -> None:
    written_on = date(2026, 5, 4)

    assert return_dates.read_return("Back on 20 JU\u0130N 2026.", written_on=written_on) == return_dates.read_return(
        "Back on 20 JUIN 2026.", written_on=written_on
    )


@pytest.mark.parametrize("number", ["1" + "0" * 330, "1," + ",".join(["000"] * 110), "9" * 400, "7" * 5_000])
@pytest.mark.parametrize("words", ["{} parcels a day", "about {} parcels", "more than {} %", "\u20ac{}", "{} years"])
def test_numbers_without_end_are_marked_and_not_reckoned_with(number: str, words: str) -> None:
    assert not verify(FACTS, f"The firm now moves {words.format(number)}.").supported
