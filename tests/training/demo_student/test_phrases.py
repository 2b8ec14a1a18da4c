"""Alternations resolve, and phrases leave no mark of the grammar behind."""

from random import Random

import pytest

from demo.student import phrases


def test_expand_picks_one_alternative_at_each_place() -> None:
    texts = {phrases.expand(Random(seed), "[a|b] and [c|]") for seed in range(50)}

    assert texts == {"a and c", "b and c", "a and ", "b and "}


@pytest.mark.parametrize(
    "maker",
    [
        phrases.happening,
        phrases.trouble,
        phrases.aim,
        phrases.remark,
        phrases.post,
        phrases.trade,
        phrases.ware,
        phrases.instrument,
    ],
)
def test_phrases_are_short_whole_and_varied(maker: phrases.Maker) -> None:
    rng = Random(1)

    drawn = [maker(rng) for _ in range(300)]

    assert not any(set("[]{}|") & set(text) for text in drawn)
    assert all(0 < len(text) < 120 and text == text.strip() for text in drawn)
    assert len(set(drawn)) > 60


@pytest.mark.parametrize(
    ("noun", "expected"),
    [("ferry", "ferries"), ("tray", "trays"), ("bench", "benches"), ("staff", "staff"), ("ramp", "ramps")],
)
def test_plurals_follow_english(noun: str, expected: str) -> None:
    assert phrases.plural(noun) == expected
