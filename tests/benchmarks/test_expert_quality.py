"""A third of the verdicts with a judge beside: what is read, what is accepted unread, and in which order. Every draw is seeded."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import expert_quality
from benchmarks.expert_hour import SimulatedReviewer

GOOD = [bool(number % 4) for number in range(4_000)]
KNOWS = (0.999, 0.999)


def reviewer() -> SimulatedReviewer:
    return SimulatedReviewer(GOOD, np.random.default_rng(5))


def test_plain_reading_takes_each_draft_once() -> None:
    desk = reviewer()
    taken = expert_quality.plain(desk, 500)

    assert len(taken) == desk.verdicts == 500
    assert 0.01 < np.mean([said != GOOD[place] for place, said in taken.items()]) < 0.08


@pytest.mark.parametrize("wrong_first", [False, True])
def test_a_judge_that_knows_adds_what_nobody_read_and_no_verdict_more(wrong_first: bool) -> None:
    desk = reviewer()
    taken = expert_quality.with_machine(desk, KNOWS, 500, wrong_first=wrong_first)
    mended = sum(not said for said in taken.values())

    # A draft that is read until one verdict is three ahead may take a few more.
    assert 500 <= desk.verdicts < 505
    assert len(taken) > 800
    assert (mended > 150) == wrong_first, "what is likely wrong is mended, what is likely good is taken"


def test_a_judge_that_knows_nothing_accepts_nothing() -> None:
    desk = reviewer()
    taken = expert_quality.with_machine(desk, (0.5, 0.5), 500, wrong_first=True)

    assert len(taken) <= desk.verdicts < 505


def test_a_head_tells_what_it_was_shown() -> None:
    import torch

    known = torch.tensor([[1.0, 0.0], [0.0, 1.0]]).repeat(20, 1)
    labels = np.tile(np.array([0, 1]), 20)

    assert (expert_quality.told(known, expert_quality.fitted(known, labels)) == labels).all()


def test_it_says_so_where_the_interval_does_not_decide() -> None:
    def runs(*apart: float) -> list[dict[str, dict[str, float]]]:
        rest = {"golds": 1.0, "wrong": 0.0}
        return [{"plain": {"right": 0.7, **rest}, "third": {"right": 0.7 + by, **rest}} for by in apart]

    assert expert_quality.summary(runs(0.0, 0.01, -0.01))["third"]["says"] == "undecided"
    assert expert_quality.summary(runs(0.001, 0.0, -0.001))["third"]["says"] == "not worse by two points"
    assert expert_quality.summary(runs(-0.05, -0.051, -0.049))["third"]["says"] == "worse"
