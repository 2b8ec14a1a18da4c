"""Groups are drawn to their sides: each side gets its share; legal suffixes do not tell groups apart."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from review.spec import splits
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


PARTS = [
    "Acme", "&", "Co", "co.", "L.L.C.", "s.a.", "S. a r.l", "GmbH", "& Co. KG", ", Inc.", " ,", "z", "o.o.", "sp",
    "a/s", "A/S", "&co", "ltd..", " .", "Pty", "Ltd", "\tKG ", "SA.", "\u212a", "\u017fa", "e.V.", "e. V", ".", "AB,",
    "N.V", "o",
]  # fmt: skip


@pytest.mark.slow
def test_the_short_way_gives_what_the_pattern_gives() -> None:
    chance = random.Random(5)
    for _ in range(20_000):
        between = " " if chance.random() < 0.8 else ""
        name = between.join(chance.choice(PARTS) for _ in range(chance.randint(1, 5)))

        assert splits.without_legal_suffix(name) == (splits._SUFFIX.sub("", name.strip()) or name.strip()), name


@pytest.mark.parametrize(
    ("name", "group"),
    [("Northwind Ltd.", "northwind"), ("Müller GmbH & Co. KG", "müller"), ("GmbH", "gmbh"), ("Acme", "acme"), ("", "")],
)
def test_writings_of_one_company_agree(name: str, group: str) -> None:
    assert splits.normal_group(name) == group


@pytest.mark.parametrize(
    "name",
    ["“Acme AG”", "Acme (AG)", "Acme-AG", "Acme AG,", "Acme [S.A.]", "Acme, Co. (Ltd.)", "Acme / SE", "Acme AG\u200b"],
)
def test_punctuation_around_a_legal_suffix_makes_no_other_company(name: str) -> None:
    assert splits.normal_group(name) == "acme"


@pytest.mark.parametrize("name", ["The Company", "S.A.", "Foo (Co) Inc.", "Sp. z o.o.", "İstanbul A.Ş.", "(AG)", "…"])
def test_a_normal_name_is_its_own(name: str) -> None:
    group = splits.normal_group(name)

    assert group
    assert splits.normal_group(group) == group
