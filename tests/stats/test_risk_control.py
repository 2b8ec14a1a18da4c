"""Thresholds that keep a bound: against scipy's exact tail, and by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta, binom

from stats.risk_control import binomial_p, fewest, further_needed, is_broken, least_share, safe_threshold, spent


@pytest.mark.parametrize(("wrong", "of", "bound"), [(0, 149, 0.02), (3, 400, 0.02), (7, 60, 0.1), (60, 60, 0.5)])
def test_the_tail_is_the_binomials(wrong: int, of: int, bound: float) -> None:
    assert binomial_p(wrong, of, bound) == pytest.approx(binom.cdf(wrong, of, bound))


def test_so_many_faultless_answers_are_needed_and_no_more() -> None:
    assert fewest(0.02) == 149
    assert binomial_p(0, 149, 0.02) <= 0.05 < binomial_p(0, 148, 0.02)


def test_the_least_share_is_clopper_and_pearsons() -> None:
    assert least_share(0, 40) == 0.0
    assert least_share(5, 100) == pytest.approx(beta.ppf(0.05, 5, 96))


def test_too_few_answers_show_nothing() -> None:
    assert safe_threshold([0.9] * 148, [False] * 148, bound=0.02) is None
    assert safe_threshold([0.9] * 149, [False] * 149, bound=0.02) is not None


def test_equal_scores_are_never_parted_and_what_errs_stays_below() -> None:
    scores = [0.9] * 200 + [0.1] * 100
    wrong = [False] * 200 + [True, False] * 50
    found = safe_threshold(scores, wrong, bound=0.02)

    assert found is not None and (found.score, found.wrong, found.of) == (0.9, 0, 200)


@pytest.mark.parametrize(("bound", "level"), [(0.0, 0.95), (1.0, 0.95), (0.02, 1.0)])
def test_no_bound_is_no_bound(bound: float, level: float) -> None:
    with pytest.raises(ValueError, match="between"):
        safe_threshold([0.5], [False], bound=bound, level=level)


def test_the_bound_is_broken_no_oftener_than_stated() -> None:
    """A judge whose wrong ones score less: of 400 samples the share wrong above the threshold exceeds 5 % in at most 5 %."""
    chance, broken, told = np.random.default_rng(7), 0, 0
    for _ in range(400):
        wrong = chance.random(300) < 0.25
        scores = np.where(wrong, chance.normal(0, 1, 300), chance.normal(2, 1, 300))
        found = safe_threshold(list(scores), list(wrong), bound=0.05)
        if found is not None:
            told += 1
            above_wrong, above_right = 0.25 * (1 - _cdf(found.score)), 0.75 * (1 - _cdf(found.score - 2))
            broken += above_wrong / (above_wrong + above_right) > 0.05

    # Standard error 1.1 points; the seed is fixed.
    assert told > 200 and broken / 400 <= 0.05


def _oftener_where_it_is_surer(chance: np.random.Generator) -> tuple[list[float], list[bool], list[float]]:
    """A judge that says .9 or .99, as often; of the first 8 % are wrong, of the others none, which a desk deals five times as often."""
    among = chance.choice([0.9, 0.99], 1_200)
    wrong = (among < 0.95) & (chance.random(1_200) < 0.08)
    known = chance.random(1_200) < np.where(among < 0.95, 0.1, 0.5)
    return among[known].tolist(), wrong[known].tolist(), among.tolist()


def test_the_bound_holds_though_a_desk_deals_what_is_likely_good_first() -> None:
    """Of all that scores .9 and more 4 % are wrong, of the sample 1.3 %: without the others beside it, it is let pass."""
    chance, fooled, broken, told = np.random.default_rng(3), 0, 0, 0
    for _ in range(300):
        scores, wrong, among = _oftener_where_it_is_surer(chance)
        by_sample = safe_threshold(scores, wrong, bound=0.02)
        found = safe_threshold(scores, wrong, bound=0.02, among=among)
        fooled += by_sample is not None and by_sample.score < 0.95
        told += found is not None
        broken += found is not None and found.score < 0.95

    assert fooled / 300 > 0.1
    assert told == 300 and broken / 300 <= 0.05


def test_a_sample_that_was_drawn_evenly_keeps_its_answers() -> None:
    scores, wrong = [0.99] * 200 + [0.9] * 200, [False] * 400
    found = safe_threshold(scores, wrong, bound=0.02, among=scores * 3)

    assert found is not None and (found.score, found.of) == (0.9, 400)


def test_a_sample_that_is_not_among_all_is_refused() -> None:
    with pytest.raises(ValueError, match="among all"):
        safe_threshold([0.9] * 200, [False] * 200, bound=0.02, among=[0.9] * 100)


def _cdf(z: float) -> float:
    from statistics import NormalDist

    return NormalDist().cdf(z)


def test_every_try_spends_its_part_and_all_together_no_more_than_there_is() -> None:
    assert sum(1 - spent(attempt) for attempt in range(1, 2_000)) == pytest.approx(0.05, abs=1e-4)
    assert [round(1 - spent(attempt), 4) for attempt in (1, 2)] == [0.025, 0.0083]
    with pytest.raises(ValueError, match="counted from one"):
        spent(0)


def test_so_many_more_right_answers_bear_the_bound_out_and_no_fewer() -> None:
    more = further_needed(1, 150, 0.02)

    assert binom.cdf(1, 150 + more, 0.02) <= 0.05 < binom.cdf(1, 149 + more, 0.02)
    assert further_needed(0, 149, 0.02) == 0


def test_the_bound_holds_though_a_lead_tries_again_and_again() -> None:
    """A judge whose sure ones are wrong in 2.5 %, tried after each 100 verdicts: in at most 5 % of 300 runs it is ever let accept."""
    chance, broken = np.random.default_rng(11), 0
    for _ in range(300):
        wrong = chance.random(800) < 0.025
        tries = range(200, 801, 100)
        broken += any(
            safe_threshold([1.0] * seen, wrong[:seen].tolist(), bound=0.02, level=spent(attempt)) is not None
            for attempt, seen in enumerate(tries, start=1)
        )

    # 1.6 standard errors of 5 % of 300 runs.
    assert broken / 300 <= 0.05 + 0.02


def test_an_audit_that_keeps_the_bound_is_stopped_in_one_of_twenty_at_most_however_often_it_is_looked_at() -> None:
    """Exact: the chance of each count of wrong ones after every answer, those that were stopped left out."""
    bound, alive, stopped = 0.02, np.ones(1), 0.0
    for judged in range(1, 401):
        alive = np.append(alive * (1 - bound), 0.0) + np.insert(alive * bound, 0, 0.0)
        out = np.array([is_broken(wrong, judged, bound) for wrong in range(judged + 1)])
        stopped += float(alive[out].sum())
        alive[out] = 0.0

    assert 0 < stopped <= 0.05


def test_an_audit_finds_what_is_much_worse_soon() -> None:
    assert not is_broken(0, 0, 0.02) and not is_broken(1, 10, 0.02)
    assert is_broken(4, 30, 0.02) and is_broken(10, 150, 0.02)
    assert is_broken(60, 60, 0.9) and not is_broken(55, 60, 0.9)
