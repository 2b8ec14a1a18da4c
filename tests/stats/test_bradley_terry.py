"""Bradley–Terry: published strengths, what is not finite, and intervals at every look."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from stats.bradley_terry import Comparison, fit, relative_strengths

# American League East, 1987: wins of the row over the column (Agresti 2002, Categorical Data Analysis, table 10.10).
WINS = (
    (0, 7, 9, 7, 7, 9, 11), (6, 0, 7, 5, 11, 9, 9), (4, 6, 0, 7, 7, 8, 12), (6, 8, 6, 0, 6, 7, 10),
    (6, 2, 6, 7, 0, 7, 12), (4, 4, 5, 6, 6, 0, 6), (2, 4, 1, 3, 1, 7, 0),
)  # fmt: skip


def games() -> list[Comparison]:
    won = [(i, j) for i, row in enumerate(WINS) for j, count in enumerate(row) for _ in range(count)]
    return [Comparison(i, j, 1.0, n) for n, (i, j) in enumerate(won)]


def drawn(strengths: list[float], n: int, seed: int, *, ties: float = 0.2, per_cluster: int = 1) -> list[Comparison]:
    chance, rows = np.random.default_rng(seed), []
    for place in range(n):
        first, second = chance.choice(len(strengths), 2, replace=False)
        wins = 1 / (1 + np.exp(strengths[second] - strengths[first]))
        score = 0.5 if chance.random() < ties else float(chance.random() < wins)
        rows.append(Comparison(int(first), int(second), score, place // per_cluster))
    return rows


def test_the_baseball_teams_have_their_published_strengths() -> None:
    strengths = fit(games(), [6, 0, 1, 2, 3, 4, 5])

    assert strengths == pytest.approx([0, 1.5814, 1.4364, 1.2945, 1.2476, 1.1077, 0.6839], abs=1e-4)


def test_the_fit_is_the_highest_likelihood_that_a_search_finds() -> None:
    rows = drawn([0.0, 0.5, -0.4, 1.5], 300, seed=4)

    def lost(strengths: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
        whole = np.concatenate([[0.0], strengths])
        gaps = np.array([whole[each.first] - whole[each.second] for each in rows])
        return float(-np.sum([each.score for each in rows] * gaps - np.logaddexp(0, gaps)))

    found = minimize(lost, np.zeros(3), tol=1e-10)

    assert fit(rows, [0, 1, 2, 3])[1:] == pytest.approx(found.x, abs=1e-4)


def test_two_systems_have_the_mean_of_their_scores() -> None:
    scores = [1.0, 1.0, 0.5, 0.0, 1.0, 0.5]
    rows = [Comparison(0, 1, score, n) for n, score in enumerate(scores)]

    reference, other = relative_strengths(rows, 2, 0, tuned_for=50)

    assert reference.chance == 0.5 and reference.low is None
    assert other.chance == pytest.approx(1 - np.mean(scores))
    assert other.low is not None and other.high is not None and 0 < other.low < other.chance < other.high < 1


def test_a_weight_counts_as_often() -> None:
    twice = [Comparison(0, 1, 1.0, 0, 2.0), Comparison(0, 1, 0.0, 1), Comparison(0, 1, 0.5, 2, 0.0)]

    assert relative_strengths(twice, 2, 0, tuned_for=50)[1].chance == pytest.approx(1 / 3)


def test_one_that_always_won_is_rated_by_no_finite_number() -> None:
    rows = [Comparison(0, 1, 0.0, n) for n in range(20)]
    rows += [Comparison(0, 2, float(n % 2), 100 + n) for n in range(20)]

    _, winner, level = relative_strengths(rows, 3, 0, tuned_for=50)

    assert (winner.chance, winner.low, winner.is_finite) == (1.0, None, False)
    assert level.chance == pytest.approx(0.5) and level.is_finite


def test_of_those_that_no_chain_joins_nothing_is_said() -> None:
    rows = [Comparison(0, 1, 0.5, 1), Comparison(2, 3, 1.0, 2)]

    told = relative_strengths(rows, 4, 0, tuned_for=50)

    assert [each.chance for each in told[2:]] == [None, None]
    assert relative_strengths([], 2, 0, tuned_for=50)[1].chance is None


def test_ties_alone_are_level_and_have_no_interval() -> None:
    rows = [Comparison(0, 1, 0.5, n) for n in range(10)]

    level = relative_strengths(rows, 2, 0, tuned_for=50)[1]

    assert level.chance == pytest.approx(0.5)
    assert level.low is level.high is None and level.is_finite


@pytest.mark.parametrize("wins", [(1, 1), (2, 1), (3, 1), (5, 3)])
def test_records_that_all_say_the_same_share_give_no_interval(wins: tuple[int, int]) -> None:
    rows = [Comparison(0, 1, score, n) for n in range(20) for score, of in zip((1.0, 0.0), wins, strict=True)
            for _ in range(of)]  # fmt: skip

    level = relative_strengths(rows, 2, 0, tuned_for=50)[1]

    assert level.chance == pytest.approx(wins[1] / sum(wins))
    assert level.low is level.high is None and level.is_finite


def test_comparisons_of_one_cluster_tell_less_than_as_many_apart() -> None:
    alike = [Comparison(0, 1, float(n // 5 % 3 > 0), n // 5) for n in range(60)]
    apart = [Comparison(0, 1, each.score, n) for n, each in enumerate(alike)]

    clustered, single = (relative_strengths(rows, 2, 0, tuned_for=50)[1] for rows in (alike, apart))

    assert clustered.chance == pytest.approx(single.chance)
    assert clustered.high - clustered.low > 1.5 * (single.high - single.low)


@pytest.mark.slow
def test_the_interval_holds_the_truth_at_a_look() -> None:
    truth, held = [0.0, 0.6, -0.3], 0
    for seed in range(200):
        told = relative_strengths(drawn(truth, 90, seed, ties=0.0), 3, 0, tuned_for=90)[1]
        held += told.low is None or told.low <= 1 / (1 + np.exp(-0.6)) <= told.high

    assert held >= 190
