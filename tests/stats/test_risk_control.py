"""Bounds that answers bear out or break, in turn: by exact chances, and by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from stats.risk_control import fewest, further_needed, in_proportion, is_borne_out, is_broken, spent, surest
from tests.pace import within

BOUND = 0.02


def test_so_many_faultless_answers_are_needed_at_a_single_look_and_no_more() -> None:
    assert fewest(BOUND) == 149
    assert binom.cdf(0, 149, BOUND) <= 0.05 < binom.cdf(0, 148, BOUND)


def test_looking_after_each_answer_costs_few_of_them() -> None:
    assert is_borne_out(0, 172, BOUND) and not is_borne_out(0, 171, BOUND)
    assert is_borne_out(1, 320, BOUND) and not is_borne_out(1, 319, BOUND)


@pytest.mark.parametrize(("bound", "error"), [(0.0, 0.05), (1.0, 0.05), (BOUND, 0.0)])
def test_no_bound_is_no_bound(bound: float, error: float) -> None:
    for shown in (is_borne_out, is_broken, further_needed):
        with pytest.raises(ValueError, match="between"):
            shown(0, 5, bound, error=error)


@pytest.mark.slow
def test_a_bound_that_is_just_broken_is_borne_out_in_one_of_twenty_at_most_however_often_it_is_looked_at() -> None:
    """Exact: the chance of each count of wrong ones after every answer, those that were borne out left out."""
    alive, shown = np.ones(1), 0.0
    for judged in range(1, 601):
        alive = np.append(alive * (1 - BOUND), 0.0) + np.insert(alive * BOUND, 0, 0.0)
        out = np.array([is_borne_out(wrong, judged, BOUND) for wrong in range(judged + 1)])
        shown += float(alive[out].sum())
        alive[out] = 0.0

    assert 0.01 < shown <= 0.05


def test_the_surest_are_chosen_by_their_scores_alone_and_equal_ones_are_not_parted() -> None:
    assert surest([0.2, 0.9, 0.5, 0.7, 0.1], 0.4) == 0.7
    assert surest([1.0] * 9 + [0.5], 0.4) == 1.0
    assert surest([0.2, 0.9], 1.0) == 0.2
    for scores, share in (([], 0.4), ([0.5], 0.0), ([0.5], 1.1)):
        with pytest.raises(ValueError, match="above 0"):
            surest(scores, share)


def test_an_even_sample_keeps_its_answers_and_of_an_uneven_one_count_the_first_in_their_parts() -> None:
    scores = [0.99] * 200 + [0.9] * 200

    assert len(in_proportion(scores, scores * 3, 0.9)) == 400
    uneven = [0.9, *[0.99] * 200, *[0.9] * 99]
    counted = in_proportion(uneven, [0.99] * 500 + [0.9] * 500, 0.9)
    assert sorted(counted) == list(range(101)) + list(range(201, 300))


def test_what_scores_less_does_not_count_and_where_none_reaches_it_none_does() -> None:
    assert list(in_proportion([0.5, 0.9, 0.4], [0.5, 0.9, 0.4, 0.9], 0.6)) == [1]
    assert len(in_proportion([0.5], [0.5, 0.4], 0.6)) == 0


def test_a_sample_that_is_not_among_all_is_refused() -> None:
    with pytest.raises(ValueError, match="among all"):
        in_proportion([0.9] * 200, [0.9] * 100, 0.5)


def _dealt_oftener_where_it_is_surer(chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores, whether each is wrong, and the order in which experts read: a judge that says .9 or .99, as often;
    of the first 4.4 % are wrong, of the others none.
    """
    scores = chance.choice([0.9, 0.99], 1_200)
    wrong = (scores < 0.95) & (chance.random(1_200) < 0.044)
    return scores, wrong, np.argsort(chance.exponential(size=1_200) / np.where(scores < 0.95, 1, 5))


@pytest.mark.slow
def test_the_bound_holds_though_a_desk_deals_what_is_likely_good_first_and_is_looked_at_again_and_again() -> None:
    """Of all that is decided 2.2 % are wrong, of what is read first a third of that:
    by the plain sample it is let pass.
    """
    chance, fooled, shown = np.random.default_rng(3), 0, 0
    for _ in range(300):
        scores, wrong, order = _dealt_oftener_where_it_is_surer(chance)
        read, errs = scores[order], wrong[order]
        looks = range(60, 500, 10)
        fooled += any(is_borne_out(int(errs[:seen].sum()), seen, BOUND) for seen in looks)
        for seen in looks:
            places = in_proportion(list(read[:seen]), list(scores), 0.9)
            if is_borne_out(int(errs[places].sum()), len(places), BOUND):
                shown += 1
                break

    # 1.6 standard errors of 5 % of 300 runs.
    assert fooled / 300 > 0.1
    assert shown / 300 <= 0.05 + 0.02


@pytest.mark.slow
def test_the_bound_holds_though_the_judge_reads_on_meanwhile() -> None:
    """A fifth of the drafts is there at the start; the judge reads the others while experts judge."""
    chance, shown = np.random.default_rng(5), 0
    for _ in range(300):
        scores, wrong, order = _dealt_oftener_where_it_is_surer(chance)
        there = chance.permutation(1_200).argsort()
        for seen in range(60, 500, 10):
            is_there = there < 240 + 2 * seen
            known = [place for place in order if is_there[place]][:seen]
            places = in_proportion(list(scores[known]), list(scores[is_there]), 0.9)
            if is_borne_out(int(wrong[known][places].sum()), len(places), BOUND):
                shown += 1
                break

    assert shown / 300 <= 0.05 + 0.02


def test_every_try_spends_its_part_and_all_together_no_more_than_there_is() -> None:
    for first in (None, 0.8):
        assert sum(spent(attempt, first=first) for attempt in range(1, 2_000)) == pytest.approx(0.05, abs=1e-4)
    assert [round(spent(attempt), 4) for attempt in (1, 2)] == [0.025, 0.0083]
    assert [round(spent(attempt, first=0.8), 4) for attempt in (1, 2)] == [0.04, 0.008]
    with pytest.raises(ValueError, match="counted from one"):
        spent(0)


def test_a_late_try_takes_more_answers_than_the_one_before_it() -> None:
    needed = [further_needed(0, 0, 0.1, error=spent(attempt, first=0.8)) for attempt in (1, 22, 23, 24)]

    assert needed == sorted(set(needed))


def test_so_many_more_right_answers_bear_the_bound_out_and_no_fewer() -> None:
    more = further_needed(1, 150, BOUND)

    assert is_borne_out(1, 150 + more, BOUND) and not is_borne_out(1, 149 + more, BOUND)
    assert further_needed(0, 172, BOUND) == 0
    assert further_needed(0, 171, BOUND) == 1


def test_how_many_more_are_needed_after_many_wrong_ones_is_told_at_once() -> None:
    with within(0.5):
        more = further_needed(1000, 2000, 0.01)

    assert is_borne_out(1000, 2000 + more, 0.01) and not is_borne_out(1000, 1999 + more, 0.01)


@pytest.mark.slow
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
