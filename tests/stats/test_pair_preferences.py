"""Pairs judged in both orders: flips are ties, and the interval holds."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from stats.pair_preferences import FIRST, SECOND, TIE, JudgedTwice, preference


def pair(as_is: str, swapped: str, longer: int = 0, cluster: object = None) -> JudgedTwice:
    return JudgedTwice(as_is, swapped, longer, cluster if cluster is not None else object())


@pytest.mark.parametrize(
    ("as_is", "swapped", "winner", "is_flip"),
    [
        (FIRST, SECOND, 1, False), (SECOND, FIRST, -1, False), (FIRST, FIRST, 0, True), (SECOND, SECOND, 0, True),
        (TIE, TIE, 0, False), (FIRST, TIE, 0, False), (TIE, FIRST, 0, False),
    ],
)  # fmt: skip
def test_a_text_wins_only_where_it_is_preferred_in_both_orders(
    as_is: str, swapped: str, winner: int, is_flip: bool
) -> None:
    found = pair(as_is, swapped)

    assert (found.winner, found.is_flip) == (winner, is_flip)


def test_a_judge_that_always_takes_the_first_says_nothing_but_its_bias() -> None:
    found = preference([pair(FIRST, FIRST, longer=1) for _ in range(40)])

    assert found is not None
    assert (found.share, found.ties, found.flips, found.position_bias, found.longer) == (0.5, 40, 40, 1.0, None)


def test_ties_count_half_and_who_prefers_none_has_no_position() -> None:
    found = preference([pair(FIRST, SECOND)] * 6 + [pair(SECOND, FIRST)] * 2 + [pair(TIE, TIE)] * 2)
    none = preference([pair(TIE, TIE)] * 5)

    assert found is not None and none is not None
    assert (found.share, found.wins, found.losses, found.ties, found.pairs) == (0.7, 6, 2, 2, 10)
    assert found.position_bias == 0.0 and none.position_bias is None
    assert preference([]) is None


def test_the_longer_is_counted_among_won_pairs_of_unlike_length() -> None:
    pairs = (
        [pair(FIRST, SECOND, 1)] * 24 + [pair(SECOND, FIRST, 1)] * 8 + [pair(FIRST, SECOND, 0), pair(FIRST, FIRST, 1)]
    )
    found = preference([JudgedTwice(each.as_is, each.swapped, each.longer, n) for n, each in enumerate(pairs)])

    assert found is not None and (found.longer_wins, found.longer_of) == (24, 32)
    assert found.longer is not None
    assert (found.longer.low, found.longer.high) == pytest.approx(proportion_confint(24, 32, method="wilson"))


def test_the_interval_holds_the_true_share() -> None:
    """600 samples of 60 pairs with 50 % wins, 30 % losses: the share of .6 is held by 93 to 98.5 % of the intervals."""
    chance, held = np.random.default_rng(5), 0
    answers = {1: (FIRST, SECOND), -1: (SECOND, FIRST), 0: (TIE, TIE)}
    for _ in range(600):
        drawn = chance.choice([1, -1, 0], 60, p=[0.5, 0.3, 0.2])
        found = preference([pair(*answers[int(winner)], cluster=n) for n, winner in enumerate(drawn)])
        assert found is not None
        held += found.interval.low <= 0.6 <= found.interval.high

    assert 0.93 <= held / 600 <= 0.985


def test_one_companys_pairs_tell_less_than_as_many_apart() -> None:
    alike = [
        pair(FIRST, SECOND, cluster=n // 5) if n % 10 < 5 else pair(SECOND, FIRST, cluster=n // 5) for n in range(60)
    ]
    apart = [JudgedTwice(each.as_is, each.swapped, 0, n) for n, each in enumerate(alike)]
    together, single = preference(alike), preference(apart)

    assert together is not None and single is not None
    assert together.interval.high - together.interval.low > single.interval.high - single.interval.low
