"""Routing thresholds and the exact paired test behind them: against brute force, and by simulation at the margin."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.stats import binom, multinomial

from stats import routing
from stats.paired_loss import PairCounts, _score, count, p_value, pairs_needed
from stats.routing import JudgedUnit


@pytest.mark.slow
def test_two_points_at_ten_percent_discordance_need_about_sixteen_hundred_pairs() -> None:
    assert 1550 <= pairs_needed(0.02, 0.1) <= 1650
    assert pairs_needed(0.2, 0.2) < pairs_needed(0.2, 0.4) and pairs_needed(0.05, 0.0) >= 124


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(("margin", "discordance"), [(0.2, 0.1), (0.2, 0.4), (0.15, 0.2)])
def test_as_many_pairs_as_are_asked_for_show_a_model_that_loses_nothing_in_eighty_percent(
    margin: float, discordance: float
) -> None:
    """Every outcome added up, without the search that the number rests on."""
    n, share = pairs_needed(margin, discordance), max(margin, discordance)
    power = sum(
        float(multinomial.pmf([lost, won, n - lost - won], n, [share / 2, share / 2, 1 - share]))
        for lost, won in product(range(n + 1), repeat=2)
        if lost + won <= n and lost < won + margin * n and p_value(PairCounts(lost, won, n), margin) <= 0.05
    )

    assert 0.795 <= power <= 0.9


def test_the_tail_is_that_of_all_outcomes_added_up() -> None:
    n, margin, seen = 12, 0.2, PairCounts(1, 1, 12)
    z = _score(np.array([1.0]), np.array([1.0]), n, margin)[0]
    shares = np.linspace(margin, 0.75, 23)
    brute = max(
        sum(
            float(multinomial.pmf([lost, won, n - lost - won], n, [(d + margin) / 2, (d - margin) / 2, 1 - d]))
            for lost, won in product(range(n + 1), repeat=2)
            if lost + won <= n and _score(np.array([float(lost)]), np.array([float(won)]), n, margin)[0] <= z + 1e-9
        )
        for d in shares
    )

    assert p_value(seen, margin) == pytest.approx(brute + 0.001, abs=0.01)


def test_pairs_without_a_difference_are_the_binomial_case() -> None:
    assert p_value(PairCounts(0, 0, 148), 0.02) > 0.05
    assert p_value(PairCounts(0, 0, 152), 0.02) <= 0.05


@pytest.mark.parametrize("counts", [PairCounts(0, 0, 0), PairCounts(3, 3, 5), PairCounts(-1, 0, 5)])
def test_counts_that_do_not_fit_are_refused(counts: PairCounts) -> None:
    with pytest.raises(ValueError, match="counts that fit"):
        p_value(counts, 0.02)


def most_lost(won: int, n: int, margin: float) -> int:
    """The most losses beside so many wins that show a loss below the margin; -1 where none do."""
    low, high = -1, n - won
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if p_value(PairCounts(middle, won, n), margin) <= 0.05 else (low, middle - 1)
    return low


@pytest.mark.parametrize("discordance", [0.05, 0.15])
def test_at_the_margin_the_promise_is_broken_in_one_of_twenty_at_most(discordance: float) -> None:
    """Exact: the chance of every outcome that shows a loss below the margin, where the margin is just lost."""
    n, margin = 100, 0.05
    p_lost, p_won = (discordance + margin) / 2, (discordance - margin) / 2
    wins = range(int(binom.ppf(1 - 1e-9, n, p_won)) + 1)
    size = sum(
        binom.pmf(won, n, p_won) * binom.cdf(most_lost(won, n, margin), n - won, p_lost / (1 - p_won)) for won in wins
    )

    assert 0.01 < size <= 0.05


def test_what_has_no_score_goes_to_the_reference() -> None:
    assert [routing.choose(score, (0.8, 0.5)) for score in (0.9, 0.8, 0.6, 0.4, None)] == [0, 0, 1, 2, 2]


def test_the_path_starts_strict_and_no_cheaper_system_reaches_further() -> None:
    assert routing.path([1, 2, 3], 1) == [(3,), (2,), (1,)]
    assert routing.path([1, 2, 3, 4], 2) == [(4, 3), (4, 2), (3, 1)]


def test_the_threshold_stops_where_the_cheap_one_loses() -> None:
    """The miniature equals the teacher above 0.5 and loses each third below."""
    units = [JudgedUnit(place / 1000, (place >= 500 or place % 3 > 0, True)) for place in range(1000)]
    grid = routing.path([step / 10 for step in range(10)], 1)
    setting = routing.safe_setting(units, grid, margin=0.02)

    assert setting is not None and setting.thresholds == (0.5,)
    assert setting.counts == count([0] * 1000)
    assert routing.safe_setting([JudgedUnit(1.0, (False, True))] * 500, grid, margin=0.02) is None


def test_of_many_settings_one_that_breaks_the_promise_is_chosen_in_one_of_twenty_at_most() -> None:
    """Each step loses a point more, so that the third loses just the margin."""
    chance, broken = np.random.default_rng(8), 0
    settings = routing.path([0.1 * step for step in range(10)], 1)
    for _ in range(60):
        scores = chance.random(400)
        passes = chance.random(400) >= 0.1
        units = [JudgedUnit(float(score), (bool(ok), True)) for score, ok in zip(scores, passes, strict=True)]
        setting = routing.safe_setting(units, settings, margin=0.02)
        # The true loss is a tenth of the share above the threshold.
        broken += setting is not None and 0.1 * (1 - setting.thresholds[0]) >= 0.02 - 1e-9

    # 1.1 standard errors of 5 % of 60 runs; the seed is fixed, and the exact test above has no chance in it.
    assert broken / 60 <= 0.05 + 0.03
