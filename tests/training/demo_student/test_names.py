"""The invented names are seeded, varied and well formed."""

import re
from random import Random

from demo.student import names


def test_company_names_hardly_ever_repeat() -> None:
    rng = Random(4)

    drawn = [names.company(rng) for _ in range(2000)]

    assert len(set(drawn)) > 1900


def test_a_domain_holds_only_what_a_host_name_may_hold() -> None:
    rng = Random(6)

    domains = [names.domain(rng, name=names.company(rng)) for _ in range(500)]

    assert all(re.fullmatch(r"[^\W_][\w-]*\.(example|test|invalid)", domain) for domain in domains)


def test_years_and_numbers_are_digits() -> None:
    rng = Random(7)

    assert all(1850 <= int(names.year(rng)) <= 2029 for _ in range(200))
    assert all(int(names.number(rng).replace(",", "")) >= 2 for _ in range(200))
