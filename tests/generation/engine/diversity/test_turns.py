from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest

from generation.engine import plan


def test_shares_are_dealt_whole_by_largest_remainder() -> None:
    # 7 * 5/10 = 3.5, 7 * 3/10 = 2.1, 7 * 2/10 = 1.4: the one left over goes to the remainder of a half.
    assert plan.apportioned([5, 3, 2], 7) == [4, 2, 1]
    assert plan.apportioned([1, 1, 1], 10) == [4, 3, 3]


@pytest.mark.parametrize("shares", [[1.0], [0.1, 0.2, 0.7], [3, 3, 3, 1], [1e-6, 1], [7, 11, 13, 17, 19, 23, 29, 31]])
@pytest.mark.parametrize("count", [1, 2, 9, 100, 99_991])
def test_dealt_shares_sum_up_and_stay_within_one_of_exact(shares: list[float], count: int) -> None:
    dealt = plan.apportioned(shares, count)

    whole = sum(Fraction(share) for share in shares)
    assert sum(dealt) == count
    for share, got in zip(shares, dealt, strict=True):
        assert abs(got - Fraction(share) * count / whole) <= 1


def test_any_beginning_of_a_deal_holds_the_shares_of_the_whole() -> None:
    counts = [60, 30, 10]

    dealt = plan.interleaved(counts)

    assert Counter(dealt) == {0: 60, 1: 30, 2: 10}
    for upto in range(1, 101):
        had = Counter(dealt[:upto])
        assert all(abs(had[place] - upto * count / 100) <= 1 for place, count in enumerate(counts))


@pytest.mark.parametrize("sizes", [[2, 2], [4, 6, 3], [4, 6, 3, 2], [1, 5, 1], [7, 3]])
def test_every_combination_comes_once_before_any_comes_twice(sizes: list[int]) -> None:
    whole = 1
    for size in sizes:
        whole *= size

    found = Counter(tuple(plan.combined(sizes, turn)) for turn in range(whole))

    assert len(found) == whole and set(found.values()) == {1}


def test_each_list_of_a_combination_takes_turns_evenly_from_the_start() -> None:
    for place, size in enumerate([4, 3]):
        first = [plan.combined([4, 3], turn)[place] for turn in range(12)]

        assert Counter(first) == dict.fromkeys(range(size), 12 // size)
