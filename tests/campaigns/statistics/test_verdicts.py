"""The sentence says what the interval shows, and its rounded numbers never contradict it."""

import math
from dataclasses import replace

import pytest

from stats.experiments import conclusions
from stats.experiments.conclusions import ComparedArms, ConclusionKind
from stats.intervals.effects import Interval


def compared(low: float, high: float, *, margin: float | None = 0.01) -> ComparedArms:
    middle = (low + high) / 2
    return ComparedArms(
        "miniature A", "the teacher", 0.059 + middle, 0.059, Interval(low, high, 0.95), True, margin=margin
    )


def test_not_worse_by_more_than_the_margin() -> None:
    found = conclusions.conclude(compared(-0.009, -0.001))

    assert found.finding == ConclusionKind.NOT_WORSE
    assert found.sentence == (
        "Miniature A did not do worse than the teacher by more than 1 point: "
        "5.4 % against 5.9 %, difference −0.5 points (95 % −0.9 to −0.1)"
    )
    assert found.remark == "The result is worse, but by less than the 1 point agreed beforehand."


def test_the_difference_is_that_of_the_two_levels_beside_it() -> None:
    arms = ComparedArms("miniature A", "the teacher", 0.05838, 0.05916, Interval(-0.02, 0.0184, 0.95), True)

    assert "5.8 % against 5.9 %, difference −0.1 points" in conclusions.conclude(arms).sentence

    arms = replace(arms, treatment_mean=289 / 308, control_mean=290 / 308)
    assert "93.8 % against 94.2 %, difference −0.4 points" in conclusions.conclude(arms).sentence


@pytest.mark.parametrize(
    ("low", "high", "margin", "finding", "words"),
    [
        (0.002, 0.012, 0.01, ConclusionKind.BETTER, "did better than the teacher"),
        (0.002, 0.012, None, ConclusionKind.BETTER, "did better than the teacher"),
        (-0.008, 0.004, 0.01, ConclusionKind.NOT_WORSE, "did not do worse than the teacher by more than 1 point"),
        (-0.03, -0.012, 0.01, ConclusionKind.WORSE, "worse than the teacher by more than 1 point"),
        (-0.03, -0.002, 0.01, ConclusionKind.WORSE, "Miniature A did worse than the teacher:"),
        (-0.03, -0.002, None, ConclusionKind.WORSE, "Miniature A did worse than the teacher:"),
        (-0.015, 0.004, 0.01, ConclusionKind.INCONCLUSIVE, "It is still open whether miniature A did worse"),
        (
            -0.015,
            0.004,
            None,
            ConclusionKind.INCONCLUSIVE,
            "No clear difference between miniature A and the teacher so far",
        ),
    ],
)
def test_every_place_of_the_interval_has_its_words(
    low: float, high: float, margin: float | None, finding: ConclusionKind, words: str
) -> None:
    found = conclusions.conclude(compared(low, high, margin=margin))

    assert found.finding == finding
    assert words in found.sentence
    assert "significant" not in found.sentence + found.remark


@pytest.mark.parametrize("margin", [0.01, None])
@pytest.mark.parametrize("bounds", [(-0.03, -0.012), (-0.008, 0.004), (-0.015, 0.004), (0.002, 0.012)])
def test_a_sentence_reads_well_with_an_arm_in_the_plural(bounds: tuple[float, float], margin: float | None) -> None:
    arms = replace(compared(*bounds, margin=margin), treatment="four miniatures")

    sentence = conclusions.conclude(arms).sentence.lower()

    assert "four miniatures" in sentence
    assert "four miniatures is" not in sentence


def test_a_bound_short_of_the_margin_is_not_rounded_onto_it() -> None:
    found = conclusions.conclude(compared(-0.00997, 0.002))

    assert found.finding == ConclusionKind.NOT_WORSE
    assert "−0.997 to 0.200" in found.sentence


def test_where_less_is_better_the_same_numbers_say_the_opposite() -> None:
    fewer = replace(compared(-0.012, -0.002, margin=None), higher_is_better=False)

    assert conclusions.conclude(fewer).finding == ConclusionKind.BETTER
    assert "difference −0.7 points (95 % −1.2 to −0.2)" in conclusions.conclude(fewer).sentence


def test_several_comparisons_together_may_leave_open_what_one_would_decide() -> None:
    alone = compared(0.001, 0.012, margin=None)
    together = replace(alone, p_value=0.08)

    assert conclusions.conclude(alone).finding == ConclusionKind.BETTER
    assert conclusions.conclude(together).finding == ConclusionKind.INCONCLUSIVE
    assert "several arms were compared" in conclusions.conclude(together).remark


def test_an_adjusted_margin_is_held_to_half_the_error_rate() -> None:
    near = compared(-0.0098, 0.002)

    assert conclusions.conclude(replace(near, p_margin=0.024)).finding == ConclusionKind.NOT_WORSE
    assert conclusions.conclude(replace(near, p_margin=0.026)).finding == ConclusionKind.INCONCLUSIVE


def test_without_any_bound_everything_is_open() -> None:
    unbounded = replace(compared(-0.01, 0.01), interval=Interval(-math.inf, math.inf, 0.95))

    found = conclusions.conclude(unbounded)

    assert found.finding == ConclusionKind.INCONCLUSIVE
    assert "−∞ to ∞" in found.sentence


@pytest.mark.parametrize("margin", [0.0, -0.01, math.nan, math.inf])
def test_a_margin_without_sense_is_refused(margin: float) -> None:
    with pytest.raises(ValueError, match="margin must be above 0"):
        compared(-0.01, 0.01, margin=margin)


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="NaN"):
        compared(math.nan, 0.01)
