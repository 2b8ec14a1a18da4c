"""A legal suffix is told by a name's last word before the long pattern is asked, and the answer is the pattern's."""

from __future__ import annotations

import random

import pytest

from review.spec import splits

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
