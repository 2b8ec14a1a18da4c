"""Numbers as people write them, brought to readings that can be compared."""

from __future__ import annotations

import pytest

from review.spec.numbers import NUMBER, readings, readings_in


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1,200", "1200"), ("1.200", "1200"), ("1 200", "1200"), ("1'200", "1200"), ("1.200,50", "1200.5"),
        ("1,200.50", "1200.5"), ("03", "3"), ("2.50", "2.5"), ("2,5", "2.5"), ("12,345,678", "12345678"),
    ],
)  # fmt: skip
def test_two_writings_of_one_number_share_a_reading(one: str, other: str) -> None:
    assert readings(one) & readings(other)


@pytest.mark.parametrize(("one", "other"), [("1,200", "1201"), ("12", "120"), ("2.5", "25"), ("30", "3")])
def test_different_numbers_share_none(one: str, other: str) -> None:
    assert not readings(one) & readings(other)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.5 million", "1500000"), ("12k", "12000"), ("3 bn", "3000000000"), ("2 Millionen", "2000000")],
)
def test_a_scale_word_multiplies(text: str, value: str) -> None:
    assert value in readings_in(text)


@pytest.mark.parametrize("text", ["B2B", "3D printing", "ISO9001", "Web2", "MP3s"])
def test_a_digit_inside_a_name_is_no_number(text: str) -> None:
    assert not list(NUMBER.finditer(text))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("on the 3rd", "3"),
        ("30%", "30"),
        ("a 7-year plan", "7"),
        ("9 am", "9"),
        ("15min", "15"),
        ("€900.", "900"),
        ("5x faster", "5"),
    ],
)
def test_a_number_is_found_with_its_unit_or_ending(text: str, found: str) -> None:
    assert [match.group() for match in NUMBER.finditer(text)] == [found]
