"""People whom nobody greets are found by given names where that is asked for; companies and places are not people."""

from __future__ import annotations

import pytest

from review.spec.starters import outreach
from review.text.personal_data import Mask, people_in
from review.text.personal_data.given_names import names_in


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("I spoke with Maria Lopez and her colleague Jan de Vries.", ["Maria Lopez", "Jan de Vries"]),
        ("According to Hans-Peter Müller it works.", ["Hans-Peter Müller"]),
        ("Yesterday Anna's brother Tom left.", ["Anna", "Tom"]),
        ("Das hat Katarzyna gesagt.", ["Katarzyna"]),
        ("Signed by Thomas J. Okafor On Monday", ["Thomas J. Okafor"]),
    ],
)
def test_people_are_found_by_their_given_names(text: str, names: list[str]) -> None:
    assert list(names_in(text)) == names


@pytest.mark.parametrize(
    "text",
    [
        "Charles Schwab Corp and Martin Marietta Inc grew.",
        "Oliver Wyman Group, Thomas & Sons",
        "San Antonio and Santa Maria are towns.",
        "We will mark the hope of grace in May.",
        "martin and maria in small letters",
        "Martin Luther University",
    ],
)
def test_companies_places_and_words_are_nobody(text: str) -> None:
    assert list(names_in(text)) == []


def test_it_is_off_until_it_is_asked_for_and_then_masks_parts_of_names_too() -> None:
    text = "Yesterday Maria Lopez signed. Lopez will call."

    assert people_in(outreach.SPEC, {}, [text]) == []
    names = people_in(outreach.SPEC, {}, [text], by_given_name=True)
    assert Mask(names).text(text) == "Yesterday [NAME_1] signed. [NAME_1] will call."
