"""Votes that may be looked at after each one: evidence, intervals, and the votes that a preference needs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import beta, binom

from stats import sign_sequence

A = sign_sequence.CONCENTRATION


@pytest.mark.parametrize(("wins", "losses", "share"), [(0, 0, 0.5), (7, 2, 0.5), (3, 11, 0.4), (20, 20, 0.7)])
def test_evidence_is_the_mixtures_likelihood_over_that_of_the_share(wins: int, losses: int, share: float) -> None:
    mixed, _ = quad(lambda p: p**wins * (1 - p) ** losses * beta.pdf(p, A, A), 0, 1)

    found = sign_sequence.log_evidence(wins, losses, share)

    assert found == pytest.approx(np.log(mixed / (share**wins * (1 - share) ** losses)), abs=1e-6)


@pytest.mark.parametrize(("wins", "losses"), [(0, 0), (8, 0), (9, 0), (0, 9), (32, 9), (20, 20), (500, 400)])
def test_the_interval_ends_where_the_evidence_reaches_its_bound(wins: int, losses: int) -> None:
    low, high = sign_sequence.interval(wins, losses, error=0.05)

    assert 0 <= low < high <= 1
    for end in (low, high):
        if 0 < end < 1:
            assert sign_sequence.log_evidence(wins, losses, end) == pytest.approx(np.log(20), abs=1e-6)
    assert sign_sequence.is_clear(wins, losses, error=0.05) == (not low <= 0.5 <= high)


def test_with_level_systems_one_is_ever_called_better_seldom_enough() -> None:
    # Both ways together, after up to two thousand votes.
    assert 0.02 < 2 * sign_sequence.chances_clear(0.5, 2_000, error=0.05)[-1] <= 0.05


def test_chances_are_those_of_all_ways_to_vote() -> None:
    reached = sign_sequence.chances_clear(0.8, 12, error=0.05)
    ways = {0: {0: 1.0}}
    shown = 0.0
    for n in range(12):
        ways[n + 1] = {}
        for wins, weight in ways[n].items():
            for more, chance in ((1, 0.8), (0, 0.2)):
                won, lost = wins + more, n + 1 - wins - more
                if not sign_sequence.is_clear(won, lost, error=0.05):
                    ways[n + 1][won] = ways[n + 1].get(won, 0.0) + weight * chance
                elif won > lost:
                    shown += weight * chance

    assert reached[-1] == pytest.approx(shown)
    assert reached[-1] >= binom.pmf(9, 9, 0.8) - 1e-12


def test_more_votes_show_smaller_preferences() -> None:
    needed = [sign_sequence.votes_needed(share, error=0.05, at_most=400) for share in (0.55, 0.6, 0.7, 0.9)]

    assert needed == [None, 352, 80, 16]
    assert sign_sequence.least_share(80, error=0.05) == 0.7
    assert sign_sequence.least_share(0, error=0.05) is sign_sequence.least_share(8, error=0.05) is None


def test_what_is_no_count_is_refused() -> None:
    for wins, losses, share in ((-1, 0, 0.5), (1, 1, 0.0), (1, 1, 1.0)):
        with pytest.raises(ValueError, match="Counts"):
            sign_sequence.log_evidence(wins, losses, share)
