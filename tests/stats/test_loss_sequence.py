"""The loss of judged pairs, looked at after every pair: bounds that hold at all looks together."""

from __future__ import annotations

import math

import numpy as np
import pytest

from stats import loss_sequence
from stats.paired_loss import PairCounts


def test_without_a_pair_nothing_is_known() -> None:
    assert loss_sequence.interval(PairCounts(0, 0, 0)) == (-1.0, 1.0)


def test_the_interval_is_the_same_from_both_sides_and_holds_what_was_measured() -> None:
    low, high = loss_sequence.interval(PairCounts(20, 4, 100))

    assert low < 0.16 < high and low > 0.0
    assert loss_sequence.interval(PairCounts(4, 20, 100)) == (-high, -low)


def test_the_lower_end_is_where_the_evidence_is_enough() -> None:
    counts = PairCounts(30, 2, 200)
    low, _ = loss_sequence.interval(counts, error=0.1)

    assert loss_sequence.log_evidence(counts, low) == pytest.approx(-math.log(0.05), abs=1e-6)


def test_evidence_has_a_mean_of_one_where_the_loss_is_just_what_is_named() -> None:
    """Exact: all outcomes of six pairs, by their chances."""
    lost, won, pairs = 0.25, 0.05, 6
    mean = sum(
        math.comb(pairs, a) * math.comb(pairs - a, b) * lost**a * won**b * (1 - lost - won) ** (pairs - a - b)
        * math.exp(loss_sequence.log_evidence(PairCounts(a, b, pairs), 0.2))
        for a in range(pairs + 1)
        for b in range(pairs + 1 - a)
    )  # fmt: skip

    assert mean == pytest.approx(1.0)


@pytest.mark.slow
def test_who_looks_after_every_pair_rarely_finds_a_kept_promise_broken() -> None:
    chance, audits, pairs = np.random.default_rng(3), 200, 300
    drawn = chance.choice([1, -1, 0], (audits, pairs), p=[0.06, 0.04, 0.9])
    lost, won = (drawn > 0).cumsum(axis=1), (drawn < 0).cumsum(axis=1)
    alarms = sum(
        any(
            loss_sequence.log_evidence(PairCounts(int(lost[a, n]), int(won[a, n]), n + 1), 0.02) >= math.log(40)
            for n in range(pairs)
        )
        for a in range(audits)
    )

    assert alarms / audits <= 0.025


def test_a_loss_outside_its_range_is_refused() -> None:
    with pytest.raises(ValueError, match="between -1 and 1"):
        loss_sequence.log_evidence(PairCounts(1, 0, 1), 1.0)
