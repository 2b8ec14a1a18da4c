"""Shares by a judge's word, corrected by experts' verdicts: the truth is found again,
and what cannot be told is not.
"""

from __future__ import annotations

import random

import pytest

from stats.intervals.judged_shares import JudgedVerdicts, Worth, post_stratified, rogan_gladen
from stats.intervals.shares import wilson, worth


def test_a_share_is_that_of_texts_the_judge_passed_and_failed_by_how_many_there_are() -> None:
    # Of those the judge passed 45 of 50 are good, of those it failed 5 of 50; it passed 300 of 400.
    found = post_stratified(JudgedVerdicts(45, 5, 5, 45), 300, 400)

    assert found is not None
    assert found.share == pytest.approx(0.75 * 0.9 + 0.25 * 0.1)
    assert found.low < found.share < found.high


def test_a_good_judge_narrows_what_verdicts_alone_tell_and_a_useless_one_does_not() -> None:
    alone = wilson(120, 240)
    good, useless = (
        post_stratified(JudgedVerdicts(*counts), 1000, 2000) for counts in ((114, 6, 6, 114), (60, 60, 60, 60))
    )

    assert good is not None and useless is not None
    assert good.high - good.low < 0.75 * (alone.high - alone.low)
    assert useless.high - useless.low == pytest.approx(alone.high - alone.low, rel=0.1)


def test_a_biased_judge_is_corrected_by_how_often_it_is_right_about_others() -> None:
    # It passes 95 of 100 good texts and 40 of 100 bad ones. Of 1,000 new ones, 60 % good, it passes 57 % + 16 %.
    found = rogan_gladen(JudgedVerdicts(95, 5, 40, 60), 730, 1000)

    assert found is not None
    assert found.share == pytest.approx(0.6)
    assert found.low < 0.6 < found.high < 0.73


@pytest.mark.parametrize(
    "verdicts",
    [JudgedVerdicts(), JudgedVerdicts(50, 50, 0, 0), JudgedVerdicts(30, 20, 30, 20), JudgedVerdicts(3, 2, 2, 3)],
    ids=["none", "no bad ones", "a coin", "too few"],
)
def test_a_judge_of_whom_too_little_is_known_tells_no_share(verdicts: JudgedVerdicts) -> None:
    assert rogan_gladen(verdicts, 60, 100) is None


def test_texts_the_judge_failed_need_a_verdict_too() -> None:
    assert post_stratified(JudgedVerdicts(40, 0, 5, 0), 80, 100) is None
    assert post_stratified(JudgedVerdicts(40, 0, 5, 0), 100, 100) is not None
    with pytest.raises(ValueError, match="counts among"):
        post_stratified(JudgedVerdicts(40, 0, 5, 0), 20, 100)


def test_intervals_cover_as_often_as_they_say() -> None:
    """A few hundred draws with a fixed seed; docs/statistics.md has the full table."""
    chance, truth, draws = random.Random(7), 0.8, 300
    covered = {"own": 0, "others": 0}
    for _ in range(draws):
        seen, rest, new = _drawn(chance, truth, 120), _drawn(chance, truth, 380), _drawn(chance, truth, 400)
        own = post_stratified(seen, seen.both + seen.judge_alone + rest.both + rest.judge_alone, 500)
        others = rogan_gladen(_drawn(chance, 0.6, 120), new.both + new.judge_alone, 400)
        covered["own"] += own is not None and own.low <= truth <= own.high
        covered["others"] += others is not None and others.low <= truth <= others.high

    assert covered["own"] / draws > 0.92 and covered["others"] / draws > 0.92


def test_texts_of_one_company_are_worth_fewer() -> None:
    """The true share is that of companies without end, of which a company's five texts resemble each other."""
    chance, truth, draws = random.Random(11), 0.8, 200
    covered = {"own": 0, "own, apart": 0, "others": 0, "others, apart": 0}
    for _ in range(draws):
        seen, rest = _of_companies(chance, truth, 24), _of_companies(chance, truth, 76)
        both, passed = _verdicts(seen), sum(judge for _, judge, _ in seen + rest)
        by_judge, by_expert = ([[each for each in seen if each[side] == one] for one in (1, 0)] for side in (1, 0))
        own = Worth(_worth(seen + rest, 1), *(_worth(part, 0) for part in by_judge))
        others = Worth(_worth(rest, 1), *(_worth(part, 1) for part in by_expert))
        found = {
            "own": post_stratified(both, passed, 500, worth=own),
            "own, apart": post_stratified(both, passed, 500),
            "others": rogan_gladen(both, sum(judge for _, judge, _ in rest), 380, worth=others),
            "others, apart": rogan_gladen(both, sum(judge for _, judge, _ in rest), 380),
        }
        for name, share in found.items():
            covered[name] += share is not None and share.low <= truth <= share.high

    assert min(covered["own"], covered["others"]) / draws > 0.92
    assert covered["own, apart"] / draws < 0.9


Verdict = tuple[int, int, int]


def _of_companies(chance: random.Random, truth: float, count: int) -> list[Verdict]:
    """Five texts of each company: what an expert says, what the judge says, and the company."""
    texts = []
    for company in range(count):
        share = chance.betavariate(2 * truth, 2 * (1 - truth))
        for _ in range(5):
            good = chance.random() < share
            texts.append((int(good), int(chance.random() < (0.9 if good else 0.25)), company + 1000 * (count > 50)))
    return texts


def _verdicts(texts: list[Verdict]) -> JudgedVerdicts:
    pairs = [(expert, judge) for expert, judge, _ in texts]
    return JudgedVerdicts(*(pairs.count(pair) for pair in ((1, 1), (1, 0), (0, 1), (0, 0))))


def _worth(texts: list[Verdict], place: int) -> float:
    return worth([each[place] for each in texts], [each[2] for each in texts])


def _drawn(chance: random.Random, share: float, n: int) -> JudgedVerdicts:
    """Verdicts of experts and a judge that is right about nine of ten good texts and three of four bad ones."""
    counts = [0, 0, 0, 0]
    for _ in range(n):
        good = chance.random() < share
        passes = chance.random() < (0.9 if good else 0.25)
        counts[(0 if passes else 1) if good else (2 if passes else 3)] += 1
    return JudgedVerdicts(*counts)
