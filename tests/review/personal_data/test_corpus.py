"""Recall and precision of each kind over a corpus: what is personal data is found whole,
and what looks like it is left.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest

from review.text.personal_data import Mask, find, regions_of
from tests import pace
from tests.review.personal_data import corpus


def found(text: str, language: str = "") -> list[tuple[str, str]]:
    return [(span.kind, text[span.start : span.end]) for span in find(text, (), regions_of(language))]


@pytest.mark.parametrize("knows_language", [True, False])
def test_phone_numbers_of_two_dozen_countries_are_found_whole(knows_language: bool) -> None:
    missed = [
        text
        for language, text, number in corpus.phones()
        if found(text, language if knows_language else "") != [("phone", number)]
    ]

    assert len(missed) <= len(corpus.phones()) * 0.03, missed


def test_every_other_kind_is_found_whole_and_called_by_its_name() -> None:
    missed = [(kind, text, found(text)) for kind, text, value in corpus.others() if found(text) != [(kind, value)]]

    assert missed == []
    assert set(Counter(kind for kind, *_ in corpus.others())) == set(corpus.OTHERS)


@pytest.mark.parametrize("knows_language", [True, False])
def test_orders_prices_days_versions_and_codes_are_left_alone(knows_language: bool) -> None:
    taken = {
        text: hits for language, text in corpus.nothing() if (hits := found(text, language if knows_language else ""))
    }

    assert taken == {}


@pytest.mark.parametrize(
    "text",
    [
        "DE89 3704 0044 0532 0130 01",  # its check digits are wrong
        "DE89 3704 0044 0532 0130",  # too short for its country
        "4111 1111 1111 1112",  # wrong by Luhn
        "9111 1111 1111 1111",  # no issuer's
        "666-12-3456 and 900-12-3456 and 123-00-4567 and 123-45-0000",  # never issued
        "GB 12 34 56 C",  # a prefix that is not allotted
        "300.1.2.3 and 1.2.3",
    ],
)
def test_what_its_check_digit_or_range_refutes_is_none(text: str) -> None:
    assert found(text) == []


def test_the_longer_of_two_that_overlap_is_masked_once() -> None:
    mask = Mask()

    masked = mask.text("Pay DE89 3704 0044 0532 0130 00 or 4111-1111-1111-1111, or call +49 30 1234567.")

    assert masked == "Pay [IBAN_1] or [CARD_1], or call [PHONE_1]."
    assert mask.counts == {"iban": 1, "card": 1, "phone": 1}


def test_an_account_in_two_writings_is_one() -> None:
    assert Mask().text("NL91ABNA0417164300, NL91 ABNA 0417 1643 00") == "[IBAN_1], [IBAN_1]"


@pytest.mark.slow
def test_a_text_full_of_numbers_is_read_in_time_that_grows_with_it() -> None:
    # About one second; it took a quarter of a minute when each number was compared with every other one.
    with pace.within(8):
        spans = find("tel 030 1234567 " * 30_000)

    assert len(spans) == 30_000


def test_numbers_side_by_side_are_two() -> None:
    text = "Tel. 01 56 77 01 20 / 06 81 57 85 47 or 02 98 02 03 61"

    assert [said for _, said in found(text)] == ["01 56 77 01 20", "06 81 57 85 47", "02 98 02 03 61"]


@pytest.mark.slow
def test_numbering_plans_are_read_only_where_a_number_may_stand() -> None:
    code = (
        "import sys; from review.text.personal_data import find; find('Hi Maria, in 2019 they opened 12 depots.');"
        "assert 'phonenumbers' not in sys.modules; find('From +44 20 7946 0958'); assert 'phonenumbers' in sys.modules"
    )

    subprocess.run([sys.executable, "-c", code], check=True)
