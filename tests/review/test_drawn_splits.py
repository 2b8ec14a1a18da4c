"""Groups are drawn to their sides: each side gets its share, and at least one group where there are enough."""

from __future__ import annotations

from collections import Counter

import pytest

from review.spec.splits import draw

SEEDS = [f"{number:032x}" for number in range(60)]


def counts(seed: str, groups: int, *, train: float = 0.8, validation: float = 0.1, **more: object) -> Counter[str]:
    drawn = draw(seed, [f"g{n}" for n in range(groups)], train=train, validation=validation, **more)  # type: ignore[arg-type]
    assert len(drawn) == groups
    return Counter(drawn.values())


@pytest.mark.parametrize("groups", [3, 4, 7, 16, 30, 100])
def test_every_side_has_a_group_and_its_share_whatever_the_seed(groups: int) -> None:
    for seed in SEEDS:
        drawn = counts(seed, groups)

        assert drawn["validation"] >= 1 and drawn["test"] >= 1
        assert abs(drawn["train"] - 0.8 * groups) < 3
        assert abs(drawn["validation"] - 0.1 * groups) <= 1
        assert abs(drawn["test"] - 0.1 * groups) <= 1


def test_of_too_few_groups_the_training_side_comes_first() -> None:
    for seed in SEEDS:
        assert counts(seed, 1) == {"train": 1}
        assert counts(seed, 2) == {"train": 1, "validation": 1}


def test_groups_that_come_one_by_one_fall_by_the_shares() -> None:
    sides = Counter(
        side for n in range(2000) for side in draw(SEEDS[1], [f"g{n}"], train=0.8, validation=0.1, lacking=()).values()
    )

    assert 1540 < sides["train"] < 1660
    assert 150 < sides["validation"] < 250


def test_a_side_that_has_none_gets_the_next_group() -> None:
    for seed in SEEDS:
        assert counts(seed, 1, lacking=("test",)) == {"test": 1}
        assert counts(seed, 2, lacking=("test",))["test"] == 1
        assert counts(seed, 4, lacking=("validation", "test"))["validation"] == 1


@pytest.mark.parametrize(("train", "validation", "sides"), [(0.0, 0.0, {"test"}), (0.9, 0.1, {"train", "validation"})])
def test_a_side_without_a_share_stays_empty(train: float, validation: float, sides: set[str]) -> None:
    for seed in SEEDS:
        assert set(counts(seed, 8, train=train, validation=validation)) == sides


def test_the_order_of_groups_does_not_matter_and_the_seed_does() -> None:
    names = [f"g{n}" for n in range(20)]

    forward, backward = (draw(SEEDS[0], each, train=0.8, validation=0.1) for each in (names, names[::-1]))

    assert forward == backward
    assert len({tuple(sorted(draw(seed, names, train=0.5, validation=0.25).items())) for seed in SEEDS}) == len(SEEDS)


def test_each_group_is_as_likely_as_any_other_to_be_held_out() -> None:
    held = Counter(
        group
        for seed in (f"{n:x}" for n in range(3000))
        for group, side in draw(seed, [f"g{n}" for n in range(16)], train=0.8, validation=0.1).items()
        if side == "validation"
    )

    assert all(0.6 < held[f"g{n}"] * 16 / sum(held.values()) < 1.5 for n in range(16))
